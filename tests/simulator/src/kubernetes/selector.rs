//! Label and field selectors of lists, watches and deletions.

use serde_json::Value;

use super::request::Request;
use super::status::Status;
use super::store::text;

/// What a list is to contain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selector {
    labels: Vec<Requirement>,
    fields: Vec<Requirement>,
}

/// One condition on a label or a field.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    operator: Operator,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Operator {
    In(Vec<String>),
    NotIn(Vec<String>),
    Exists,
    Absent,
}

/// The fields that can be selected by, of any kind.
const FIELDS: [&str; 18] = [
    "metadata.name",
    "metadata.namespace",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "spec.serviceAccountName",
    "status.phase",
    "status.podIP",
    "status.successful",
    "type",
    "reason",
    "reportingComponent",
    "source",
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "spec.unschedulable",
];

impl Selector {
    /// The selectors of a request.
    pub(crate) fn of(request: &Request) -> Result<Self, Status> {
        Ok(Self {
            labels: labels(request.parameter("labelselector"))?,
            fields: fields(request.parameter("fieldselector"))?,
        })
    }

    pub(crate) fn matches(&self, object: &Value) -> bool {
        let labels = object.pointer("/metadata/labels");
        let label = |key: &str| labels?.get(key)?.as_str();
        self.labels.iter().all(|own| own.holds(label(&own.key)))
            && self.fields.iter().all(|own| {
                let pointer = format!("/{}", own.key.replace('.', "/"));
                own.holds(Some(text(object, &pointer)))
            })
    }
}

impl Requirement {
    fn holds(&self, value: Option<&str>) -> bool {
        let among = |values: &[String]| value.is_some_and(|own| values.iter().any(|v| v == own));
        match &self.operator {
            Operator::In(values) => among(values),
            Operator::NotIn(values) => !among(values),
            Operator::Exists => value.is_some(),
            Operator::Absent => value.is_none(),
        }
    }
}

fn fields(selector: &str) -> Result<Vec<Requirement>, Status> {
    selector
        .split(',')
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            let requirement = equality(part).ok_or_else(|| {
                Status::bad_request(format!(
                    "unable to parse requirement: invalid field selector {part}"
                ))
            })?;
            if FIELDS.contains(&requirement.key.as_str()) {
                Ok(requirement)
            } else {
                Err(Status::bad_request(format!(
                    "field label not supported: {}",
                    requirement.key
                )))
            }
        })
        .collect()
}

fn labels(selector: &str) -> Result<Vec<Requirement>, Status> {
    split(selector)
        .into_iter()
        .filter(|part| !part.trim().is_empty())
        .map(|part| {
            set(part).or_else(|| equality(part)).ok_or_else(|| {
                Status::bad_request(format!("unable to parse requirement: found '{part}'"))
            })
        })
        .collect()
}

/// Commas part requirements, except between parentheses.
fn split(selector: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    selector
        .split(|letter| {
            match letter {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            letter == ',' && depth == 0
        })
        .collect()
}

fn equality(part: &str) -> Option<Requirement> {
    let (key, value, equal) = if let Some((key, value)) = part.split_once("!=") {
        (key, value, false)
    } else if let Some((key, value)) = part.split_once("==") {
        (key, value, true)
    } else {
        let (key, value) = part.split_once('=')?;
        (key, value, true)
    };
    let values = vec![value.trim().to_owned()];
    Some(Requirement {
        key: key.trim().to_owned(),
        operator: if equal {
            Operator::In(values)
        } else {
            Operator::NotIn(values)
        },
    })
}

/// `key`, `!key`, `key in (a, b)` and `key notin (a, b)`.
fn set(part: &str) -> Option<Requirement> {
    let part = part.trim();
    let requirement = |key: &str, operator| {
        let key = key.trim().to_owned();
        Some(Requirement { key, operator })
    };
    if let Some((head, values)) = part.split_once('(') {
        let values = values.strip_suffix(')')?.split(',');
        let values = values.map(|value| value.trim().to_owned()).collect();
        let (key, operator) = head.trim().rsplit_once(char::is_whitespace)?;
        return match operator {
            "in" => requirement(key, Operator::In(values)),
            "notin" => requirement(key, Operator::NotIn(values)),
            _ => None,
        };
    }
    if part.contains('=') || part.contains(char::is_whitespace) {
        return None;
    }
    match part.strip_prefix('!') {
        Some(key) => requirement(key, Operator::Absent),
        None => requirement(part, Operator::Exists),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn labels_are_selected_by_equality_and_by_sets() {
        let object = json!({ "metadata": { "labels": { "app": "web", "tier": "front" } } });
        let cases = [
            ("app=web", true),
            ("app==web,tier=back", false),
            ("app!=web", false),
            ("other!=web", true),
            ("app in (api, web),tier", true),
            ("app notin (api,web)", false),
            ("!other", true),
            ("!app", false),
        ];

        for (selector, expected) in cases {
            let selector_of = Selector {
                labels: labels(selector).unwrap(),
                fields: Vec::new(),
            };
            assert_eq!(selector_of.matches(&object), expected, "{selector}");
        }
    }

    #[test]
    fn a_field_nobody_can_select_by_is_refused() {
        let status = fields("spec.color=red").unwrap_err();

        assert_eq!(status.message, "field label not supported: spec.color");
    }
}
