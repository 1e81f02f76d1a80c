//! Dated sets of secure choices: what is left out of a cluster's configuration means what it meant
//! when the cluster was made.

use crate::value::Value;

/// What a set changes of the one before it.
#[derive(Debug)]
pub(super) struct Choices {
    /// Its date.
    pub(super) name: &'static str,
    /// Attributes, as the way to them, and the value each gets when it is left out.
    pub(super) changes: &'static [(&'static [&'static str], Choice)],
}

/// A value that can be written in a table.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "the first set is the schema's own defaults; the next one is written in these words"
    )
)]
pub(super) enum Choice {
    Text(&'static str),
    Switch(bool),
}

/// The sets, oldest first. The first is the schema's own defaults and changes nothing.
pub(super) const ALL: &[Choices] = &[Choices {
    name: "2026.1",
    changes: &[],
}];

/// The date of the newest of `sets`.
pub(super) fn newest(sets: &[Choices]) -> &'static str {
    sets.last().map_or("", |set| set.name)
}

/// Puts the choices of the cluster's set into `filled`: of the set that is written, else the one
/// it has, else, for a new cluster, the newest.
pub(super) fn choose(sets: &[Choices], filled: &mut Value, config: &Value, prior: &Value) {
    if config.member("baseline").is_null() && prior.is_null() {
        filled.set_member("baseline", Value::from(newest(sets)));
    }
    let Some(chosen) = filled.member("baseline").as_str().map(str::to_owned) else {
        return;
    };
    for set in sets.iter().filter(|set| set.name <= chosen.as_str()) {
        for (way, choice) in set.changes {
            put(filled, config, way, *choice);
        }
    }
}

fn put(filled: &mut Value, config: &Value, way: &[&str], choice: Choice) {
    match way {
        [last] if config.member(last).is_null() => filled.set_member(
            last,
            match choice {
                Choice::Text(text) => Value::from(text),
                Choice::Switch(on) => Value::from(on),
            },
        ),
        [first, rest @ ..] if !rest.is_empty() => {
            let mut inner = filled.member(first).clone();
            put(&mut inner, config.member(first), rest, choice);
            filled.set_member(first, inner);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETS: &[Choices] = &[
        Choices {
            name: "2026.1",
            changes: &[],
        },
        Choices {
            name: "2027.1",
            changes: &[
                (&["channel"], Choice::Text("new")),
                (&["cleaner", "enabled"], Choice::Switch(true)),
            ],
        },
    ];

    fn filled(baseline: &str) -> Value {
        let cleaner = Value::object([("enabled", Value::from(false))]);
        Value::object([
            ("baseline", baseline.into()),
            ("channel", "old".into()),
            ("cleaner", cleaner),
        ])
    }

    fn nothing() -> Value {
        Value::object([
            ("baseline", Value::Null),
            ("channel", Value::Null),
            ("cleaner", Value::Null),
        ])
    }

    #[test]
    fn a_new_cluster_gets_the_newest_choices() {
        let mut cluster = filled("2026.1");

        choose(SETS, &mut cluster, &nothing(), &Value::Null);

        let cleaner = Value::object([("enabled", Value::from(true))]);
        assert_eq!(
            cluster,
            Value::object([
                ("baseline", "2027.1".into()),
                ("channel", "new".into()),
                ("cleaner", cleaner)
            ])
        );
    }

    #[test]
    fn a_living_cluster_keeps_the_choices_it_has() {
        let mut cluster = filled("2026.1");

        choose(SETS, &mut cluster, &nothing(), &filled("2026.1"));

        assert_eq!(cluster, filled("2026.1"));
    }

    #[test]
    fn what_is_written_stays() {
        let mut written = nothing();
        written.set_member("channel", "mine".into());
        let mut cluster = filled("2026.1");
        cluster.set_member("channel", "mine".into());

        choose(SETS, &mut cluster, &written, &Value::Null);

        assert_eq!(cluster.member("channel"), &Value::from("mine"));
    }
}
