//! Bindings that cannot be: what was found, what is wanted, what to do, and that nothing is left behind.

use secureaks::{framework::Severity, value::Value};
use secureaks_simulator::{Principal, PrincipalKind, Simulator};
use serde_json::{Value as Json, json};

use crate::{
    binding::{DEVELOPERS, TYPE, binding, start},
    inside::{applied, change, is_about_the_object, object, reached},
    support::{CLUSTER, Kept, Provider, assert_understood, redacted, told},
};

const ABSENT: &str = "00000000-1111-4222-8333-444444444444";
const READER: &str = "5d20f8c6-b73a-4e91-9f04-c18a6e2d7b39";
const LIST: &str = "11111111-2222-4333-8444-555555555555";

/// What a plan, or else the apply, of a new binding says; nothing may be kept of it.
fn refused(provider: &Provider, changes: &Json) -> String {
    let wanted = binding(provider, changes);
    let plan = provider.plan(&Kept::nothing(), &wanted);
    let failed = |told: &[secureaks::framework::Diagnostic]| {
        told.iter().any(|one| one.severity == Severity::Error)
    };
    if failed(&plan.diagnostics) {
        return format!("in the plan: {}", redacted(&told(&plan.diagnostics)));
    }
    let (kept, diagnostics) = provider.carry_out(&Kept::nothing(), &wanted, &plan);
    assert_eq!(kept.value, Value::Null, "{}", told(&diagnostics));
    format!("in apply: {}", redacted(&told(&diagnostics)))
}

fn with_principal(principal: &Json) -> Json {
    json!({ "principals": [principal] })
}

/// A distribution list, and a group that was deleted.
fn people(azure: &Simulator) {
    for (id, name, distribution) in [(LIST, "announcements", true), (ABSENT, "former", false)] {
        azure.put_principal(Principal {
            object_id: id.to_owned(),
            kind: PrincipalKind::Group,
            display_name: name.to_owned(),
            distribution,
            ..Principal::default()
        });
    }
    azure.delete_principal("former");
    azure.advance(std::time::Duration::from_mins(1));
}

#[test]
fn principals_that_cannot_be_bound_are_told_in_the_plan() {
    let (azure, provider) = start();
    people(&azure);
    let principals = [
        json!({ "type": "Group", "object_id": "99999999-1111-4222-8333-444444444444" }),
        json!({ "type": "Group", "object_id": ABSENT }),
        json!({ "type": "Group", "display_name": "former" }),
        json!({ "type": "Group", "object_id": LIST }),
        json!({ "type": "User", "user_principal_name": "kim@partner.example" }),
        json!({ "type": "User", "user_principal_name": "somebody@fabrikam.example" }),
        json!({ "type": "User", "object_id": DEVELOPERS }),
        json!({ "type": "ServicePrincipal", "object_id": "2f9d4c81-5a3e-47b6-b0c2-6d8e1f7a9034" }),
    ];

    let texts = principals.map(|principal| {
        format!(
            "{principal}\n{}",
            refused(&provider, &with_principal(&principal))
        )
    });

    insta::assert_snapshot!(texts.join("\n\n"));
    assert_understood(&azure);
}

#[test]
fn roles_and_namespaces_that_do_not_exist_are_told() {
    let (azure, _) = start();
    let changes = [
        json!({ "cluster_role": "editor" }),
        json!({ "namespaces": ["absent", "shop"] }),
        json!({ "cluster_role": null, "role": "deployer" }),
    ];

    let texts = changes.map(|changes| {
        let provider = crate::inside::provider(&azure, TYPE);
        format!("{changes}\n{}", refused(&provider, &changes))
    });

    insta::assert_snapshot!(texts.join("\n\n"));
    let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/developers";
    assert_eq!(object(&azure, path), Json::Null);
    assert_understood(&azure);
}

#[test]
fn what_contradicts_itself_is_told_and_nobody_is_asked() {
    let (azure, provider) = start();
    azure.clear_journal();
    let changes = [
        json!({ "cluster_role": null }),
        json!({ "role": "deployer" }),
        json!({ "cluster_role": null, "role": "deployer", "namespaces": null }),
        json!({ "azure_role": "Azure Kubernetes Service RBAC Reader" }),
        json!({ "mode": "azure_rbac" }),
        json!({ "mode": "azure_rbac", "cluster_role": null, "azure_role": "Reader" }),
        json!({ "namespaces": [] }),
        json!({ "principals": [] }),
        json!({ "name": "a/b" }),
        with_principal(&json!({ "type": "Group" })),
        with_principal(&json!({ "type": "Group", "object_id": "developers" })),
        with_principal(&json!({ "type": "Group", "user_principal_name": "a@b.example" })),
        with_principal(&json!({ "type": "User", "display_name": "Lee" })),
        json!({ "principals": [{ "type": "Group", "object_id": DEVELOPERS }, { "type": "Group", "object_id": DEVELOPERS.to_uppercase() }] }),
    ];

    let texts = changes.map(|changes| {
        let answers = provider.validate(&binding(&provider, &changes));
        format!("{changes}\n{}", told(&answers))
    });

    insta::assert_snapshot!(texts.join("\n\n"));
    assert_eq!(azure.journal(), []);
}

#[test]
fn two_bindings_of_one_right_are_warned_of_and_refused() {
    let (azure, provider) = start();
    let first = binding(&provider, &json!({}));
    let second = binding(&provider, &json!({ "name": "others" }));
    let mut plans = vec![
        provider.plan(&Kept::nothing(), &first),
        provider.plan(&Kept::nothing(), &second),
    ];
    let warned = told(&plans[1].diagnostics);
    let plan = plans.remove(0);
    provider.carry_out(&Kept::nothing(), &first, &plan);

    let (kept, at_once) = provider.carry_out(&Kept::nothing(), &second, &plans[0]);
    let block = json!({ "owner": "somebody else" });
    let (elsewhere, _) = Provider::configured(&azure, azure.environment(), block);
    let (_, later) = applied(&elsewhere.about(TYPE), &Kept::nothing(), &second);

    let texts = [warned, told(&at_once), told(&later)];
    insta::assert_snapshot!(texts.join("\n\n"));
    assert_eq!(kept.value, Value::Null);
    assert_understood(&azure);
}

#[test]
fn a_right_may_move_from_one_binding_to_another_in_one_apply() {
    let (azure, provider) = start();
    let lee = json!({ "type": "User", "user_principal_name": "lee@simulated.onmicrosoft.com" });
    let both = json!([{ "type": "Group", "object_id": DEVELOPERS }, lee]);
    let first = reached(
        &provider,
        &Kept::nothing(),
        &binding(&provider, &json!({ "principals": both })),
    );

    let next = crate::inside::provider(&azure, TYPE);
    reached(&next, &first, &binding(&next, &json!({})));
    let moved = json!({ "name": "others", "principals": [lee] });
    reached(&next, &Kept::nothing(), &binding(&next, &moved));

    let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/others";
    assert_eq!(
        object(&azure, path)["subjects"][0]["name"],
        "lee@simulated.onmicrosoft.com"
    );
    assert_understood(&azure);
}

#[test]
fn a_binding_of_somebody_else_is_left_alone_unless_told() {
    let (azure, provider) = start();
    let path = "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/developers";
    let theirs = json!({
        "metadata": { "name": "developers", "namespace": "shop" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit" },
        "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "somebody" }],
    });
    change(&azure, path, &theirs);

    let text = refused(&provider, &json!({}));
    let kept_theirs = object(&azure, path)["subjects"][0]["name"].clone();
    let next = crate::inside::provider(&azure, TYPE);
    let forced = binding(&next, &json!({ "force_conflicts": true }));
    reached(&next, &Kept::nothing(), &forced);

    insta::assert_snapshot!(text);
    assert_eq!(kept_theirs, "somebody");
    assert_eq!(object(&azure, path)["subjects"][0]["name"], DEVELOPERS);
    assert_understood(&azure);
}

#[test]
fn object_ids_need_no_graph_and_names_do() {
    let (azure, _) = start();
    let silent = Principal {
        object_id: READER.to_owned(),
        app_id: Some("91c7e3b2-84df-4a05-a6f9-0b3d5e8c7214".to_owned()),
        display_name: "reader".to_owned(),
        secrets: vec!["known".to_owned()],
        ..Principal::default()
    };
    azure.put_principal(silent);
    for role in ["Owner", "Azure Kubernetes Service RBAC Cluster Admin"] {
        assert!(azure.grant(READER, role, CLUSTER));
    }
    azure.advance(std::time::Duration::from_hours(1));
    let mut environment = azure.reader_environment();
    environment.insert("ARM_CLIENT_SECRET".to_owned(), "known".to_owned());
    let provider = Provider::acting_in(&azure, environment).about(TYPE);
    let users = [
        json!({ "type": "User", "object_id": "2c6a9f17-5be0-4d84-b3c1-7a90e4d8f526" }),
        json!({ "type": "Group", "display_name": "developers" }),
        json!({ "type": "User", "user_principal_name": "lee@simulated.onmicrosoft.com" }),
    ];

    let texts = users.map(|user| refused(&provider, &with_principal(&user)));
    let provider = provider.restarted(&azure);
    let (_, diagnostics) = applied(&provider, &Kept::nothing(), &binding(&provider, &json!({})));

    insta::assert_snapshot!(texts.join("\n\n"));
    let about: Vec<_> = diagnostics
        .into_iter()
        .filter(is_about_the_object)
        .collect();
    assert_eq!(about, []);
    assert_understood(&azure);
}
