//! The page: a table for each oracle with clients, and lines and named differences.

use std::collections::BTreeMap;

use super::Oracle;

const HEAD: &str = "# Conformance

What programs and records that nobody here wrote say about the provider and the simulator.
`make conformance` runs them and writes this page.

* **passes**: the client told the story to its end, and the next plan was empty.
* **refuses**: the client is older than what the story is about. It says so, and nothing is changed.
* **fails**: neither.
";

/// The page about these oracles.
pub(crate) fn page(oracles: &BTreeMap<String, Oracle>) -> String {
    let sections = oracles
        .iter()
        .map(|(name, oracle)| format!("\n## {name}\n{}", section(oracle)));
    [HEAD.to_owned()].into_iter().chain(sections).collect()
}

/// Its parts that have something to show, each after a line left free.
fn section(oracle: &Oracle) -> String {
    let lines = oracle.lines.iter().map(|line| format!("* {line}\n"));
    let parts = [
        (!oracle.clients.is_empty()).then(|| results(oracle)),
        (!oracle.lines.is_empty()).then(|| lines.collect()),
        (!oracle.differences.is_empty()).then(|| differences(oracle)),
    ];
    parts
        .into_iter()
        .flatten()
        .map(|part| format!("\n{part}"))
        .collect::<Vec<_>>()
        .concat()
}

/// A line a client, a column a story.
fn results(oracle: &Oracle) -> String {
    let head = [String::from("client")]
        .into_iter()
        .chain(oracle.stories.iter().cloned());
    let rows = oracle
        .clients
        .iter()
        .map(|((client, _, version), results)| {
            let cells = oracle
                .stories
                .iter()
                .map(|story| results.get(story).cloned().unwrap_or_default());
            [format!("{client} {version}")]
                .into_iter()
                .chain(cells)
                .collect()
        });
    table(head.collect(), rows)
}

/// A line a difference.
fn differences(oracle: &Oracle) -> String {
    let head = ["path", "scenario", "date", "reason"].map(str::to_owned);
    let rows = oracle.differences.iter().map(|difference| {
        vec![
            format!("`{}`", difference.path),
            difference.scenario.clone(),
            difference.date.clone(),
            difference.reason.clone(),
        ]
    });
    table(head.to_vec(), rows)
}

/// A table of Markdown.
fn table(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let rule = vec!["---".to_owned(); head.len()];
    [head, rule]
        .into_iter()
        .chain(rows)
        .map(|row| format!("| {} |\n", row.join(" | ")))
        .collect::<Vec<_>>()
        .concat()
}
