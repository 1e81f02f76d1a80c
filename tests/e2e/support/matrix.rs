//! Stories under every chosen client: this test program runs itself once for each client, and notes what came of
//! every story.

use std::{collections::BTreeMap, process::Command};

use super::{Client, clients};

#[path = "../../conformance/figures.rs"]
mod figures;

/// A column of the matrix.
#[derive(Clone, Copy)]
pub(crate) struct Story {
    /// What it is about.
    pub(crate) name: &'static str,
    /// The tests that tell it.
    pub(crate) tests: &'static [&'static str],
    /// The first Terraform and OpenTofu that know what it needs, if not all do. With those before, its tests assert
    /// that the client says so.
    pub(crate) since: Option<((u32, u32), (u32, u32))>,
}

/// Lives the stories under every client, one client after the other, and leaves the figures in a file of that name.
/// Fails with what every failed test said. `variables` are added to the environment of the stories.
#[expect(
    clippy::print_stdout,
    reason = "it takes minutes, and says how far it has come"
)]
pub(crate) fn live(file: &str, oracle: &str, stories: &[Story], variables: &[(&str, &str)]) {
    let mut matrix = Vec::new();
    let mut failures = Vec::new();
    for client in clients() {
        let told = run(client, stories, variables);
        let verdicts = verdicts(&told);
        let mut failed = false;
        for story in stories {
            let passes = story
                .tests
                .iter()
                .all(|test| verdicts.get(test) == Some(&"ok"));
            let known = story
                .since
                .is_none_or(|(terraform, tofu)| client.knows(terraform, tofu));
            let result = match (passes, known) {
                (true, true) => "passes",
                (true, false) => "refuses",
                (false, _) => "fails",
            };
            failed |= !passes;
            matrix.push(figures::cell(
                client.product(),
                &client.version,
                story.name,
                result,
            ));
        }
        println!(
            "{oracle}: {} {}: {}",
            client.name,
            client.version,
            if failed { "failed" } else { "ok" }
        );
        if failed {
            failures.push(format!("{} {}:\n{told}", client.name, client.version));
        }
    }
    figures::leave(file, oracle, &matrix);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// Runs the tests of `stories` under one client; all that was printed.
fn run(client: &Client, stories: &[Story], variables: &[(&str, &str)]) -> String {
    let own = std::env::current_exe().expect("this program");
    let tests = stories.iter().flat_map(|story| story.tests);
    let output = Command::new(own)
        .envs(variables.iter().copied())
        // Stories wait for one another's clients more than for the processor.
        .args(["--exact", "--test-threads", "4"])
        .args(tests)
        .env(
            "SECUREAKS_CLIENTS",
            format!("{}-{}", client.name, client.version),
        )
        .output()
        .expect("this program runs");
    let text = [output.stdout, output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

/// What the test harness said of each test: `test NAME ... ok`.
fn verdicts(told: &str) -> BTreeMap<&str, &str> {
    told.lines()
        .filter_map(|line| line.strip_prefix("test ")?.split_once(" ... "))
        .collect()
}
