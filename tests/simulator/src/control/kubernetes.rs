//! What tests see and do of the Kubernetes API of a cluster, and what real API servers ask.

use serde_json::{Value, json};

use super::{Wrong, body};
use crate::message::Message;
use crate::shared::Shared;

/// Answers a request about clusters; `None` for any other.
pub(super) async fn answer(
    shared: &Shared,
    message: &Message,
    path: &[&str],
) -> Option<Result<Value, Wrong>> {
    let parameters = message.parameters();
    let parameter = |name: &str| parameters.get(name).map_or("", String::as_str);
    let (cluster, object) = (parameter("cluster"), parameter("path"));
    let answer = match (message.method.as_str(), path) {
        ("GET", ["connections"]) => {
            let connections = shared.lock().journal.connections(cluster);
            Ok(json!({ "connections": connections }))
        }
        ("GET", ["kubernetes"]) => shared
            .object(cluster, object)
            .await
            .ok_or_else(|| Wrong::not_found("object", object)),
        ("PATCH", ["kubernetes"]) => change(shared, message, cluster, object).await,
        ("POST", ["azure-rbac", instance]) => body::<Value>(message).and_then(|review| {
            shared
                .with(|inner, setting| inner.azure_rbac(instance, review, setting))
                .ok_or_else(|| Wrong::not_found("cluster", instance))
        }),
        _ => return None,
    };
    Some(answer)
}

async fn change(
    shared: &Shared,
    message: &Message,
    cluster: &str,
    object: &str,
) -> Result<Value, Wrong> {
    let change = body::<Value>(message)?;
    shared
        .change_object(cluster, object, &change)
        .await
        .map(|()| json!({}))
        .ok_or_else(|| Wrong::not_found("cluster or kind of object", object))
}
