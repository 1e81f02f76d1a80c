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
        .map(|(name, oracle)| format!("\n## {}\n{}", heading(name), section(oracle)));
    [HEAD.to_owned()].into_iter().chain(sections).collect()
}

/// A name as a heading begins: with a capital.
fn heading(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
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
        .map(|row| row.iter().map(|cell| one_line(cell)).collect::<Vec<_>>())
        .map(|row| format!("| {} |\n", row.join(" | ")))
        .collect::<Vec<_>>()
        .concat()
}

/// A text that ends no cell.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Cell, Difference, Figures};

    fn cell(client: &str, version: &str, story: &str, result: &str) -> Cell {
        let [client, version, story, result] = [client, version, story, result].map(str::to_owned);
        Cell {
            client,
            version,
            story,
            result,
        }
    }

    fn shown(figures: impl IntoIterator<Item = Figures>) -> String {
        let mut oracles: BTreeMap<String, Oracle> = BTreeMap::new();
        for figures in figures {
            oracles
                .entry(figures.oracle.clone())
                .or_default()
                .add(figures);
        }
        page(&oracles)
            .strip_prefix(HEAD)
            .unwrap_or_default()
            .to_owned()
    }

    #[test]
    fn clients_stand_in_the_order_of_their_versions() {
        let figures = |matrix| Figures {
            oracle: "Clients".to_owned(),
            lines: Vec::new(),
            differences: Vec::new(),
            matrix,
        };

        let shown = shown([
            figures(vec![
                cell("Terraform", "1.10.5", "create", "passes"),
                cell("Terraform", "1.10.5", "identity", "refuses"),
            ]),
            figures(vec![cell("Terraform", "1.9.8", "create", "passes")]),
        ]);

        assert_eq!(
            shown,
            "
## Clients

| client | create | identity |
| --- | --- | --- |
| Terraform 1.9.8 | passes |  |
| Terraform 1.10.5 | passes | refuses |
"
        );
    }

    #[test]
    fn lines_and_differences_are_shown_as_they_are() {
        let [path, scenario, date, reason] = [
            "properties.tags",
            "create",
            "2024-07-22",
            "older\nera | 1.29",
        ]
        .map(str::to_owned);
        let figures = Figures {
            oracle: "recordings".to_owned(),
            lines: vec!["recordings: all 99 %".to_owned()],
            differences: vec![Difference {
                path,
                scenario,
                date,
                reason,
            }],
            matrix: Vec::new(),
        };

        let shown = shown([figures]);

        assert_eq!(
            shown,
            "
## Recordings

* recordings: all 99 %

| path | scenario | date | reason |
| --- | --- | --- | --- |
| `properties.tags` | create | 2024-07-22 | older era \\| 1.29 |
"
        );
    }
}
