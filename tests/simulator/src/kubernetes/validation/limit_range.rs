//! Limit ranges (Kubernetes, `pkg/apis/core/validation`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::quantity::Quantity;
use super::super::status::Cause;
use super::field::{Path, items, members, text};
use super::name::qualified;
use super::resource_quota::{parse, quantity};

const AMOUNTS: [&str; 5] = [
    "max",
    "min",
    "default",
    "defaultRequest",
    "maxLimitRequestRatio",
];

/// Two amounts of which the first must not be greater, and how each is called when it is.
const ORDER: [(&str, &str, &str, &str, &str); 6] = [
    ("min", "max", "min", "min value", "max value"),
    (
        "min",
        "defaultRequest",
        "defaultRequest",
        "min value",
        "default request value",
    ),
    (
        "defaultRequest",
        "max",
        "defaultRequest",
        "default request value",
        "max value",
    ),
    (
        "defaultRequest",
        "default",
        "defaultRequest",
        "default request value",
        "default limit value",
    ),
    ("min", "default", "default", "min value", "default value"),
    ("default", "max", "default", "default value", "max value"),
];

pub(super) fn limit_range(object: &Value) -> Vec<Cause> {
    let spec = object.get("spec").cloned().unwrap_or_default();
    let path = Path::new("spec").child("limits");
    let mut types = BTreeSet::new();
    let mut causes = Vec::new();
    for (index, limit) in items(&spec, "limits").enumerate() {
        let path = path.index(index);
        let kind = text(limit, "type");
        for problem in qualified(kind) {
            causes.push(path.child("type").invalid_text(kind, &problem));
        }
        if !types.insert(kind) {
            causes.push(path.child("type").duplicate(kind));
        }
        causes.extend(item(limit, kind, &path));
    }
    causes
}

fn item(limit: &Value, kind: &str, path: &Path) -> Vec<Cause> {
    let mut causes = Vec::new();
    let mut names = BTreeSet::new();
    for amounts in AMOUNTS {
        for (name, amount) in members(limit, amounts) {
            names.insert(name.as_str());
            let path = path.child(amounts).key(name);
            for problem in qualified(name) {
                causes.push(path.invalid_text(name, &problem));
            }
            causes.extend(quantity(amount, &path));
        }
    }
    let has = |amounts: &str| members(limit, amounts).next().is_some();
    if kind == "Pod" {
        for amounts in ["default", "defaultRequest"] {
            if has(amounts) {
                let text = "may not be specified when `type` is 'Pod'";
                causes.push(path.child(amounts).forbidden(text));
            }
        }
    }
    let storage = |amounts: &str| members(limit, amounts).any(|(name, _)| name == "storage");
    if kind == "PersistentVolumeClaim" && !storage("min") && !storage("max") {
        let text = "either minimum or maximum storage value is required, but neither was provided";
        causes.push(path.child("limits").required(text));
    }
    for name in names {
        causes.extend(order(limit, name, path));
    }
    causes
}

fn order(limit: &Value, name: &str, path: &Path) -> Vec<Cause> {
    let amount = |amounts: &str| limit.get(amounts)?.get(name);
    let shown = |amount: &Value| match amount {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let mut causes = Vec::new();
    for (smaller, greater, field, smaller_name, greater_name) in ORDER {
        let (Some(one), Some(other)) = (amount(smaller), amount(greater)) else {
            continue;
        };
        if parse(one) > parse(other) {
            let (one, other) = (shown(one), shown(other));
            let wrong = if field == smaller { &one } else { &other };
            let text = format!("{smaller_name} {one} is greater than {greater_name} {other}");
            let path = path.child(field).key(name);
            causes.push(path.invalid_text(wrong, &text));
        }
    }
    if let Some(ratio) = amount("maxLimitRequestRatio")
        && parse(ratio).is_some_and(|ratio| ratio < Quantity::ONE)
    {
        let text = format!("ratio {} is less than 1", shown(ratio));
        let path = path.child("maxLimitRequestRatio").key(name);
        causes.push(path.invalid_text(&shown(ratio), &text));
    }
    causes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::status::quoted;
    use super::*;

    fn invalid(field: &str, value: &str, text: &str) -> Cause {
        let message = format!("Invalid value: {}: {text}", quoted(value));
        Cause::new("FieldValueInvalid", field, message)
    }

    #[test]
    fn amounts_stand_in_order() {
        let range = json!({ "spec": { "limits": [{
            "type": "Container",
            "min": { "cpu": "200m" },
            "max": { "cpu": "100m" },
            "default": { "memory": "1Gi" },
            "defaultRequest": { "memory": "2Gi" },
        }]}});

        let causes = limit_range(&range);

        assert_eq!(
            causes,
            [
                invalid(
                    "spec.limits[0].min[cpu]",
                    "200m",
                    "min value 200m is greater than max value 100m"
                ),
                invalid(
                    "spec.limits[0].defaultRequest[memory]",
                    "2Gi",
                    "default request value 2Gi is greater than default limit value 1Gi"
                ),
            ]
        );
    }

    #[test]
    fn a_type_comes_once_and_pods_have_no_defaults() {
        let range = json!({ "spec": { "limits": [
            { "type": "Pod", "default": { "cpu": "1" } },
            { "type": "Pod", "max": { "cpu": "1" } },
        ]}});

        let fields: Vec<String> = limit_range(&range)
            .into_iter()
            .map(|cause| cause.field)
            .collect();

        assert_eq!(fields, ["spec.limits[0].default", "spec.limits[1].type"]);
    }
}
