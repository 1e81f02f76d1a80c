//! Recorded clusters and pools: decoded, given back, imported, and changed in one thing alone.

use std::collections::BTreeMap;

use secureaks::{
    azure::arm::{agent_pool::AgentPool, managed_cluster::ManagedCluster},
    framework::{
        Diagnostic, Severity,
        schema::{Block, Mode, Shape},
        service::Service as _,
    },
    value::to_json,
};
use secureaks_simulator::{Action, Answer, Exchange, Fault, Matches, Simulator};
use serde_json::{Value as Json, json};

use crate::recorded::{exchanges, name, without_nulls};
use crate::support::{CLUSTER, Provider, fast_azure, make};

/// Bodies of answers whose type is one of AKS's, out of lists too, each with where it was found.
fn bodies(of_type: &str) -> Vec<(String, Json)> {
    let mut found: Vec<(String, Json)> = Vec::new();
    for exchange in exchanges() {
        let body = &exchange["response_body"];
        let listed = body["value"].as_array().into_iter().flatten();
        for body in listed.chain([body]) {
            let is_one = body["type"]
                .as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(of_type));
            if is_one && found.iter().all(|(_, other)| other != body) {
                found.push((name(&exchange), body.clone()));
            }
        }
    }
    found
}

#[test]
fn every_recorded_cluster_is_given_back_as_it_came() {
    let clusters = bodies("Microsoft.ContainerService/managedClusters");

    for (name, body) in &clusters {
        let cluster: ManagedCluster =
            serde_json::from_value(body.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let back = serde_json::to_value(&cluster).expect("a document");

        assert_eq!(without_nulls(&back), without_nulls(body), "{name}");
    }
    println!("{} recorded clusters", clusters.len());
    assert!(clusters.len() > 100, "{}", clusters.len());
}

#[test]
fn every_recorded_pool_is_given_back_as_it_came() {
    let pools = bodies("Microsoft.ContainerService/managedClusters/agentPools");

    for (name, body) in &pools {
        let pool: AgentPool =
            serde_json::from_value(body.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let back = serde_json::to_value(&pool).expect("a document");

        assert_eq!(without_nulls(&back), without_nulls(body), "{name}");
    }
    println!("{} recorded pools", pools.len());
    assert!(pools.len() > 20, "{}", pools.len());
}

#[test]
fn every_recorded_cluster_is_imported_and_keeps_what_is_not_ours_when_it_is_changed() {
    let azure = fast_azure();
    make(&azure, CLUSTER, foundation());
    let address = azure.resource(CLUSTER).expect("a cluster");
    let (mut imported, mut changed, mut lost) = (0, 0, BTreeMap::new());

    for (name, body) in bodies("Microsoft.ContainerService/managedClusters") {
        if body["properties"]["provisioningState"] != "Succeeded" {
            continue;
        }
        put_in_place(&azure, &address, &body);
        let before = azure.resource(CLUSTER).expect("a cluster");

        // A provider of its own: one asks about a cluster only once a second after the first sixty times.
        let provider = Provider::of(&azure);
        let (kept, diagnostics) = provider.read(&provider.import(CLUSTER));
        assert!(!fails(&diagnostics), "{name}: {diagnostics:?}");
        imported += 1;
        let block = &provider.server().schemas().resources["secureaks_cluster"].block;
        let mut config = to_json(&kept.value);
        leave_out_outputs(&mut config, block);
        config["tags"] = json!({ "changed": "by us" });
        let config = provider.value(&config);
        let plan = provider.plan(&kept, &config);
        // What the policy of this provider does not allow to be configured stays as it was imported.
        if fails(&plan.diagnostics) {
            continue;
        }
        azure.clear_journal();
        // Only what is sent counts: some of them were made by rules of their time.
        azure.clear_faults();
        azure.add_fault(refusal());
        let _ = provider.carry_out(&kept, &config, &plan);
        let Some(sent) = sent(&azure) else {
            panic!("{name}: nothing was written");
        };
        changed += 1;

        losses(&without_nulls(&before), &sent, "", &mut lost);
        assert_eq!(sent["tags"], json!({ "changed": "by us" }), "{name}");
    }
    println!("{imported} recorded clusters imported, {changed} of them changed");
    assert_eq!(lost, BTreeMap::new());
    assert!(imported > 50, "{imported}");
    // The others are refused by the plan: kubenet, and no sign-in with Entra.
    assert!(changed > 20, "{changed}");
}

fn fails(diagnostics: &[Diagnostic]) -> bool {
    diagnostics
        .iter()
        .any(|diagnostic| diagnostic.severity == Severity::Error)
}

/// The cluster in whose place the recorded ones are put.
fn foundation() -> Json {
    let pool =
        json!({ "name": "nodepool1", "mode": "System", "vmSize": "Standard_D4ds_v5", "count": 1 });
    json!({
        "location": "westeurope",
        "identity": { "type": "SystemAssigned" },
        "properties": { "dnsPrefix": "recorded", "agentPoolProfiles": [pool] },
    })
}

/// A recorded cluster at the address of ours, which is all that it must have of it.
fn put_in_place(azure: &Simulator, address: &Json, body: &Json) {
    let there = azure.change(CLUSTER, |document| {
        *document = body.clone();
        for member in ["id", "name", "location"] {
            document[member] = address[member].clone();
        }
        // Members of a preview, which API 2026-05-01 does not answer.
        let driver = document.pointer_mut("/properties/storageProfile/diskCSIDriver");
        if let Some(driver) = driver.and_then(Json::as_object_mut) {
            driver.remove("version");
        }
        // The recorder writes a random id in place of this word.
        if document["identity"]["type"].is_string() {
            document["properties"]["servicePrincipalProfile"] = json!({ "clientId": "msi" });
        }
    });
    assert!(there, "no cluster to put a recorded one in place of");
}

fn leave_out_outputs(value: &mut Json, block: &Block) {
    let Some(members) = value.as_object_mut() else {
        return;
    };
    for attribute in &block.attributes {
        let Some(member) = members.get_mut(attribute.name) else {
            continue;
        };
        if attribute.mode == Mode::Computed {
            *member = Json::Null;
        } else if let Shape::Nested(_, inner) = &attribute.shape {
            match member {
                Json::Array(elements) => {
                    for element in elements {
                        leave_out_outputs(element, inner);
                    }
                }
                other => leave_out_outputs(other, inner),
            }
        }
    }
}

fn refusal() -> Fault {
    Fault {
        name: "refused".into(),
        matches: Matches {
            method: Some("PUT".into()),
            path_contains: Some("managedClusters".into()),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code: 400,
            headers: vec![("content-type".into(), "application/json".into())],
            body: json!({ "code": "BadRequest", "message": "not today" }),
        }),
    }
}

/// The body of the last write to the cluster.
fn sent(azure: &Simulator) -> Option<Json> {
    let is_write = |own: &Exchange| own.method == "PUT" && own.path.contains("managedClusters");
    azure.journal().into_iter().rfind(is_write)?.body
}

/// What a read-modify-write does not give back: Azure alone writes it, and a body with it is refused or ignored.
const NOT_OURS_TO_SEND: [&str; 23] = [
    "id",
    "name",
    "type",
    "kind",
    "eTag",
    "provisioningState",
    "powerState",
    "currentKubernetesVersion",
    "currentOrchestratorVersion",
    "nodeImageVersion",
    "fqdn",
    "privateFQDN",
    "azurePortalFQDN",
    "maxAgentPools",
    "resourceUID",
    "privateLinkResources",
    "principalId",
    "tenantId",
    "clientId",
    "objectId",
    "issuerURL",
    "effectiveOutboundIPs",
    "identityProfile",
];

/// Leaves of a cluster that are missing or different in what was sent, with both values.
fn losses(before: &Json, sent: &Json, path: &str, lost: &mut BTreeMap<String, (Json, Json)>) {
    match before {
        Json::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let ours = path.is_empty() && name == "tags";
                // Of a pool, an addon or a cluster; a cluster's own says of what kind it is.
                let identity = name == "identity" && !path.is_empty();
                if !ours && !identity && !NOT_OURS_TO_SEND.contains(&name.as_str()) {
                    losses(member, &sent[name], &format!("{path}.{name}"), lost);
                }
            }
        }
        Json::Array(elements) if !elements.is_empty() => {
            for (index, element) in elements.iter().enumerate() {
                losses(element, &sent[index], &format!("{path}[{index}]"), lost);
            }
        }
        // An empty block may be filled by what we own.
        Json::Object(_) if sent.is_object() => {}
        leaf if leaf != sent => {
            lost.insert(path.to_owned(), (leaf.clone(), sent.clone()));
        }
        _ => {}
    }
}
