//! What stands between a binding and its effect: who is not known yet, who may not, who says no.

use std::time::Duration;

use secureaks::{
    framework::Severity,
    value::{Value, to_json},
};
use secureaks_simulator::{
    Action, Answer, Fault, Host, Matches, Principal, PrincipalKind, Simulator,
};
use serde_json::{Value as Json, json};

use crate::{
    binding::{CLUSTER_USER, DEVELOPERS, TYPE, assigned, binding, on_cluster, start},
    inside::{applied, attribute, change, made_cluster, object, provider, reached},
    support::{CLUSTER, Kept, Provider, assert_understood, fast_azure, redacted, told},
};

const ROLE_BINDING: &str =
    "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/developers";

const SOMEBODY: &str = "7c0b3a54-2e6d-4f91-8a17-d03e5b9c6f28";

/// Answers matching requests so, and lets the service do nothing.
fn answer(azure: &Simulator, host: Host, path: &str, times: u64, answer: Answer) {
    azure.add_fault(Fault {
        name: path.to_owned(),
        matches: Matches {
            host: Some(host),
            path_contains: Some(path.to_owned()),
            times: Some(times),
            ..Matches::default()
        },
        action: Action::Status(answer),
    });
}

fn json_answer(code: u16, body: Json) -> Answer {
    Answer {
        code,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body,
    }
}

/// Somebody who signs in with a secret and has these roles on the cluster.
fn somebody_with(azure: &Simulator, roles: &[&str]) -> Provider {
    azure.put_principal(Principal {
        object_id: SOMEBODY.to_owned(),
        app_id: Some(SOMEBODY.to_owned()),
        display_name: "somebody".to_owned(),
        secrets: vec!["known".to_owned()],
        graph: vec!["Directory.Read.All".to_owned()],
        ..Principal::default()
    });
    for role in roles {
        assert!(azure.grant(SOMEBODY, role, CLUSTER));
    }
    azure.advance(Duration::from_hours(1));
    let mut environment = azure.environment();
    environment.insert("ARM_CLIENT_ID".to_owned(), SOMEBODY.to_owned());
    environment.insert("ARM_CLIENT_SECRET".to_owned(), "known".to_owned());
    Provider::acting_in(azure, environment).about(TYPE)
}

#[test]
fn a_principal_that_azure_does_not_know_yet_is_waited_for() {
    let (azure, provider) = start();
    let body = json!({ "error": {
        "code": "PrincipalNotFound",
        "message": "Principal does not exist in the directory. Check that you have the correct principal ID.",
    } });
    answer(
        &azure,
        Host::Arm,
        "roleAssignments/",
        2,
        json_answer(400, body),
    );

    reached(&provider, &Kept::nothing(), &binding(&provider, &json!({})));

    let tries = azure.journal().into_iter().filter(|exchange| {
        exchange.status == Some(400) && exchange.path.contains("/aks-demo/providers/")
    });
    assert_eq!(tries.count(), 2);
    assert_understood(&azure);
}

#[test]
fn a_binding_whose_effect_somebody_forbids_is_an_error_and_stays_in_the_state() {
    let (azure, provider) = start();
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {},
        "status": { "allowed": false, "denied": true, "reason": "forbidden by a webhook" },
    });
    let wanted = binding(&provider, &json!({}));
    let plan = provider.plan(&Kept::nothing(), &wanted);
    answer(
        &azure,
        Host::Kubernetes,
        "/subjectaccessreviews",
        100,
        json_answer(201, body),
    );

    let (kept, diagnostics) = provider.carry_out(&Kept::nothing(), &wanted, &plan);

    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].severity, Severity::Error);
    insta::assert_snapshot!(told(&diagnostics));
    assert_ne!(kept.value, Value::Null);
    assert_ne!(object(&azure, ROLE_BINDING), Json::Null);
    assert_understood(&azure);
}

/// As it is after a destroy that was killed between the two halves.
#[test]
fn a_binding_whose_objects_are_gone_is_there_while_its_role_assignments_are() {
    let (azure, provider) = start();
    let wanted = binding(&provider, &json!({}));
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    change(&azure, ROLE_BINDING, &Json::Null);

    let (found, told) = crate::inside::provider(&azure, TYPE).read(&kept);
    let (found_again, _) = crate::inside::provider(&azure, TYPE).read(&found);
    let next = crate::inside::provider(&azure, TYPE);
    let plan = next.plan(&found_again, &wanted);
    let restored = reached(&next, &found_again, &wanted);
    let subjects = object(&azure, ROLE_BINDING)["subjects"].clone();
    let granted = assigned(&azure, CLUSTER_USER);
    change(&azure, ROLE_BINDING, &Json::Null);
    let last = crate::inside::provider(&azure, TYPE);
    let (unbound, _) = last.read(&restored);
    let (gone, _) = applied(&last, &unbound, &Value::Null);

    assert_eq!(told, []);
    assert_eq!(attribute(&found, "principals"), json!([]));
    assert_eq!(found.value, found_again.value);
    assert_eq!(plan.replaces, []);
    assert_eq!(restored.value, kept.value);
    assert_eq!(subjects[0]["name"], DEVELOPERS);
    assert_eq!(granted, [on_cluster(DEVELOPERS)]);
    assert_eq!(gone.value, Value::Null);
    assert_eq!(assigned(&azure, CLUSTER_USER), []);
    assert_understood(&azure);
}

/// As it is after an update that was killed when it had bound somebody else, and later.
#[test]
fn what_a_killed_update_did_is_seen_through_and_taken_away() {
    let (azure, provider) = start();
    let kept = reached(&provider, &Kept::nothing(), &binding(&provider, &json!({})));
    let principals = json!([
        { "type": "Group", "object_id": DEVELOPERS },
        { "type": "User", "user_principal_name": "lee@simulated.onmicrosoft.com" },
    ]);
    let wanted = binding(&provider, &json!({ "principals": principals }));
    reached(&provider, &kept, &wanted);
    let all = assigned(&azure, CLUSTER_USER);

    let next = crate::inside::provider(&azure, TYPE);
    let (found, told) = next.read(&kept);
    let plan = next.plan(&found, &wanted);
    let (gone, _) = applied(&next, &found, &Value::Null);

    assert_eq!((all.len(), told), (2, vec![]));
    assert_eq!(plan.value, found.value);
    assert_eq!(gone.value, Value::Null);
    assert_eq!(assigned(&azure, CLUSTER_USER), []);
    assert_understood(&azure);
}

#[test]
fn who_may_not_assign_roles_is_told_what_to_do() {
    let (azure, _) = start();
    let roles = ["Contributor", "Azure Kubernetes Service RBAC Cluster Admin"];
    let provider = somebody_with(&azure, &roles);

    let (kept, diagnostics) = applied(&provider, &Kept::nothing(), &binding(&provider, &json!({})));
    let without = binding(&provider, &json!({ "cluster_user_role": false }));
    let (_, quiet) = applied(&provider, &kept, &without);

    insta::assert_snapshot!(redacted(&told(&diagnostics)));
    assert_eq!(quiet, []);
    assert_understood(&azure);
}

#[test]
fn who_may_grant_no_more_than_they_have_is_told_so() {
    let (azure, _) = start();
    let provider = somebody_with(&azure, &["Owner"]);
    // An administrator of one namespace, by Kubernetes' own rules.
    let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/administrator";
    let subject =
        json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": SOMEBODY });
    let administrator = json!({
        "metadata": { "name": "administrator", "namespace": "shop" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin" },
        "subjects": [subject],
    });
    change(&azure, path, &administrator);
    let beyond = binding(&provider, &json!({ "cluster_role": "cluster-admin" }));
    let within = binding(
        &provider,
        &json!({ "name": "viewers", "cluster_role": "view" }),
    );

    let (refused, diagnostics) = applied(&provider, &Kept::nothing(), &beyond);
    let (made, warned) = applied(&provider, &Kept::nothing(), &within);

    insta::assert_snapshot!(redacted(&told(&[diagnostics, warned].concat())));
    assert_eq!(refused.value, Value::Null);
    assert_ne!(made.value, Value::Null);
    assert_understood(&azure);
}

#[test]
fn a_cluster_that_does_not_ask_azure_takes_no_role_of_azure() {
    let azure = fast_azure();
    let entra = json!({ "enabled": true, "azure_rbac": false, "admin_group_object_ids": ["f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345"] });
    made_cluster(
        &azure,
        &json!({ "local_accounts": false, "entra": entra, "grant_applier_access": false }),
    );
    let provider = provider(&azure, TYPE);
    let changes = json!({
        "mode": "azure_rbac",
        "cluster_role": null,
        "azure_role": "Azure Kubernetes Service RBAC Reader",
    });

    let plan = provider.plan(&Kept::nothing(), &binding(&provider, &changes));

    insta::assert_snapshot!(told(&plan.diagnostics));
    assert_understood(&azure);
}

#[test]
fn a_service_principal_in_too_many_groups_is_warned_of() {
    const CROWDED: &str = "33333333-2222-4333-8444-555555555555";
    let (azure, provider) = start();
    let groups: Vec<String> = (0..201)
        .map(|number| format!("44444444-2222-4333-8444-{number:012}"))
        .collect();
    for id in &groups {
        azure.put_principal(Principal {
            object_id: id.clone(),
            kind: PrincipalKind::Group,
            display_name: id.clone(),
            ..Principal::default()
        });
    }
    azure.put_principal(Principal {
        object_id: CROWDED.to_owned(),
        app_id: Some(CROWDED.to_owned()),
        display_name: "crowded".to_owned(),
        member_of: groups,
        ..Principal::default()
    });
    azure.advance(Duration::from_hours(1));
    let principals = json!([{ "type": "ServicePrincipal", "object_id": CROWDED }]);

    let plan = provider.plan(
        &Kept::nothing(),
        &binding(&provider, &json!({ "principals": principals })),
    );

    insta::assert_snapshot!(told(&plan.diagnostics));
    assert_understood(&azure);
}

#[test]
fn many_principals_of_a_plan_are_one_request_to_graph() {
    let (azure, provider) = start();
    let principals = json!([
        { "type": "Group", "object_id": DEVELOPERS },
        { "type": "Group", "display_name": "cluster administrators" },
        { "type": "User", "object_id": "d4817be9-30c5-4f6a-a2e8-51b6c07f9d38" },
        { "type": "User", "user_principal_name": "lee@simulated.onmicrosoft.com" },
    ]);
    let named = |name: &str| {
        binding(
            &provider,
            &json!({ "name": name, "principals": principals }),
        )
    };
    azure.clear_journal();

    let first = provider.plan(&Kept::nothing(), &named("first"));
    let second = provider.plan(&Kept::nothing(), &named("second"));
    let of_graph = second.diagnostics.iter();
    let of_graph = of_graph.filter(|told| told.summary != "Two bindings give the same right");

    let asked: Vec<String> = azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.host == Host::Graph)
        .map(|exchange| format!("{} {}", exchange.method, exchange.path))
        .collect();
    assert_eq!((first.diagnostics, of_graph.count()), (vec![], 0));
    assert_eq!(asked, ["POST /v1.0/$batch"]);
    assert_understood(&azure);
}

#[test]
fn a_cluster_that_is_not_known_yet_is_asked_by_nobody() {
    let (azure, provider) = start();
    let mut wanted = binding(&provider, &json!({}));
    wanted.set_member("cluster_id", Value::unknown());
    azure.clear_journal();

    let plan = provider.plan(&Kept::nothing(), &wanted);

    let asked: Vec<Host> = azure
        .journal()
        .into_iter()
        .filter(|exchange| !exchange.path.starts_with("/metadata/"))
        .map(|exchange| exchange.host)
        .filter(|host| matches!(host, Host::Kubernetes | Host::Arm))
        .collect();
    assert_eq!((plan.diagnostics, asked), (vec![], vec![]));
    assert_understood(&azure);
}

#[test]
fn a_role_that_another_binding_has_taken_over_is_not_taken_from_it() {
    const READER: &str = "7f6c6a51-bcf8-42ba-9220-52d62157d7db";
    let (azure, provider) = start();
    let named = |name: &str| {
        let changes = json!({
            "name": name,
            "mode": "azure_rbac",
            "cluster_role": null,
            "azure_role": "Azure Kubernetes Service RBAC Reader",
        });
        binding(&provider, &changes)
    };
    let first = reached(&provider, &Kept::nothing(), &named("first"));
    // Another configuration, which knows nothing of the first.
    let other = crate::inside::provider(&azure, TYPE);
    let second = reached(&other, &Kept::nothing(), &named("second"));

    applied(&provider, &first, &Value::Null);
    let between = assigned(&azure, READER).len();
    applied(&other, &second, &Value::Null);

    assert_eq!((between, assigned(&azure, READER)), (1, vec![]));
    assert_understood(&azure);
}

/// The attributes that two states differ in.
fn drifted(before: &Kept, after: &Kept) -> Vec<String> {
    let (before, after) = (to_json(&before.value), to_json(&after.value));
    let members = before.as_object().expect("a state");
    let other = members
        .iter()
        .filter(|(name, value)| after[name] != **value);
    other.map(|(name, _)| name.clone()).collect()
}

#[test]
fn a_subject_that_somebody_added_or_removed_is_the_only_drift() {
    let stranger = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345" });
    let own =
        json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": DEVELOPERS });
    // Of who is bound no more the right to the kubeconfig is left, so that `subjects` still names them.
    for (subjects, shown) in [
        (json!([own, stranger]), vec!["principals", "subjects"]),
        (json!([stranger]), vec!["principals", "subjects"]),
        (json!([]), vec!["principals"]),
    ] {
        let (azure, first) = start();
        let wanted = binding(&first, &json!({}));
        let kept = reached(&first, &Kept::nothing(), &wanted);
        change(&azure, ROLE_BINDING, &json!({ "subjects": subjects }));

        let next = provider(&azure, TYPE);
        let (found, told) = next.read(&kept);
        let (found_again, _) = provider(&azure, TYPE).read(&found);
        let plan = next.plan(&found, &wanted);

        assert_eq!(drifted(&kept, &found), shown);
        assert_eq!((&found_again.value, told), (&found.value, vec![]));
        assert_eq!(
            drifted(
                &found,
                &Kept {
                    value: plan.value,
                    ..found.clone()
                }
            ),
            [vec!["effective"], shown].concat()
        );
        assert_understood(&azure);
    }
}
