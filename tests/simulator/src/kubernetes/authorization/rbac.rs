//! The cluster's own rules: bindings, the roles they refer to, and roles made of other roles
//! (Kubernetes, `plugin/pkg/auth/authorizer/rbac`).

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::attributes::{Attributes, Target};
use super::super::kind::{self, Kind};
use super::super::status::quoted;
use super::super::store::{Store, name, namespace, text};
use super::super::user::User;
use super::Decision;
use super::rule::Rule;

const GROUP: &str = "rbac.authorization.k8s.io";

/// A rule that somebody has, and by what.
pub(crate) struct Held {
    pub(crate) rule: Rule,
    /// Such as `ClusterRoleBinding "a" of ClusterRole "b" to Group "c"`.
    by: String,
}

/// The rules somebody has, and the roles that bindings refer to and that are not there.
#[derive(Default)]
pub(crate) struct Rules {
    pub(crate) held: Vec<Held>,
    pub(crate) missing: Vec<String>,
}

/// Decides by the cluster's own rules. They never deny: what none allows, others may.
pub(crate) fn authorize(store: &Store, user: &User, attributes: &Attributes) -> Decision {
    let place = match &attributes.target {
        Target::Resource(target) => target.namespace.as_str(),
        Target::Path(_) => "",
    };
    let rules = rules(store, user, place);
    if let Some(held) = rules.held.iter().find(|held| held.rule.allows(attributes)) {
        return Decision {
            allowed: true,
            denied: false,
            reason: format!("RBAC: allowed by {}", held.by),
        };
    }
    let reason = match rules.missing.as_slice() {
        [] => String::new(),
        [one] => format!("RBAC: {one}"),
        several => format!("RBAC: [{}]", several.join(", ")),
    };
    Decision {
        allowed: false,
        denied: false,
        reason,
    }
}

/// The rules somebody has in a namespace, or for the whole cluster when none is given.
pub(crate) fn rules(store: &Store, user: &User, place: &str) -> Rules {
    let mut rules = Rules::default();
    let mut kinds = vec!["clusterrolebindings"];
    if !place.is_empty() {
        kinds.push("rolebindings");
    }
    for resource in kinds {
        for binding in objects(store, resource, place) {
            if let Some(subject) = subject(binding, user) {
                rules.add(store, binding, subject);
            }
        }
    }
    rules
}

impl Rules {
    fn add(&mut self, store: &Store, binding: &Value, subject: &Value) {
        let role_kind = text(binding, "/roleRef/kind");
        let role_name = text(binding, "/roleRef/name");
        let place = namespace(binding);
        let Some(found) = role_rules(store, role_kind, place, role_name) else {
            let missing = format!(
                "{}.{GROUP} {} not found",
                role_kind.to_lowercase(),
                quoted(role_name)
            );
            if !self.missing.contains(&missing) {
                self.missing.push(missing);
            }
            return;
        };
        let (binding_kind, binding_name) = if place.is_empty() {
            ("ClusterRoleBinding", name(binding).to_owned())
        } else {
            ("RoleBinding", format!("{}/{place}", name(binding)))
        };
        let subject_name = match text(subject, "/kind") {
            "ServiceAccount" => format!(
                "{}/{}",
                text(subject, "/name"),
                service_account_namespace(subject, place)
            ),
            _ => text(subject, "/name").to_owned(),
        };
        let by = format!(
            "{binding_kind} {} of {role_kind} {} to {} {}",
            quoted(&binding_name),
            quoted(role_name),
            text(subject, "/kind"),
            quoted(&subject_name)
        );
        self.held.extend(found.into_iter().map(|rule| Held {
            rule,
            by: by.clone(),
        }));
    }
}

/// The rules of the role a binding refers to; `None` when there is no such role.
pub(crate) fn role_rules(
    store: &Store,
    role_kind: &str,
    place: &str,
    role_name: &str,
) -> Option<Vec<Rule>> {
    let cluster_wide = role_kind == "ClusterRole";
    let (resource, place) = if cluster_wide {
        ("clusterroles", "")
    } else {
        ("roles", place)
    };
    let role = store.object(rbac_kind(resource)?, place, role_name)?;
    if cluster_wide && role.get("aggregationRule").is_some_and(Value::is_object) {
        return Some(aggregated(store, role));
    }
    Some(Rule::of(role))
}

/// The rules of a cluster role that is made of others: those of all cluster roles its selectors
/// match, of which some may be made of others themselves.
pub(crate) fn aggregated(store: &Store, role: &Value) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut seen = vec![name(role).to_owned()];
    let mut pending = vec![role];
    while let Some(role) = pending.pop() {
        let selectors = role
            .pointer("/aggregationRule/clusterRoleSelectors")
            .and_then(Value::as_array);
        let Some(selectors) = selectors else {
            for rule in Rule::of(role) {
                if !rules.contains(&rule) {
                    rules.push(rule);
                }
            }
            continue;
        };
        let matching: Vec<&Value> = objects(store, "clusterroles", "")
            .filter(|other| !seen.iter().any(|one| one == name(other)))
            .filter(|other| selectors.iter().any(|selector| selects(selector, other)))
            .collect();
        seen.extend(matching.iter().map(|other| name(other).to_owned()));
        // The last one is taken first.
        pending.extend(matching.into_iter().rev());
    }
    rules
}

/// Whether a label selector matches an object.
fn selects(selector: &Value, object: &Value) -> bool {
    let label = |key: &str| {
        let labels = object.pointer("/metadata/labels")?;
        labels.get(key)?.as_str()
    };
    let wanted = selector.get("matchLabels").and_then(Value::as_object);
    let wanted: BTreeMap<&str, &str> = wanted
        .into_iter()
        .flatten()
        .filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
        .collect();
    let expressions = selector.get("matchExpressions").and_then(Value::as_array);
    wanted
        .into_iter()
        .all(|(key, value)| label(key) == Some(value))
        && expressions.into_iter().flatten().all(|expression| {
            let own = label(text(expression, "/key"));
            let values = expression.get("values").and_then(Value::as_array);
            let listed = own.is_some_and(|own| {
                values
                    .into_iter()
                    .flatten()
                    .any(|value| value.as_str() == Some(own))
            });
            match text(expression, "/operator") {
                "In" => listed,
                "NotIn" => !listed,
                "Exists" => own.is_some(),
                "DoesNotExist" => own.is_none(),
                _ => false,
            }
        })
}

/// The subject of a binding that is the user or one of their groups.
fn subject<'a>(binding: &'a Value, user: &User) -> Option<&'a Value> {
    let subjects = binding.get("subjects").and_then(Value::as_array)?;
    subjects.iter().find(|subject| {
        let own = text(subject, "/name");
        match text(subject, "/kind") {
            "User" => own == user.name,
            "Group" => user.groups.contains(own),
            "ServiceAccount" => {
                let place = service_account_namespace(subject, namespace(binding));
                user.name == format!("system:serviceaccount:{place}:{own}")
            }
            _ => false,
        }
    })
}

fn service_account_namespace<'a>(subject: &'a Value, otherwise: &'a str) -> &'a str {
    match text(subject, "/namespace") {
        "" => otherwise,
        own => own,
    }
}

fn objects<'a>(
    store: &'a Store,
    resource: &str,
    place: &'a str,
) -> impl Iterator<Item = &'a Value> {
    let place = if resource == "rolebindings" {
        place
    } else {
        ""
    };
    rbac_kind(resource)
        .into_iter()
        .flat_map(move |kind| store.objects(kind, place))
}

pub(crate) fn rbac_kind(resource: &str) -> Option<&'static Kind> {
    kind::of_resource(GROUP, resource)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::attributes::ResourceAttributes;
    use super::*;

    fn put(store: &mut Store, resource: &str, object: Value) {
        store.put(rbac_kind(resource).unwrap(), object);
    }

    fn role(name: &str, place: &str, resource: &str) -> Value {
        json!({
            "metadata": { "name": name, "namespace": place, "labels": { "part-of": "sum" } },
            "rules": [{ "apiGroups": [""], "resources": [resource], "verbs": ["get"] }],
        })
    }

    fn binding(name: &str, place: &str, role_kind: &str, role: &str, subject: &Value) -> Value {
        json!({
            "metadata": { "name": name, "namespace": place },
            "roleRef": { "apiGroup": GROUP, "kind": role_kind, "name": role },
            "subjects": [subject],
        })
    }

    fn get(resource: &str, place: &str) -> Attributes {
        Attributes {
            verb: "get".into(),
            target: Target::Resource(ResourceAttributes {
                resource: resource.into(),
                namespace: place.into(),
                name: "x".into(),
                ..ResourceAttributes::default()
            }),
        }
    }

    fn user() -> User {
        User {
            name: "dev@example".into(),
            groups: ["team".to_owned()].into(),
            ..User::default()
        }
    }

    #[test]
    fn a_role_binding_counts_in_its_namespace_only() {
        let mut store = Store::default();
        let group = json!({ "kind": "Group", "name": "team" });
        put(&mut store, "roles", role("reader", "a", "pods"));
        put(
            &mut store,
            "rolebindings",
            binding("b", "a", "Role", "reader", &group),
        );

        let inside = authorize(&store, &user(), &get("pods", "a"));
        let outside = authorize(&store, &user(), &get("pods", "b"));

        let reason = "RBAC: allowed by RoleBinding \"b/a\" of Role \"reader\" to Group \"team\"";
        assert_eq!((inside.allowed, inside.reason.as_str()), (true, reason));
        assert_eq!((outside.allowed, outside.reason.as_str()), (false, ""));
    }

    #[test]
    fn a_role_made_of_others_grants_what_they_grant() {
        let mut store = Store::default();
        let person = json!({ "kind": "User", "name": "dev@example" });
        let sum = json!({
            "metadata": { "name": "sum" },
            "aggregationRule": { "clusterRoleSelectors": [{ "matchLabels": { "part-of": "sum" } }] },
            "rules": [],
        });
        put(&mut store, "clusterroles", sum);
        put(&mut store, "clusterroles", role("part", "", "nodes"));
        put(
            &mut store,
            "clusterrolebindings",
            binding("b", "", "ClusterRole", "sum", &person),
        );

        assert!(authorize(&store, &user(), &get("nodes", "")).allowed);
        assert!(!authorize(&store, &user(), &get("pods", "a")).allowed);
    }

    #[test]
    fn a_name_is_no_group_and_a_missing_role_is_told() {
        let mut store = Store::default();
        let wrong = json!({ "kind": "Group", "name": "dev@example" });
        let person = json!({ "kind": "User", "name": "dev@example" });
        put(&mut store, "clusterroles", role("all", "", "pods"));
        put(
            &mut store,
            "clusterrolebindings",
            binding("a", "", "ClusterRole", "all", &wrong),
        );
        put(
            &mut store,
            "clusterrolebindings",
            binding("b", "", "ClusterRole", "gone", &person),
        );

        let decision = authorize(&store, &user(), &get("pods", "a"));

        let reason = "RBAC: clusterrole.rbac.authorization.k8s.io \"gone\" not found";
        assert_eq!(
            (decision.allowed, decision.reason.as_str()),
            (false, reason)
        );
    }
}
