//! What AKS puts into a new cluster, put into a real API server.

use std::io;

use serde_json::{Value, json};

use super::backend::Backend;
use crate::kubernetes::bootstrap;
use crate::kubernetes::kind::{self, Kind};
use crate::kubernetes::store::{name, namespace, text};

/// Makes what a server does not make by itself. What is there already stays.
pub(super) async fn plant(backend: &Backend, authority: &str) -> io::Result<()> {
    for object in bootstrap::objects(authority) {
        let Some(kind) = kind::of_object(text(&object, "/apiVersion"), text(&object, "/kind"))
        else {
            continue;
        };
        if kind.group == "rbac.authorization.k8s.io" || name(&object) == "kubernetes" {
            continue;
        }
        let collection = collection(kind, namespace(&object));
        let made = backend.ask("POST", &collection, &[], Some(&object)).await?;
        let path = format!("{collection}/{}", name(&object));
        if made.status == 409 && kind.resource == kind::NAMESPACES {
            let labels = object.pointer("/metadata/labels");
            let labelled = json!({ "metadata": { "labels": labels } });
            backend.merge(&path, &labelled).await?;
        }
        if let Some(status) = object.get("status")
            && made.is_success()
        {
            let status = json!({ "status": status });
            backend.merge(&format!("{path}/status"), &status).await?;
        }
    }
    Ok(())
}

/// Where the objects of a kind are.
pub(super) fn collection(kind: &Kind, namespace: &str) -> String {
    let root = if kind.group.is_empty() {
        "/api"
    } else {
        "/apis"
    };
    let place = if namespace.is_empty() {
        String::new()
    } else {
        format!("/namespaces/{namespace}")
    };
    format!("{root}/{}{place}/{}", kind.api_version(), kind.resource)
}

/// What every namespace has: the account its pods run as, and the authority of the server.
pub(super) async fn furnish(backend: &Backend, namespace: &str, authority: &str) -> io::Result<()> {
    let account = json!({
        "kind": "ServiceAccount",
        "apiVersion": "v1",
        "metadata": { "name": "default" },
    });
    let authority = json!({
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": { "name": bootstrap::ROOT_AUTHORITY },
        "data": { "ca.crt": authority },
    });
    let objects: [(&str, &Value); 2] = [("serviceaccounts", &account), ("configmaps", &authority)];
    for (resource, object) in objects {
        let path = format!("/api/v1/namespaces/{namespace}/{resource}");
        backend.ask("POST", &path, &[], Some(object)).await?;
    }
    Ok(())
}
