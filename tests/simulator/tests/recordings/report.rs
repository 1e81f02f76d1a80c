//! Counting and telling: three figures, the list of differences, and what was left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::era::Eras;
use crate::fields::{Fields, general};
use crate::reason::{self, Difference};
use crate::recording::{Recorded, Recording};
use crate::replay::Comparison;

/// What was compared so far.
#[derive(Default)]
pub(crate) struct Report {
    exchanges: usize,
    left_out: BTreeMap<&'static str, usize>,
    counts: Counts,
    /// By scenario, day, path and reason: how often, and the two values of the first.
    listed: BTreeMap<(String, String, String, Cause), (usize, String)>,
}

#[derive(Default)]
struct Counts {
    fields: usize,
    right: usize,
    echo_right: usize,
    echo_wrong: usize,
    beyond: usize,
    /// Fields that changed with the era, in none of the above.
    era: usize,
    era_echo_wrong: usize,
    explained: usize,
    unexplained: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Cause {
    Era(String),
    Explained(String),
    Unexplained,
}

/// The figures, in percent of the fields that did not change with the era.
#[derive(Debug)]
pub(crate) struct Figures {
    pub(crate) all: f64,
    pub(crate) echo: f64,
    /// Of the fields the echo gets wrong.
    pub(crate) beyond_echo: f64,
    pub(crate) explained: f64,
    pub(crate) unexplained: usize,
}

impl Report {
    /// Counts one comparison.
    pub(crate) fn add(&mut self, recording: &Recording, comparison: Comparison<'_>, eras: &Eras) {
        match comparison {
            Comparison::LeftOut { reason } => *self.left_out.entry(reason).or_default() += 1,
            Comparison::Answers {
                recorded,
                azure,
                ours,
                echo,
            } => {
                self.exchanges += 1;
                let names: BTreeSet<&String> =
                    azure.keys().chain(ours.keys()).chain(echo.keys()).collect();
                for name in names {
                    let answers = [azure.get(name), ours.get(name), echo.get(name)];
                    let judge = || cause(recording, recorded, name, &azure, &ours, eras);
                    self.count(recording, recorded, name, answers, judge);
                }
            }
        }
    }

    fn count(
        &mut self,
        recording: &Recording,
        recorded: &Recorded,
        name: &str,
        [azure, ours, echo]: [Option<&Value>; 3],
        judge: impl Fn() -> Cause,
    ) {
        let (right, echo_right) = (azure == ours, azure == echo);
        let cause = (!right).then(judge);
        let counts = &mut self.counts;
        if let Some(Cause::Era(_)) = &cause {
            counts.era += 1;
            counts.era_echo_wrong += usize::from(!echo_right);
        } else {
            counts.fields += 1;
            counts.right += usize::from(right);
            counts.echo_right += usize::from(echo_right);
            counts.echo_wrong += usize::from(!echo_right);
            counts.beyond += usize::from(!echo_right && right);
            counts.explained += usize::from(matches!(cause, Some(Cause::Explained(_))));
            counts.unexplained += usize::from(cause == Some(Cause::Unexplained));
        }
        if let Some(cause) = cause {
            let key = (
                recording.scenario.clone(),
                recording.day_of(recorded),
                general(name),
                cause,
            );
            let show = |value: Option<&Value>| {
                let text = value.map_or_else(|| "nothing".to_owned(), Value::to_string);
                text.chars().take(160).collect::<String>()
            };
            let entry = self.listed.entry(key).or_insert_with(|| {
                let exchange = format!(
                    "{} {} ({})",
                    recorded.method,
                    recorded.path.rsplit('/').next().unwrap_or_default(),
                    recorded.number
                );
                let values = format!("{exchange}: Azure {}, ours {}", show(azure), show(ours));
                (0, values)
            });
            entry.0 += 1;
        }
    }

    /// The figures so far.
    pub(crate) fn figures(&self) -> Figures {
        let counts = &self.counts;
        Figures {
            all: percent(counts.right, counts.fields),
            echo: percent(counts.echo_right, counts.fields),
            beyond_echo: percent(counts.beyond, counts.echo_wrong),
            explained: percent(counts.explained, counts.fields),
            unexplained: counts.unexplained,
        }
    }

    fn lines(&self) -> Vec<String> {
        let figures = self.figures();
        let counts = &self.counts;
        let with_era = percent(counts.right, counts.fields + counts.era);
        let beyond_with_era = percent(counts.beyond, counts.echo_wrong + counts.era_echo_wrong);
        let mut lines = vec![
            format!(
                "recordings: all {:.1} %, echo {:.1} %, beyond echo {:.1} %, unexplained {}",
                figures.all, figures.echo, figures.beyond_echo, figures.unexplained
            ),
            format!(
                "of {} fields in {} exchanges; explained differences {} ({:.2} %); {} more fields changed with the \
                 era (counted as wrong: all {with_era:.1} %, beyond echo {beyond_with_era:.1} %)",
                counts.fields, self.exchanges, counts.explained, figures.explained, counts.era
            ),
        ];
        for (reason, count) in &self.left_out {
            lines.push(format!("left out: {count} exchanges: {reason}"));
        }
        lines
    }

    /// Prints the figures, and what differs for what reason.
    pub(crate) fn print(&self) {
        for line in self.lines() {
            println!("{line}");
        }
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for ((_, _, path, cause), (count, _)) in &self.listed {
            let reason = match cause {
                Cause::Explained(reason) => format!("explained: {reason}"),
                Cause::Era(_) => format!("changed with the era: {path}"),
                Cause::Unexplained => continue,
            };
            *reasons.entry(reason).or_default() += count;
        }
        for (reason, count) in reasons {
            println!("{count:6} {reason}");
        }
    }

    /// The differences nobody has explained, one a line.
    pub(crate) fn unexplained(&self) -> String {
        let mut text = String::new();
        for ((scenario, day, path, cause), (count, values)) in &self.listed {
            if *cause == Cause::Unexplained {
                // Writing to a text cannot fail.
                let _ = writeln!(text, "{count:4} {scenario} {day} {path}: {values}");
            }
        }
        text
    }

    /// Writes figures and differences where `SECUREAKS_CONFORMANCE` says, if it does.
    #[expect(
        clippy::disallowed_methods,
        reason = "where the figures go is said by the environment"
    )]
    pub(crate) fn write(&self) {
        let Some(folder) = std::env::var_os("SECUREAKS_CONFORMANCE") else {
            return;
        };
        let differences: Vec<Value> = self
            .listed
            .iter()
            .map(|((scenario, day, path, cause), (count, values))| {
                let reason = match cause {
                    Cause::Era(shown) => format!("older era; {shown}"),
                    Cause::Explained(reason) => reason.clone(),
                    Cause::Unexplained => "unexplained".to_owned(),
                };
                json!({
                    "path": path, "scenario": scenario, "date": day, "reason": reason,
                    "count": count, "example": values,
                })
            })
            .collect();
        let document = json!({
            "oracle": "recorded requests, replayed into the simulator",
            "lines": self.lines(),
            "differences": differences,
        });
        let path = std::path::Path::new(&folder).join("recordings.json");
        std::fs::write(path, format!("{document:#}\n")).unwrap();
    }
}

/// Why a field differs.
fn cause(
    recording: &Recording,
    recorded: &Recorded,
    name: &str,
    azure: &Fields,
    ours: &Fields,
    eras: &Eras,
) -> Cause {
    let day = recording.day_of(recorded);
    let path = general(name);
    let path = path.strip_prefix("value[].").unwrap_or(&path);
    let pool = recorded.key().contains("/agentpools");
    let difference = Difference {
        scenario: &recording.scenario,
        recorded,
        path,
        azure: azure.get(name),
        ours: ours.get(name),
    };
    let absent = difference.azure.is_none();
    let shown = |path: &str, ours: Option<&Value>| {
        // What a resource is doing is of no era.
        let state = path.ends_with("provisioningState") || path.ends_with("powerState.code");
        // What was usual with newer APIs says nothing about an old one.
        let old = recorded.api_version.as_str() < "2022";
        if state || absent && !old && eras.usual(path, pool, &day) {
            return None;
        }
        eras.newer(path, pool, &day, ours)
    };
    if let Some(reason) = reason::of(&difference) {
        return Cause::Explained(reason.to_owned());
    }
    if let Some(era) = shown(path, difference.ours) {
        return Cause::Era(era);
    }
    // An empty block on one side, and what fills it on the other.
    let empty = Some(&json!({}));
    let below = |fields: &Fields| -> Vec<(String, Value)> {
        fields
            .iter()
            .filter(|(own, _)| own.starts_with(&format!("{name}.")))
            .map(|(own, value)| (general(own), value.clone()))
            .collect()
    };
    if difference.azure == empty && difference.ours.is_none() {
        let filled = below(ours);
        let eras: Vec<_> = filled
            .iter()
            .filter_map(|(own, value)| {
                shown(own.strip_prefix("value[].").unwrap_or(own), Some(value))
            })
            .collect();
        if !filled.is_empty() && eras.len() == filled.len() {
            return Cause::Era(eras.into_iter().next().unwrap_or_default());
        }
    }
    match reason::later(&difference) {
        Some(reason) => Cause::Explained(reason.to_owned()),
        None => Cause::Unexplained,
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "there are some ten thousand fields"
)]
fn percent(part: usize, whole: usize) -> f64 {
    100.0 * part as f64 / whole.max(1) as f64
}
