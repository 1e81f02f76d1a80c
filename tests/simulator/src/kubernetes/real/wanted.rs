//! What a managed cluster makes of its API server while it runs: the binding of its administrators,
//! and its nodes.

use std::io;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::backend::Backend;
use crate::kubernetes::built_in_roles::{ADMINISTRATORS, administrators};
use crate::kubernetes::nodes;
use crate::kubernetes::store::name;

const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
const NODES: &str = "/api/v1/nodes";
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

/// How long a server may take until it follows a binding it has.
const PATIENCE: Duration = Duration::from_secs(5);

/// What there should be by now.
pub(super) struct Wanted {
    administrators: Option<Value>,
    nodes: Vec<Value>,
}

impl PartialEq for Wanted {
    /// Nodes with the same names are the same; their times are of no concern.
    fn eq(&self, other: &Self) -> bool {
        self.administrators == other.administrators
            && self.nodes.iter().map(name).eq(other.nodes.iter().map(name))
    }
}

impl Wanted {
    /// By the managed cluster with the properties GET of Resource Manager answers.
    pub(super) fn of(cluster: &Value, now: Timestamp) -> Self {
        Self {
            administrators: administrators(cluster),
            nodes: nodes::all(cluster, now),
        }
    }

    /// Changes what differs; `before` is what was brought about last.
    pub(super) async fn bring_about(
        &self,
        backend: &Backend,
        before: Option<&Self>,
    ) -> io::Result<()> {
        if before.is_none_or(|before| before.administrators != self.administrators) {
            bind(backend, self.administrators.as_ref()).await?;
        }
        let there = backend.ask("GET", NODES, &[], None).await?.items();
        for gone in there.iter().map(name) {
            if !self.nodes.iter().any(|node| name(node) == gone) {
                let path = format!("{NODES}/{gone}");
                backend.ask("DELETE", &path, &[], None).await?;
            }
        }
        for node in &self.nodes {
            if !there.iter().any(|other| name(other) == name(node)) {
                backend.ask("POST", NODES, &[], Some(node)).await?;
                let status = json!({ "status": node.get("status") });
                let path = format!("{NODES}/{}/status", name(node));
                backend.merge(&path, &status).await?;
            }
        }
        Ok(())
    }
}

/// Makes, changes or removes the binding of the administrators, and waits until they are.
async fn bind(backend: &Backend, binding: Option<&Value>) -> io::Result<()> {
    let path = format!("{BINDINGS}/{ADMINISTRATORS}");
    let Some(binding) = binding else {
        backend.ask("DELETE", &path, &[], None).await?;
        return Ok(());
    };
    let made = backend.ask("POST", BINDINGS, &[], Some(binding)).await?;
    if made.status == 409 {
        let subjects = json!({ "subjects": binding.get("subjects") });
        backend.merge(&path, &subjects).await?;
    }
    let subjects = binding.get("subjects").and_then(Value::as_array);
    let groups: Vec<&str> = subjects
        .into_iter()
        .flatten()
        .filter_map(|subject| subject.get("name")?.as_str())
        .collect();
    let deadline = Instant::now() + PATIENCE;
    for group in groups {
        let review = json!({
            "kind": "SubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "spec": {
                "groups": [group],
                "resourceAttributes": { "verb": "*", "group": "*", "resource": "*" },
            },
        });
        loop {
            let answer = backend.ask("POST", REVIEWS, &[], Some(&review)).await?;
            let allowed = answer.body.pointer("/status/allowed") == Some(&Value::Bool(true));
            if allowed || Instant::now() > deadline {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    Ok(())
}
