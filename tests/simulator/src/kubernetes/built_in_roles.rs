//! The roles and bindings every cluster has from its start (Kubernetes docs, "Default roles and
//! role bindings"), and AKS's own binding for the administrators a cluster names.

mod table;

use serde_json::{Map, Value, json};

use super::authorization::rbac::{aggregated, rbac_kind};
use super::authorization::rule::Rule;
use super::store::{Store, name};
use table::BUILT_IN;

const GROUP: &str = "rbac.authorization.k8s.io";

/// AKS's binding of the groups in `adminGroupObjectIDs`.
pub(crate) const ADMINISTRATORS: &str = "aks-cluster-admin-binding-aad";

/// A cluster role as it is built in.
struct BuiltIn {
    name: &'static str,
    /// What the roles are labelled with that it is made of.
    made_of: &'static str,
    /// What it is labelled with to be a part of others.
    part_of: &'static str,
    rules: &'static [Grant],
}

/// API groups, resources and verbs; or, without groups, paths and verbs.
struct Grant(
    &'static [&'static str],
    &'static [&'static str],
    &'static [&'static str],
);

/// The objects to keep in a new cluster. Roles made of others come with their rules.
pub(crate) fn objects() -> Vec<Value> {
    let mut objects: Vec<Value> = BUILT_IN.iter().map(BuiltIn::document).collect();
    let everybody = &["system:authenticated", "system:unauthenticated"];
    let bindings: [(&str, &[&str]); 4] = [
        ("cluster-admin", &["system:masters"]),
        ("system:basic-user", &["system:authenticated"]),
        ("system:discovery", &["system:authenticated"]),
        ("system:public-info-viewer", everybody),
    ];
    for (name, groups) in bindings {
        objects.push(binding(name, name, groups));
    }
    objects
}

/// The binding of the groups a managed cluster names as its administrators; `None` when it names
/// none.
pub(crate) fn administrators(cluster: &Value) -> Option<Value> {
    let groups = cluster
        .pointer("/properties/aadProfile/adminGroupObjectIDs")?
        .as_array()?;
    let groups: Vec<&str> = groups.iter().filter_map(Value::as_str).collect();
    if groups.is_empty() {
        return None;
    }
    let mut binding = binding(ADMINISTRATORS, "cluster-admin", &groups);
    if let Some(metadata) = binding.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.shift_remove("annotations");
        metadata.insert(
            "labels".into(),
            json!({ "addonmanager.kubernetes.io/mode": "Reconcile", "kubernetes.io/cluster-service": "true" }),
        );
    }
    Some(binding)
}

/// The rules that roles made of others should show by now and do not, by the roles' names.
pub(crate) fn outdated(store: &Store) -> Vec<(String, Value)> {
    let Some(kind) = rbac_kind("clusterroles") else {
        return Vec::new();
    };
    store
        .objects(kind, "")
        .filter(|role| role.get("aggregationRule").is_some_and(Value::is_object))
        .filter_map(|role| {
            let rules = aggregated(store, role);
            (rules != Rule::of(role)).then(|| {
                let rules = rules.iter().map(Rule::document).collect();
                (name(role).to_owned(), Value::Array(rules))
            })
        })
        .collect()
}

fn binding(name: &str, role: &str, groups: &[&str]) -> Value {
    let subjects: Vec<Value> = groups
        .iter()
        .map(|group| json!({ "apiGroup": GROUP, "kind": "Group", "name": group }))
        .collect();
    json!({
        "apiVersion": format!("{GROUP}/v1"),
        "kind": "ClusterRoleBinding",
        "metadata": {
            "name": name,
            "annotations": { "rbac.authorization.kubernetes.io/autoupdate": "true" },
            "labels": { "kubernetes.io/bootstrapping": "rbac-defaults" },
        },
        "roleRef": { "apiGroup": GROUP, "kind": "ClusterRole", "name": role },
        "subjects": subjects,
    })
}

impl BuiltIn {
    fn document(&self) -> Value {
        let mut labels = Map::new();
        labels.insert("kubernetes.io/bootstrapping".into(), json!("rbac-defaults"));
        if !self.part_of.is_empty() {
            labels.insert(aggregate_to(self.part_of), json!("true"));
        }
        let mut role = json!({
            "apiVersion": format!("{GROUP}/v1"),
            "kind": "ClusterRole",
            "metadata": {
                "name": self.name,
                "annotations": { "rbac.authorization.kubernetes.io/autoupdate": "true" },
                "labels": labels,
            },
        });
        let rules = if self.made_of.is_empty() {
            self.rules.iter().map(Grant::document).collect()
        } else {
            parts(self.made_of)
        };
        if let Some(members) = role.as_object_mut() {
            if !self.made_of.is_empty() {
                let selector = json!({ "matchLabels": { aggregate_to(self.made_of): "true" } });
                let aggregation = json!({ "clusterRoleSelectors": [selector] });
                members.insert("aggregationRule".into(), aggregation);
            }
            members.insert("rules".into(), Value::Array(rules));
        }
        role
    }
}

/// The rules of the roles that are part of one.
fn parts(name: &str) -> Vec<Value> {
    let mut rules = Vec::new();
    for role in BUILT_IN.iter().filter(|role| role.part_of == name) {
        let own = if role.made_of.is_empty() {
            role.rules.iter().map(Grant::document).collect()
        } else {
            parts(role.made_of)
        };
        for rule in own {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    rules
}

fn aggregate_to(name: &str) -> String {
    format!("{GROUP}/aggregate-to-{name}")
}

impl Grant {
    fn document(&self) -> Value {
        let Self(groups, what, verbs) = self;
        if groups.is_empty() {
            json!({ "nonResourceURLs": what, "verbs": verbs })
        } else {
            json!({ "apiGroups": groups, "resources": what, "verbs": verbs })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attributes::{Attributes, ResourceAttributes, Target};
    use super::super::authorization::rbac::authorize;
    use super::super::kind::of_object;
    use super::super::store::text;
    use super::super::user::{AUTHENTICATED, User};
    use super::*;

    /// A cluster in which `dev` has a built-in role.
    fn cluster(role: &str) -> Store {
        let mut store = Store::default();
        for object in objects() {
            let kind = text(&object, "/kind");
            let kind = of_object("rbac.authorization.k8s.io/v1", kind).unwrap();
            store.put(kind, object);
        }
        let mut bound = binding("b", role, &[]);
        bound["subjects"] = json!([{ "kind": "User", "name": "dev" }]);
        store.put(rbac_kind("clusterrolebindings").unwrap(), bound);
        store
    }

    fn may(store: &Store, verb: &str, group: &str, resource: &str, namespace: &str) -> bool {
        let user = User {
            name: "dev".into(),
            groups: [AUTHENTICATED.to_owned()].into(),
            ..User::default()
        };
        let target = Target::Resource(ResourceAttributes {
            group: group.into(),
            resource: resource.into(),
            namespace: namespace.into(),
            ..ResourceAttributes::default()
        });
        let attributes = Attributes {
            verb: verb.into(),
            target,
        };
        authorize(store, &user, &attributes).allowed
    }

    #[test]
    fn view_edit_and_admin_grow_out_of_each_other() {
        let asked = [
            ("list", "", "pods"),
            ("get", "", "secrets"),
            ("create", "apps", "deployments"),
            ("create", GROUP, "rolebindings"),
            ("create", "", "resourcequotas"),
        ];
        let cases = [
            ("view", [true, false, false, false, false]),
            ("edit", [true, true, true, false, false]),
            ("admin", [true, true, true, true, false]),
            ("cluster-admin", [true; 5]),
        ];

        for (role, expected) in cases {
            let store = cluster(role);
            let seen = asked.map(|(verb, group, resource)| may(&store, verb, group, resource, "n"));
            assert_eq!(seen, expected, "{role}");
        }
    }

    #[test]
    fn sums_are_kept_with_the_rules_of_their_parts() {
        assert_eq!(outdated(&cluster("view")), []);
    }

    #[test]
    fn a_new_part_shows_in_the_sum() {
        let mut store = cluster("view");
        let part = json!({
            "metadata": {
                "name": "more",
                "labels": { "rbac.authorization.k8s.io/aggregate-to-view": "true" },
            },
            "rules": [{ "apiGroups": ["cilium.io"], "resources": ["*"], "verbs": ["get"] }],
        });

        store.put(rbac_kind("clusterroles").unwrap(), part);

        let names: Vec<String> = outdated(&store).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["admin", "edit", "view"]);
        assert!(may(
            &store,
            "get",
            "cilium.io",
            "ciliumnetworkpolicies",
            "n"
        ));
    }

    #[test]
    fn administrators_of_a_cluster_are_bound_to_cluster_admin() {
        let profile = json!({ "adminGroupObjectIDs": ["a", "b"] });
        let cluster = json!({ "properties": { "aadProfile": profile } });

        let binding = administrators(&cluster).unwrap();

        assert_eq!(binding["roleRef"]["name"], "cluster-admin");
        assert_eq!(binding["subjects"][1]["name"], "b");
        assert_eq!(administrators(&json!({})), None);
    }
}
