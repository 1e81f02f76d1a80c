//! Versions of Kubernetes: a minor stands for whichever of its patches runs; what a channel goes past is no change;
//! what Azure would refuse is refused in the plan, and nothing is ever sent back to an older version.

use secureaks::{
    framework::{Diagnostic, Severity},
    value::Value,
};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::support::{
    CLUSTER, Kept, Plan, Provider, assert_understood, azure, cluster, lay_over, told, writes,
};

fn with(provider: &Provider, version: &str) -> Value {
    pinned(provider, version, &json!({}))
}

/// A configuration of a cluster that does not upgrade by itself.
fn still(provider: &Provider, version: &str) -> Value {
    let channel = json!({ "automatic_upgrade_channel": "none" });
    pinned(provider, version, &channel)
}

fn pinned(provider: &Provider, version: &str, changes: &Json) -> Value {
    let mut config = cluster(&json!({ "kubernetes_version": version }));
    lay_over(&mut config, changes);
    provider.value(&config)
}

/// The automatic upgrade channel did its work, or somebody did it by hand. A version in full is exactly the one that
/// runs (`ManagedClusterProperties.currentKubernetesVersion`, `OpenAPI` text), and a minor stays one.
fn upgrade_by_itself(azure: &Simulator, version: &str) {
    let move_on = |asked: &mut Json| {
        let minor = asked.as_str().expect("a version").matches('.').count() == 1;
        let words: Vec<&str> = version.rsplitn(2, '.').collect();
        *asked = json!(if minor { words[1] } else { version });
    };
    assert!(azure.change(CLUSTER, |cluster| {
        let properties = &mut cluster["properties"];
        properties["currentKubernetesVersion"] = json!(version);
        move_on(&mut properties["kubernetesVersion"]);
        let pool = &mut properties["agentPoolProfiles"][0];
        pool["currentOrchestratorVersion"] = json!(version);
        move_on(&mut pool["orchestratorVersion"]);
    }));
}

/// The versions that Azure has: asked for and running, of the control plane and of the pool.
fn versions(azure: &Simulator) -> [Json; 4] {
    let cluster = azure.resource(CLUSTER).expect("the cluster");
    let pool = &cluster["properties"]["agentPoolProfiles"][0];
    [
        cluster["properties"]["kubernetesVersion"].clone(),
        cluster["properties"]["currentKubernetesVersion"].clone(),
        pool["orchestratorVersion"].clone(),
        pool["currentOrchestratorVersion"].clone(),
    ]
}

/// Creates a cluster of whose version there is something to tell.
#[track_caller]
fn created(provider: &Provider, config: &Value) -> Kept {
    let plan = provider.plan(&Kept::nothing(), config);
    let warnings = plan.diagnostics.iter().map(|told| told.severity);
    assert_eq!(warnings.collect::<Vec<_>>(), [Severity::Warning]);
    let (kept, told) = provider.carry_out(&Kept::nothing(), config, &plan);
    assert_eq!(told, []);
    kept
}

/// What a plan says, each with how it counts and where.
fn said(plan: &Plan) -> Vec<(Severity, String, String)> {
    let each = |one: &Diagnostic| (one.severity, one.path.to_string(), one.summary.clone());
    plan.diagnostics.iter().map(each).collect()
}

/// What a plan of another version says.
#[track_caller]
fn judged(azure: &Simulator, provider: &Provider, kept: &Kept, version: &str) -> String {
    let plan = provider.plan(kept, &still(provider, version));
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
    let kept = provider.create(&still(&provider, "1.34.8"));
    azure.clear_journal();

    let texts = ["1.33", "1.34.7", "1.36", "1.36.1", "1.34.30", "1.35.1"]
        .map(|version| judged(&azure, &provider, &kept, version));

    insta::assert_snapshot!(texts.concat());
    assert_understood(&azure);
}

#[test]
fn destroy_refused_after_auto_upgrade() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let config = pinned(&provider, "1.34.8", &json!({ "location": "westeurope" }));
    let kept = created(&provider, &config);
    upgrade_by_itself(&azure, "1.34.9");

    let (read, told) = provider.read(&kept);
    let plan = provider.plan(&read, &config);
    let tagged = pinned(&provider, "1.34.8", &json!({ "tags": { "team": "shop" } }));
    let (changed, told_of_tag) = provider.apply(&read, &tagged);
    let moved_on = versions(&azure);
    let (left, told_of_destroy) = provider.destroy(&changed);

    assert_eq!((told, said(&plan)), (vec![], vec![]));
    assert_eq!(plan.value, read.value);
    let of = |kept: &Kept| {
        ["kubernetes_version", "current_kubernetes_version"]
            .map(|name| kept.value.member(name).clone())
    };
    assert_eq!(of(&read), ["1.34.8", "1.34.9"].map(Value::from));
    assert_eq!(
        (told_of_tag, moved_on),
        (vec![], ["1.34.9"; 4].map(|version| json!(version)))
    );
    assert_eq!((left.value, told_of_destroy), (Value::Null, vec![]));
    assert_understood(&azure);
}

#[test]
fn a_minor_that_the_channel_went_past_is_kept_and_never_sent_back() {
    for channel in ["stable", "rapid"] {
        let azure = azure();
        let provider = Provider::of(&azure);
        let on = |changes: Json| {
            let mut all = json!({ "automatic_upgrade_channel": channel });
            lay_over(&mut all, &changes);
            pinned(&provider, "1.35", &all)
        };
        let kept = created(&provider, &on(json!({})));
        upgrade_by_itself(&azure, "1.36.2");
        let (read, told) = provider.read(&kept);
        assert_eq!(told, []);

        let plan = provider.plan(&read, &on(json!({})));
        let (_, told) = provider.apply(&read, &on(json!({ "tags": { "team": "shop" } })));

        assert_eq!((said(&plan), told), (vec![], vec![]));
        assert_eq!(plan.value, read.value);
        let expected = ["1.36", "1.36.2", "1.36", "1.36.2"].map(|version| json!(version));
        assert_eq!(versions(&azure), expected);
        assert_understood(&azure);
    }
}

#[test]
fn without_a_channel_a_newer_version_is_told_and_not_taken_back() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let config = still(&provider, "1.34.8");
    let kept = provider.create(&config);
    upgrade_by_itself(&azure, "1.34.9");
    azure.clear_journal();

    let (read, _) = provider.read(&kept);
    let plan = provider.plan(&read, &config);
    let (applied, told_of_apply) = provider.carry_out(&read, &config, &plan);
    let (read_again, _) = provider.read(&applied);
    let removal = provider.plan(&read_again, &Value::Null);
    let written = writes(&azure);
    let (left, told_of_destroy) = provider.destroy(&read_again);

    let version = |kept: &Kept| kept.value.member("kubernetes_version").clone();
    assert_eq!(
        [version(&read), version(&read_again)],
        ["1.34.9"; 2].map(Value::from)
    );
    assert_eq!(
        plan.value.member("kubernetes_version"),
        &Value::from("1.34.8")
    );
    insta::assert_snapshot!(told(&plan.diagnostics));
    assert_eq!(
        (told_of_apply, said(&removal), written),
        (vec![], vec![], vec![])
    );
    assert_eq!((left.value, told_of_destroy), (Value::Null, vec![]));
    assert_understood(&azure);
}

#[test]
fn an_older_version_beside_another_change_is_refused_before_anything_is_sent() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&still(&provider, "1.34.8"));
    let none = json!({ "automatic_upgrade_channel": "none", "tags": { "team": "shop" } });
    let config = pinned(&provider, "1.33", &none);
    azure.clear_journal();

    let plan = provider.plan(&kept, &config);
    let (left, refusal) = provider.carry_out(&kept, &config, &plan);

    let summary = "Version is older than the one that runs";
    let place = "kubernetes_version".to_owned();
    assert_eq!(
        said(&plan),
        [(Severity::Warning, place, summary.to_owned())]
    );
    insta::assert_snapshot!(told(&refusal));
    assert_eq!((left.value, writes(&azure)), (kept.value, vec![]));
    assert_understood(&azure);
}

#[test]
fn a_version_that_its_channel_goes_past_is_warned_of_when_either_changes() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let channels = ["patch", "stable", "rapid", "node-image", "none"];
    let on = |version: &str, channel: &str, tags: Json| {
        let changes = json!({ "automatic_upgrade_channel": channel, "tags": tags });
        pinned(&provider, version, &changes)
    };

    let texts: Vec<String> = channels
        .iter()
        .flat_map(|channel| ["1.34", "1.34.8"].map(|version| (version, *channel)))
        .map(|(version, channel)| {
            let wanted = on(version, channel, Json::Null);
            let plan = provider.restarted(&azure).plan(&Kept::nothing(), &wanted);
            format!("# {version} and {channel}\n{}\n\n", told(&plan.diagnostics))
        })
        .collect();
    let kept = created(&provider, &on("1.34.8", "patch", Json::Null));
    let of_tag = provider.plan(&kept, &on("1.34.8", "patch", json!({ "team": "shop" })));
    let of_channel = provider.plan(&kept, &on("1.34.8", "rapid", Json::Null));
    let of_version = provider.plan(&kept, &on("1.34.9", "patch", Json::Null));

    insta::assert_snapshot!(texts.concat());
    let warnings = [of_tag, of_channel, of_version].map(|plan| said(&plan).len());
    assert_eq!(warnings, [0, 1, 1]);
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
