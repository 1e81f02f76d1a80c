//! Azure RBAC for Kubernetes: the webhook that a cluster with `enableAzureRBAC` asks after its own
//! rules (Azure/guard, `authz/providers/azure`).

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::attributes::{Attributes, ResourceAttributes, Target};
use super::super::user::User;
use super::super::view::View;
use super::Decision;

/// How long the API server remembers what the webhook said, whether it allowed or denied
/// (`--authorization-webhook-cache-authorized-ttl` and `-unauthorized-ttl`).
const REMEMBERED: SignedDuration = SignedDuration::from_mins(5);

const CLUSTERS: &str = "Microsoft.ContainerService/managedClusters";

const DENIED: &str =
    "User does not have access to the resource in Azure. Update role assignment to allow access.";

/// For callers who did not sign in through Entra.
const NO_OPINION: &str = "Azure does not have opinion for this non AAD user. If you are an AAD \
                          user, please set Extra:oid parameter for impersonated user in the \
                          kubeconfig";

/// The paths everybody may read.
const DISCOVERY: [&str; 5] = ["/api", "/apis", "/openapi", "/version", "/healthz"];

/// What the webhook said lately, by caller, action and scope.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Decisions(BTreeMap<String, (Timestamp, Decision)>);

/// Decides by role assignments. `None`: the cluster does not ask Azure, or Azure has no opinion.
pub(crate) fn authorize(
    view: &View<'_>,
    decisions: &mut Decisions,
    user: &User,
    attributes: &Attributes,
) -> Option<Decision> {
    if !is_asked(view) || user.name.starts_with("system:") {
        return None;
    }
    let Some(object_id) = user.extra.get("oid").and_then(|ids| ids.first()) else {
        return Some(Decision {
            allowed: false,
            denied: false,
            reason: NO_OPINION.into(),
        });
    };
    let action = action(attributes);
    let scope = scope(view.cluster_id, attributes);
    let groups: Vec<&String> = user
        .groups
        .iter()
        .filter(|group| uuid::Uuid::try_parse(group).is_ok())
        .collect();
    // A token with other groups is another question.
    let question = format!("{object_id} {groups:?} {action} {scope}");
    if let Some((until, decision)) = decisions.0.get(&question)
        && *until > view.now
    {
        return Some(decision.clone());
    }
    let mut principals = vec![object_id.as_str()];
    principals.extend(groups.iter().map(|group| group.as_str()));
    let decision = decide(view, &principals, attributes, &action, &scope);
    let until = view.now + REMEMBERED;
    decisions.0.retain(|_, (until, _)| *until > view.now);
    decisions.0.insert(question, (until, decision.clone()));
    Some(decision)
}

/// Whether the cluster asks Azure.
pub(crate) fn is_asked(view: &View<'_>) -> bool {
    let asks = "/properties/aadProfile/enableAzureRBAC";
    view.cluster.pointer(asks) == Some(&Value::Bool(true))
}

fn decide(
    view: &View<'_>,
    principals: &[&str],
    attributes: &Attributes,
    action: &str,
    scope: &str,
) -> Decision {
    if let Target::Path(path) = &attributes.target
        && attributes.verb == "get"
        && DISCOVERY.iter().any(|open| {
            let rest = path.strip_prefix(open);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    {
        return Decision {
            allowed: true,
            denied: false,
            reason: "Access allowed by Azure RBAC".into(),
        };
    }
    let granted = view
        .access
        .grants_data_action(principals, action, scope, view.now);
    match granted {
        Some(granted) => Decision {
            allowed: true,
            denied: false,
            reason: format!(
                "Access allowed by Azure RBAC Role Assignment {} of Role {} to user {}",
                granted.assignment, granted.role, granted.principal
            ),
        },
        None => Decision {
            allowed: false,
            denied: true,
            reason: DENIED.into(),
        },
    }
}

/// The data action a request stands for.
fn action(attributes: &Attributes) -> String {
    let word = match attributes.verb.as_str() {
        "get" | "list" | "watch" => "read".to_owned(),
        "create" | "update" | "patch" => "write".to_owned(),
        "delete" | "deletecollection" => "delete".to_owned(),
        special => format!("{special}/action"),
    };
    match &attributes.target {
        Target::Path(path) => format!("{CLUSTERS}/{}/{word}", path.trim_matches('/')),
        Target::Resource(target) => {
            let ResourceAttributes {
                group,
                resource,
                subresource,
                ..
            } = target;
            if is_custom(group) {
                return format!("{CLUSTERS}/customresources/{word}");
            }
            let group = if group.is_empty() {
                String::new()
            } else {
                format!("{group}/")
            };
            // These are part of what they belong to; every other subresource is an action of its
            // own.
            let part = ["", "status", "scale", "log"].contains(&subresource.as_str());
            if part || word.ends_with("/action") {
                format!("{CLUSTERS}/{group}{resource}/{word}")
            } else {
                format!("{CLUSTERS}/{group}{resource}/{subresource}/action")
            }
        }
    }
}

/// Whether an API group is nobody's who made Kubernetes: there is no action for what is in it.
fn is_custom(group: &str) -> bool {
    group.contains('.') && !group.ends_with(".k8s.io")
}

/// Where a role must be assigned, at least: what is in a namespace has a scope of its own.
fn scope(cluster_id: &str, attributes: &Attributes) -> String {
    match &attributes.target {
        Target::Resource(target) if !target.namespace.is_empty() => {
            format!("{cluster_id}/namespaces/{}", target.namespace)
        }
        _ => cluster_id.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_stand_for_data_actions() {
        let cases = [
            ("list", "", "pods", "", "pods/read"),
            ("patch", "apps", "deployments", "", "apps/deployments/write"),
            ("deletecollection", "", "secrets", "", "secrets/delete"),
            ("get", "", "pods", "log", "pods/read"),
            (
                "update",
                "apps",
                "deployments",
                "scale",
                "apps/deployments/write",
            ),
            ("create", "", "pods", "exec", "pods/exec/action"),
            (
                "bind",
                "rbac.authorization.k8s.io",
                "clusterroles",
                "",
                "rbac.authorization.k8s.io/clusterroles/bind/action",
            ),
            (
                "get",
                "cilium.io",
                "ciliumnetworkpolicies",
                "",
                "customresources/read",
            ),
        ];

        for (verb, group, resource, subresource, expected) in cases {
            let attributes = Attributes {
                verb: verb.into(),
                target: Target::Resource(ResourceAttributes {
                    group: group.into(),
                    resource: resource.into(),
                    subresource: subresource.into(),
                    ..ResourceAttributes::default()
                }),
            };
            assert_eq!(action(&attributes), format!("{CLUSTERS}/{expected}"));
        }
    }
}
