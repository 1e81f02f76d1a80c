//! The labels of a namespace that say which pods may run in it (Kubernetes,
//! `k8s.io/pod-security-admission/api`).

use serde_json::Value;

use super::super::status::Cause;
use super::field::Path;

const PREFIX: &str = "pod-security.kubernetes.io/";
const LEVELS: [&str; 3] = ["privileged", "baseline", "restricted"];

/// What is wrong with the labels of a namespace. What was wrong before may stay as it is.
pub(super) fn namespace(new: &Value, old: Option<&Value>) -> Vec<Cause> {
    let causes = problems(new);
    if old.is_some_and(|old| problems(old) == causes) {
        return Vec::new();
    }
    causes
}

fn problems(namespace: &Value) -> Vec<Cause> {
    let label = |name: &str| {
        let labels = namespace.pointer("/metadata/labels")?;
        labels.get(format!("{PREFIX}{name}"))?.as_str()
    };
    let path = Path::new("metadata").child("labels");
    let mut causes = Vec::new();
    for mode in ["enforce", "audit", "warn"] {
        if let Some(level) = label(mode)
            && !LEVELS.contains(&level)
        {
            let text = format!("must be one of {}", LEVELS.join(", "));
            let path = path.key(&format!("{PREFIX}{mode}"));
            causes.push(path.invalid_text(level, &text));
        }
        let name = format!("{mode}-version");
        if let Some(version) = label(&name)
            && !is_version(version)
        {
            let path = path.key(&format!("{PREFIX}{name}"));
            causes.push(path.invalid_text(version, "must be \"latest\" or \"v1.x\""));
        }
    }
    causes
}

fn is_version(version: &str) -> bool {
    let minor = version.strip_prefix("v1.");
    version == "latest"
        || minor.is_some_and(|minor| {
            let digits = minor.bytes().all(|digit| digit.is_ascii_digit());
            digits && (minor == "0" || !(minor.is_empty() || minor.starts_with('0')))
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn labelled(level: &str, version: &str) -> Value {
        json!({ "metadata": { "labels": {
            "pod-security.kubernetes.io/enforce": level,
            "pod-security.kubernetes.io/enforce-version": version,
        }}})
    }

    #[test]
    fn levels_and_versions_are_known_ones() {
        let wrong = namespace(&labelled("strict", "1.35"), None);

        assert_eq!(namespace(&labelled("restricted", "v1.35"), None), []);
        assert_eq!(namespace(&labelled("baseline", "latest"), None), []);
        assert_eq!(
            wrong,
            [
                Cause::new(
                    "FieldValueInvalid",
                    "metadata.labels[pod-security.kubernetes.io/enforce]",
                    "Invalid value: \"strict\": must be one of privileged, baseline, restricted"
                ),
                Cause::new(
                    "FieldValueInvalid",
                    "metadata.labels[pod-security.kubernetes.io/enforce-version]",
                    "Invalid value: \"1.35\": must be \"latest\" or \"v1.x\""
                ),
            ]
        );
    }

    #[test]
    fn what_was_wrong_before_does_not_stand_in_the_way() {
        let wrong = labelled("strict", "v1.35");

        assert_eq!(namespace(&wrong, Some(&wrong)), []);
    }
}
