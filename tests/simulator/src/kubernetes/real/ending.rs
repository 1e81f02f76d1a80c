//! The end of a namespace on a real API server: what is in it goes, then the namespace.

use std::io;

use serde_json::{Value, json};

use super::backend::Backend;
use super::discovery::{self, Resource};
use crate::kubernetes::metadata::finalizers;
use crate::kubernetes::namespace::{Held, conditions, same_conditions};
use crate::kubernetes::store::name;

const NAMES_ONLY: (&str, &str) = (
    "accept",
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1",
);

/// Deletes what is in a namespace, and lets the namespace go when that is gone. Whether it was.
pub(super) async fn empty(backend: &Backend, namespace: &Value) -> io::Result<bool> {
    let own = name(namespace);
    let held_by_contents = namespace
        .pointer("/spec/finalizers")
        .and_then(Value::as_array)
        .is_some_and(|finalizers| !finalizers.is_empty());
    if !held_by_contents {
        return Ok(true);
    }
    let mut held = Held::default();
    for resource in discovery::resources(backend).await? {
        if resource.namespaced && resource.is_kept {
            clear(backend, own, &resource, &mut held).await?;
        }
    }
    let path = format!("/api/v1/namespaces/{own}");
    let finished = held.is_empty();
    let before = namespace
        .pointer("/status/conditions")
        .unwrap_or(&Value::Null);
    let conditions = conditions(&held, jiff::Timestamp::now());
    if !finished && !same_conditions(before, &conditions) {
        let status = json!({ "status": { "conditions": conditions } });
        backend.merge(&format!("{path}/status"), &status).await?;
    }
    if finished {
        let mut last = backend.ask("GET", &path, &[], None).await?.body;
        if let Some(spec) = last.get_mut("spec") {
            *spec = json!({ "finalizers": [] });
            backend
                .ask("PUT", &format!("{path}/finalize"), &[], Some(&last))
                .await?;
        }
    }
    Ok(finished)
}

/// Deletes the objects of a kind, and counts those that stay.
async fn clear(
    backend: &Backend,
    namespace: &str,
    resource: &Resource,
    held: &mut Held,
) -> io::Result<()> {
    let path = resource.collection(namespace);
    let list = async || -> io::Result<Vec<Value>> {
        Ok(backend
            .ask("GET", &path, &[NAMES_ONLY], None)
            .await?
            .items())
    };
    if list().await?.is_empty() {
        return Ok(());
    }
    let background = format!("{path}?propagationPolicy=Background");
    backend.ask("DELETE", &background, &[], None).await?;
    for left in list().await? {
        held.count(&resource.qualified(), finalizers(&left));
    }
    Ok(())
}
