//! Bindings that Kubernetes and AKS made are the cluster's own: none is overwritten, taken over or deleted.

use secureaks::{
    framework::{
        Severity,
        service::{ImportRequest, Service as _},
    },
    value::Value,
};
use serde_json::json;

use crate::{
    binding::{TYPE, binding, start},
    inside::{change, object},
    support::{CLUSTER, Kept, assert_understood, told},
};

const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";
const BUILT_IN: [&str; 4] = [
    "cluster-admin",
    "aks-cluster-admin-binding",
    "aks-cluster-admin-binding-aad",
    "add-on",
];

/// A cluster with a binding of each name, one of which only its labels tell of.
fn world() -> (secureaks_simulator::Simulator, crate::support::Provider) {
    let (azure, provider) = start();
    for name in BUILT_IN {
        let binding = json!({
            "metadata": { "name": name, "labels": { "kubernetes.azure.com/managedby": "aks" } },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit" },
            "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "theirs" }],
        });
        let path = format!("{BINDINGS}/{name}");
        if object(&azure, &path).is_null() {
            change(&azure, &path, &binding);
        }
    }
    (azure, provider)
}

#[test]
fn none_is_overwritten_whatever_force_conflicts_says() {
    let (azure, provider) = world();
    for name in BUILT_IN {
        let path = format!("{BINDINGS}/{name}");
        let before = object(&azure, &path);
        let wanted = binding(
            &provider,
            &json!({ "name": name, "namespaces": null, "force_conflicts": true }),
        );

        let plan = provider.plan(&Kept::nothing(), &wanted);
        let is_planned = plan
            .diagnostics
            .iter()
            .any(|told| told.severity == Severity::Error);
        let (kept, refused) = if is_planned {
            (Kept::nothing(), plan.diagnostics)
        } else {
            provider.carry_out(&Kept::nothing(), &wanted, &plan)
        };

        assert!(
            told(&refused).contains("Binding is the cluster's own"),
            "{refused:?}"
        );
        assert_eq!(is_planned, name != "add-on", "{name}");
        assert_eq!(kept.value, Value::Null, "{name}");
        assert_eq!(object(&azure, &path), before, "{name}");
    }
    assert_understood(&azure);
}

#[test]
fn none_is_imported_by_its_name() {
    let (azure, provider) = world();
    let refused = BUILT_IN.map(|name| {
        let request = ImportRequest {
            type_name: TYPE.to_owned(),
            id: format!("{CLUSTER}/aadBindings/{name}"),
            identity: None,
        };
        let imported = provider.wait_for(provider.server().import_resource(request));
        told(&imported.diagnostics).contains("Binding is the cluster's own")
    });

    assert_eq!(refused, [true, true, true, false]);
    assert_understood(&azure);
}

#[test]
fn one_that_is_in_a_state_is_left_by_a_destroy() {
    let (azure, provider) = world();
    let path = format!("{BINDINGS}/add-on");
    let before = object(&azure, &path);
    let (found, _) = provider.read(&provider.import(&format!("{CLUSTER}/aadBindings/add-on")));

    let plan = provider.plan(&found, &Value::Null);
    let (gone, warned) = provider.carry_out(&found, &Value::Null, &plan);

    assert_ne!(found.value, Value::Null);
    assert_eq!(gone.value, Value::Null);
    assert!(
        told(&warned).contains("Binding is the cluster's own"),
        "{warned:?}"
    );
    assert_eq!(object(&azure, &path), before);
    assert_understood(&azure);
}
