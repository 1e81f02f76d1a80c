//! Which labels and annotations of an object are ours: Kubernetes notes the manager of each field.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value as Json;

/// The keys below `path` that `manager` applied, such as those below `["metadata", "labels"]`
/// (Kubernetes, "Server-Side Apply", format `FieldsV1`).
pub(super) fn keys(metadata: &ObjectMeta, manager: &str, path: &[&str]) -> BTreeSet<String> {
    let entries = metadata.managed_fields.iter().flatten();
    let applied = entries.filter(|entry| {
        entry.manager.as_deref() == Some(manager) && entry.operation.as_deref() == Some("Apply")
    });
    applied
        .filter_map(|entry| {
            let fields = &entry.fields_v1.as_ref()?.0;
            path.iter()
                .try_fold(fields, |fields, name| fields.get(format!("f:{name}")))
        })
        .filter_map(Json::as_object)
        .flat_map(|fields| fields.keys())
        .filter_map(|key| key.strip_prefix("f:"))
        .map(str::to_owned)
        .collect()
}

/// What of `found` is ours: what we applied, and what the state names, whoever changed it since.
pub(super) fn ours<T: Clone>(
    found: &BTreeMap<String, T>,
    applied: &BTreeSet<String>,
    named: &BTreeSet<String>,
) -> BTreeMap<String, T> {
    found
        .iter()
        .filter(|(key, _)| applied.contains(*key) || named.contains(*key))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}
