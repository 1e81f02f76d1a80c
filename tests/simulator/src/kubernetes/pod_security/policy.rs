//! What the labels of a namespace ask of its pods (`k8s.io/pod-security-admission/api`).

use std::fmt;

use serde_json::Value;

const PREFIX: &str = "pod-security.kubernetes.io/";

/// A Pod Security Standard, the laxest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    #[default]
    Privileged,
    Baseline,
    Restricted,
}

/// A standard as a version of Kubernetes has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Rule {
    pub(super) level: Level,
    /// The minor version; `None` for `latest`.
    pub(super) version: Option<u32>,
}

/// What is enforced, and what is warned of. What is only written to the audit log shows nowhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Policy {
    pub(super) enforce: Rule,
    pub(super) warn: Rule,
}

impl Level {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "privileged" => Some(Self::Privileged),
            "baseline" => Some(Self::Baseline),
            "restricted" => Some(Self::Restricted),
            _ => None,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = match self.level {
            Level::Privileged => "privileged",
            Level::Baseline => "baseline",
            Level::Restricted => "restricted",
        };
        match self.version {
            Some(minor) => write!(formatter, "{level}:v1.{minor}"),
            None => write!(formatter, "{level}:latest"),
        }
    }
}

impl Policy {
    /// A level that is none counts as `restricted` where it is enforced and as `privileged` where it is warned of, and
    /// a version that is none as the latest.
    pub(super) fn of(namespace: &Value) -> Self {
        let label = |name: &str| {
            let labels = namespace.pointer("/metadata/labels")?;
            labels.get(format!("{PREFIX}{name}"))?.as_str()
        };
        let version = |name: &str| label(name)?.strip_prefix("v1.")?.parse().ok();
        let enforced = label("enforce").map(Level::parse);
        let enforce = Rule {
            level: enforced.map_or(Level::Privileged, |level| {
                level.unwrap_or(Level::Restricted)
            }),
            version: version("enforce-version"),
        };
        let mut warn = Rule {
            level: label("warn").and_then(Level::parse).unwrap_or_default(),
            version: version("warn-version"),
        };
        // Who enforces a level without a word on warnings is warned by it too.
        if let (Some(Some(level)), None) = (enforced, label("warn"))
            && level > warn.level
        {
            warn.level = level;
            if label("warn-version").is_none() {
                warn.version = enforce.version;
            }
        }
        Self { enforce, warn }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Rules of the labels, after those of `TestPolicyToEvaluate` in `k8s.io/pod-security-admission/api`.
    fn rules(labels: &[(&str, &str)]) -> (String, String) {
        let labels: serde_json::Map<String, Value> = labels
            .iter()
            .map(|(name, value)| (format!("{PREFIX}{name}"), json!(value)))
            .collect();
        let policy = Policy::of(&json!({ "metadata": { "labels": labels } }));
        (policy.enforce.to_string(), policy.warn.to_string())
    }

    fn told(enforce: &str, warn: &str) -> (String, String) {
        (enforce.to_owned(), warn.to_owned())
    }

    #[test]
    fn a_level_that_is_enforced_is_warned_of_unless_labels_say_otherwise() {
        assert_eq!(rules(&[]), told("privileged:latest", "privileged:latest"));
        assert_eq!(
            rules(&[("enforce", "baseline"), ("enforce-version", "v1.25")]),
            told("baseline:v1.25", "baseline:v1.25")
        );
        assert_eq!(
            rules(&[("enforce", "baseline"), ("warn", "restricted")]),
            told("baseline:latest", "restricted:latest")
        );
        assert_eq!(
            rules(&[("enforce", "restricted"), ("warn", "privileged")]),
            told("restricted:latest", "privileged:latest")
        );
    }

    #[test]
    fn a_level_that_is_none_is_the_strictest_to_enforce_and_the_laxest_to_warn_of() {
        assert_eq!(
            rules(&[("enforce", "strict"), ("warn", "strict")]),
            told("restricted:latest", "privileged:latest")
        );
        assert_eq!(
            rules(&[("enforce", "strict")]),
            told("restricted:latest", "privileged:latest")
        );
    }
}
