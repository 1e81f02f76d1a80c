//! `grant_applier_access`: the signed-in identity may work inside the cluster, by a role assignment that comes and goes
//! with it.

use secureaks::value::Value;
use secureaks_simulator::{Action, Answer, Fault, Host, Matches, Simulator};
use serde_json::json;

use crate::{
    binding::{ADMINISTRATORS, DEVELOPERS, TYPE, binding},
    inside::provider,
    roles_left::stopped_when_held,
    support::{CLUSTER, Kept, Provider, assert_understood, azure, cluster, fast_azure, told},
};

/// The assignments at the cluster.
fn assignments(azure: &Simulator) -> Vec<String> {
    azure
        .resource_ids()
        .into_iter()
        .filter(|id| id.starts_with(CLUSTER) && id.contains("/roleAssignments/"))
        .collect()
}

fn granted(kept: &Kept) -> &Value {
    kept.value.member("grant_applier_access")
}

#[test]
fn the_right_is_proved_at_the_api_server_and_goes_with_the_cluster() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let config = provider.value(&cluster(&json!({ "grant_applier_access": true })));

    let kept = provider.create(&config);
    let during = assignments(&azure).len();
    let proofs: Vec<Option<u16>> = azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.host == Host::Kubernetes && exchange.method == "POST")
        .map(|exchange| exchange.status)
        .collect();
    let (read, said) = provider.read(&kept);
    let (gone, _) = provider.destroy(&read);

    assert_eq!((during, said, &read.value), (1, vec![], &kept.value));
    assert!(
        !proofs.is_empty() && proofs.iter().all(|status| *status == Some(201)),
        "{proofs:?}"
    );
    assert_eq!((gone.value, assignments(&azure)), (Value::Null, vec![]));
    assert_understood(&azure);
}

/// The API server answers, but neither yes nor no; the apply must not end with a right that has no effect yet.
#[test]
fn an_answer_that_says_nothing_about_the_right_is_asked_for_again() {
    let azure = azure();
    let body = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 409, "reason": "Conflict", "message": "no" });
    azure.add_fault(Fault {
        name: "conflict".to_owned(),
        matches: Matches {
            host: Some(Host::Kubernetes),
            method: Some("POST".to_owned()),
            path_contains: Some("selfsubjectaccessreviews".to_owned()),
            times: Some(2),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code: 409,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
        }),
    });
    let provider = Provider::of(&azure);

    provider.create(&provider.value(&cluster(&json!({ "grant_applier_access": true }))));

    let reviews = azure.journal().into_iter();
    let answers: Vec<_> = reviews
        .filter(|exchange| exchange.path.contains("selfsubjectaccessreviews"))
        .filter_map(|exchange| exchange.status)
        .collect();
    assert_eq!(answers.first_chunk(), Some(&[409, 409]), "{answers:?}");
    assert_eq!(answers.last(), Some(&201), "{answers:?}");
    assert_understood(&azure);
}

/// The cluster is made and its mark closed, so only the provider's own note tells that the next apply has to wait for the
/// right, before anything inside the cluster is planned.
#[test]
fn a_proof_that_was_stopped_is_taken_up_again() {
    let azure = azure();
    azure.add_fault(Fault {
        name: "held".to_owned(),
        matches: Matches {
            host: Some(Host::Kubernetes),
            path_contains: Some("selfsubjectaccessreviews".to_owned()),
            times: Some(1),
            ..Matches::default()
        },
        action: Action::HoldBefore,
    });
    let provider = Provider::of(&azure);
    let wanted = provider.value(&cluster(&json!({ "grant_applier_access": true })));
    let plan = provider.plan(&Kept::nothing(), &wanted);
    let (left, _) = stopped_when_held(&azure, &provider, &Kept::nothing(), &wanted, &plan);
    let next = provider.restarted(&azure);

    let (found, said) = next.read(&left);
    let plan = next.plan(&found, &wanted);
    let (kept, told) = next.carry_out(&found, &wanted, &plan);

    assert_eq!((said, plan.diagnostics, told), (vec![], vec![], vec![]));
    assert_ne!(plan.value, found.value, "the plan goes on");
    let read = next.read(&kept).0;
    assert_eq!(next.plan(&read, &wanted).value, read.value);
    assert_understood(&azure);
}

#[test]
fn a_right_that_somebody_took_away_is_drift_and_given_again() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let config = provider.value(&cluster(&json!({ "grant_applier_access": true })));
    let kept = provider.create(&config);
    assert_eq!(azure.delete(&assignments(&azure)[0]), 200);

    let (read, _) = provider.read(&kept);
    let (again, said) = provider.apply(&read, &config);

    assert_eq!(
        (granted(&read), granted(&again)),
        (&false.into(), &true.into())
    );
    assert_eq!((said, assignments(&azure).len()), (vec![], 1));
}

#[test]
fn turning_it_off_takes_the_right_away_and_leaves_the_cluster_alone() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let on = provider.value(&cluster(&json!({ "grant_applier_access": true })));
    let off = provider.value(&cluster(&json!({})));
    let kept = provider.create(&on);
    let before = azure.resource(CLUSTER);

    let (after, said) = provider.apply(&kept, &off);

    assert_eq!((granted(&after), said), (&false.into(), vec![]));
    assert_eq!(
        (assignments(&azure), azure.resource(CLUSTER)),
        (vec![], before)
    );
}

#[test]
fn an_import_finds_the_right_of_whoever_imports() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let config = provider.value(&cluster(&json!({ "grant_applier_access": true })));
    provider.create(&config);

    let (read, _) = provider.read(&provider.import(CLUSTER));

    assert_eq!(granted(&read), &true.into());
}

#[test]
fn it_has_no_effect_without_azure_rbac_and_is_refused() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let without = json!({ "grant_applier_access": true, "entra": { "azure_rbac": false } });

    let refused = provider.validate(&provider.value(&cluster(&without)));

    insta::assert_snapshot!(told(&refused));
    assert_eq!(azure.journal(), []);
}

#[test]
fn a_plan_inside_a_cluster_in_which_nobody_who_applies_has_a_right_is_refused() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let none = json!({ "entra": { "admin_group_object_ids": null } });
    drop(provider.plan(&Kept::nothing(), &provider.value(&cluster(&none))));
    let provider = provider.about("secureaks_namespace");
    let mut namespace = provider.value(&json!({ "cluster_id": "unknown", "name": "shop" }));
    namespace.set_member("cluster_id", Value::unknown());

    let plan = provider.plan(&Kept::nothing(), &namespace);

    insta::assert_snapshot!(told(&plan.diagnostics));
}

#[test]
fn a_plan_inside_a_cluster_that_lets_nobody_in_is_refused_with_the_choices() {
    let azure = azure();
    let owner = Provider::of(&azure);
    owner.create(&owner.value(&cluster(&json!({}))));
    let provider = provider(&azure, "secureaks_namespace");
    let namespace = provider.value(&json!({ "cluster_id": CLUSTER, "name": "shop" }));

    let plan = provider.plan(&Kept::nothing(), &namespace);

    insta::assert_snapshot!(told(&plan.diagnostics));
}

#[test]
fn the_advice_to_grant_the_right_is_followed_in_one_plan() {
    let azure = azure();
    let owner = Provider::of(&azure);
    let kept = owner.create(&owner.value(&cluster(&json!({}))));
    let granting = owner.value(&cluster(&json!({ "grant_applier_access": true })));
    // Terraform plans a cluster before what refers to it.
    assert_eq!(owner.plan(&kept, &granting).diagnostics, []);
    let provider = owner.about("secureaks_namespace");
    let namespace = provider.value(&json!({ "cluster_id": CLUSTER, "name": "shop" }));

    let plan = provider.plan(&Kept::nothing(), &namespace);

    assert_eq!(plan.diagnostics, []);
}

#[test]
fn a_right_in_another_cluster_of_the_group_is_none_in_a_new_one() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let other = json!({ "name": "aks-other", "grant_applier_access": true });
    provider.create(&provider.value(&cluster(&other)));
    let provider = Provider::of(&azure);
    let none = json!({ "entra": { "admin_group_object_ids": null } });
    drop(provider.plan(&Kept::nothing(), &provider.value(&cluster(&none))));
    let provider = provider.about("secureaks_namespace");
    let mut namespace = provider.value(&json!({ "cluster_id": "unknown", "name": "shop" }));
    namespace.set_member("cluster_id", Value::unknown());

    let plan = provider.plan(&Kept::nothing(), &namespace);

    assert_eq!(plan.diagnostics.len(), 1);
    assert_eq!(plan.diagnostics[0].summary, "No right inside the cluster");
}

/// A cluster that asks Azure about rights, or does not, and the signed-in identity has the right to work inside by then.
fn asking_azure(provider: &Provider, asks: bool) -> Value {
    let admins = if asks {
        json!(null)
    } else {
        json!([ADMINISTRATORS])
    };
    provider.value(&cluster(&json!({
        "local_accounts": false,
        "entra": { "enabled": true, "azure_rbac": asks, "admin_group_object_ids": admins },
        "grant_applier_access": asks,
    })))
}

/// A binding by a role of Azure's in that cluster.
fn by_azure(provider: &Provider, principal: &str) -> Value {
    let changes = json!({
        "mode": "azure_rbac",
        "cluster_role": null,
        "azure_role": "Azure Kubernetes Service RBAC Reader",
        "principals": [{ "type": "Group", "object_id": principal }],
    });
    binding(provider, &changes)
}

#[test]
fn a_role_of_azure_comes_with_the_plan_that_has_the_cluster_ask_azure() {
    let azure = fast_azure();
    let owner = Provider::of(&azure);
    let kept = owner.create(&asking_azure(&owner, false));
    let asking = asking_azure(&owner, true);

    let cluster_plan = owner.plan(&kept, &asking);
    let provider = owner.about(TYPE);
    let wanted = by_azure(&provider, DEVELOPERS);
    let plan = provider.plan(&Kept::nothing(), &wanted);
    let owner = provider.about("secureaks_cluster");
    let (_, said) = owner.carry_out(&kept, &asking, &cluster_plan);
    let provider = owner.about(TYPE);
    let (made, told_in_apply) = provider.carry_out(&Kept::nothing(), &wanted, &plan);
    let settled = provider.plan(&made, &wanted);

    assert_eq!([cluster_plan.diagnostics, said], [vec![], vec![]]);
    assert_eq!([plan.diagnostics, told_in_apply], [vec![], vec![]]);
    assert_eq!((settled.value, settled.diagnostics), (made.value, vec![]));
    assert_understood(&azure);
}

#[test]
fn a_cluster_that_is_to_ask_azure_no_more_keeps_no_role_of_azure() {
    let azure = fast_azure();
    let owner = Provider::of(&azure);
    let kept = owner.create(&asking_azure(&owner, true));
    let provider = owner.about(TYPE);
    let wanted = by_azure(&provider, DEVELOPERS);
    let bound = provider.create(&wanted);

    let owner = Provider::of(&azure);
    drop(owner.plan(&kept, &asking_azure(&owner, false)));
    let provider = owner.about(TYPE);
    let stays = provider.plan(&bound, &wanted);
    let changed = provider.plan(&bound, &by_azure(&provider, ADMINISTRATORS));
    let goes = provider.plan(&bound, &Value::Null);

    insta::assert_snapshot!(told(&stays.diagnostics));
    assert_eq!(changed.diagnostics, stays.diagnostics);
    assert_eq!(goes.diagnostics, []);
    assert_understood(&azure);
}
