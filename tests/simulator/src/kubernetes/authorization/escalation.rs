//! Nobody may give away what they do not have: the check of roles and bindings that are written
//! (Kubernetes, `pkg/registry/rbac`).

use serde_json::Value;

use super::super::admission::Write;
use super::super::attributes::{Attributes, ResourceAttributes, Target};
use super::super::status::{Details, Status, quoted};
use super::super::store::text;
use super::super::user::User;
use super::super::view::View;
use super::rbac::{role_rules, rules};
use super::rule::{Rule, quoted_list};
use super::{Memory, authorize};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Refuses a role that allows more than its writer may do, and a binding to such a role, unless
/// the writer may `escalate` the one or `bind` the other.
pub(crate) fn confirm(
    view: &View<'_>,
    memory: &mut Memory,
    user: &User,
    write: &Write<'_>,
) -> Result<(), Status> {
    let Some(new) = write.new else {
        return Ok(());
    };
    if write.kind.group != GROUP {
        return Ok(());
    }
    let unchanged = |names: &[&str]| {
        let old = write.old;
        old.is_some_and(|old| names.iter().all(|name| old.get(name) == new.get(name)))
    };
    let mut may = |verb: &str, resource: &str, name: &str, namespace: &str| {
        let attributes = Attributes {
            verb: verb.to_owned(),
            target: Target::Resource(ResourceAttributes {
                group: GROUP.to_owned(),
                version: "v1".to_owned(),
                resource: resource.to_owned(),
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                ..ResourceAttributes::default()
            }),
        };
        authorize(view, memory, user, &attributes).allowed
    };
    let granted = match write.kind.resource {
        resource @ ("roles" | "clusterroles") => {
            if unchanged(&["rules", "aggregationRule"])
                || may("escalate", resource, write.name, write.namespace)
            {
                return Ok(());
            }
            if new.get("aggregationRule").is_some_and(Value::is_object) {
                // Such a role allows whatever matches some day.
                vec![everything(), everywhere()]
            } else {
                Rule::of(new)
            }
        }
        "rolebindings" | "clusterrolebindings" => {
            let kind = text(new, "/roleRef/kind");
            let name = text(new, "/roleRef/name");
            let resource = if kind == "ClusterRole" {
                "clusterroles"
            } else {
                "roles"
            };
            if unchanged(&["roleRef", "subjects"]) || may("bind", resource, name, write.namespace) {
                return Ok(());
            }
            let found = role_rules(view.store, kind, write.namespace, name);
            found.ok_or_else(|| {
                let why = format!("{resource}.{GROUP} {} not found", quoted(name));
                not_found(resource, name, why)
            })?
        }
        _ => return Ok(()),
    };
    let held = rules(view.store, user, write.namespace);
    let missing = missing(&granted, &held.held.iter().map(|held| &held.rule));
    if missing.is_empty() {
        return Ok(());
    }
    let mut missing: Vec<String> = missing.iter().map(Rule::compact).collect();
    missing.sort();
    let groups: Vec<&String> = user.groups.iter().collect();
    let why = format!(
        "user {} (groups={}) is attempting to grant RBAC permissions not currently held:\n{}",
        quoted(&user.name),
        quoted_list(&groups),
        missing.join("\n")
    );
    Err(Status::forbidden(write.kind, write.name, &why))
}

fn everything() -> Rule {
    let all = || vec!["*".to_owned()];
    Rule {
        verbs: all(),
        api_groups: all(),
        resources: all(),
        ..Rule::default()
    }
}

fn everywhere() -> Rule {
    let all = || vec!["*".to_owned()];
    Rule {
        verbs: all(),
        non_resource_urls: all(),
        ..Rule::default()
    }
}

/// The 404 of a binding to a role that is not there.
fn not_found(resource: &str, name: &str, message: String) -> Status {
    let details = Details {
        name: name.to_owned(),
        group: GROUP.to_owned(),
        kind: resource.to_owned(),
        ..Details::default()
    };
    Status {
        code: 404,
        reason: "NotFound",
        message,
        details: Some(Box::new(details)),
    }
}

/// What is granted and not held, with the verbs of a resource together.
fn missing<'a>(granted: &[Rule], held: &(impl Iterator<Item = &'a Rule> + Clone)) -> Vec<Rule> {
    let mut missing: Vec<Rule> = Vec::new();
    for atom in granted.iter().flat_map(Rule::atoms) {
        if held.clone().any(|own| own.covers(&atom)) {
            continue;
        }
        let same = missing.iter_mut().find(|one| {
            one.api_groups == atom.api_groups
                && one.resources == atom.resources
                && one.resource_names == atom.resource_names
                && one.non_resource_urls == atom.non_resource_urls
        });
        match same {
            Some(one) => {
                for verb in atom.verbs {
                    if !one.verbs.contains(&verb) {
                        one.verbs.push(verb);
                    }
                }
            }
            None => missing.push(atom),
        }
    }
    missing
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_missing_is_told_with_the_verbs_of_a_resource_together() {
        let granted = [Rule::read(&json!({
            "apiGroups": [""], "resources": ["pods", "secrets"], "verbs": ["get", "list"],
        }))];
        let held = [Rule::read(&json!({
            "apiGroups": [""], "resources": ["pods"], "verbs": ["*"],
        }))];

        let missing = missing(&granted, &held.iter());

        let texts: Vec<String> = missing.iter().map(Rule::compact).collect();
        assert_eq!(
            texts,
            [r#"{APIGroups:[""], Resources:["secrets"], Verbs:["get" "list"]}"#]
        );
    }
}
