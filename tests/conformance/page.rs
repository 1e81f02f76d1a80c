//! The page: a table for each oracle with clients, and lines and named differences.

use std::collections::{BTreeMap, BTreeSet};

use super::{Difference, Oracle};

/// Ends a sentence whose numbers are those of one run.
pub(crate) const OF_THIS_RUN: &str = " (this run)";

const HEAD: &str = "# Conformance

What programs and records that nobody here wrote say about the provider and the simulator.
`make conformance` runs them and writes this page.

* **passes**: the client told the story to its end, and, where it plans, the next plan was empty.
* **refuses**: the client is older than what the story is about. It says so, and nothing is changed.
* **fails**: neither.
* An empty cell: the story is not one of that client's.
* **echo**: how much a simulator would get right that only repeats what was written to it.
* **beyond echo**: of the fields that the echo gets wrong, how many ours gets right.
* **older era**: by the table of what AKS filled in by era, our value came up later than the recording.
* **cases**, **differences**: for how many pairs of a scenario and a date a row stands, and how often it was met in them.
* **(this run)**: the numbers of that sentence differ from run to run. All others are held to this page.
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
    let lasting = oracle.lines.iter().map(|line| format!("* {line}\n"));
    let varying = oracle.varying.iter();
    let varying = varying.map(|line| format!("* {line}{OF_THIS_RUN}\n"));
    let lines: String = lasting.chain(varying).collect();
    let parts = [
        (!oracle.clients.is_empty()).then(|| results(oracle)),
        (!lines.is_empty()).then_some(lines),
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

/// A line for what differs at the same path for the same reason.
fn differences(oracle: &Oracle) -> String {
    let mut groups: BTreeMap<(&str, &str), Vec<&Difference>> = BTreeMap::new();
    for difference in &oracle.differences {
        let key = (difference.path.as_str(), difference.reason.as_str());
        groups.entry(key).or_default().push(difference);
    }
    let head = [
        "cases",
        "differences",
        "path",
        "scenarios",
        "dates",
        "reason",
    ];
    let rows = groups.into_iter().map(|((path, reason), group)| {
        let scenarios: BTreeSet<&str> = group.iter().map(|one| one.scenario.as_str()).collect();
        let scenarios: Vec<&str> = scenarios.into_iter().collect();
        let count: usize = group.iter().map(|one| one.count).sum();
        vec![
            group.len().to_string(),
            count.to_string(),
            format!("`{path}`"),
            scenarios.join(", "),
            dates(&group),
            reason.to_owned(),
        ]
    });
    table(head.map(str::to_owned).to_vec(), rows)
}

/// The day of differences, or the first and the last.
fn dates(group: &[&Difference]) -> String {
    let days: BTreeSet<&str> = group.iter().map(|one| one.date.as_str()).collect();
    match (days.first(), days.last()) {
        (Some(first), Some(last)) if first != last => format!("{first} to {last}"),
        (first, _) => first.copied().unwrap_or_default().to_owned(),
    }
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
            varying: Vec::new(),
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

    fn met(count: usize, path: &str, scenario: &str, date: &str, reason: &str) -> Difference {
        let [path, scenario, date, reason] = [path, scenario, date, reason].map(str::to_owned);
        Difference {
            path,
            scenario,
            date,
            reason,
            count,
        }
    }

    #[test]
    fn lines_come_before_those_of_this_run() {
        let figures = |line: &str, varying: &str| Figures {
            oracle: "recordings".to_owned(),
            lines: vec![line.to_owned()],
            varying: vec![varying.to_owned()],
            differences: Vec::new(),
            matrix: Vec::new(),
        };

        let shown = shown([figures("all 99 %", "took 3 s"), figures("more", "2 asked")]);

        assert_eq!(
            shown,
            "
## Recordings

* all 99 %
* more
* took 3 s (this run)
* 2 asked (this run)
"
        );
    }

    #[test]
    fn differences_are_shown_together_by_path_and_reason() {
        let figures = Figures {
            oracle: "recordings".to_owned(),
            lines: Vec::new(),
            varying: Vec::new(),
            differences: vec![
                met(2, "tags", "create", "2024-07-22", "older\nera | 1.29"),
                met(5, "tags", "create", "2025-01-01", "older\nera | 1.29"),
                met(1, "tags", "change", "2023-01-01", "older\nera | 1.29"),
                met(1, "tags", "create", "2024-07-22", "chance"),
                met(1, "id", "create", "2024-07-22", "chance"),
            ],
            matrix: Vec::new(),
        };

        let shown = shown([figures]);

        assert_eq!(
            shown,
            "
## Recordings

| cases | differences | path | scenarios | dates | reason |
| --- | --- | --- | --- | --- | --- |
| 1 | 1 | `id` | create | 2024-07-22 | chance |
| 1 | 1 | `tags` | create | 2024-07-22 | chance |
| 3 | 8 | `tags` | change, create | 2023-01-01 to 2025-01-01 | older era \\| 1.29 |
"
        );
    }
}
