//! Whether a caller may do what a request asks: the rules kept in the cluster, and after them Azure
//! RBAC where the cluster asks it (Kubernetes docs, "Authorization"; Azure/guard).

pub(crate) mod azure;
pub(crate) mod escalation;
pub(crate) mod rbac;
pub(crate) mod rule;

use serde::{Deserialize, Serialize};

use super::attributes::{Attributes, Target};
use super::status::{Details, Status, quoted};
use super::user::User;
use super::view::View;

/// What authorization remembers of a cluster between requests.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Memory {
    #[serde(default)]
    azure: azure::Decisions,
}

/// What authorization says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Decision {
    pub(crate) allowed: bool,
    /// Whether the request was denied, rather than allowed by nobody.
    pub(crate) denied: bool,
    /// Why, in the words reviews and refusals show; often empty.
    pub(crate) reason: String,
}

/// Decides on a request. Whoever allows it first is right: membership in `system:masters`, a rule
/// of the cluster's, a role assignment.
pub(crate) fn authorize(
    view: &View<'_>,
    memory: &mut Memory,
    user: &User,
    attributes: &Attributes,
) -> Decision {
    if user.is_master() {
        return Decision {
            allowed: true,
            denied: false,
            reason: String::new(),
        };
    }
    let by_rule = rbac::authorize(view.store, user, attributes);
    if by_rule.allowed {
        return by_rule;
    }
    let Some(by_azure) = azure::authorize(view, &mut memory.azure, user, attributes) else {
        return by_rule;
    };
    // Who denies is the last to be asked, and the only one to give a reason.
    if by_azure.allowed || by_azure.denied || by_rule.reason.is_empty() {
        return by_azure;
    }
    let reasons = [by_rule.reason, by_azure.reason.clone()];
    Decision {
        reason: reasons.join("\n"),
        ..by_azure
    }
}

/// What Azure says of a request when it is asked alone; `None` when it is not asked.
pub(crate) fn by_azure(
    view: &View<'_>,
    memory: &mut Memory,
    user: &User,
    attributes: &Attributes,
) -> Option<Decision> {
    azure::authorize(view, &mut memory.azure, user, attributes)
}

/// The 403 of a request that is not allowed (apiserver, `responsewriters.Forbidden`).
pub(crate) fn forbidden(user: &User, attributes: &Attributes, decision: &Decision) -> Status {
    let mut why = denial(user, attributes);
    if !decision.reason.is_empty() {
        why = format!("{why}: {}", decision.reason);
    }
    let (message, details) = match &attributes.target {
        Target::Path(_) => (format!("forbidden: {why}"), Details::default()),
        Target::Resource(target) => {
            let mut what = target.resource.clone();
            if !target.group.is_empty() {
                what = format!("{what}.{}", target.group);
            }
            if !target.name.is_empty() {
                what = format!("{what} {}", quoted(&target.name));
            }
            let details = Details {
                name: target.name.clone(),
                group: target.group.clone(),
                kind: target.resource.clone(),
                ..Details::default()
            };
            (format!("{what} is forbidden: {why}"), details)
        }
    };
    Status {
        code: 403,
        reason: "Forbidden",
        message,
        details: Some(Box::new(details)),
    }
}

/// What somebody cannot do.
fn denial(user: &User, attributes: &Attributes) -> String {
    let (name, verb) = (quoted(&user.name), &attributes.verb);
    match &attributes.target {
        Target::Path(path) => format!("User {name} cannot {verb} path {}", quoted(path)),
        Target::Resource(target) => {
            let place = if target.namespace.is_empty() {
                "at the cluster scope".to_owned()
            } else {
                format!("in the namespace {}", quoted(&target.namespace))
            };
            format!(
                "User {name} cannot {verb} resource {} in API group {} {place}",
                quoted(&target.with_subresource()),
                quoted(&target.group)
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attributes::ResourceAttributes;
    use super::*;

    #[test]
    fn a_refusal_says_who_cannot_do_what_where() {
        let user = User {
            name: "dev@example".into(),
            ..User::default()
        };
        let target = |group: &str, resource: &str, namespace: &str, name: &str| {
            Target::Resource(ResourceAttributes {
                group: group.into(),
                resource: resource.into(),
                namespace: namespace.into(),
                name: name.into(),
                ..ResourceAttributes::default()
            })
        };
        let cases = [
            (
                "list",
                target("", "pods", "team", ""),
                "",
                "pods is forbidden: User \"dev@example\" cannot list resource \"pods\" in API \
                 group \"\" in the namespace \"team\"",
            ),
            (
                "get",
                target("apps", "deployments", "", "web"),
                "no",
                "deployments.apps \"web\" is forbidden: User \"dev@example\" cannot get resource \
                 \"deployments\" in API group \"apps\" at the cluster scope: no",
            ),
            (
                "get",
                Target::Path("/metrics".into()),
                "",
                "forbidden: User \"dev@example\" cannot get path \"/metrics\"",
            ),
        ];

        for (verb, target, reason, expected) in cases {
            let attributes = Attributes {
                verb: verb.into(),
                target,
            };
            let decision = Decision {
                allowed: false,
                denied: false,
                reason: reason.into(),
            };
            assert_eq!(forbidden(&user, &attributes, &decision).message, expected);
        }
    }
}
