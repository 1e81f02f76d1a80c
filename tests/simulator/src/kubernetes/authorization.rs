//! Whether a caller may do what a request asks.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::attributes::Attributes;
use super::user::User;
use super::view::View;

/// What authorization remembers of a cluster between requests.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Memory {}

/// What authorization says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    /// Why, in the words reviews and refusals show; often empty.
    pub(crate) reason: String,
}

/// Decides on a request.
pub(crate) fn authorize(
    _view: &View<'_>,
    _memory: &mut Memory,
    user: &User,
    _attributes: &Attributes,
) -> Decision {
    Decision {
        allowed: user.is_master(),
        reason: String::new(),
    }
}

/// The roles and bindings every cluster has.
pub(crate) fn built_in() -> Vec<Value> {
    let labels = json!({ "kubernetes.io/bootstrapping": "rbac-defaults" });
    vec![
        json!({
            "kind": "ClusterRole",
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "metadata": { "name": "cluster-admin", "labels": labels },
            "rules": [
                { "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] },
                { "verbs": ["*"], "nonResourceURLs": ["*"] },
            ],
        }),
        json!({
            "kind": "ClusterRoleBinding",
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "metadata": { "name": "cluster-admin", "labels": labels },
            "subjects": [{
                "kind": "Group",
                "apiGroup": "rbac.authorization.k8s.io",
                "name": "system:masters",
            }],
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": "cluster-admin",
            },
        }),
    ]
}
