//! What of a binding is ours to take away: its objects, by more than their names, and role assignments that nobody
//! else needs.

use std::time::Duration;

use secureaks::{framework::Diagnostic, value::Value};
use secureaks_simulator::{Action, Fault, Host, Matches, Simulator};
use serde_json::{Value as Json, json};

use crate::{
    binding::{CLUSTER_USER, DEVELOPERS, TYPE, assigned, binding, on_cluster, start},
    inside::{applied, attribute, change, object, provider, reached},
    support::{Kept, Provider, assert_understood, told},
};

fn role_binding(namespace: &str) -> String {
    format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/developers")
}

/// Deletes a role binding as somebody else would, and makes another of that name.
fn make_anew(azure: &Simulator, path: &str, annotations: &Json) -> Json {
    change(azure, path, &Json::Null);
    let theirs = json!({
        "metadata": { "annotations": annotations },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "somebody" }],
    });
    change(azure, path, &theirs);
    object(azure, path)
}

fn destroyed(provider: &Provider, kept: &Kept) -> Vec<Diagnostic> {
    let (gone, told) = applied(provider, kept, &Value::Null);
    assert_eq!(gone.value, Value::Null);
    told
}

#[test]
fn an_object_that_somebody_made_anew_stays_at_a_destroy() {
    let (azure, first) = start();
    let wanted = binding(&first, &json!({ "namespaces": ["shop", "team-a"] }));
    let kept = reached(&first, &Kept::nothing(), &wanted);
    let theirs = make_anew(&azure, &role_binding("shop"), &json!({}));

    let warned = destroyed(&provider(&azure, TYPE), &kept);

    insta::assert_snapshot!(told(&warned));
    assert_eq!(object(&azure, &role_binding("shop")), theirs);
    assert_eq!(object(&azure, &role_binding("team-a")), Json::Null);
    assert_eq!(assigned(&azure, CLUSTER_USER), []);
    assert_understood(&azure);
}

#[test]
fn an_object_that_somebody_made_anew_is_no_part_of_the_binding() {
    let (azure, first) = start();
    let wanted = binding(&first, &json!({ "namespaces": ["shop", "team-a"] }));
    let kept = reached(&first, &Kept::nothing(), &wanted);
    let theirs = make_anew(&azure, &role_binding("shop"), &json!({}));

    let next = provider(&azure, TYPE);
    let (found, warned) = next.read(&kept);
    let (_, refused) = applied(&next, &found, &wanted);
    let warned_again = destroyed(&next, &found);

    insta::assert_snapshot!(told(&refused));
    assert_eq!(warned[0].summary, "Another binding has the name");
    assert_eq!(attribute(&found, "namespaces"), json!(["team-a"]));
    assert_eq!(warned_again, []);
    assert_eq!(object(&azure, &role_binding("shop")), theirs);
    assert_eq!(object(&azure, &role_binding("team-a")), Json::Null);
    assert_understood(&azure);
}

#[test]
fn an_object_that_was_restored_with_its_mark_is_still_ours() {
    let (azure, first) = start();
    let wanted = binding(&first, &json!({}));
    let kept = reached(&first, &Kept::nothing(), &wanted);
    let annotations = object(&azure, &role_binding("shop"))["metadata"]["annotations"].clone();
    make_anew(&azure, &role_binding("shop"), &annotations);

    let warned = destroyed(&provider(&azure, TYPE), &kept);

    assert_eq!(warned, []);
    assert_eq!(object(&azure, &role_binding("shop")), Json::Null);
    assert_understood(&azure);
}

#[test]
fn a_replacement_leaves_an_object_that_somebody_made_anew() {
    let (azure, first) = start();
    let kept = reached(&first, &Kept::nothing(), &binding(&first, &json!({})));
    let theirs = make_anew(&azure, &role_binding("shop"), &json!({}));

    let next = provider(&azure, TYPE);
    let other_role = binding(&next, &json!({ "cluster_role": "view" }));
    let plan = next.plan(&kept, &other_role);
    let warned = destroyed(&next, &kept);
    let (made, refused) = applied(&next, &Kept::nothing(), &other_role);

    assert_eq!(plan.replaces.len(), 1);
    assert_eq!(warned.len(), 1);
    assert_eq!(refused[0].summary, "There is such a binding already");
    assert_eq!(made.value, Value::Null);
    assert_eq!(object(&azure, &role_binding("shop")), theirs);
    assert_understood(&azure);
}

#[test]
fn an_object_that_was_made_anew_while_the_old_one_was_being_deleted_stays() {
    let (azure, first) = start();
    let kept = reached(&first, &Kept::nothing(), &binding(&first, &json!({})));
    azure.add_fault(Fault {
        name: "held".to_owned(),
        matches: Matches {
            host: Some(Host::Kubernetes),
            method: Some("DELETE".to_owned()),
            ..Matches::default()
        },
        action: Action::HoldBefore,
    });

    let (theirs, warned) = std::thread::scope(|scope| {
        let warned = scope.spawn(|| destroyed(&first, &kept));
        azure
            .wait_held(Duration::from_secs(30))
            .expect("the deletion arrives");
        let theirs = make_anew(&azure, &role_binding("shop"), &json!({}));
        azure.release_held();
        (theirs, warned.join().expect("destroyed"))
    });

    let summaries: Vec<&str> = warned.iter().map(|one| one.summary.as_str()).collect();
    assert_eq!(summaries, ["Another binding has the name"]);
    assert_eq!(object(&azure, &role_binding("shop")), theirs);
    assert_understood(&azure);
}

#[test]
fn a_destroy_that_was_killed_is_finished_with_nothing_to_tell() {
    let (azure, first) = start();
    let wanted = binding(&first, &json!({ "namespaces": ["shop", "team-a"] }));
    let kept = reached(&first, &Kept::nothing(), &wanted);
    change(&azure, &role_binding("shop"), &Json::Null);

    let warned = destroyed(&provider(&azure, TYPE), &kept);

    assert_eq!(warned, []);
    assert_eq!(object(&azure, &role_binding("team-a")), Json::Null);
    assert_eq!(assigned(&azure, CLUSTER_USER), []);
    assert_understood(&azure);
}
/// An import of the binding that was just made, as another configuration would.
fn imported(azure: &Simulator) -> (Provider, Kept) {
    let next = provider(azure, TYPE);
    let id = format!("{}/aadBindings/developers", crate::support::CLUSTER);
    let (found, told) = next.read(&next.import(&id));
    assert_eq!(told, []);
    (next, found)
}

#[test]
fn an_imported_binding_takes_its_role_assignments_along() {
    const READER: &str = "7f6c6a51-bcf8-42ba-9220-52d62157d7db";
    let by_azure = json!({
        "mode": "azure_rbac",
        "cluster_role": null,
        "azure_role": "Azure Kubernetes Service RBAC Reader",
    });
    for (changes, role) in [(json!({}), CLUSTER_USER), (by_azure, READER)] {
        let (azure, first) = start();
        reached(&first, &Kept::nothing(), &binding(&first, &changes));
        let before = assigned(&azure, role).len();

        let (next, found) = imported(&azure);
        let warned = destroyed(&next, &found);

        assert_eq!((before, warned), (1, vec![]), "{changes}");
        assert_eq!(assigned(&azure, role), [], "{changes}");
        assert_understood(&azure);
    }
}

#[test]
fn an_imported_binding_leaves_a_role_that_another_needs_or_somebody_else_gave() {
    let (azure, first) = start();
    reached(&first, &Kept::nothing(), &binding(&first, &json!({})));
    let other = json!({ "name": "viewers", "cluster_role": "view" });
    let others = reached(&first, &Kept::nothing(), &binding(&first, &other));

    let (next, found) = imported(&azure);
    destroyed(&next, &found);
    let needed = assigned(&azure, CLUSTER_USER);
    destroyed(&next, &others);
    let role = "Azure Kubernetes Service Cluster User Role";
    assert!(azure.grant(DEVELOPERS, role, crate::support::CLUSTER));
    reached(&next, &Kept::nothing(), &binding(&next, &json!({})));
    let (next, found) = imported(&azure);
    destroyed(&next, &found);

    assert_eq!(needed, [on_cluster(DEVELOPERS)]);
    assert_eq!(assigned(&azure, CLUSTER_USER), [on_cluster(DEVELOPERS)]);
    assert_understood(&azure);
}

#[test]
fn bindings_of_one_name_in_two_configurations_each_count() {
    let (azure, first) = start();
    let here = reached(&first, &Kept::nothing(), &binding(&first, &json!({})));
    let block = json!({ "owner": "somebody else" });
    let (second, _) = Provider::configured(&azure, azure.environment(), block);
    let second = second.about(TYPE);
    let elsewhere = binding(&second, &json!({ "namespaces": ["team-a"] }));
    let there = reached(&second, &Kept::nothing(), &elsewhere);

    let warned = destroyed(&provider(&azure, TYPE), &here);
    let between = assigned(&azure, CLUSTER_USER);
    let other = object(&azure, &role_binding("team-a"));
    let warned_again = destroyed(&second, &there);

    assert_eq!((warned, warned_again), (vec![], vec![]));
    assert_eq!(between, [on_cluster(DEVELOPERS)]);
    assert_ne!(other, Json::Null);
    assert_eq!(assigned(&azure, CLUSTER_USER), []);
    assert_understood(&azure);
}

#[test]
fn a_right_that_another_configuration_gives_counts_whatever_its_binding_is_called() {
    let (azure, first) = start();
    let block = json!({ "owner": "somebody else" });
    let (second, _) = Provider::configured(&azure, azure.environment(), block);
    let second = second.about(TYPE);
    let elsewhere = binding(&second, &json!({ "namespaces": ["team-a"] }));
    reached(&second, &Kept::nothing(), &elsewhere);
    reached(&first, &Kept::nothing(), &binding(&first, &json!({})));

    let same = json!({ "name": "others", "namespaces": ["team-a"] });
    let (kept, refused) = applied(&first, &Kept::nothing(), &binding(&first, &same));

    let summaries: Vec<&str> = refused.iter().map(|one| one.summary.as_str()).collect();
    assert_eq!(summaries, ["Two bindings give the same right"; 2]);
    assert_eq!(kept.value, Value::Null);
    assert_understood(&azure);
}
