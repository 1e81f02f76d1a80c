//! The nodes of a cluster, which follow from its pools.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::kind;
use super::metadata::time;
use super::store::{Store, name, text};

/// Brings the nodes in line with the pools of the managed cluster.
pub(crate) fn settle(store: &mut Store, cluster: &Value, now: Timestamp) {
    let Some(nodes) = kind::of_resource("", "nodes") else {
        return;
    };
    let wanted = names(cluster);
    let there: Vec<String> = store
        .objects(nodes, "")
        .map(|node| name(node).to_owned())
        .collect();
    for gone in there
        .iter()
        .filter(|own| !wanted.iter().any(|(name, _)| name == *own))
    {
        store.remove(nodes, "", gone);
    }
    for (name, pool) in wanted.iter().filter(|(name, _)| !there.contains(name)) {
        store.put(nodes, node(name, pool, cluster, now));
    }
}

/// The nodes there should be.
pub(super) fn all(cluster: &Value, now: Timestamp) -> Vec<Value> {
    names(cluster)
        .into_iter()
        .map(|(name, pool)| node(&name, pool, cluster, now))
        .collect()
}

/// Name and pool of each node.
fn names(cluster: &Value) -> Vec<(String, &Value)> {
    let pools = cluster
        .pointer("/properties/agentPoolProfiles")
        .and_then(Value::as_array);
    pools
        .into_iter()
        .flatten()
        .flat_map(|pool| {
            let own = text(pool, "/name");
            // The eight digits are the same for every pool of a cluster.
            let host = text(cluster, "/properties/fqdn");
            let digits = host.bytes().fold(10_000_000_u32, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(u32::from(byte)) % 90_000_000
            }) + 10_000_000;
            let windows = text(pool, "/osType") == "Windows";
            let count = pool.get("count").and_then(Value::as_u64).unwrap_or(0);
            (0..count).map(move |index| {
                let name = if windows {
                    format!("aks{own}{index:06}")
                } else {
                    format!("aks-{own}-{digits}-vmss{index:06}")
                };
                (name, pool)
            })
        })
        .collect()
}

fn node(name: &str, pool: &Value, cluster: &Value, now: Timestamp) -> Value {
    let version = ["/currentOrchestratorVersion", "/orchestratorVersion"]
        .iter()
        .map(|pointer| text(pool, pointer))
        .find(|version| !version.is_empty())
        .unwrap_or_default();
    let system = text(pool, "/osType").to_lowercase();
    let mut labels = json!({
        "agentpool": text(pool, "/name"),
        "kubernetes.azure.com/agentpool": text(pool, "/name"),
        "kubernetes.azure.com/mode": text(pool, "/mode").to_lowercase(),
        "kubernetes.azure.com/cluster": text(cluster, "/properties/nodeResourceGroup"),
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": system,
        "node.kubernetes.io/instance-type": text(pool, "/vmSize"),
        "topology.kubernetes.io/region": text(cluster, "/location"),
    });
    if let (Some(labels), Some(own)) = (
        labels.as_object_mut(),
        pool.get("nodeLabels").and_then(Value::as_object),
    ) {
        labels.extend(own.clone());
    }
    let mut spec = Map::new();
    spec.insert("providerID".into(), format!("azure:///{name}").into());
    json!({
        "kind": "Node",
        "apiVersion": "v1",
        "metadata": {
            "name": name,
            "uid": uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, name.as_bytes()).to_string(),
            "creationTimestamp": time(now),
            "labels": labels,
        },
        "spec": spec,
        "status": {
            "conditions": [{
                "type": "Ready",
                "status": "True",
                "reason": "KubeletReady",
                "message": "kubelet is posting ready status",
                "lastHeartbeatTime": time(now),
                "lastTransitionTime": time(now),
            }],
            "nodeInfo": {
                "kubeletVersion": format!("v{version}"),
                "operatingSystem": system,
                "architecture": "amd64",
                "osImage": text(pool, "/osSKU"),
            },
        },
    })
}
