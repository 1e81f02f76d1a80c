//! What AKS accepts: every rule looks at the cluster as it would become.
//!
//! Codes and texts are recorded or reported ones where the rule says so; the others are the
//! simulator's own words under AKS's general codes.

mod access;
mod entra;
mod features;
mod names;
mod network;
pub(crate) mod pools;
mod subnet;

use serde_json::Value;

use super::World;
use super::answer::Problem;
use crate::arm::exchange::Caller;

pub(crate) use subnet::{missing_role, waits_for_role};

/// What the rules need beside the cluster itself.
pub(crate) struct Context<'a, 'w> {
    pub(crate) cluster: &'a str,
    pub(crate) tenant: &'a str,
    pub(crate) caller: &'a Caller,
    pub(crate) world: &'a World<'w>,
}

/// Refuses a cluster that breaks a rule.
pub(crate) fn check(draft: &Value, context: &Context<'_, '_>) -> Result<(), Problem> {
    names::check(draft, context.cluster)?;
    entra::check(draft, context.tenant)?;
    access::check(draft)?;
    network::check(draft)?;
    features::check(draft, context.cluster)?;
    pools::check(draft)?;
    subnet::check(draft, context)
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::json;

    use super::super::document::{child, put};
    use super::*;

    /// A cluster every rule accepts.
    pub(crate) fn sound() -> Value {
        json!({
            "location": "westeurope",
            "sku": { "name": "Base", "tier": "Standard" },
            "identity": { "type": "SystemAssigned", "principalId": "p" },
            "properties": {
                "kubernetesVersion": "1.35",
                "currentKubernetesVersion": "1.35.7",
                "dnsPrefix": "demo",
                "enableRBAC": true,
                "disableLocalAccounts": true,
                "supportPlan": "KubernetesOfficial",
                "aadProfile": { "managed": true, "enableAzureRBAC": true, "tenantID": "t" },
                "apiServerAccessProfile": { "authorizedIPRanges": ["20.50.0.0/24"] },
                "networkProfile": {
                    "networkPlugin": "azure", "networkPluginMode": "overlay",
                    "networkPolicy": "cilium", "networkDataplane": "cilium",
                    "loadBalancerSku": "standard", "outboundType": "loadBalancer",
                    "podCidr": "10.244.0.0/16", "serviceCidr": "10.0.0.0/16",
                    "dnsServiceIP": "10.0.0.10",
                },
                "oidcIssuerProfile": { "enabled": true },
                "securityProfile": { "workloadIdentity": { "enabled": true } },
                "autoUpgradeProfile": { "nodeOSUpgradeChannel": "NodeImage" },
                "agentPoolProfiles": [{
                    "name": "system", "mode": "System", "osType": "Linux", "osSKU": "Ubuntu",
                    "count": 3, "vmSize": "Standard_D4ds_v5", "maxPods": 250,
                    "type": "VirtualMachineScaleSets", "availabilityZones": ["1", "2", "3"],
                    "orchestratorVersion": "1.35", "currentOrchestratorVersion": "1.35.7",
                }],
            },
        })
    }

    /// The sound cluster with one member of a block of its properties changed.
    pub(crate) fn with(block: &str, member: &str, content: impl Into<Value>) -> Value {
        let mut cluster = sound();
        let properties = child(&mut cluster, "properties");
        let target = if block.is_empty() {
            properties
        } else {
            child(properties, block)
        };
        put(target, member, content);
        cluster
    }

    fn judge(cluster: &Value) -> Result<(), Problem> {
        let caller = Caller::default();
        let nothing = |_: &str| None;
        let nobody = |_: &str, _: &str, _: &str| false;
        let world = World {
            subnet: &nothing,
            identity: &nothing,
            has_role: &nobody,
        };
        let context = Context {
            cluster: "main",
            tenant: "t",
            caller: &caller,
            world: &world,
        };
        check(cluster, &context)
    }

    #[test]
    fn the_sound_cluster_is_accepted() {
        assert_eq!(judge(&sound()), Ok(()));
    }

    #[test]
    fn the_last_system_pool_is_demanded() {
        let mut cluster = sound();
        cluster["properties"]["agentPoolProfiles"][0]["mode"] = json!("User");

        let verdict = judge(&cluster);

        let refusal = Problem::provider(400, "BadRequest", "Must define at least one system pool.");
        assert_eq!(verdict, Err(refusal));
    }
}
