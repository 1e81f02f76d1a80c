//! A network policy through its life, and what stands in its way.

use secureaks::{framework::Severity, value::Value};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::{
    inside::{
        applied, attribute, change, config, is_about_the_object, made_cluster, object, provider,
        reached,
    },
    support::{Kept, Provider, assert_understood, fast_azure, told},
};

pub(crate) const TYPE: &str = "secureaks_network_policy";
const NAMESPACE: &str = "/api/v1/namespaces/team-a";
const POLICY: &str = "/apis/networking.k8s.io/v1/namespaces/team-a/networkpolicies/web";

/// A cluster with a namespace, and a provider that is asked about policies in it.
pub(crate) fn start() -> (Simulator, Provider) {
    let azure = fast_azure();
    made_cluster(&azure, &json!({}));
    change(&azure, NAMESPACE, &json!({}));
    let provider = provider(&azure, TYPE);
    (azure, provider)
}

pub(crate) fn policy(provider: &Provider, changes: &Json) -> Value {
    config(
        provider,
        &json!({ "namespace": "team-a", "name": "web" }),
        changes,
    )
}

/// A policy with every kind of thing in it.
fn full() -> Json {
    json!({
        "pods": { "app": "web" },
        "allow_from": [
            { "namespace": "ingress", "pods": { "app": "controller" }, "ports": [{ "port": "8080" }] },
            { "any_pod": true },
        ],
        "allow_to": [{ "cidr": "20.50.0.0/16", "except": ["20.50.1.0/24"], "ports": [{ "port": "8000", "end_port": 8100 }] }],
        "allow_dns": true,
    })
}

/// How many ingress rules a policy has.
fn rules(policy: &Json) -> usize {
    policy["spec"]["ingress"].as_array().map_or(0, Vec::len)
}

#[test]
fn a_policy_is_made_read_changed_and_deleted() {
    let (azure, provider) = start();
    let wanted = policy(&provider, &full());

    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let read = provider.read(&kept);
    let silent = provider.plan(&kept, &wanted);
    let less = policy(
        &provider,
        &json!({ "directions": ["ingress"], "allow_from": [{ "any_pod": true }] }),
    );
    let changed = reached(&provider, &kept, &less);
    let left = object(&azure, POLICY)["spec"].clone();
    let raw = policy(
        &provider,
        &json!({ "raw": r#"{ "podSelector": {}, "ingress": [{}] }"# }),
    );
    let opened = reached(&provider, &changed, &raw);
    let reread = provider.read(&opened);
    let (gone, warned) = applied(&provider, &opened, &Value::Null);

    assert_eq!((&read.0.value, read.1), (&kept.value, vec![]));
    assert_eq!(
        (silent.value, silent.diagnostics),
        (kept.value.clone(), vec![])
    );
    assert_eq!(
        left,
        json!({ "podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{ "from": [{ "podSelector": {} }] }] })
    );
    assert_eq!((&reread.0.value, reread.1), (&opened.value, vec![]));
    assert_eq!((gone.value, warned), (Value::Null, vec![]));
    assert_eq!(object(&azure, POLICY), Json::Null);
    assert_understood(&azure);
}

#[test]
fn a_policy_is_imported_and_is_then_as_configured() {
    let (azure, provider) = start();
    let wanted = policy(&provider, &full());
    let made = reached(&provider, &Kept::nothing(), &wanted);
    let id = attribute(&made, "id").as_str().expect("an id").to_owned();

    let imported = provider.read(&provider.import(&id));
    let plan = provider.plan(&imported.0, &wanted);

    assert_eq!(imported.1, []);
    assert_eq!((plan.value, plan.diagnostics), (made.value, vec![]));
    assert_understood(&azure);
}

#[test]
fn a_rule_that_somebody_added_shows_and_is_taken_away_only_when_told() {
    let (azure, provider) = start();
    let wanted = policy(
        &provider,
        &json!({ "allow_from": [{ "pods": { "app": "web" } }] }),
    );
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let opened = json!([{ "from": [{ "podSelector": { "matchLabels": { "app": "web" } } }] }, {}]);
    change(&azure, POLICY, &json!({ "spec": { "ingress": opened } }));

    let provider = crate::inside::provider(&azure, TYPE);
    let drifted = provider.read(&kept).0;
    let refused = provider.plan(&drifted, &wanted);
    let forced = policy(
        &provider,
        &json!({ "allow_from": [{ "pods": { "app": "web" } }], "force_conflicts": true }),
    );
    reached(&provider, &drifted, &forced);

    assert_eq!(
        attribute(&drifted, "allow_from").as_array().map(Vec::len),
        Some(2)
    );
    insta::assert_snapshot!(told(&refused.diagnostics));
    assert_eq!(rules(&object(&azure, POLICY)), 1);
    assert_understood(&azure);
}

#[test]
fn a_policy_of_somebody_else_is_not_overwritten_unless_told() {
    let (azure, provider) = start();
    change(
        &azure,
        POLICY,
        &json!({ "spec": { "podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}] } }),
    );
    let wanted = policy(
        &provider,
        &json!({ "directions": ["ingress"], "allow_from": [{ "anyone": true }] }),
    );

    let refused = provider.plan(&Kept::nothing(), &wanted).diagnostics;
    let forced = policy(&provider, &json!({ "force_conflicts": true }));
    let next = crate::inside::provider(&azure, TYPE);
    reached(&next, &Kept::nothing(), &forced);

    insta::assert_snapshot!(told(&refused));
    assert_eq!(rules(&object(&azure, POLICY)), 0);
    assert_understood(&azure);
}

#[test]
fn a_namespace_that_is_missing_is_told_on_its_attribute() {
    let (azure, provider) = start();
    let wanted = policy(&provider, &json!({ "namespace": "nowhere" }));

    let (nothing, refused) = applied(&provider, &Kept::nothing(), &wanted);

    assert_eq!(nothing.value, Value::Null);
    insta::assert_snapshot!(told(&refused));
    assert_understood(&azure);
}

#[test]
fn what_the_api_server_objects_to_is_told_by_the_plan_on_its_attribute() {
    let (azure, provider) = start();
    let raw = json!({ "raw": r#"{ "policyTypes": ["Both"], "ingress": [{ "from": [{ "ipBlock": { "cidr": "10.0.0.0/8", "except": ["10.0.0.0/7"] } }] }] }"# });
    let wanted = policy(&provider, &raw);

    let plan = provider.plan(&Kept::nothing(), &wanted);

    let errors: Vec<_> = plan
        .diagnostics
        .into_iter()
        .filter(|told| told.severity == Severity::Error)
        .collect();
    insta::assert_snapshot!(told(&errors));
    assert_eq!(object(&azure, POLICY), Json::Null);
    assert_understood(&azure);
}

#[test]
fn what_the_engine_does_not_enforce_is_told_by_the_plan() {
    let (azure, provider) = start();
    let without = fast_azure();
    made_cluster(&without, &json!({ "network": { "policy": "none" } }));
    change(&without, NAMESPACE, &json!({}));
    let open = policy(&provider, &json!({ "allow_to": [{ "cidr": "0.0.0.0/0" }] }));

    let plans = [&provider, &crate::inside::provider(&without, TYPE)].map(|provider| {
        let told = provider.plan(&Kept::nothing(), &open).diagnostics;
        told.into_iter()
            .filter(is_about_the_object)
            .collect::<Vec<_>>()
    });

    insta::assert_snapshot!(plans.map(|plan| told(&plan)).join("\n\n"));
    assert_understood(&azure);
}

#[test]
fn what_cannot_be_is_told_on_its_attribute_and_nobody_is_asked() {
    let (azure, provider) = start();
    azure.clear_journal();
    let changes = [
        json!({ "namespace": "Team A", "name": "web_1" }),
        json!({ "raw": "podSelector: {}" }),
        json!({ "raw": "{\"podselector\": {}}" }),
        json!({ "raw": "{}", "pods": {} }),
        json!({ "directions": ["inbound"] }),
        json!({ "directions": ["ingress"], "allow_dns": true }),
        json!({ "allow_from": [{ "cidr": "10.0.0.1/8" }] }),
        json!({ "allow_from": [{ "cidr": "10.0.0.0/8", "except": ["192.168.0.0/16"] }] }),
        json!({ "allow_from": [{ "cidr": "10.0.0.0/8", "namespace": "team-b" }] }),
        json!({ "allow_to": [{ "any_pod": true, "ports": [{ "port": "0" }, { "port": "80", "end_port": 70 }, { "port": "443", "protocol": "tcp" }] }] }),
    ];

    let answers = changes.map(|changes| {
        let answers = provider.validate(&policy(&provider, &changes));
        format!("{changes}\n{}", told(&answers))
    });

    insta::assert_snapshot!(answers.join("\n\n"));
    assert_eq!(azure.journal().len(), 0);
}
