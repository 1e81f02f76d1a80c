//! A policy written as JSON text: read strictly from users, compared by what it means.

use k8s_openapi::api::networking::v1::NetworkPolicySpec;
use serde_json::Value as Json;

use super::meaning::meaning;
use crate::{framework::Text, text_content};

/// The `spec` of a `NetworkPolicy` as JSON.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PolicyText {
    text: String,
    policy: NetworkPolicySpec,
}

impl PolicyText {
    /// What the text says.
    pub(super) fn policy(&self) -> &NetworkPolicySpec {
        &self.policy
    }

    /// The text of a policy.
    pub(super) fn of(policy: &NetworkPolicySpec) -> Self {
        let text = serde_json::to_value(policy).unwrap_or_default().to_string();
        Self {
            text,
            policy: policy.clone(),
        }
    }
}

impl Text for PolicyText {
    const WANTED: &'static str = "the `spec` of a networking.k8s.io/v1 NetworkPolicy as JSON, such as `jsonencode({ podSelector = {}, policyTypes = [\"Ingress\"] })`";

    fn parse(text: &str) -> Result<Self, String> {
        let written: Json =
            serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
        let Some(members) = written.as_object() else {
            return Err("it is not a JSON object".to_owned());
        };
        if members.contains_key("kind") || members.contains_key("spec") {
            return Err("it is a whole object; only its `spec` is wanted".to_owned());
        }
        let policy: NetworkPolicySpec = serde_json::from_value(written.clone())
            .map_err(|error| format!("it is not a network policy: {error}"))?;
        let known = serde_json::to_value(&policy).map_err(|error| error.to_string())?;
        match unknown_field(&written, &known, "") {
            Some(field) => Err(format!("a policy has no field `{field}`")),
            None => Ok(Self {
                text: text.to_owned(),
                policy,
            }),
        }
    }

    fn other(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            policy: serde_json::from_str(text).unwrap_or_default(),
        }
    }

    fn text(&self) -> String {
        self.text.clone()
    }

    fn same(left: &str, right: &str) -> bool {
        let read = |text: &str| serde_json::from_str::<NetworkPolicySpec>(text).ok();
        match (read(left), read(right)) {
            (Some(left), Some(right)) => meaning(&left) == meaning(&right),
            _ => false,
        }
    }
}

text_content!(PolicyText);

/// The first field that was written and is not one of the known.
fn unknown_field(written: &Json, known: &Json, path: &str) -> Option<String> {
    match (written, known) {
        (Json::Object(written), Json::Object(known)) => written.iter().find_map(|(name, value)| {
            let path = if path.is_empty() {
                name.clone()
            } else {
                format!("{path}.{name}")
            };
            match known.get(name) {
                Some(known) => unknown_field(value, known, &path),
                None => (!value.is_null()).then_some(path),
            }
        }),
        (Json::Array(written), Json::Array(known)) => written
            .iter()
            .zip(known)
            .enumerate()
            .find_map(|(index, (value, known))| {
                unknown_field(value, known, &format!("{path}[{index}]"))
            }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<String> {
        PolicyText::parse(text).err()
    }

    #[test]
    fn what_is_no_policy_is_refused_with_the_reason() {
        let texts = [
            "podSelector: {}",
            "[]",
            r#"{"kind": "NetworkPolicy", "spec": {}}"#,
            r#"{"podselector": {}}"#,
            r#"{"ingress": [{}, {"from": [{"ipblock": {"cidr": "10.0.0.0/8"}}]}]}"#,
            r#"{"podSelector": {}, "ingress": null}"#,
        ];

        let problems = texts.map(problem);

        assert_eq!(
            problems,
            [
                Some("it is not JSON: expected value at line 1 column 1".to_owned()),
                Some("it is not a JSON object".to_owned()),
                Some("it is a whole object; only its `spec` is wanted".to_owned()),
                Some("a policy has no field `podselector`".to_owned()),
                Some("a policy has no field `ingress[1].from[0].ipblock`".to_owned()),
                None,
            ]
        );
    }

    #[test]
    fn texts_are_compared_by_what_they_mean() {
        let left = r#"{"policyTypes":["Ingress"],"podSelector":{}}"#;
        let right = r#"{ "podSelector": {}, "ingress": [] }"#;
        let open = r#"{ "podSelector": {}, "ingress": [{}] }"#;

        let same = [PolicyText::same(left, right), PolicyText::same(left, open)];

        assert_eq!(same, [true, false]);
    }
}
