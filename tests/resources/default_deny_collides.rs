//! One name is for one object: what collides with another resource of the configuration, with what a namespace makes by
//! itself, or with what another hand has made is told by the plan.

use secureaks::{framework::Severity, value::Value};
use serde_json::{Value as Json, json};

use crate::{
    inside::{change, made_cluster, reached},
    support::{CLUSTER, Kept, Plan, Provider, assert_understood, fast_azure, told},
    workspace_takeover::{kinds, start},
};

const NAMESPACE: &str = "secureaks_namespace";
const POLICY: &str = "secureaks_network_policy";

fn errors(plan: &Plan) -> Vec<(String, String)> {
    let errors = plan.diagnostics.iter();
    let errors = errors.filter(|told| told.severity == Severity::Error);
    errors
        .map(|told| (told.path.to_string(), told.summary.clone()))
        .collect()
}

fn error(path: &str, summary: &str) -> (String, String) {
    (path.to_owned(), summary.to_owned())
}

fn policy(provider: &Provider, name: &str, changes: &Json) -> Value {
    let mut config = json!({
        "cluster_id": CLUSTER,
        "namespace": "shop",
        "name": name,
        "allow_to": [{ "cidr": "10.0.0.0/24" }],
    });
    crate::support::lay_over(&mut config, changes);
    provider.value(&config)
}

fn shop(provider: &Provider, changes: &Json) -> Value {
    let mut config = json!({ "cluster_id": CLUSTER, "name": "shop" });
    crate::support::lay_over(&mut config, changes);
    provider.value(&config)
}

#[test]
fn two_resources_that_create_one_object_are_refused_whatever_it_is() {
    for (type_name, config) in kinds() {
        let azure = start(type_name);
        let provider = Provider::of(&azure).about(type_name);
        let wanted = provider.value(&config);

        let first = provider.plan(&Kept::nothing(), &wanted);
        let second = provider.plan(&Kept::nothing(), &wanted);

        let same = error("name", "Two resources create the same object");
        assert_eq!(
            (errors(&first), errors(&second)),
            (vec![], vec![same]),
            "{type_name}"
        );
        assert_understood(&azure);
    }
}

/// A replacement is planned in two steps, of which the second one is a creation.
#[test]
fn an_object_that_is_replaced_is_no_second_one() {
    for (type_name, config) in kinds() {
        let azure = start(type_name);
        let provider = Provider::of(&azure).about(type_name);
        let wanted = provider.value(&config);
        let kept = reached(&provider, &Kept::nothing(), &wanted);
        let next = provider.restarted(&azure);
        let kept = next.read(&kept).0;

        let changed = next.plan(&kept, &wanted);
        let anew = next.plan(&Kept::nothing(), &wanted);

        assert_eq!(
            (errors(&changed), errors(&anew)),
            (vec![], vec![]),
            "{type_name}"
        );
        assert_understood(&azure);
    }
}

#[test]
fn a_policy_that_its_namespace_makes_by_itself_is_refused_in_either_order() {
    let azure = fast_azure();
    made_cluster(&azure, &json!({}));
    let mut found = Vec::new();
    for name in ["default-deny", "allow-dns", "web"] {
        for is_policy_first in [false, true] {
            let mut provider = Provider::of(&azure);
            let mut told = Vec::new();
            for is_policy in [is_policy_first, !is_policy_first] {
                provider = provider.about(if is_policy { POLICY } else { NAMESPACE });
                let wanted = if is_policy {
                    policy(&provider, name, &json!({ "force_conflicts": true }))
                } else {
                    shop(&provider, &json!({}))
                };
                told.extend(errors(&provider.plan(&Kept::nothing(), &wanted)));
            }
            found.push((name, is_policy_first, told));
        }
    }

    let of_policy = error("name", "Namespace makes this policy itself");
    let of_namespace = error(
        "network",
        "Another resource makes a policy of this namespace",
    );
    assert_eq!(
        found,
        [
            ("default-deny", false, vec![of_policy.clone()]),
            ("default-deny", true, vec![of_namespace.clone()]),
            ("allow-dns", false, vec![of_policy]),
            ("allow-dns", true, vec![of_namespace]),
            ("web", false, vec![]),
            ("web", true, vec![]),
        ]
    );
    assert_understood(&azure);
}

/// The namespace is of another configuration; nothing of this one says that it makes policies.
#[test]
fn a_policy_that_the_namespace_of_another_configuration_makes_is_refused_though_forced() {
    let azure = fast_azure();
    made_cluster(&azure, &json!({}));
    let other = Provider::of(&azure).about(NAMESPACE);
    reached(&other, &Kept::nothing(), &shop(&other, &json!({})));
    let provider = Provider::of(&azure).about(POLICY);
    let forced = policy(&provider, "allow-dns", &json!({ "force_conflicts": true }));

    let plan = provider.plan(&Kept::nothing(), &forced);

    let own = error("name", "Namespace makes this policy itself");
    assert_eq!(errors(&plan), [own], "{}", told(&plan.diagnostics));
    assert_understood(&azure);
}

/// What was there before this plan is a warning: a client plans the configuration before it destroys.
#[test]
fn a_collision_that_was_there_before_is_a_warning() {
    let azure = fast_azure();
    made_cluster(&azure, &json!({}));
    let off = json!({ "network": { "allow_dns": false } });
    let provider = Provider::of(&azure).about(NAMESPACE);
    let namespace = reached(&provider, &Kept::nothing(), &shop(&provider, &off));
    let provider = provider.about(POLICY);
    let wanted = policy(&provider, "allow-dns", &json!({}));
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let apart = provider.restarted(&azure).about(NAMESPACE);
    let on = shop(&apart, &json!({ "force_conflicts": true }));
    let namespace = reached(&apart, &namespace, &on);
    let next = provider.restarted(&azure).about(NAMESPACE);

    let of_namespace = next.plan(&namespace, &on);
    let next = next.about(POLICY);
    let of_policy = next.plan(&kept, &wanted);

    let told = |plan: &Plan| -> Vec<(Severity, String)> {
        let told = plan.diagnostics.iter();
        told.map(|told| (told.severity, told.summary.clone()))
            .collect()
    };
    let summary = "Namespace makes this policy itself".to_owned();
    assert_eq!(told(&of_namespace), []);
    assert_eq!(told(&of_policy), [(Severity::Warning, summary)]);
    assert_understood(&azure);
}

/// With kubectl, another provider, or another configuration of this one.
#[test]
fn what_another_hand_has_made_is_told_by_the_plan() {
    let azure = fast_azure();
    made_cluster(&azure, &json!({}));
    let group = json!([{ "type": "Group", "object_id": "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13" }]);
    change(&azure, "/api/v1/namespaces/shop", &json!({}));
    change(
        &azure,
        "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/web",
        &json!({ "spec": { "podSelector": {} } }),
    );
    change(
        &azure,
        "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/team",
        &json!({ "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view" } }),
    );
    let plan = |type_name: &'static str, config: &Json| {
        let provider = Provider::of(&azure).about(type_name);
        let plan = provider.plan(&Kept::nothing(), &provider.value(config));
        told(&plan.diagnostics)
    };
    let binding = json!({ "cluster_id": CLUSTER, "name": "team", "cluster_role": "view", "principals": group });
    let web = json!({ "cluster_id": CLUSTER, "namespace": "shop", "name": "web", "allow_from": [{ "anyone": true }] });
    let namespace = json!({ "cluster_id": CLUSTER, "name": "shop" });

    let texts = [
        plan("secureaks_aad_binding", &binding),
        plan(POLICY, &web),
        plan(NAMESPACE, &namespace),
    ];

    insta::assert_snapshot!(texts.join("\n\n"));
    assert_understood(&azure);
}
