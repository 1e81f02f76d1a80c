//! `Microsoft.ContainerService/managedClusters`, API 2026-05-01: the parts we use, and the requests.
//!
//! A PUT replaces the cluster, so every struct keeps what it does not know in `extra` and gives it back.
//! Values are plain text here: what they may be is decided above, since an existing cluster must always read.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ResourceId;
use super::agent_pool::{AgentPoolProfile, PowerState, Status};
use super::model::model;
use crate::azure::request::{Method, Precondition, Request};

pub use super::cluster_network::{
    ApiServerAccessProfile, LoadBalancerProfile, NatGatewayProfile, NetworkProfile,
};
pub use super::cluster_security::{
    AadProfile, ImageCleaner, OidcIssuerProfile, SecurityProfile, Switch, UserAssignedIdentity,
};

/// The version of the API that the models were written for.
pub const API_VERSION: &str = "2026-05-01";

/// The type of a cluster's id.
pub const RESOURCE_TYPE: &str = "Microsoft.ContainerService/managedClusters";

model! {
    /// A cluster as Azure Resource Manager shows and takes it.
    ManagedCluster {
        id: String = "id",
        name: String = "name",
        resource_type: String = "type",
        location: String = "location",
        tags: BTreeMap<String, String> = "tags",
        sku: Sku = "sku",
        identity: Identity = "identity",
        etag: String = "eTag",
        properties: Properties = "properties",
    }
}

model! {
    /// What a cluster costs and promises.
    Sku {
        name: String = "name",
        tier: String = "tier",
    }
}

model! {
    /// Who the control plane is.
    Identity {
        kind: String = "type",
        principal_id: String = "principalId",
        tenant_id: String = "tenantId",
        user_assigned_identities: BTreeMap<String, Option<AssignedIdentity>> = "userAssignedIdentities",
    }
}

model! {
    /// What Azure adds to a user-assigned identity that a cluster names.
    AssignedIdentity {
        client_id: String = "clientId",
        principal_id: String = "principalId",
    }
}

model! {
    /// A cluster's own settings and state.
    Properties {
        provisioning_state: String = "provisioningState",
        power_state: PowerState = "powerState",
        status: Status = "status",
        kubernetes_version: String = "kubernetesVersion",
        current_kubernetes_version: String = "currentKubernetesVersion",
        dns_prefix: String = "dnsPrefix",
        fqdn: String = "fqdn",
        private_fqdn: String = "privateFQDN",
        portal_fqdn: String = "azurePortalFQDN",
        node_resource_group: String = "nodeResourceGroup",
        enable_rbac: bool = "enableRBAC",
        disable_local_accounts: bool = "disableLocalAccounts",
        aad_profile: AadProfile = "aadProfile",
        agent_pool_profiles: Vec<AgentPoolProfile> = "agentPoolProfiles",
        network_profile: NetworkProfile = "networkProfile",
        api_server_access_profile: ApiServerAccessProfile = "apiServerAccessProfile",
        auto_upgrade_profile: AutoUpgradeProfile = "autoUpgradeProfile",
        oidc_issuer_profile: OidcIssuerProfile = "oidcIssuerProfile",
        security_profile: SecurityProfile = "securityProfile",
        identity_profile: BTreeMap<String, UserAssignedIdentity> = "identityProfile",
        disk_encryption_set_id: String = "diskEncryptionSetID",
        support_plan: String = "supportPlan",
        resource_uid: String = "resourceUID",
        max_agent_pools: i64 = "maxAgentPools",
    }
}

model! {
    /// Which upgrades happen by themselves.
    AutoUpgradeProfile {
        upgrade_channel: String = "upgradeChannel",
        node_os_upgrade_channel: String = "nodeOSUpgradeChannel",
    }
}

impl ManagedCluster {
    /// The cluster as a PUT may carry it: without what only the service decides.
    ///
    /// Read-only properties are those the API's schema of 2026-05-01 marks so. The values of
    /// `userAssignedIdentities` must be empty objects (Azure/AKS issue 2241).
    #[must_use]
    pub fn for_put(mut self) -> Self {
        (self.id, self.name, self.resource_type, self.etag) = (None, None, None, None);
        self.extra.remove("systemData");
        if let Some(identity) = &mut self.identity {
            (identity.principal_id, identity.tenant_id) = (None, None);
            for assigned in identity
                .user_assigned_identities
                .iter_mut()
                .flat_map(BTreeMap::values_mut)
            {
                *assigned = Some(AssignedIdentity::default());
            }
        }
        if let Some(properties) = &mut self.properties {
            properties.strip_read_only();
        }
        self
    }

    /// The state the service has the cluster in, such as `Succeeded` or `Updating`.
    pub fn provisioning_state(&self) -> Option<&str> {
        self.properties.as_ref()?.provisioning_state.as_deref()
    }

    /// Whether it is stopped: its API server answers no caller, and Azure changes nothing of it.
    pub fn is_stopped(&self) -> bool {
        let properties = self.properties.as_ref();
        let power = properties.and_then(|properties| properties.power_state.as_ref());
        power
            .and_then(|power| power.code.as_deref())
            .is_some_and(|code| code.eq_ignore_ascii_case("Stopped"))
    }
}

impl Properties {
    fn strip_read_only(&mut self) {
        self.provisioning_state = None;
        self.power_state = None;
        self.status = None;
        self.current_kubernetes_version = None;
        self.fqdn = None;
        self.private_fqdn = None;
        self.portal_fqdn = None;
        self.resource_uid = None;
        self.max_agent_pools = None;
        if let Some(issuer) = &mut self.oidc_issuer_profile {
            issuer.issuer_url = None;
        }
        if let Some(network) = &mut self.network_profile {
            network.strip_read_only();
        }
        for pool in self.agent_pool_profiles.iter_mut().flatten() {
            pool.strip_read_only();
        }
        for (block, path) in READ_ONLY_INSIDE {
            if let Some(block) = self.extra.get_mut(block) {
                remove_at(block, path);
            }
        }
    }
}

/// Read-only members of blocks that pass through as they came, by the schema of API 2026-05-01; `*` is any member.
const READ_ONLY_INSIDE: [(&str, &[&str]); 5] = [
    ("addonProfiles", &["*", "identity"]),
    ("ingressProfile", &["webAppRouting", "identity"]),
    (
        "podIdentityProfile",
        &["userAssignedIdentities", "*", "provisioningState"],
    ),
    (
        "podIdentityProfile",
        &["userAssignedIdentities", "*", "provisioningInfo"],
    ),
    ("privateLinkResources", &["*", "privateLinkServiceID"]),
];

fn remove_at(value: &mut Value, path: &[&str]) {
    match (path, value) {
        ([name], Value::Object(members)) => drop(members.remove(*name)),
        (["*", rest @ ..], Value::Object(members)) => {
            for (_, member) in members.iter_mut() {
                remove_at(member, rest);
            }
        }
        (["*", rest @ ..], Value::Array(elements)) => {
            for element in elements {
                remove_at(element, rest);
            }
        }
        ([name, rest @ ..], Value::Object(members)) => {
            if let Some(member) = members.get_mut(*name) {
                remove_at(member, rest);
            }
        }
        _ => {}
    }
}

/// Reads a cluster.
pub fn get(id: &ResourceId) -> Request {
    Request::on(Method::Get, id, API_VERSION)
}

/// Creates or replaces a cluster.
pub fn put(id: &ResourceId, cluster: &ManagedCluster, precondition: Precondition) -> Request {
    Request::on(Method::Put, id, API_VERSION)
        .with_body(cluster)
        .with_precondition(precondition)
}

/// Changes the tags of a cluster, which then has these and no others.
pub fn patch_tags(id: &ResourceId, tags: &BTreeMap<String, String>) -> Request {
    let body = serde_json::json!({ "tags": tags });
    Request::on(Method::Patch, id, API_VERSION)
        .with_body(&body)
        .repeatable()
}

/// Deletes a cluster.
pub fn delete(id: &ResourceId, precondition: Precondition) -> Request {
    Request::on(Method::Delete, id, API_VERSION).with_precondition(precondition)
}

/// Asks for a kubeconfig as the caller: `listClusterUserCredential`, which changes nothing.
pub fn list_user_credentials(id: &ResourceId) -> Request {
    credentials(id, "listClusterUserCredential")
}

/// Asks for a kubeconfig of the local administrator: `listClusterAdminCredential`, which changes nothing.
pub fn list_admin_credentials(id: &ResourceId) -> Request {
    credentials(id, "listClusterAdminCredential")
}

fn credentials(id: &ResourceId, action: &str) -> Request {
    Request::path(Method::Post, format!("{id}/{action}"), API_VERSION).repeatable()
}

#[cfg(test)]
mod tests;
