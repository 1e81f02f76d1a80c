//! What an apply would stumble over halfway is told by the plan.

use secureaks_simulator::{Credential, Principal, PrincipalKind};
use serde_json::{Value as Json, json};

use crate::{
    inside::reached,
    support::{Kept, Provider, assert_understood, cluster, fast_azure, told},
};

/// A directory with a distribution list; it has a user, a group and a service principal already.
const LIST: &str = "0d9b7a34-6e51-4c8f-9a20-f3b6c5d81e47";

fn administered_by(ids: &[&str]) -> Json {
    cluster(&json!({ "entra": { "admin_group_object_ids": ids } }))
}

#[test]
fn administrators_are_checked_like_the_principals_of_a_binding() {
    let azure = fast_azure();
    azure.put_principal(Principal {
        object_id: LIST.to_owned(),
        display_name: "announcements".to_owned(),
        kind: PrincipalKind::Group,
        distribution: true,
        ..Principal::default()
    });
    let ids = [
        "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c14",
        "d4817be9-30c5-4f6a-a2e8-51b6c07f9d38",
        LIST,
    ];

    let texts = ids.map(|id| {
        let provider = Provider::of(&azure);
        let wanted = provider.value(&administered_by(&[id]));
        told(&provider.plan(&Kept::nothing(), &wanted).diagnostics)
    });

    insta::assert_snapshot!(texts.join("\n\n"));
    assert_understood(&azure);
}

/// Graph is not asked about them, so that a group that was deleted since does not stop a change of something else.
#[test]
fn administrators_of_before_are_not_checked_again() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let group = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13";
    let wanted = provider.value(&administered_by(&[group]));
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    assert!(azure.delete_principal("developers"));
    let next = provider.restarted(&azure);
    let mut config = administered_by(&[group]);
    config["tags"] = json!({ "team": "shop" });

    let plan = next.plan(&kept, &next.value(&config));

    assert_eq!(plan.diagnostics, []);
    assert_understood(&azure);
}

#[test]
fn who_may_not_read_the_directory_takes_the_ids_at_their_word() {
    let azure = fast_azure();
    let environment = azure.environment_with(Credential::ReaderSecret);
    let provider = Provider::acting_in(&azure, environment);
    let mistyped = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c14";
    let wanted = provider.value(&administered_by(&[mistyped]));

    let plan = provider.plan(&Kept::nothing(), &wanted);

    assert_eq!(plan.diagnostics, []);
}

#[test]
fn tags_that_differ_by_case_only_are_one_tag_to_azure() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let tags = json!({ "tags": { "team": "shop", "Team": "web", "cost": "1" } });

    let told = told(&provider.validate(&provider.value(&cluster(&tags))));

    insta::assert_snapshot!(told);
}

#[test]
fn a_name_that_makes_the_nodes_group_too_long_is_refused_for_a_new_cluster() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let named = |length: usize| {
        let name = json!({ "name": format!("a{}", "b".repeat(length - 1)) });
        let wanted = provider.value(&cluster(&name));
        told(&provider.plan(&Kept::nothing(), &wanted).diagnostics)
    };

    // `MC_rg-demo_`, the name, and `_westeurope`.
    let texts = [named(58), named(59)];

    insta::assert_snapshot!(texts.join("\n---\n"));
}

/// An output that only something under way can change is no news of an update.
#[test]
fn phase() {
    let azure = fast_azure();
    crate::inside::made_cluster(&azure, &json!({}));
    let provider = Provider::of(&azure).about("secureaks_namespace");
    let namespace = |labels: Json| {
        let config =
            json!({ "cluster_id": crate::support::CLUSTER, "name": "shop", "labels": labels });
        provider.value(&config)
    };
    let kept = reached(&provider, &Kept::nothing(), &namespace(Json::Null));

    let plan = provider.plan(&kept, &namespace(json!({ "team": "shop" })));

    let members = plan.value.members().expect("a namespace");
    let open = members.iter().filter(|(_, value)| !value.is_wholly_known());
    let open: Vec<&String> = open.map(|(name, _)| name).collect();
    assert_eq!(open, Vec::<&String>::new());
}

#[test]
fn a_quota_that_kubernetes_does_not_have_is_told_offline() {
    let azure = fast_azure();
    let provider = Provider::of(&azure).about("secureaks_namespace");
    let quota = json!({
        "cpus": "4", "pods": "1.5", "secrets": "2k", "count/deployments.apps": "5",
        "requests.nvidia.com/gpu": "1", "hugepages-2Mi": "1Gi", "limits.memory": "1.5Gi",
    });
    let limits = json!({ "default": { "memory": "256Mi" } });
    let config = json!({ "cluster_id": crate::support::CLUSTER, "name": "shop", "quota": quota, "limits": limits });

    let told = told(&provider.validate(&provider.value(&config)));

    insta::assert_snapshot!(told);
}
