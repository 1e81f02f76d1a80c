//! Resource quotas (Kubernetes, `pkg/apis/core/validation`).

use serde_json::Value;

use super::super::quantity::Quantity;
use super::super::status::Cause;
use super::field::{Path, items, members};
use super::name::qualified;

/// The resources without a domain that can be limited.
const STANDARD: [&str; 20] = [
    "cpu",
    "memory",
    "ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.storage",
    "requests.ephemeral-storage",
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
    "requests.hugepages-2Mi",
];

/// Those of them that are counted and not measured.
const COUNTED: [&str; 9] = [
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "persistentvolumeclaims",
    "configmaps",
    "services.nodeports",
    "services.loadbalancers",
];

const SCOPES: [&str; 6] = [
    "Terminating",
    "NotTerminating",
    "BestEffort",
    "NotBestEffort",
    "PriorityClass",
    "CrossNamespacePodAffinity",
];

pub(super) fn resource_quota(new: &Value, old: Option<&Value>) -> Vec<Cause> {
    let path = Path::new("spec");
    let spec = new.get("spec").cloned().unwrap_or_default();
    let mut causes = Vec::new();
    for (name, amount) in members(&spec, "hard") {
        let path = path.child("hard").key(name);
        for problem in qualified(name) {
            causes.push(path.invalid_text(name, &problem));
        }
        let domain = name.contains('/');
        if !domain && !STANDARD.contains(&name.as_str()) {
            let text = "must be a standard resource type or fully qualified";
            causes.push(path.invalid_text(name, text));
            causes.push(path.invalid_text(name, "must be a standard resource for quota"));
        }
        causes.extend(quantity(amount, &path));
        let counted = COUNTED.contains(&name.as_str()) || name.starts_with("count/");
        if let Some(parsed) = parse(amount)
            && counted
            && !parsed.is_whole()
        {
            causes.push(path.invalid(amount, "must be an integer"));
        }
    }
    let scopes = path.child("scopes");
    for scope in items(&spec, "scopes").filter_map(Value::as_str) {
        if !SCOPES.contains(&scope) {
            let all = spec.get("scopes").cloned().unwrap_or_default();
            causes.push(scopes.invalid(&all, "unsupported scope"));
        }
    }
    if let Some(old) = old {
        let before = old.pointer("/spec/scopes").unwrap_or(&Value::Null);
        let after = spec.get("scopes").unwrap_or(&Value::Null);
        if before != after {
            causes.push(scopes.invalid(after, "field is immutable"));
        }
    }
    causes
}

/// What is wrong with an amount that cannot be negative.
pub(super) fn quantity(amount: &Value, path: &Path) -> Vec<Cause> {
    let text = match parse(amount) {
        None => {
            "quantities must match the regular expression \
             '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        }
        Some(parsed) if parsed.is_negative() => "must be greater than or equal to 0",
        Some(_) => return Vec::new(),
    };
    vec![path.invalid(amount, text)]
}

/// An amount, which may also be written as a number.
pub(super) fn parse(amount: &Value) -> Option<Quantity> {
    match amount {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hard_limits_are_known_resources_and_amounts() {
        let quota = json!({ "spec": { "hard": {
            "pods": "10", "requests.cpu": "500m", "count/deployments.apps": 3,
            "shoes": "1", "limits.memory": "-1", "secrets": "1.5",
        }}});

        let causes = resource_quota(&quota, None);

        let seen: Vec<(&str, &str)> = causes
            .iter()
            .map(|cause| (cause.field.as_str(), cause.message.as_str()))
            .collect();
        assert_eq!(
            seen,
            [
                (
                    "spec.hard[shoes]",
                    "Invalid value: \"shoes\": must be a standard resource type or fully qualified"
                ),
                (
                    "spec.hard[shoes]",
                    "Invalid value: \"shoes\": must be a standard resource for quota"
                ),
                (
                    "spec.hard[limits.memory]",
                    "Invalid value: \"-1\": must be greater than or equal to 0"
                ),
                (
                    "spec.hard[secrets]",
                    "Invalid value: \"1.5\": must be an integer"
                ),
            ]
        );
    }

    #[test]
    fn scopes_stay() {
        let quota =
            |scopes: Value| json!({ "spec": { "hard": { "pods": "1" }, "scopes": scopes } });

        let causes = resource_quota(
            &quota(json!(["BestEffort"])),
            Some(&quota(json!(["NotBestEffort"]))),
        );

        assert_eq!(causes.len(), 1);
        assert_eq!(
            causes[0].message,
            "Invalid value: [\"BestEffort\"]: field is immutable"
        );
    }
}
