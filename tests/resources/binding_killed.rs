//! What a run that was killed has done to a binding is found by the next one: its state was never saved.

use secureaks::value::Value;
use secureaks_simulator::{Action, Answer, Fault, Matches, Simulator};
use serde_json::{Value as Json, json};

use crate::{
    binding::{CLUSTER_USER, DEVELOPERS, TYPE, assigned, binding, on_cluster, start},
    inside::{applied, object, provider, reached},
    support::{Kept, Provider, assert_understood},
};

const READER: &str = "7f6c6a51-bcf8-42ba-9220-52d62157d7db";

fn with_lee() -> Json {
    json!([
        { "type": "Group", "object_id": DEVELOPERS },
        { "type": "User", "user_principal_name": "lee@simulated.onmicrosoft.com" },
    ])
}

fn by_azure(provider: &Provider, changes: &Json) -> Value {
    let mut wanted = json!({
        "mode": "azure_rbac",
        "cluster_role": null,
        "azure_role": "Azure Kubernetes Service RBAC Reader",
    });
    crate::support::lay_over(&mut wanted, changes);
    binding(provider, &wanted)
}

fn role_binding(azure: &Simulator, namespace: &str) -> Json {
    let path = format!(
        "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/developers"
    );
    object(azure, &path)
}

/// Refreshes, plans and applies as the run after the killed one; whether there was something to do, and what is kept.
fn next_run(azure: &Simulator, kept: &Kept, wanted: &Value) -> (bool, Kept) {
    let next = provider(azure, TYPE);
    let (found, _) = next.read(kept);
    let plan = next.plan(&found, wanted);
    let has_work = plan.value != found.value;
    (has_work, reached(&next, &found, wanted))
}

#[test]
fn a_destroy_takes_along_what_a_killed_update_has_made() {
    let (azure, first) = start();
    let kept = reached(&first, &Kept::nothing(), &binding(&first, &json!({})));
    let more = binding(&first, &json!({ "namespaces": ["shop", "team-a"] }));
    reached(&first, &kept, &more);

    let (gone, told) = applied(&provider(&azure, TYPE), &kept, &Value::Null);

    assert_eq!((gone.value, told), (Value::Null, Vec::new()));
    assert_eq!(role_binding(&azure, "team-a"), Json::Null);
    assert_eq!(assigned(&azure, CLUSTER_USER), []);
    assert_understood(&azure);
}

#[test]
fn a_right_to_the_kubeconfig_that_a_killed_update_has_not_taken_away_is_planned() {
    let (azure, first) = start();
    let both = binding(&first, &json!({ "principals": with_lee() }));
    let kept = reached(&first, &Kept::nothing(), &both);
    azure.add_fault(Fault {
        name: "killed".to_owned(),
        matches: Matches {
            method: Some("DELETE".to_owned()),
            path_contains: Some("/roleAssignments/".to_owned()),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code: 403,
            headers: Vec::new(),
            body: json!({ "error": { "code": "AuthorizationFailed", "message": "no" } }),
        }),
    });
    let one = binding(&first, &json!({}));
    applied(&first, &kept, &one);
    azure.clear_faults();

    let (has_work, settled) = next_run(&azure, &kept, &one);
    let (again, _) = next_run(&azure, &settled, &one);

    assert_eq!((has_work, again), (true, false));
    assert_eq!(assigned(&azure, CLUSTER_USER), [on_cluster(DEVELOPERS)]);
    assert_understood(&azure);
}

#[test]
fn a_role_of_azure_that_a_killed_update_has_given_is_taken_away() {
    let (azure, first) = start();
    let one = by_azure(&first, &json!({}));
    let kept = reached(&first, &Kept::nothing(), &one);
    reached(
        &first,
        &kept,
        &by_azure(&first, &json!({ "principals": with_lee() })),
    );

    let (has_work, settled) = next_run(&azure, &kept, &one);
    let (again, _) = next_run(&azure, &settled, &one);

    let holders = assigned(&azure, READER);
    let holders: Vec<&str> = holders.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!((has_work, again), (true, false));
    assert_eq!(holders, [DEVELOPERS]);
    assert_understood(&azure);
}

#[test]
fn an_owner_that_is_named_later_marks_the_bindings_anew() {
    let (azure, _) = start();
    let nobodys = Provider::of(&azure).about(TYPE);
    let kept = reached(&nobodys, &Kept::nothing(), &binding(&nobodys, &json!({})));
    let drawn = role_binding(&azure, "shop")["metadata"]["annotations"]["secureaks/mark"].clone();

    let owned = provider(&azure, TYPE);
    let same = owned.plan(&kept, &binding(&owned, &json!({})));
    let more = binding(&owned, &json!({ "namespaces": ["shop", "team-a"] }));
    reached(&owned, &kept, &more);

    let marks = ["shop", "team-a"].map(|namespace| {
        role_binding(&azure, namespace)["metadata"]["annotations"]["secureaks/mark"].clone()
    });
    assert_eq!(same.value, kept.value);
    assert_ne!(marks[0], drawn);
    assert_ne!(marks[0], Json::Null);
    assert_understood(&azure);
}
