//! `make demo` does what the README promises, and leaves nothing running unless asked to.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// A demo whose temporary folders and processes can be told from all others.
struct Demo {
    temporary: TempDir,
    command: Command,
}

impl Demo {
    fn new() -> Self {
        let temporary = tempfile::tempdir().expect("a folder");
        let mut command = Command::new(repository().join("tests/demo/run"));
        command.stdin(Stdio::null()).env("TMPDIR", temporary.path());
        Self { temporary, command }
    }

    fn run(&mut self) -> Output {
        self.command.output().expect("the demo starts")
    }

    /// What is in the folder for temporary files.
    fn files(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.temporary.path()).expect("the folder");
        entries
            .map(|entry| entry.expect("an entry").path())
            .collect()
    }

    /// The names of the processes that the demo started and that still run: they inherited its
    /// folder for temporary files.
    fn processes(&self) -> Vec<String> {
        let mark = format!("TMPDIR={}", self.temporary.path().display());
        let entries = fs::read_dir("/proc").expect("/proc").filter_map(Result::ok);
        let marked = entries.map(|entry| entry.path()).filter(|process| {
            let environment = fs::read(process.join("environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == mark.as_bytes())
        });
        marked
            .map(|process| {
                fs::read_to_string(process.join("comm"))
                    .unwrap_or_default()
                    .trim()
                    .to_owned()
            })
            .collect()
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// All of both outputs, to be shown when a demo did not end as it should.
fn told(output: &Output) -> String {
    format!("{}\n{}", text(&output.stdout), text(&output.stderr))
}

fn last_line(bytes: &[u8]) -> String {
    text(bytes).lines().last().unwrap_or_default().to_owned()
}

#[test]
fn the_demo_takes_a_screenful_a_step_and_leaves_nothing_but_logs() {
    let mut demo = Demo::new();

    let output = demo.run();

    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(last_line(&output.stdout), "demo: ok");
    assert_eq!(demo.files(), Vec::<PathBuf>::new());
    assert_eq!(demo.processes(), Vec::<String>::new());
    let printed = text(&output.stdout);
    let overlong: Vec<&str> = printed
        .split("\n=== ")
        .filter(|step| step.lines().count() > SCREEN)
        .collect();
    assert_eq!(overlong, Vec::<&str>::new());
    let missing: Vec<&str> = logs(&printed)
        .filter(|log| {
            let log = fs::metadata(repository().join(log));
            log.map_or(0, |file| file.len()) == 0
        })
        .collect();
    assert!(logs(&printed).count() > 10, "{printed}");
    assert_eq!(missing, Vec::<&str>::new());
}

/// The lines of a usual terminal.
const SCREEN: usize = 24;

/// The files that are said to have the whole output of a command.
fn logs(printed: &str) -> impl Iterator<Item = &str> {
    printed
        .lines()
        .filter_map(|line| line.strip_prefix("(in full: ")?.strip_suffix(')'))
}

/// The commands that a person would type, read off what a kept demo printed after its last step began.
fn commands(printed: &str) -> Vec<String> {
    let (_, kept) = printed
        .split_once("\n=== The cluster keeps running")
        .expect("what to try");
    kept.lines()
        .filter_map(|line| Some(line.strip_prefix("  $ ")?.to_owned()))
        .collect()
}

#[test]
fn a_demo_that_is_kept_leaves_a_cluster_to_try_three_things_with() {
    let mut demo = Demo::new();
    demo.command.env("KEEP", "1");

    let output = demo.run();

    assert!(output.status.success(), "{}", told(&output));
    assert_eq!(last_line(&output.stdout), "demo: ok");
    let commands = commands(&text(&output.stdout));
    let [environment, folder, breakout, plan, rights, stop] = commands.as_slice() else {
        panic!("{commands:?}");
    };
    let in_a_shell = |command: &str| {
        let command = format!("set -e\n{environment}\n{folder}\n{command}");
        shell(&demo, &command)
    };
    let nothing = in_a_shell(&plan.replace("-var node_count=5", "-detailed-exitcode"));
    let planned = in_a_shell(&format!("{plan} -no-color"));
    let kubectl = in_a_shell("command -v kubectl").status.success();
    let (refused, listed) = (in_a_shell(breakout), in_a_shell(rights));
    let running = demo.processes();
    let stopped = shell(&demo, stop);
    assert!(nothing.status.success(), "{}", told(&nothing));
    assert!(planned.status.success(), "{}", told(&planned));
    assert!(
        text(&planned.stdout).contains("Plan: 0 to add, 1 to change, 0 to destroy."),
        "{}",
        told(&planned)
    );
    if kubectl {
        let refusal = text(&refused.stderr);
        let wanted = "Error from server (Forbidden): pods \"breakout\" is forbidden: violates PodSecurity \"restricted:latest\": privileged";
        assert!(refusal.starts_with(wanted), "{}", told(&refused));
        let rights = text(&listed.stdout);
        let may = |verbs: &str| {
            rights
                .lines()
                .any(|line| line.starts_with("pods ") && line.contains(verbs))
        };
        assert!(may("create"), "{}", told(&listed));
        // Nobody was asked for a code.
        assert_eq!(text(&listed.stderr).matches("enter the code").count(), 0);
    }
    assert_eq!(running.len(), 1, "{running:?}");
    assert!(stopped.status.success(), "{}", told(&stopped));
    assert_eq!(demo.files(), Vec::<PathBuf>::new());
    assert!(
        (0..10_000).any(|_| demo.processes().is_empty()),
        "{:?}",
        demo.processes()
    );
}

#[test]
fn a_demo_that_fails_says_where_and_leaves_nothing() {
    let mut demo = Demo::new();
    demo.command.env("CARGO", "false");

    let output = demo.run();

    assert!(!output.status.success(), "{}", told(&output));
    assert_eq!(
        last_line(&output.stderr),
        "demo: failed at: Build the provider and the simulator"
    );
    let printed = text(&output.stderr);
    let log = printed
        .lines()
        .find_map(|line| line.strip_prefix("all of it is in "));
    assert!(Path::new(log.expect("a log")).is_file(), "{printed}");
    assert_eq!(demo.files(), Vec::<PathBuf>::new());
}

#[test]
fn without_a_client_and_go_one_sentence_says_what_to_install() {
    let mut demo = Demo::new();
    let empty = tempfile::tempdir().expect("a folder");
    demo.command
        .env("PATH", tools(empty.path()))
        .env("XDG_CACHE_HOME", empty.path());

    let output = demo.run();

    let told = text(&output.stderr);
    let sentences: Vec<&str> = told.lines().filter(|line| !line.is_empty()).collect();
    assert!(!output.status.success());
    assert_eq!(
        sentences,
        [
            "neither Terraform nor OpenTofu 1.6 or newer is installed: install one of them, or install Go and run `make tools`, which builds OpenTofu 1.12.6",
            "demo: failed at: What to show it with",
        ]
    );
}

/// A search path with what every system has, and without `terraform`, `tofu` and `go`.
#[expect(clippy::disallowed_methods, reason = "where this system has its tools")]
fn tools(folder: &Path) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    for name in [
        "sh", "env", "sed", "awk", "head", "cat", "uname", "dirname", "mktemp", "rm",
    ] {
        let found = std::env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|file| file.is_file());
        std::os::unix::fs::symlink(found.expect(name), folder.join(name)).expect("linked");
    }
    folder.to_owned()
}

fn shell(demo: &Demo, commands: &str) -> Output {
    Command::new("sh")
        .args(["-c", commands])
        .stdin(Stdio::null())
        .env("TMPDIR", demo.temporary.path())
        .output()
        .expect("the shell runs")
}
