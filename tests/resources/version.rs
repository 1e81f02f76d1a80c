//! Versions of Kubernetes: a minor stands for whichever of its patches runs; what Azure would
//! refuse is refused in the plan.

use secureaks::value::Value;
use secureaks_simulator::Simulator;
use serde_json::json;

use crate::support::{CLUSTER, Kept, Provider, assert_understood, azure, cluster, told, writes};

fn with(provider: &Provider, version: &str) -> Value {
    provider.value(&cluster(&json!({ "kubernetes_version": version })))
}

/// The automatic upgrade channel did its work.
fn upgrade_by_itself(azure: &Simulator, version: &str) {
    assert!(azure.change(CLUSTER, |cluster| {
        cluster["properties"]["currentKubernetesVersion"] = json!(version);
        cluster["properties"]["agentPoolProfiles"][0]["currentOrchestratorVersion"] =
            json!(version);
    }));
}

/// The refusal of a plan.
#[track_caller]
fn refusal(azure: &Simulator, provider: &Provider, kept: &Kept, version: &str) -> String {
    let plan = provider.plan(kept, &with(provider, version));
    assert_eq!(writes(azure), Vec::<String>::new());
    format!("# {version}\n{}\n\n", told(&plan.diagnostics))
}

#[test]
fn a_minor_is_kept_while_any_of_its_patches_runs() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let config = with(&provider, "1.35");
    let kept = provider.create(&config);
    upgrade_by_itself(&azure, "1.35.8");

    let (read, told) = provider.read(&kept);
    let plan = provider.plan(&read, &config);

    assert_eq!((told, plan.diagnostics), (vec![], vec![]));
    assert_eq!(
        read.value.member("kubernetes_version"),
        &Value::from("1.35")
    );
    assert_eq!(
        read.value.member("current_kubernetes_version"),
        &Value::from("1.35.8")
    );
    assert_eq!(plan.value, read.value);
    assert_understood(&azure);
}

#[test]
fn an_upgrade_takes_control_plane_and_nodes_along() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&with(&provider, "1.35"));
    let plan = provider.plan(&kept, &with(&provider, "1.36"));

    let (upgraded, told) = provider.carry_out(&kept, &with(&provider, "1.36"), &plan);

    assert_eq!(
        (told, plan.value.member("current_kubernetes_version")),
        (vec![], &Value::unknown())
    );
    let cluster = azure.resource(CLUSTER).expect("the cluster");
    let versions = [
        &cluster["properties"]["currentKubernetesVersion"],
        &cluster["properties"]["agentPoolProfiles"][0]["currentOrchestratorVersion"],
    ];
    assert_eq!(versions, ["1.36.3", "1.36.3"]);
    assert_eq!(
        upgraded.value.member("current_kubernetes_version"),
        &Value::from("1.36.3")
    );
    assert_eq!(
        provider.plan(&upgraded, &with(&provider, "1.36")).value,
        upgraded.value
    );
    assert_understood(&azure);
}

#[test]
fn what_azure_would_refuse_is_refused_in_the_plan() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&with(&provider, "1.34.8"));
    azure.clear_journal();

    let texts = ["1.33", "1.34.7", "1.36", "1.36.1", "1.34.30", "1.35.1"]
        .map(|version| refusal(&azure, &provider, &kept, version));

    insta::assert_snapshot!(texts.concat());
    assert_understood(&azure);
}

#[test]
fn a_patch_that_the_channel_went_past_is_told_with_its_minor() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&with(&provider, "1.35.3"));
    upgrade_by_itself(&azure, "1.35.7");
    azure.clear_journal();

    let (read, _) = provider.read(&kept);
    let text = refusal(&azure, &provider, &read, "1.35.3");

    assert_eq!(
        read.value.member("kubernetes_version"),
        &Value::from("1.35.7")
    );
    insta::assert_snapshot!(text);
    assert_understood(&azure);
}

#[test]
fn a_version_that_is_left_out_again_changes_nothing() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&with(&provider, "1.34"));
    azure.clear_journal();

    let (left, told) = provider.apply(&kept, &provider.value(&cluster(&json!({}))));

    assert_eq!((told, writes(&azure)), (vec![], vec![]));
    assert_eq!(
        left.value.member("current_kubernetes_version"),
        &Value::from("1.34.9")
    );
    assert_understood(&azure);
}
