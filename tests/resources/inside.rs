//! What tests of objects inside a cluster share: a cluster that is there, and its objects.

use secureaks::{
    framework::{Diagnostic, Severity},
    value::{Value, to_json},
};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::support::{CLUSTER, Kept, Provider, cluster};

/// Makes the cluster that [`CLUSTER`] names, with the given changes to its configuration.
pub(crate) fn made_cluster(azure: &Simulator, changes: &Json) -> Kept {
    let mut wanted = json!({ "grant_applier_access": true });
    crate::support::lay_over(&mut wanted, changes);
    let provider = Provider::of(azure);
    provider.create(&provider.value(&cluster(&wanted)))
}

/// A provider with an owner and its secret, so that each run knows what another one has begun.
pub(crate) fn provider(azure: &Simulator, type_name: &'static str) -> Provider {
    let block = json!({ "owner": "platform" });
    let mut environment = azure.environment();
    environment.insert(
        "SECUREAKS_OWNER_SECRET".to_owned(),
        "known to all runs of the owner".to_owned(),
    );
    let (provider, told) = Provider::configured(azure, environment, block);
    assert_eq!(told, []);
    provider.about(type_name)
}

/// A configuration with the cluster named, and with `changes` laid over it.
pub(crate) fn config(provider: &Provider, base: &Json, changes: &Json) -> Value {
    let mut config = base.clone();
    config["cluster_id"] = json!(CLUSTER);
    crate::support::lay_over(&mut config, changes);
    provider.value(&config)
}

/// Plans and applies, and returns what there is to tell but for how the cluster is signed in to.
pub(crate) fn applied(
    provider: &Provider,
    prior: &Kept,
    config: &Value,
) -> (Kept, Vec<Diagnostic>) {
    let plan = provider.plan(prior, config);
    if plan
        .diagnostics
        .iter()
        .any(|told| told.severity == Severity::Error)
    {
        panic!("the plan is refused: {:#?}", plan.diagnostics);
    }
    let (kept, told) = provider.carry_out(prior, config, &plan);
    (
        kept,
        plan.diagnostics
            .into_iter()
            .chain(told)
            .filter(is_about_the_object)
            .collect(),
    )
}

/// Applies; anything there is to tell fails the test.
#[track_caller]
pub(crate) fn reached(provider: &Provider, prior: &Kept, config: &Value) -> Kept {
    let (kept, told) = applied(provider, prior, config);
    assert_eq!(told, []);
    kept
}

/// Whether a diagnostic is about more than how the cluster is signed in to.
pub(crate) fn is_about_the_object(told: &Diagnostic) -> bool {
    told.summary != "Working as the cluster's local administrator"
}

/// An object in the cluster; null when there is none.
pub(crate) fn object(azure: &Simulator, path: &str) -> Json {
    azure.kubernetes_object(CLUSTER, path).unwrap_or(Json::Null)
}

/// Changes an object in the cluster as somebody else would.
#[track_caller]
pub(crate) fn change(azure: &Simulator, path: &str, change: &Json) {
    assert!(
        azure.change_kubernetes_object(CLUSTER, path, change),
        "{path}"
    );
}

/// A state's attribute as JSON.
pub(crate) fn attribute(kept: &Kept, name: &str) -> Json {
    to_json(kept.value.member(name))
}
