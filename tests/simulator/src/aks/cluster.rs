//! A managed cluster as the engine keeps it, and the two ways it is answered.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::credentials::Endpoint;
use super::document::{
    fill, is_empty, items, object, ordered, owned, put, remove, remove_if, text,
};
use super::order::{CLUSTER, LOAD_BALANCER, NETWORK, POOL, PROPERTIES};
use super::path::ClusterAddress;
use super::versions::{self, Chosen};

/// A managed cluster.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Cluster {
    subscription: String,
    group: String,
    name: String,
    /// The resource as GET answers it, though not yet in order.
    pub(crate) object: Value,
    /// Tells it from earlier and later clusters under its name.
    pub(crate) instance: String,
    /// Where its API server listens and whom it trusts; `None` before there is one.
    pub(crate) endpoint: Option<Endpoint>,
    /// Token of the static credentials.
    pub(crate) token: String,
    pub(crate) maintenance: BTreeMap<String, Value>,
    /// Node counts of stopped pools, which answer zero nodes until they start again.
    pub(crate) parked: BTreeMap<String, i64>,
    /// When the service's own retries will heal a failed operation (known issue Azure/AKS#1972).
    pub(crate) heals: Option<Timestamp>,
}

impl Cluster {
    /// A cluster that holds nothing yet.
    pub(crate) fn new(address: &ClusterAddress, instance: String, token: String) -> Self {
        Self {
            subscription: address.subscription.clone(),
            group: address.group.clone(),
            name: address.name.clone(),
            object: json!({}),
            instance,
            endpoint: None,
            token,
            maintenance: BTreeMap::new(),
            parked: BTreeMap::new(),
            heals: None,
        }
    }

    /// Its address with the names as first written.
    pub(crate) fn address(&self) -> ClusterAddress {
        ClusterAddress {
            subscription: self.subscription.clone(),
            group: self.group.clone(),
            name: self.name.clone(),
        }
    }

    /// The region as addresses spell it.
    pub(crate) fn region(&self) -> String {
        region(&owned(&self.object, "/location"))
    }

    /// Whether the cluster was stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        text(&self.object, "/properties/powerState/code") == Some("Stopped")
    }

    /// The version it was asked to run and runs.
    pub(crate) fn version(&self) -> Option<Chosen> {
        let current = text(&self.object, "/properties/currentKubernetesVersion")?;
        Some(Chosen {
            asked: owned(&self.object, "/properties/kubernetesVersion"),
            current: versions::parse(current)?,
        })
    }

    /// Its pools as its own body has them.
    pub(crate) fn pools(&self) -> &[Value] {
        items(&self.object, "/properties/agentPoolProfiles")
    }

    /// Its pools, to be changed.
    pub(crate) fn pools_mut(&mut self) -> Option<&mut Vec<Value>> {
        self.object
            .pointer_mut("/properties/agentPoolProfiles")
            .and_then(Value::as_array_mut)
    }

    /// One pool; pool names are compared without regard to case, as all parts of an id.
    pub(crate) fn pool(&self, name: &str) -> Option<&Value> {
        self.pools().iter().find(|pool| is_named(pool, name))
    }

    /// One pool, to be changed.
    pub(crate) fn pool_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.pools_mut()?
            .iter_mut()
            .find(|pool| is_named(pool, name))
    }

    /// Writes the provisioning state of the cluster, and of its pools where `pools` says so.
    pub(crate) fn set_state(&mut self, state: &str, pools: bool) {
        if let Some(properties) = self.object.get_mut("properties") {
            put(properties, "provisioningState", state);
        }
        if pools {
            for pool in self.pools_mut().into_iter().flatten() {
                put(pool, "provisioningState", state);
            }
        }
    }

    /// Writes the power state of the cluster and its pools.
    pub(crate) fn set_power(&mut self, code: &str) {
        if let Some(properties) = self.object.get_mut("properties") {
            put(properties, "powerState", json!({ "code": code }));
        }
        for pool in self.pools_mut().into_iter().flatten() {
            put(pool, "powerState", json!({ "code": code }));
        }
    }

    /// The resource as GET and lists answer it.
    pub(crate) fn read(&self) -> Value {
        let mut body = self.in_order();
        if let Some(properties) = body.get_mut("properties") {
            // `authorizedIPRanges: []` empties the block: PUT answers it empty, GET without it
            // (recorded authorized_ip_ranges).
            if properties
                .get("apiServerAccessProfile")
                .is_some_and(is_empty)
            {
                remove(properties, "apiServerAccessProfile");
            }
            for pool in object(properties)
                .get_mut("agentPoolProfiles")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                hide_empty_maps(pool);
            }
        }
        body
    }

    /// The resource as PUT answers it: without eTags, with the labels of pools even where there are
    /// none, and identities named for the first time still without their ids (116 of 117 recorded
    /// creates).
    pub(crate) fn written(&self, new_identities: &[String]) -> Value {
        let mut body = self.in_order();
        remove(&mut body, "eTag");
        if let Some(pools) = body
            .pointer_mut("/properties/agentPoolProfiles")
            .and_then(Value::as_array_mut)
        {
            for pool in pools {
                remove(pool, "eTag");
                fill(pool, "nodeLabels", json!({}));
                *pool = ordered(pool, POOL);
            }
        }
        for link in body
            .pointer_mut("/properties/privateLinkResources")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            remove(link, "id");
        }
        if let Some(identities) = body.pointer_mut("/identity/userAssignedIdentities") {
            for id in new_identities {
                put(identities, id, json!({}));
            }
        }
        body
    }

    /// One pool as its own resource.
    pub(crate) fn read_pool(&self, name: &str) -> Option<Value> {
        let pool = self.pool(name)?;
        let mut properties = ordered(pool, POOL);
        hide_empty_maps(&mut properties);
        let name = remove(&mut properties, "name")?;
        let id = format!(
            "{}/agentPools/{}",
            self.address().id(),
            name.as_str().unwrap_or_default()
        );
        Some(json!({
            "id": id,
            "name": name,
            "type": "Microsoft.ContainerService/managedClusters/agentPools",
            "properties": properties,
        }))
    }

    fn in_order(&self) -> Value {
        let mut body = ordered(&self.object, CLUSTER);
        if let Some(properties) = body.get_mut("properties") {
            *properties = ordered(properties, PROPERTIES);
            if let Some(network) = object(properties).get_mut("networkProfile") {
                *network = ordered(network, NETWORK);
                if let Some(balancer) = object(network).get_mut("loadBalancerProfile") {
                    *balancer = ordered(balancer, LOAD_BALANCER);
                }
            }
            if let Some(pools) = properties
                .get_mut("agentPoolProfiles")
                .and_then(Value::as_array_mut)
            {
                for pool in pools {
                    *pool = ordered(pool, POOL);
                }
            }
        }
        body
    }
}

/// `West Europe` and `westeurope` are the same region.
pub(crate) fn region(location: &str) -> String {
    location
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_ascii_lowercase()
}

/// Empty tags and labels of a pool are in the answer of a cluster's PUT and nowhere else.
fn hide_empty_maps(pool: &mut Value) {
    remove_if(pool, "tags", is_empty);
    remove_if(pool, "nodeLabels", is_empty);
}

fn is_named(pool: &Value, name: &str) -> bool {
    text(pool, "/name").is_some_and(|own| own.eq_ignore_ascii_case(name))
}
