//! What changed since a recording was made: a value that differs counts as changed with the era only where the table
//! shows the value of ours in an era that begins later.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::fields::general;
use crate::recording::place;
use crate::shape::shape;

/// The table of what AKS filled in, changed and dropped, by era.
pub(crate) struct Eras {
    rows: BTreeMap<String, Vec<Row>>,
    /// The first month of the last era.
    newest: String,
}

struct Row {
    /// First and last month, such as `2024-09`.
    first: String,
    last: String,
    /// How many clusters were created in the era, and how many of them show the row.
    creates: usize,
    count: usize,
    kind: String,
    values: String,
}

impl Eras {
    pub(crate) fn load() -> Self {
        let path = place(
            "SECUREAKS_DEFAULTS",
            "the table of defaults by era (defaults.csv)",
        );
        let text = std::fs::read_to_string(path).unwrap();
        let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for record in records(&text).into_iter().skip(1) {
            let [era, creates, kind, path, count, values] = record.as_slice() else {
                panic!("a row of {} columns", record.len());
            };
            // `2024-01..2024-08`, or whole years: `2019-2020`.
            let (first, last) = if let Some((first, last)) = era.split_once("..") {
                (first.to_owned(), last.to_owned())
            } else {
                let (first, last) = era.split_once('-').unwrap();
                (format!("{first}-01"), format!("{last}-12"))
            };
            rows.entry(general(path)).or_default().push(Row {
                first,
                last,
                creates: creates.parse().unwrap(),
                count: count.parse().unwrap(),
                kind: kind.clone(),
                values: values.clone(),
            });
        }
        let firsts = rows.values().flatten().map(|row| row.first.clone());
        let newest = firsts.max().unwrap();
        Self { rows, newest }
    }

    /// Whether most clusters of the time had the field already: its absence then has another reason than the era.
    pub(crate) fn usual(&self, path: &str, pool: bool, day: &str) -> bool {
        let month = day.get(..7).unwrap_or_default();
        self.rows.get(path).into_iter().flatten().any(|row| {
            row.kind.starts_with("agentPool_") == pool
                && (row.kind.ends_with("filled_by_server")
                    || row.kind == "appears_only_in_later_GET")
                && row.first.as_str() <= month
                && month <= row.last.as_str()
                && row.count * 5 >= row.creates * 4
        })
    }

    /// What the table says for our value (`None`: that the field is not answered) after a recording of `day`.
    pub(crate) fn newer(
        &self,
        path: &str,
        pool: bool,
        day: &str,
        ours: Option<&Value>,
    ) -> Option<String> {
        let month = day.get(..7).unwrap_or_default();
        // The table has lists as a whole.
        let rows = self
            .rows
            .get(path)
            .or_else(|| self.rows.get(path.strip_suffix("[]")?))?;
        let mut own = rows
            .iter()
            .filter(|row| row.kind.starts_with("agentPool_") == pool);
        let Some(ours) = ours else {
            let dropped = own.clone().find(|row| {
                row.first.as_str() > month
                    && (row.kind.ends_with("sent_but_not_returned")
                        || row.kind == "in_PUT201_but_gone_in_GET")
            });
            // Answered in eras up to a time, and in none that begins after it.
            let last = own.clone().map(|row| row.last.as_str()).max()?;
            let gone = last < self.newest.as_str() && last >= month;
            return dropped
                .map(Row::told)
                .or(gone.then(|| format!("not answered after {last}")));
        };
        own.find(|row| row.first.as_str() > month && row.shows(path, ours))
            .map(Row::told)
    }
}

impl Row {
    fn told(&self) -> String {
        format!(
            "the value of ours: defaults of {}..{}",
            self.first, self.last
        )
    }

    /// Whether one of the row's values is ours.
    fn shows(&self, path: &str, ours: &Value) -> bool {
        // `"a" -> "b" (x3); "c" (x1)`: the values come with how often they were seen.
        self.values.split("; ").any(|value| {
            let value = value.rsplit_once(" (x").map_or(value, |(value, _)| value);
            let value = value.rsplit_once(" -> ").map_or(value, |(_, after)| after);
            if value == "\"<image>\"" {
                return ours.as_str().is_some_and(|own| own.ends_with("-{image}"));
            }
            let value = value
                .replace("<guid>", "00000000-0000-0000-0000-000000000000")
                .replace("<24hex>", "000000000000000000000000");
            let Ok(value) = serde_json::from_str::<Value>(&value) else {
                return false;
            };
            let listed = value.as_array().into_iter().flatten();
            shape(path, &value) == *ours
                || same_address(&value, ours)
                || listed.into_iter().any(|one| shape(path, one) == *ours)
        })
    }
}

/// Addresses are the same where they differ in the region alone.
fn same_address(one: &Value, other: &Value) -> bool {
    let tail = |value: &Value| {
        let address = value.as_str()?.strip_prefix("https://")?;
        let (_, tail) = address.split_once('.')?;
        Some(tail.split('/').next().unwrap_or_default().to_owned())
    };
    tail(one).is_some() && tail(one) == tail(other)
}

/// The records of a table whose values may be quoted, with `""` for a quotation mark (RFC 4180).
fn records(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| !line.is_empty())
        .map(|line| {
            let mut record = vec![String::new()];
            let mut quoted = false;
            let mut letters = line.chars().peekable();
            while let Some(letter) = letters.next() {
                match letter {
                    '"' if quoted && letters.peek() == Some(&'"') => {
                        letters.next();
                        record.last_mut().unwrap().push('"');
                    }
                    '"' => quoted = !quoted,
                    ',' if !quoted => record.push(String::new()),
                    other => record.last_mut().unwrap().push(other),
                }
            }
            record
        })
        .collect()
}
