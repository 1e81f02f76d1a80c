//! What the server itself writes into an object: identity, times, generation, first status.

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::store::text;
use crate::random::guid;

/// The metadata only the server writes.
const SYSTEM: [&str; 6] = [
    "uid",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "generation",
    "selfLink",
];

/// A moment as objects write it.
pub(crate) fn time(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The metadata of an object.
pub(crate) fn of(object: &mut Value) -> &mut Map<String, Value> {
    let members = members(object);
    let metadata = members
        .entry("metadata")
        .or_insert_with(|| Value::Object(Map::new()));
    self::members(metadata)
}

/// The members of an object; whatever else was there is replaced by an empty one.
pub(crate) fn members(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(members) => members,
        _ => unreachable!("it was made an object above"),
    }
}

/// Makes a new object one of the cluster's.
pub(crate) fn begin(kind: &Kind, object: &mut Value, now: Timestamp, random: &mut StdRng) {
    let metadata = of(object);
    for name in SYSTEM {
        metadata.shift_remove(name);
    }
    metadata.insert("uid".into(), guid(random).into());
    metadata.insert("creationTimestamp".into(), time(now).into());
    if counts_generations(kind) {
        metadata.insert("generation".into(), 1.into());
    }
    drop_null(metadata);
    if has_status(kind) {
        let status = first_status(kind, object);
        members(object).shift_remove("status");
        members(object).insert("status".into(), status);
    }
}

/// Carries over what a writer cannot change, and counts the generation.
pub(crate) fn carry(kind: &Kind, old: &Value, new: &mut Value) {
    let kept: Vec<(&str, Option<Value>)> = SYSTEM
        .iter()
        .map(|name| (*name, old.pointer(&format!("/metadata/{name}")).cloned()))
        .collect();
    let metadata = of(new);
    for (name, value) in kept {
        match value {
            Some(value) => {
                metadata.insert(name.into(), value);
            }
            None => {
                metadata.shift_remove(name);
            }
        }
    }
    drop_null(metadata);
    if counts_generations(kind) && differs_beside(old, new, &["metadata", "status"]) {
        let generation = old.pointer("/metadata/generation").and_then(Value::as_i64);
        of(new).insert("generation".into(), (generation.unwrap_or(0) + 1).into());
    }
}

/// Whether two objects differ in a member that is not named.
pub(crate) fn differs_beside(old: &Value, new: &Value, beside: &[&str]) -> bool {
    let rest = |object: &Value| -> Map<String, Value> {
        let members = object.as_object().into_iter().flatten();
        members
            .filter(|(name, _)| !beside.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    rest(old) != rest(new)
}

/// Whether the status is written through a subresource of its own.
pub(crate) fn has_status(kind: &Kind) -> bool {
    kind.subresources.contains(&"status")
}

fn counts_generations(kind: &Kind) -> bool {
    ["apps", "networking.k8s.io", "batch", "policy"].contains(&kind.group)
}

/// Clients send `creationTimestamp: null` and the like.
fn drop_null(metadata: &mut Map<String, Value>) {
    metadata.retain(|_, value| !value.is_null());
}

/// What controllers would have written first, of what does not depend on anything running.
fn first_status(kind: &Kind, object: &Value) -> Value {
    match kind.resource {
        "namespaces" => json!({ "phase": "Active" }),
        "pods" => json!({ "phase": "Pending", "qosClass": "BestEffort" }),
        "persistentvolumeclaims" => json!({ "phase": "Pending" }),
        "services" | "ingresses" => json!({ "loadBalancer": {} }),
        "replicasets" | "statefulsets" => json!({ "replicas": 0 }),
        "daemonsets" => json!({
            "currentNumberScheduled": 0,
            "numberMisscheduled": 0,
            "desiredNumberScheduled": 0,
            "numberReady": 0,
        }),
        "poddisruptionbudgets" => json!({
            "disruptionsAllowed": 0,
            "currentHealthy": 0,
            "desiredHealthy": 0,
            "expectedPods": 0,
        }),
        "resourcequotas" => match object.pointer("/spec/hard") {
            Some(hard) => {
                let used = hard.as_object().into_iter().flatten();
                let used: Map<String, Value> = used
                    .map(|(name, _)| (name.clone(), Value::from("0")))
                    .collect();
                json!({ "hard": hard, "used": used })
            }
            None => json!({}),
        },
        _ => json!({}),
    }
}

/// Whether an object is being deleted.
pub(crate) fn is_being_deleted(object: &Value) -> bool {
    !text(object, "/metadata/deletionTimestamp").is_empty()
}

/// What has to happen before an object can go.
pub(crate) fn finalizers(object: &Value) -> &[Value] {
    object
        .pointer("/metadata/finalizers")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default()
}
