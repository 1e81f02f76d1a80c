//! Names, labels and ports, in the words of `apimachinery/pkg/util/validation`.

use serde_json::Value;

use super::super::status::Cause;
use super::field::{Path, members, text};

const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

/// The rule the name of an object follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    Subdomain,
    Label,
    /// A label that begins with a letter.
    OldLabel,
    /// Anything that can stand in a path.
    PathSegment,
}

impl Rule {
    /// The rule of a resource.
    pub(super) fn of(group: &str, resource: &str) -> Self {
        match (group, resource) {
            ("", "namespaces") => Self::Label,
            ("", "services") => Self::OldLabel,
            ("rbac.authorization.k8s.io", _) => Self::PathSegment,
            _ => Self::Subdomain,
        }
    }

    /// What is wrong with a name.
    pub(super) fn problems(self, name: &str) -> Vec<String> {
        match self {
            Self::Subdomain => subdomain(name),
            Self::Label => label(name),
            Self::OldLabel => old_label(name),
            Self::PathSegment => path_segment(name),
        }
    }
}

/// What is wrong with an object's name, labels and annotations.
pub(super) fn metadata(metadata: &Value, rule: Rule, path: &Path) -> Vec<Cause> {
    let mut causes = Vec::new();
    let (name, prefix) = (text(metadata, "name"), text(metadata, "generateName"));
    if name.is_empty() && prefix.is_empty() {
        let text = "name or generateName is required";
        causes.push(path.child("name").required(text));
    }
    if !prefix.is_empty() {
        // A prefix may end as a name may not.
        let example = format!("{}a", prefix.trim_end_matches(['-', '.']));
        for problem in rule.problems(&example) {
            causes.push(path.child("generateName").invalid_text(prefix, &problem));
        }
    }
    if !name.is_empty() {
        for problem in rule.problems(name) {
            causes.push(path.child("name").invalid_text(name, &problem));
        }
    }
    causes.extend(labels(metadata, "labels", &path.child("labels")));
    let annotations = path.child("annotations");
    let mut size = 0;
    for (key, value) in members(metadata, "annotations") {
        for problem in qualified(&key.to_lowercase()) {
            causes.push(annotations.invalid_text(key, &problem));
        }
        size += key.len() + value.as_str().unwrap_or_default().len();
    }
    if size > 262_144 {
        causes.push(annotations.too_long(262_144));
    }
    causes
}

/// What is wrong with a map of labels.
pub(super) fn labels(object: &Value, name: &str, path: &Path) -> Vec<Cause> {
    let mut causes = Vec::new();
    for (key, value) in members(object, name) {
        for problem in qualified(key) {
            causes.push(path.invalid_text(key, &problem));
        }
        let value = value.as_str().unwrap_or_default();
        for problem in label_value(value) {
            causes.push(path.invalid_text(value, &problem));
        }
    }
    causes
}

/// What is wrong with a label selector.
pub(super) fn selector(selector: &Value, path: &Path) -> Vec<Cause> {
    let mut causes = labels(selector, "matchLabels", &path.child("matchLabels"));
    let expressions = super::field::items(selector, "matchExpressions");
    for (index, expression) in expressions.enumerate() {
        let path = path.child("matchExpressions").index(index);
        let values = super::field::items(expression, "values").count();
        match text(expression, "operator") {
            "In" | "NotIn" if values == 0 => {
                let text = "must be specified when `operator` is 'In' or 'NotIn'";
                causes.push(path.child("values").required(text));
            }
            "In" | "NotIn" => {}
            "Exists" | "DoesNotExist" => {
                if values > 0 {
                    let text = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                    causes.push(path.child("values").forbidden(text));
                }
            }
            other => {
                let text = "not a valid selector operator";
                causes.push(path.child("operator").invalid_text(other, text));
            }
        }
        let key = text(expression, "key");
        for problem in qualified(key) {
            causes.push(path.child("key").invalid_text(key, &problem));
        }
        for (index, value) in super::field::items(expression, "values").enumerate() {
            let value = value.as_str().unwrap_or_default();
            for problem in label_value(value) {
                let path = path.child("values").index(index);
                causes.push(path.invalid_text(value, &problem));
            }
        }
    }
    causes
}

pub(super) fn label(name: &str) -> Vec<String> {
    let mut problems = too_long(name, 63);
    if !is_label(name) {
        let rule = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters \
                    or '-', and must start and end with an alphanumeric character";
        problems.push(with_examples(rule, LABEL, &["my-name", "123-abc"]));
    }
    problems
}

pub(super) fn subdomain(name: &str) -> Vec<String> {
    let mut problems = too_long(name, 253);
    if !name.split('.').all(is_label) {
        let rule = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric \
                    characters, '-' or '.', and must start and end with an alphanumeric character";
        let pattern = format!(r"{LABEL}(\.{LABEL})*");
        problems.push(with_examples(rule, &pattern, &["example.com"]));
    }
    problems
}

fn old_label(name: &str) -> Vec<String> {
    let mut problems = too_long(name, 63);
    let letter = name.starts_with(|first: char| first.is_ascii_lowercase());
    if !(letter && is_label(name)) {
        let rule = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', \
                    start with an alphabetic character, and end with an alphanumeric character";
        let pattern = "[a-z]([-a-z0-9]*[a-z0-9])?";
        problems.push(with_examples(rule, pattern, &["my-name", "abc-123"]));
    }
    problems
}

pub(super) fn path_segment(name: &str) -> Vec<String> {
    if name == "." || name == ".." {
        return vec![format!("may not be '{name}'")];
    }
    ["/", "%"]
        .into_iter()
        .filter(|illegal| name.contains(illegal))
        .map(|illegal| format!("may not contain '{illegal}'"))
        .collect()
}

/// The key of a label: a name, perhaps with a domain before it.
pub(super) fn qualified(key: &str) -> Vec<String> {
    let pattern = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
    let examples = ["MyName", "my.name", "123-abc"];
    let mut problems = Vec::new();
    let name = match key.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                problems.push("prefix part must be non-empty".to_owned());
            } else {
                let prefixed = subdomain(prefix).into_iter();
                problems.extend(prefixed.map(|problem| format!("prefix part {problem}")));
            }
            *name
        }
        _ => {
            let rule = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', \
                        and must start and end with an alphanumeric character";
            let text = with_examples(rule, pattern, &examples);
            return vec![format!(
                "{text} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        problems.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_word(name) {
        let rule = "name part must consist of alphanumeric characters, '-', '_' or '.', and must \
                    start and end with an alphanumeric character";
        problems.push(with_examples(rule, pattern, &examples));
    }
    problems
}

fn label_value(value: &str) -> Vec<String> {
    let mut problems = too_long(value, 63);
    if !(value.is_empty() || is_word(value)) {
        let rule = "a valid label must be an empty string or consist of alphanumeric characters, \
                    '-', '_' or '.', and must start and end with an alphanumeric character";
        let pattern = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";
        let examples = ["MyValue", "my_value", "12345"];
        problems.push(with_examples(rule, pattern, &examples));
    }
    problems
}

/// The key of a config map or secret.
pub(super) fn data_key(key: &str) -> Vec<String> {
    let mut problems = too_long(key, 253);
    let legal = |one: char| one.is_ascii_alphanumeric() || "-._".contains(one);
    if key.is_empty() || !key.chars().all(legal) {
        let rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        let examples = ["key.name", "KEY_NAME", "key-name"];
        problems.push(with_examples(rule, "[-._a-zA-Z0-9]+", &examples));
    }
    problems
}

/// What is wrong with the number of a port.
pub(super) fn port_number(port: i64) -> Option<&'static str> {
    (!(1..=65_535).contains(&port)).then_some("must be between 1 and 65535, inclusive")
}

/// What is wrong with the name of a port.
pub(super) fn port_name(name: &str) -> Vec<&'static str> {
    let legal = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-';
    let rules = [
        (name.len() <= 15, "must be no more than 15 characters"),
        (
            name.chars().all(legal) && !name.is_empty(),
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
        ),
        (
            name.contains(|one: char| one.is_ascii_lowercase()),
            "must contain at least one letter (a-z)",
        ),
        (!name.contains("--"), "must not contain consecutive hyphens"),
        (
            !(name.starts_with('-') || name.ends_with('-')),
            "must not begin or end with a hyphen",
        ),
    ];
    let broken = rules.into_iter().filter(|(holds, _)| !holds);
    broken.map(|(_, text)| text).collect()
}

fn is_label(name: &str) -> bool {
    let inner = |one: char| one.is_ascii_lowercase() || one.is_ascii_digit() || one == '-';
    !name.is_empty() && name.chars().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}

fn is_word(name: &str) -> bool {
    let inner = |one: char| one.is_ascii_alphanumeric() || "-_.".contains(one);
    let outer = |one: char| one.is_ascii_alphanumeric();
    name.chars().all(inner) && name.starts_with(outer) && name.ends_with(outer)
}

fn too_long(name: &str, most: usize) -> Vec<String> {
    if name.len() > most {
        vec![format!("must be no more than {most} bytes")]
    } else {
        Vec::new()
    }
}

/// As `RegexError` writes it, with its two spaces before "or".
fn with_examples(rule: &str, pattern: &str, examples: &[&str]) -> String {
    let examples: Vec<String> = examples.iter().map(|one| format!("'{one}', ")).collect();
    format!(
        "{rule} (e.g. {}regex used for validation is '{pattern}')",
        examples.join(" or ")
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_follow_the_rule_of_their_kind() {
        let cases = [
            (Rule::Label, "team-a", true),
            (Rule::Label, "team.a", false),
            (Rule::Label, "Team", false),
            (Rule::Label, "-team", false),
            (Rule::Subdomain, "team.a", true),
            (Rule::Subdomain, "team..a", false),
            (Rule::OldLabel, "1team", false),
            (Rule::PathSegment, "system:node", true),
            (Rule::PathSegment, "a/b", false),
            (Rule::PathSegment, "..", false),
        ];

        for (rule, name, expected) in cases {
            assert_eq!(rule.problems(name).is_empty(), expected, "{rule:?} {name}");
        }
    }

    #[test]
    fn a_wrong_name_is_told_in_the_servers_words() {
        let causes = metadata(
            &json!({ "name": "Team" }),
            Rule::Label,
            &Path::new("metadata"),
        );

        let message = "Invalid value: \"Team\": a lowercase RFC 1123 label must consist of lower \
                       case alphanumeric characters or '-', and must start and end with an \
                       alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for \
                       validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
        assert_eq!(
            causes,
            [Cause::new("FieldValueInvalid", "metadata.name", message)]
        );
    }

    #[test]
    fn labels_have_a_domain_a_name_and_a_short_value() {
        let wrong = |labels: Value| {
            let metadata = json!({ "labels": labels });
            labels_of(&metadata)
        };

        assert_eq!(wrong(json!({ "example.com/a": "b", "c": "" })), 0);
        assert_eq!(wrong(json!({ "a/b/c": "d" })), 1);
        assert_eq!(wrong(json!({ "/a": "d" })), 1);
        assert_eq!(wrong(json!({ "a": "b c" })), 1);
        assert_eq!(wrong(json!({ "a": "x".repeat(64) })), 1);
    }

    fn labels_of(metadata: &Value) -> usize {
        labels(metadata, "labels", &Path::new("metadata.labels")).len()
    }

    #[test]
    fn ports_have_names_of_at_most_fifteen_letters() {
        assert_eq!(port_name("https"), Vec::<&str>::new());
        assert_eq!(port_name("80"), ["must contain at least one letter (a-z)"]);
        assert_eq!(
            port_name("-averylongportname"),
            [
                "must be no more than 15 characters",
                "must not begin or end with a hyphen"
            ]
        );
    }
}
