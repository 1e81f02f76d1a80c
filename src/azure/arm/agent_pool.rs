//! `Microsoft.ContainerService/managedClusters/agentPools`, API 2026-05-01: the parts we use, and the requests.

use std::collections::BTreeMap;

use super::ResourceId;
use super::managed_cluster::API_VERSION;
use super::model::model;
use crate::azure::request::{Method, Precondition, Request};

/// The type of a pool's id.
pub const RESOURCE_TYPE: &str = "Microsoft.ContainerService/managedClusters/agentPools";

model! {
    /// A pool as a resource of its own.
    AgentPool {
        id: String = "id",
        name: String = "name",
        resource_type: String = "type",
        properties: AgentPoolProfile = "properties",
    }
}

model! {
    /// A pool's settings and state; within a cluster also its name.
    AgentPoolProfile {
        name: String = "name",
        etag: String = "eTag",
        provisioning_state: String = "provisioningState",
        power_state: PowerState = "powerState",
        status: Status = "status",
        mode: String = "mode",
        kind: String = "type",
        vm_size: String = "vmSize",
        count: i64 = "count",
        enable_auto_scaling: bool = "enableAutoScaling",
        min_count: i64 = "minCount",
        max_count: i64 = "maxCount",
        max_pods: i64 = "maxPods",
        availability_zones: Vec<String> = "availabilityZones",
        os_type: String = "osType",
        os_sku: String = "osSKU",
        os_disk_type: String = "osDiskType",
        os_disk_size_gb: i64 = "osDiskSizeGB",
        vnet_subnet_id: String = "vnetSubnetID",
        pod_subnet_id: String = "podSubnetID",
        orchestrator_version: String = "orchestratorVersion",
        current_orchestrator_version: String = "currentOrchestratorVersion",
        node_image_version: String = "nodeImageVersion",
        node_labels: BTreeMap<String, String> = "nodeLabels",
        node_taints: Vec<String> = "nodeTaints",
        tags: BTreeMap<String, String> = "tags",
        enable_node_public_ip: bool = "enableNodePublicIP",
        enable_encryption_at_host: bool = "enableEncryptionAtHost",
        enable_fips: bool = "enableFIPS",
        security_profile: NodeSecurityProfile = "securityProfile",
    }
}

model! {
    /// Protections of a pool's machines.
    NodeSecurityProfile {
        enable_vtpm: bool = "enableVTPM",
        enable_secure_boot: bool = "enableSecureBoot",
        ssh_access: String = "sshAccess",
    }
}

model! {
    /// Whether machines run.
    PowerState {
        code: String = "code",
    }
}

model! {
    /// What the service reports beside the state.
    Status {
        provisioning_error: ProvisioningError = "provisioningError",
    }
}

model! {
    /// Why provisioning failed.
    ProvisioningError {
        code: String = "code",
        message: String = "message",
        target: String = "target",
    }
}

impl AgentPool {
    /// The pool as a PUT may carry it.
    #[must_use]
    pub fn for_put(mut self) -> Self {
        (self.id, self.name, self.resource_type) = (None, None, None);
        self.extra.remove("systemData");
        if let Some(properties) = &mut self.properties {
            properties.strip_read_only();
        }
        self
    }
}

impl AgentPoolProfile {
    /// Removes what the API's schema of 2026-05-01 marks read-only. `powerState` stays: writing it is how a
    /// pool is stopped. `nodeImageVersion`, which API 2026-10-01 lets be written, goes: that rolls the nodes back to
    /// another image, and one that a read had seen may not be the newest any more.
    pub(super) fn strip_read_only(&mut self) {
        self.etag = None;
        self.provisioning_state = None;
        self.status = None;
        self.current_orchestrator_version = None;
        self.node_image_version = None;
        if let Some(local_dns) = self
            .extra
            .get_mut("localDNSProfile")
            .and_then(|value| value.as_object_mut())
        {
            local_dns.remove("state");
        }
    }
}

/// Reads a pool.
pub fn get(id: &ResourceId) -> Request {
    Request::on(Method::Get, id, API_VERSION)
}

/// Creates or replaces a pool.
pub fn put(id: &ResourceId, pool: &AgentPool, precondition: Precondition) -> Request {
    Request::on(Method::Put, id, API_VERSION)
        .with_body(pool)
        .with_precondition(precondition)
}

/// Deletes a pool.
pub fn delete(id: &ResourceId, precondition: Precondition) -> Request {
    Request::on(Method::Delete, id, API_VERSION).with_precondition(precondition)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pool_is_put_without_what_only_the_service_decides() {
        let pool: AgentPool = serde_json::from_value(json!({
            "id": "/subscriptions/s/x", "name": "user", "type": "Microsoft.ContainerService/managedClusters/agentPools",
            "properties": {
                "count": 3, "eTag": "e", "provisioningState": "Succeeded", "powerState": {"code": "Running"},
                "currentOrchestratorVersion": "1.35.7", "orchestratorVersion": "1.35",
                "nodeImageVersion": "AKSUbuntu-2404gen2containerd-202609.03.0",
                "localDNSProfile": {"mode": "Required", "state": "Enabled"}, "nodeTaints": null
            }
        }))
        .unwrap();

        let body = serde_json::to_value(pool.for_put()).unwrap();

        let expected = json!({"properties": {
            "count": 3, "powerState": {"code": "Running"}, "orchestratorVersion": "1.35",
            "localDNSProfile": {"mode": "Required"}
        }});
        assert_eq!(body, expected);
    }
}
