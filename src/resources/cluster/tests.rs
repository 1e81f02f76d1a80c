//! The pure half of the cluster: configuration to body, body to state, and back.

use serde_json::{Value as Json, json};

use super::{
    Cluster,
    baseline::{Choice, Choices},
    body, live,
    outputs::Outputs,
    spec::Spec,
};
use crate::{
    azure::arm::{ResourceId, managed_cluster::ManagedCluster},
    framework::{
        Block, Diagnostic, Diagnostics, Offers, Origin, Provider, Resource as _, Server, Severity,
        plan,
        service::{ConfigureRequest, PlanRequest, Service as _},
    },
    kube::Clusters,
    resources::{
        Assignments, Leaving, Ownership, PlannedClusters, Session, Surroundings,
        aad_binding::Bindings,
    },
    value::{Encoded, Value, from_json},
};

fn id() -> ResourceId {
    ResourceId::managed_cluster(
        "00000000-0000-0000-0000-000000000000",
        "rg-demo",
        "aks-demo",
    )
    .unwrap()
}

fn config(text: &Json) -> Value {
    let block = Spec::schema();
    plan::with_defaults(
        &block,
        &from_json(text.to_string().as_bytes(), &block.ty()).unwrap(),
        &Value::Null,
    )
}

fn spec(text: &Json) -> Spec {
    let mut diagnostics = Diagnostics::default();
    let spec = Spec::from_value(&config(text), Origin::Configuration, &mut diagnostics);
    Cluster::default().check(&spec, &mut diagnostics);
    assert_eq!(diagnostics.into_vec(), []);
    spec
}

fn quickstart() -> Json {
    json!({
        "name": "aks-demo", "resource_group_name": "rg-demo", "location": "West Europe",
        "entra": {"admin_group_object_ids": ["f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345"]},
        "api_server": {"authorized_ip_ranges": ["20.50.0.0/24"]},
        "system_pool": {"vm_size": "Standard_D4ds_v5", "node_count": 3}
    })
}

/// A body as GET answers it: what was sent, and what the service adds.
fn answered(sent: &ManagedCluster) -> ManagedCluster {
    let mut body = serde_json::to_value(sent).unwrap();
    body["eTag"] = json!("1");
    body["properties"]["provisioningState"] = json!("Succeeded");
    body["properties"]["currentKubernetesVersion"] = json!("1.35.7");
    body["properties"]["aNewProperty"] = json!({"of": "the service"});
    serde_json::from_value(body).unwrap()
}

#[test]
fn the_quickstart_asks_for_a_secure_cluster() {
    let body = body::created(&spec(&quickstart()), "mark").unwrap();

    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap());
}

#[test]
fn what_was_asked_for_reads_back_as_it_was_written() {
    let wanted = spec(&quickstart());
    let live = answered(&body::created(&wanted, "mark").unwrap());

    let read = live::state(&id(), &live, Some(&wanted)).spec.encode();

    let state = plan::reconcile(&Spec::schema(), &read, &config(&quickstart()));
    assert_eq!(state, config(&quickstart()));
}

#[test]
fn nothing_wanted_is_nothing_changed() {
    let wanted = spec(&quickstart());
    let before = answered(&body::created(&wanted, "mark").unwrap());

    let mut after = before.clone();
    body::change(&mut after, &wanted).unwrap();

    assert_eq!(after, before);
}

#[test]
fn a_change_touches_what_it_says_and_nothing_else() {
    let mut before = answered(&body::created(&spec(&quickstart()), "mark").unwrap());
    let others = json!({"name": "theirs", "mode": "User", "count": 7, "vmSize": "Standard_D8ds_v5", "unknown": [1]});
    before
        .properties
        .as_mut()
        .unwrap()
        .agent_pool_profiles
        .as_mut()
        .unwrap()
        .push(serde_json::from_value(others).unwrap());
    let mut wanted = quickstart();
    wanted["system_pool"]["node_count"] = json!(5);
    wanted["tags"] = json!({"team": "platform"});

    let mut after = before.clone();
    body::change(&mut after, &spec(&wanted)).unwrap();

    let mut expected = serde_json::to_value(&before).unwrap();
    expected["properties"]["agentPoolProfiles"][0]["count"] = json!(5);
    expected["tags"]["team"] = json!("platform");
    assert_eq!(serde_json::to_value(after).unwrap(), expected);
}

#[test]
fn the_autoscalers_number_of_nodes_is_left_alone_until_new_bounds_leave_it_outside() {
    let scaled = |least: i64, most: i64| {
        let mut wanted = quickstart();
        wanted["system_pool"] = json!({"vm_size": "Standard_D4ds_v5", "autoscale": {"min_count": least, "max_count": most}});
        spec(&wanted)
    };
    let live = answered(&body::created(&scaled(2, 5), "mark").unwrap());
    let count = |cluster: &mut ManagedCluster, count: Option<i64>| {
        let pools = &mut cluster.properties.as_mut().unwrap().agent_pool_profiles;
        let own = &mut pools.as_mut().unwrap()[0].count;
        *own = count.or(*own);
        *own
    };

    let counts = [
        (4, scaled(2, 5)),
        (9, scaled(2, 5)),
        (9, scaled(2, 6)),
        (1, scaled(3, 5)),
    ]
    .map(|(found, wanted)| {
        let mut live = live.clone();
        count(&mut live, Some(found));
        body::change(&mut live, &wanted).unwrap();
        count(&mut live, None)
    });

    assert_eq!(counts, [Some(4), Some(9), Some(6), Some(3)]);
}

/// Clusters of which a configuration cannot say all there is, or nothing at all.
fn strange_clusters() -> [(&'static str, Json); 7] {
    let pool = json!({"name": "x1", "mode": "System", "type": "VirtualMachines", "osSKU": "Ubuntu2204", "count": 1});
    let cluster = |more: &Json| {
        let mut properties = json!({
            "kubernetesVersion": "1.35", "dnsPrefix": "d", "enableRBAC": false, "agentPoolProfiles": [pool],
        });
        let members = more.as_object().unwrap().clone();
        properties.as_object_mut().unwrap().extend(members);
        json!({"location": "westeurope", "sku": {"name": "Automatic"}, "tags": {"a": "b"}, "properties": properties})
    };
    [
        ("bare", cluster(&json!({}))),
        (
            "kubenet",
            cluster(
                &json!({"networkProfile": {"networkPlugin": "kubenet", "loadBalancerSku": "basic"}}),
            ),
        ),
        (
            "no plugin",
            cluster(
                &json!({"networkProfile": {"networkPlugin": "none", "outboundType": "userDefinedRouting"}}),
            ),
        ),
        (
            "private",
            cluster(
                &json!({"apiServerAccessProfile": {"enablePrivateCluster": true, "privateDNSZone": "system"}}),
            ),
        ),
        // Azure takes no new one of these; what it says of one that is there is sent back as it is.
        (
            "cilium without its policy",
            cluster(&json!({"networkProfile": {
                "networkPlugin": "azure", "networkPluginMode": "overlay",
                "networkDataplane": "cilium", "networkPolicy": "none"
            }})),
        ),
        (
            "service principal",
            cluster(&json!({"servicePrincipalProfile": {"clientId": "c"}, "securityProfile": {}})),
        ),
        (
            "half an entra",
            cluster(
                &json!({"aadProfile": {"managed": true, "adminUsers": ["u"]}, "autoUpgradeProfile": {}}),
            ),
        ),
    ]
}

#[test]
fn a_tag_is_all_that_is_sent_otherwise_than_it_was_read() {
    let sent = strange_clusters().map(|(name, body)| {
        let found: ManagedCluster = serde_json::from_value(body).unwrap();
        let mut wanted = live::state(&id(), &found, None).spec.encode();
        wanted.set_member("tags", Value::Map([("a".to_owned(), "c".into())].into()));
        let wanted = Spec::from_value(&wanted, Origin::Service, &mut Diagnostics::default());
        let mut changed = found;
        body::change(&mut changed, &wanted).unwrap();
        (name, serde_json::to_value(changed.for_put()).unwrap())
    });

    let expected = strange_clusters().map(|(name, mut body)| {
        body["tags"] = json!({"a": "c"});
        (name, body)
    });
    assert_eq!(sent, expected);
}

#[test]
fn a_cluster_full_of_words_nobody_knows_is_read() {
    let foreign: ManagedCluster = serde_json::from_value(json!({
        "location": "marsnorth", "sku": {"tier": "Cosmic"}, "identity": {"type": "Quantum"},
        "properties": {
            "networkProfile": {"networkPlugin": "kubenet", "networkPolicy": "sieve"},
            "agentPoolProfiles": [{"name": "x1", "mode": "System", "osSKU": "Plan9", "count": 1}],
            "autoUpgradeProfile": {"upgradeChannel": "warp"}
        }
    }))
    .unwrap();

    let read = live::state(&id(), &foreign, None).spec.encode();

    let words = ["tier", "automatic_upgrade_channel"]
        .map(|name| read.member(name).as_str().unwrap().to_owned());
    assert_eq!(words, ["Cosmic", "warp"]);
    assert_eq!(
        read.member("network").member("mode").as_str(),
        Some("kubenet")
    );
    assert_eq!(
        read.member("system_pool").member("os_sku").as_str(),
        Some("Plan9")
    );
}

/// A provider whose second set of choices is one this version does not have.
struct Newer;

/// Nothing.
#[derive(Block, Debug)]
struct NoConfig {}

#[async_trait::async_trait]
impl Provider for Newer {
    const NAME: &'static str = "secureaks";
    type Config = NoConfig;
    type Client = Session;

    async fn configure(&self, _: NoConfig, _: &str) -> Result<Session, Diagnostics> {
        let surroundings = Surroundings {
            folder: "unused".into(),
            data: "unused".into(),
            workspace: None,
        };
        let ownership = Ownership::new(None, surroundings, false);
        let azure = Err(Diagnostic::error("Offline", ""));
        Ok(Session {
            clusters: azure.clone().map(Clusters::new),
            azure,
            planned: PlannedClusters::default(),
            leaving: Leaving::new(ownership.folder()),
            register_providers: false,
            strict_refresh: false,
            ownership,
            bindings: Bindings::default(),
            assignments: Assignments::default(),
        })
    }

    fn offers(&self) -> Offers<Session> {
        const SETS: &[Choices] = &[
            Choices {
                name: "2026.1",
                changes: &[],
            },
            Choices {
                name: "2027.1",
                changes: &[(&["node_os_upgrade_channel"], Choice::Text("SecurityPatch"))],
            },
        ];
        Offers::default().resource(Cluster { baselines: SETS })
    }
}

#[tokio::test]
async fn a_newer_baseline_is_told_and_changes_no_living_cluster() {
    let server = Server::new(Newer);
    server.configure(ConfigureRequest::default()).await;
    let ty = server.schemas().resources["secureaks_cluster"].ty();
    let written = from_json(quickstart().to_string().as_bytes(), &ty).unwrap();
    let outputs = Outputs::of_id(id().as_str()).encode();
    let state = plan::overlay(&config(&quickstart()), &outputs);

    let planned = server
        .plan_resource(PlanRequest {
            type_name: "secureaks_cluster".to_owned(),
            prior_state: Encoded::of(&state, &ty),
            proposed_new_state: Encoded::of(&written, &ty),
            config: Encoded::of(&written, &ty),
            ..PlanRequest::default()
        })
        .await;

    let told: Vec<(Severity, String)> = planned
        .diagnostics
        .into_iter()
        .map(|one| (one.severity, one.path.to_string()))
        .collect();
    assert_eq!(told, [(Severity::Warning, "baseline".to_owned())]);
    assert_eq!(planned.planned_state.decode(&ty), Ok(state));
}
