//! Settings that Azure changes in its own way only: long-term support goes with a tier and with versions, the
//! autoscaler takes its bounds along, and one engine of network policies gives way before another comes.

use secureaks::{
    framework::{Diagnostic, Severity},
    value::Value,
};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::support::{
    CLUSTER, Kept, Plan, Provider, assert_understood, azure, cluster, told, writes,
};

fn long_term(version: &str) -> Json {
    json!({ "tier": "Premium", "support_plan": "AKSLongTermSupport", "kubernetes_version": version, "automatic_upgrade_channel": "none" })
}

/// What Azure has at a place of the cluster.
fn has(azure: &Simulator, pointer: &str) -> Json {
    let cluster = azure.resource(CLUSTER).expect("the cluster");
    cluster.pointer(pointer).cloned().unwrap_or(Json::Null)
}

fn errors(plan: &Plan) -> Vec<Diagnostic> {
    let errors = plan.diagnostics.iter();
    let errors = errors.filter(|told| told.severity == Severity::Error);
    errors.cloned().collect()
}

#[test]
fn tier_premium() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let config = |changes: &Json| provider.value(&cluster(changes));
    let ended = json!({ "kubernetes_version": "1.33", "automatic_upgrade_channel": "none" });
    let official = json!({ "tier": "Premium", "kubernetes_version": "1.34", "automatic_upgrade_channel": "none" });

    let refused = provider
        .restarted(&azure)
        .plan(&Kept::nothing(), &config(&ended));
    let kept = provider.create(&config(&long_term("1.33")));
    let created = ["/sku/tier", "/properties/supportPlan"].map(|place| has(&azure, place));
    let stays = provider.plan(&kept, &config(&long_term("1.33")));
    let mut given_up = long_term("1.33");
    given_up["support_plan"] = Json::Null;
    let without = provider.plan(&kept, &config(&given_up));
    let (upgraded, told_of_upgrade) = provider.apply(&kept, &config(&official));
    let left = has(&azure, "/properties/supportPlan");

    assert_eq!(created, ["Premium", "AKSLongTermSupport"]);
    assert_eq!((stays.diagnostics, stays.value), (vec![], kept.value));
    let texts = [told(&errors(&refused)), told(&errors(&without))];
    insta::assert_snapshot!(texts.join("\n\n"));
    assert_eq!(
        (told_of_upgrade, left),
        (vec![], json!("KubernetesOfficial"))
    );
    assert_eq!(
        upgraded.value.member("support_plan"),
        &Value::from("KubernetesOfficial")
    );
    assert_understood(&azure);
}

#[test]
fn the_tier_premium_and_long_term_support_are_judged_together() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let tiers = ["Free", "Standard", "Premium"];
    let plans = ["KubernetesOfficial", "AKSLongTermSupport"];

    let texts: Vec<String> = tiers
        .iter()
        .flat_map(|tier| plans.map(|plan| (*tier, plan)))
        .map(|(tier, plan)| {
            let changes = json!({ "tier": tier, "support_plan": plan });
            let diagnostics = provider.validate(&provider.value(&cluster(&changes)));
            format!("# {tier} and {plan}\n{}", told(&diagnostics))
        })
        .collect();

    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn autoscale_off() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let config = |pool: Json| provider.value(&cluster(&json!({ "system_pool": pool })));
    let bounds = json!({ "min_count": 3, "max_count": 6 });
    let kept = provider.create(&config(json!({ "node_count": null, "autoscale": bounds })));

    let fixed = config(json!({ "node_count": 3 }));
    let (off, told_of_it) = provider.apply(&kept, &fixed);
    let again = provider.plan(&off, &fixed);

    let pool = has(&azure, "/properties/agentPoolProfiles/0");
    let members = ["enableAutoScaling", "minCount", "maxCount", "count"];
    assert_eq!(
        members.map(|member| pool[member].clone()),
        [json!(false), Json::Null, Json::Null, json!(3)]
    );
    assert_eq!((told_of_it, again.value), (vec![], off.value));
    assert_understood(&azure);
}

#[test]
fn calico_to_azure() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let on = |policy: &str| {
        let network = json!({ "mode": "node_subnet", "policy": policy });
        provider.value(&cluster(&json!({ "network": network })))
    };
    let kept = provider.create(&on("calico"));
    azure.clear_journal();

    let refused = provider.plan(&kept, &on("azure"));
    let sent = writes(&azure);
    let (without, told_of_first) = provider.apply(&kept, &on("none"));
    let back = provider.plan(&without, &on("calico"));
    let (with_azure, told_of_second) = provider.apply(&without, &on("azure"));
    let refused_back = provider.plan(&with_azure, &on("calico"));

    let texts = [refused, refused_back].map(|plan| told(&plan.diagnostics));
    insta::assert_snapshot!(texts.join("\n\n"));
    assert_eq!((sent, back.diagnostics), (vec![], vec![]));
    assert_eq!((told_of_first, told_of_second), (vec![], vec![]));
    assert_eq!(
        has(&azure, "/properties/networkProfile/networkPolicy"),
        json!("azure")
    );
    assert_understood(&azure);
}
