//! What Azure refuses: how it is told, and that nothing is created.

use std::fmt::Write as _;

use std::collections::BTreeMap;

use secureaks_simulator::{PolicyDenial, Principal, Simulator, aks::Failure};
use serde_json::{Value as Json, json};

use crate::support::{
    Kept, Provider, assert_understood, azure, cluster, clusters, redacted, told, writes,
};

const SUBSCRIPTION: &str = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365";
const STRANGER: &str = "7c0b3a54-2e6d-4f91-8a17-d03e5b9c6f28";

/// Plans a cluster and, if nothing is the matter with the plan, creates it. What is told, and the
/// state that is left.
fn create(provider: &Provider, changes: &Json) -> (String, Kept) {
    let config = provider.value(&cluster(changes));
    let plan = provider.plan(&Kept::nothing(), &config);
    if plan
        .diagnostics
        .iter()
        .any(|one| one.to_string().starts_with("error"))
    {
        return (
            format!("in the plan: {}", told(&plan.diagnostics)),
            Kept::nothing(),
        );
    }
    let (kept, diagnostics) = provider.carry_out(&Kept::nothing(), &config, &plan);
    (
        format!(
            "in apply: {}",
            told(&[plan.diagnostics, diagnostics].concat())
        ),
        kept,
    )
}

/// Creates a cluster that Azure refuses; the message must be `expected`'s snapshot.
#[track_caller]
fn refused(azure: &Simulator, environment: BTreeMap<String, String>, changes: &Json) -> String {
    let provider = Provider::acting_in(azure, environment);
    let before = clusters(azure);
    let (text, kept) = create(&provider, changes);

    assert_eq!(kept, Kept::nothing(), "{text}");
    assert_eq!(clusters(azure), before, "{text}");
    assert_understood(azure);
    redacted(&text)
}

fn owner(azure: &Simulator) -> BTreeMap<String, String> {
    azure.environment()
}

/// A principal that signs in and has no role.
fn stranger(azure: &Simulator) -> BTreeMap<String, String> {
    azure.put_principal(Principal {
        object_id: STRANGER.to_owned(),
        app_id: Some(STRANGER.to_owned()),
        display_name: "stranger".to_owned(),
        secrets: vec!["a stranger's".to_owned()],
        ..Principal::default()
    });
    let mut environment = azure.environment();
    environment.insert("ARM_CLIENT_ID".to_owned(), STRANGER.to_owned());
    environment.insert("ARM_CLIENT_SECRET".to_owned(), "a stranger's".to_owned());
    environment
}

#[test]
fn a_missing_resource_group_is_told_with_what_creates_it() {
    let azure = azure();

    let text = refused(
        &azure,
        owner(&azure),
        &json!({ "resource_group_name": "rg-absent" }),
    );

    insta::assert_snapshot!(text);
}

#[test]
fn a_version_that_is_not_offered_is_told_with_those_that_are() {
    let azure = azure();

    let texts = ["1.20", "1.35.99", "1.35.0", "2.0"].map(|version| {
        refused(
            &azure,
            owner(&azure),
            &json!({ "kubernetes_version": version }),
        )
    });

    insta::assert_snapshot!(texts.join("\n\n"));
    assert_eq!(writes(&azure), Vec::<String>::new());
}

#[test]
fn a_reader_is_told_which_right_is_missing_where() {
    let azure = azure();

    let text = refused(&azure, azure.reader_environment(), &json!({}));

    insta::assert_snapshot!(text);
}

#[test]
fn who_has_no_role_at_all_is_told_so() {
    let azure = azure();

    let text = refused(&azure, stranger(&azure), &json!({}));

    insta::assert_snapshot!(text);
}

#[test]
fn a_missing_registration_is_told_with_its_command() {
    let azure = azure();
    azure.unregister_provider("Microsoft.ContainerService");

    let text = refused(&azure, owner(&azure), &json!({}));

    insta::assert_snapshot!(text);
}

#[test]
fn a_missing_registration_is_made_where_that_is_allowed() {
    let azure = azure();
    azure.unregister_provider("Microsoft.ContainerService");
    azure.unregister_provider("Microsoft.Compute");
    let (provider, told) =
        Provider::configured(&azure, owner(&azure), json!({ "register_providers": true }));
    assert_eq!(told, []);

    let kept = provider.create(&provider.value(&cluster(&json!({}))));

    assert_eq!(clusters(&azure).len(), 1);
    assert_eq!(provider.read(&kept).0.value, kept.value);
    assert_understood(&azure);
}

#[test]
fn a_policy_that_forbids_it_is_named() {
    let azure = azure();
    azure.deny_policy(Some(PolicyDenial {
        resource_type: "Microsoft.ContainerService/managedClusters".to_owned(),
        assignment: "no-public-clusters".to_owned(),
        definition: "private-clusters-only".to_owned(),
    }));

    let text = refused(&azure, owner(&azure), &json!({}));

    insta::assert_snapshot!(text);
}

#[test]
fn a_name_that_is_taken_is_told_with_the_command_that_takes_the_cluster_over() {
    let azure = azure();
    Provider::of(&azure).create(&Provider::of(&azure).value(&cluster(&json!({}))));
    azure.clear_journal();

    let text = refused(
        &azure,
        owner(&azure),
        &json!({ "tags": { "team": "another" } }),
    );

    insta::assert_snapshot!(text);
    assert_eq!(writes(&azure), Vec::<String>::new());
}

#[test]
fn an_unknown_subscription_is_told_with_where_it_is_set() {
    let azure = azure();
    let mut environment = azure.environment();
    environment.insert("ARM_SUBSCRIPTION_ID".to_owned(), STRANGER.to_owned());

    let text = refused(&azure, environment, &json!({}));

    insta::assert_snapshot!(text);
}

#[test]
fn a_wrong_secret_is_told_with_its_variable() {
    let azure = azure();
    let mut environment = azure.environment();
    environment.insert("ARM_CLIENT_SECRET".to_owned(), "wrong".to_owned());

    let text = refused(&azure, environment, &json!({}));

    insta::assert_snapshot!(text);
}

#[test]
fn an_unknown_tenant_is_told_with_its_variable() {
    let azure = azure();
    let mut environment = azure.environment();
    environment.insert("ARM_TENANT_ID".to_owned(), STRANGER.to_owned());

    let text = refused(&azure, environment, &json!({}));

    insta::assert_snapshot!(text);
}

#[test]
fn an_unknown_application_is_told_with_its_variable() {
    let azure = azure();
    let mut environment = azure.environment();
    environment.insert("ARM_CLIENT_ID".to_owned(), STRANGER.to_owned());

    let text = refused(&azure, environment, &json!({}));

    insta::assert_snapshot!(text);
}

#[test]
fn a_certificate_that_is_not_there_is_told_with_its_variable() {
    let azure = azure();
    let mut environment = azure.environment();
    environment.remove("ARM_CLIENT_SECRET");
    environment.insert(
        "ARM_CLIENT_CERTIFICATE_PATH".to_owned(),
        "/nowhere/client.pem".to_owned(),
    );

    let text = refused(&azure, environment, &json!({}));

    insta::assert_snapshot!(text);
}

#[test]
fn a_quota_that_turns_out_too_small_keeps_the_cluster_in_the_state() {
    let azure = azure();
    azure.fail_next_operation(Failure {
        code: "ErrCode_InsufficientVCPUQuota".to_owned(),
        message: "Insufficient vcpu quota requested 12, remaining 4 for family standardDDSv5Family for region westeurope.".to_owned(),
        resource_state: "Failed".to_owned(),
        on: "create".to_owned(),
    });
    let provider = Provider::of(&azure);

    let (text, kept) = create(&provider, &json!({}));

    insta::assert_snapshot!(redacted(&text));
    let id = format!(
        "{SUBSCRIPTION}/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-demo"
    );
    assert_eq!(kept.value.member("id").as_str(), Some(id.as_str()));
    assert_eq!(clusters(&azure).len(), 1);
    assert_understood(&azure);
}

/// Variables of a provider that cannot be configured, and its block.
fn misconfigured() -> Vec<(&'static str, Json, Json)> {
    vec![
        (
            "nothing at all, and no Azure CLI",
            json!({ "PATH": "/nowhere" }),
            json!({}),
        ),
        (
            "no subscription",
            json!({ "ARM_CLIENT_ID": STRANGER, "ARM_TENANT_ID": STRANGER, "ARM_CLIENT_SECRET": "x" }),
            json!({}),
        ),
        (
            "a subscription's name for its id",
            json!({ "ARM_SUBSCRIPTION_ID": "Production" }),
            json!({ "use_msi": true }),
        ),
        (
            "a subscription's name in the block",
            json!({}),
            json!({ "use_msi": true, "subscription_id": "Production" }),
        ),
        (
            "an unknown cloud",
            json!({ "ARM_ENVIRONMENT": "germany", "ARM_SUBSCRIPTION_ID": STRANGER, "ARM_USE_MSI": "true" }),
            json!({}),
        ),
        (
            "an unknown cloud in the block",
            json!({}),
            json!({ "environment": "germany", "use_msi": true }),
        ),
        (
            "a secret without a tenant",
            json!({ "ARM_CLIENT_ID": STRANGER, "ARM_CLIENT_SECRET": "x", "ARM_SUBSCRIPTION_ID": STRANGER }),
            json!({}),
        ),
        (
            "an unknown cloud, no subscription and no tenant",
            json!({ "ARM_ENVIRONMENT": "germany", "ARM_CLIENT_ID": STRANGER, "ARM_CLIENT_SECRET": "x" }),
            json!({}),
        ),
        (
            "a switch that is none",
            json!({ "ARM_USE_OIDC": "yes", "ARM_USE_MSI": "true", "ARM_SUBSCRIPTION_ID": STRANGER }),
            json!({}),
        ),
        (
            "an interval that is none",
            json!({ "SECUREAKS_POLL_INTERVAL": "10", "ARM_USE_MSI": "true", "ARM_SUBSCRIPTION_ID": STRANGER }),
            json!({}),
        ),
        (
            "a file of a secret that is not there",
            json!({ "ARM_CLIENT_ID": STRANGER, "ARM_TENANT_ID": STRANGER, "ARM_CLIENT_SECRET_FILE_PATH": "/nowhere/secret", "ARM_SUBSCRIPTION_ID": STRANGER }),
            json!({}),
        ),
    ]
}

#[test]
fn an_environment_that_does_not_do_is_told_by_the_names_of_its_variables() {
    let azure = azure();

    let mut texts = String::new();
    for (what, variables, block) in misconfigured() {
        let variables: BTreeMap<String, String> =
            serde_json::from_value(variables).expect("variables");
        let (_, diagnostics) = Provider::configured(&azure, variables, block);

        assert!(!diagnostics.is_empty(), "{what}: accepted");
        write!(texts, "# {what}\n{}\n\n", told(&diagnostics)).expect("text");
    }

    insta::assert_snapshot!(texts);
    assert_eq!(azure.journal(), []);
}
