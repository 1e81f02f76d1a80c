//! The pure half of the network policy: configuration to object, object to state, and back.

use k8s_openapi::api::networking::v1::NetworkPolicySpec;
use serde_json::{Value as Json, json};

use super::{body, check::check, engine::Engine, fields::place, live, place::Place, spec::Spec};
use crate::{
    azure::arm::managed_cluster::ManagedCluster,
    framework::{Block as _, Diagnostic, Diagnostics, Origin, plan},
    value::{Path, Value, from_json, to_json},
};

const CLUSTER: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";

fn judged(changes: &Json) -> (Spec, Vec<Diagnostic>) {
    let mut config = json!({ "cluster_id": CLUSTER, "namespace": "team-a", "name": "web" });
    for (name, value) in changes.as_object().unwrap() {
        config[name] = value.clone();
    }
    let block = Spec::schema();
    let config = from_json(config.to_string().as_bytes(), &block.ty()).unwrap();
    let config = plan::with_defaults(&block, &config, &Value::Null);
    let mut diagnostics = Diagnostics::default();
    let spec = Spec::from_value(&config, Origin::Configuration, &mut diagnostics);
    check(&spec, &mut diagnostics);
    (spec, diagnostics.into_vec())
}

fn spec(changes: &Json) -> Spec {
    let (spec, told) = judged(changes);
    assert_eq!(told, []);
    spec
}

fn told(changes: &Json) -> Vec<String> {
    let (_, told) = judged(changes);
    told.iter()
        .map(|diagnostic| format!("{}: {}", diagnostic.path, diagnostic.summary))
        .collect()
}

fn read(policy: &NetworkPolicySpec, prior: Option<&Spec>) -> Json {
    let place = Place::new(CLUSTER, "team-a", "web").unwrap();
    to_json(&live::spec(&place, policy, prior).encode())
}

fn policy(json: Json) -> NetworkPolicySpec {
    serde_json::from_value(json).unwrap()
}

/// A policy with every kind of peer and port in it.
fn full() -> Json {
    json!({
        "pods": { "app": "web" },
        "allow_from": [
            { "namespace": "ingress-nginx", "pods": { "app": "controller" },
              "ports": [{ "port": "8080" }, { "port": "metrics" }] },
            { "namespace_labels": { "team": "b" } },
            { "any_namespace": true, "pods": { "app": "probe" } },
            { "any_pod": true, "ports": [{ "port": "8000", "end_port": 8100, "protocol": "UDP" }] },
        ],
        "allow_to": [
            { "cidr": "20.50.0.0/16", "except": ["20.50.1.0/24"], "ports": [{ "port": "443" }] },
            { "anyone": true, "ports": [{ "protocol": "SCTP" }] },
        ],
        "allow_dns": true,
    })
}

#[test]
fn an_id_names_its_parts_in_any_casing_and_others_are_refused() {
    let ids = [
        format!("{CLUSTER}/namespaces/team-a/networkPolicies/web"),
        format!(
            "{}/Namespaces/team-a/networkpolicies/web",
            CLUSTER.replace("resourceGroups", "resourcegroups")
        ),
        format!("{CLUSTER}/namespaces/team-a"),
        "/subscriptions/0/namespaces/team-a/networkPolicies/web".to_owned(),
        "team-a/web".to_owned(),
    ];

    let parts = ids.map(|id| {
        Place::parse(&id)
            .map(|place| (place.namespace, place.name))
            .ok()
    });

    let web = Some(("team-a".to_owned(), "web".to_owned()));
    assert_eq!(parts, [web.clone(), web, None, None, None]);
}

#[test]
fn the_short_form_becomes_a_policy() {
    let policy = body::policy(&spec(&full())).unwrap();

    insta::assert_snapshot!(serde_json::to_string_pretty(&policy).unwrap());
}

#[test]
fn nothing_allowed_denies_both_directions() {
    let policy = body::policy(&spec(&json!({}))).unwrap();

    assert_eq!(
        serde_json::to_value(policy).unwrap(),
        json!({ "podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": [] })
    );
}

#[test]
fn one_direction_leaves_the_other_open() {
    let spec = spec(&json!({ "directions": ["ingress"], "allow_from": [{ "anyone": true }] }));

    let policy = body::policy(&spec).unwrap();

    assert_eq!(
        serde_json::to_value(policy).unwrap(),
        json!({ "podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}] })
    );
}

#[test]
fn a_raw_policy_says_what_it_left_to_the_service() {
    let spec = spec(&json!({ "raw": r#"{"egress": [{}]}"# }));

    let policy = body::policy(&spec).unwrap();

    assert_eq!(
        serde_json::to_value(policy).unwrap(),
        json!({ "podSelector": {}, "policyTypes": ["Ingress", "Egress"], "ingress": [], "egress": [{}] })
    );
}

#[test]
fn what_was_applied_reads_back_as_it_was_written() {
    let wanted = [
        full(),
        json!({}),
        json!({ "directions": ["egress", "ingress"] }),
        json!({ "raw": r#"{ "podSelector": {}, "ingress": [] }"# }),
    ];

    for wanted in wanted.map(|changes| spec(&changes)) {
        let live = body::policy(&wanted).unwrap();

        assert_eq!(read(&live, Some(&wanted)), to_json(&wanted.encode()));
    }
}

#[test]
fn the_short_form_is_rebuilt_without_a_state() {
    let wanted = spec(&full());
    let live = body::policy(&wanted).unwrap();

    assert_eq!(read(&live, None), to_json(&wanted.encode()));
}

#[test]
fn several_peers_of_one_rule_become_elements_of_their_own() {
    let live = policy(
        json!({ "podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{
        "from": [{ "podSelector": {} }, { "ipBlock": { "cidr": "20.50.0.0/24" } }],
        "ports": [{ "port": 80 }],
    }] }),
    );

    let read = read(&live, None);

    let rebuilt = spec(&json!({
        "directions": read["directions"], "allow_from": read["allow_from"],
    }));
    assert_eq!(
        super::meaning::meaning(&body::policy(&rebuilt).unwrap()),
        super::meaning::meaning(&live)
    );
    assert_eq!(read["raw"], Json::Null);
}

#[test]
fn what_the_short_form_cannot_say_is_read_as_raw() {
    let wanted = spec(&full());
    let live = policy(json!({
        "podSelector": { "matchExpressions": [{ "key": "app", "operator": "Exists" }] },
        "policyTypes": ["Ingress"],
    }));

    let read = read(&live, Some(&wanted));

    assert_eq!(
        (&read["pods"], &read["allow_from"], read["raw"].as_str()),
        (
            &Json::Null,
            &Json::Null,
            Some(
                r#"{"podSelector":{"matchExpressions":[{"key":"app","operator":"Exists"}]},"policyTypes":["Ingress"]}"#
            )
        )
    );
}

#[test]
fn a_rule_that_was_added_shows_where_it_stands() {
    let wanted = spec(&json!({ "allow_from": [{ "pods": { "app": "web" } }] }));
    let mut live = body::policy(&wanted).unwrap();
    live.ingress
        .as_mut()
        .unwrap()
        .push(serde_json::from_value(json!({})).unwrap());

    let read = read(&live, Some(&wanted));

    assert_eq!(read["allow_from"][1]["anyone"], json!(true));
    assert_eq!(read["directions"], Json::Null);
}

#[test]
fn a_field_of_the_service_is_found_in_the_configuration() {
    let written = spec(&full());
    let fields = [
        "spec.ingress[3].from[0].namespaceSelector",
        "spec.ingress[2].from[0].namespaceSelector.matchLabels",
        "spec.ingress[3].ports[1].port",
        "spec.ingress[0].ports[0].endPort",
        ".spec.ingress",
        "spec.egress[0].to[0].ipBlock.cidr",
        "spec.egress[0].to[0].ipBlock.except[0]",
        "spec.egress[1].ports[0].protocol",
        "spec.egress[2].to[0]",
        "spec.podSelector",
        "spec.policyTypes[0]",
        "metadata.name",
        "metadata.labels",
    ];

    let attributes = fields.map(|field| place(&written, field).subject());

    assert_eq!(
        attributes,
        [
            "`namespace` in one of `allow_from` (`namespace = \"ingress-nginx\", pods = {\"app\":\"controller\"}, ports { port = \"8080\", protocol = \"TCP\" }, ports { port = \"met...`)",
            "`namespace_labels` in one of `allow_from` (`namespace_labels = {\"team\":\"b\"}`)",
            "`port` in one of `allow_from[*].ports` (`port = \"metrics\", protocol = \"TCP\"`)",
            "`end_port` in one of `allow_from[*].ports` (`end_port = 8100, port = \"8000\", protocol = \"UDP\"`)",
            "`allow_from`",
            "`cidr` in one of `allow_to` (`cidr = \"20.50.0.0/16\", except = [\"20.50.1.0/24\"], ports { port = \"443\", protocol = \"TCP\" }`)",
            "`except` in one of `allow_to` (`cidr = \"20.50.0.0/16\", except = [\"20.50.1.0/24\"], ports { port = \"443\", protocol = \"TCP\" }`)",
            "`protocol` in one of `allow_to[*].ports` (`protocol = \"SCTP\"`)",
            "`allow_dns`",
            "`pods`",
            "`directions`",
            "`name`",
            "``",
        ]
    );
    let raw = spec(&json!({ "raw": "{}" }));
    assert_eq!(place(&raw, "spec.ingress[0]"), Path::attribute("raw"));
}

#[test]
fn what_contradicts_itself_is_refused_on_its_attribute() {
    let configurations = [
        json!({ "raw": "{}", "allow_dns": true, "pods": { "app": "web" } }),
        json!({ "directions": ["egress"], "allow_from": [{ "any_pod": true }] }),
        json!({ "directions": ["ingress"], "allow_dns": true }),
        json!({ "allow_from": [{ "namespace": "a", "namespace_labels": { "a": "b" } }] }),
        json!({ "allow_from": [{ "namespace": "a", "any_namespace": true }] }),
        json!({ "allow_from": [{ "cidr": "10.0.0.0/8", "any_pod": true }] }),
        json!({ "allow_from": [{ "pods": { "a": "b" }, "any_pod": true }] }),
        json!({ "allow_from": [{}] }),
        json!({ "allow_from": [{ "pods": {}, "namespace_labels": {} }] }),
        json!({ "allow_to": [{ "ports": [{ "port": "443" }] }] }),
        json!({ "allow_to": [{ "anyone": true, "namespace": "a" }] }),
        json!({ "allow_to": [{ "anyone": true, "except": ["10.0.0.0/8"] }] }),
        json!({ "allow_to": [{ "cidr": "10.0.0.0/8", "except": ["10.0.0.0/8"] }] }),
        json!({ "allow_to": [{ "any_pod": true, "ports": [{ "port": "http", "end_port": 90 }] }] }),
        json!({ "allow_to": [{ "any_pod": true, "ports": [{ "port": "80", "end_port": 79 }] }] }),
        json!({ "pods": { "not a key": "x" } }),
    ];

    let told = configurations.map(|changes| told(&changes).join("; "));

    assert_eq!(
        told,
        [
            "raw: Two forms of one policy",
            "allow_from: Rule has no effect",
            "allow_dns: Rule has no effect",
            "allow_from[*].namespace_labels: One block means two",
            "allow_from[*].any_namespace: One block means two",
            "allow_from[*].cidr: One block means two",
            "allow_from[*].any_pod: One block means two",
            "allow_from[*].anyone: No peer is named",
            "allow_from[*].anyone: No peer is named",
            "allow_to[*].anyone: No peer is named",
            "allow_to[*].anyone: Anyone beside named peers",
            "allow_to[*].except: Exceptions from nothing",
            "allow_to[*].except: Exception is outside its range",
            "allow_to[*].ports[*].end_port: Range without a first number",
            "allow_to[*].ports[*].end_port: Invalid range of ports",
            "pods: Invalid label",
        ]
    );
}

/// What the engine of a cluster with this network says about the policy.
fn engine_says(network: &Json, windows: bool, changes: &Json) -> Vec<String> {
    let os_type = if windows { "Windows" } else { "Linux" };
    let cluster: ManagedCluster = serde_json::from_value(json!({ "properties": {
        "networkProfile": network, "agentPoolProfiles": [{ "osType": os_type }],
    } }))
    .unwrap();
    let (engine, spec) = (Engine::of(&cluster), spec(changes));
    let policy = body::policy(&spec).unwrap();
    let name = Path::attribute("name");
    let whole = [
        engine.no_effect("the policy", &name),
        engine.retirement(&name),
    ];
    whole
        .into_iter()
        .flatten()
        .chain(engine.limits(&policy, |field| place(&spec, field)))
        .map(|diagnostic| format!("{}: {}", diagnostic.path, diagnostic.summary))
        .collect()
}

#[test]
fn what_the_engine_does_not_enforce_is_warned_of() {
    let cilium = json!({ "networkPolicy": "cilium", "podCidr": "10.244.0.0/16" });
    let ranges = json!({ "allow_to": [
        { "cidr": "0.0.0.0/0" }, { "cidr": "10.244.3.0/24" }, { "cidr": "20.50.0.0/24" },
    ] });
    let many: Vec<Json> = (0..5)
        .map(|n| json!({ "cidr": format!("20.50.{n}.0/24") }))
        .collect();
    let named = json!({ "allow_from": [{ "cidr": "20.50.0.0/16", "except": ["20.50.1.0/24"], "ports": [{ "port": "http" }] }] });

    let told = [
        engine_says(&json!({ "networkPolicy": "none" }), false, &json!({})),
        engine_says(&cilium, false, &ranges),
        engine_says(
            &json!({ "networkPolicy": "azure" }),
            false,
            &json!({ "allow_to": many }),
        ),
        engine_says(&json!({ "networkPolicy": "calico" }), true, &named),
        engine_says(&json!({ "networkPolicy": "calico" }), false, &ranges),
    ];

    assert_eq!(
        told.map(|told| told.join("; ")),
        [
            "name: Nothing enforces network policies",
            "allow_to[*].cidr: Range does not match pods or nodes; allow_to[*].cidr: Range does not match pods or nodes",
            "name: Azure Network Policy Manager ends; allow_to[*].cidr: More ranges than the engine keeps apart",
            "allow_from[*].except: Windows nodes do not enforce it; allow_from[*].ports[*].port: Windows nodes do not enforce it",
            "",
        ]
    );
}
