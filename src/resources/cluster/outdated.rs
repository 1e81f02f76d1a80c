//! What a cluster has that Azure gives up, or that is less safe than what this resource creates: it is kept, and told with its
//! date. Dates: AKS, "retirements" (azure.com/updates), read 2026-11.

use super::work::Work;
use crate::{
    azure::arm::managed_cluster::{ManagedCluster, Properties},
    framework::Diagnostic,
    value::Path,
};

/// Warns of what the cluster has, each on the attribute that shows it where one does.
pub(super) fn tell(work: &Work<'_>, cluster: &ManagedCluster) {
    for told in told(cluster) {
        work.call.warn(told);
    }
}

fn told(cluster: &ManagedCluster) -> Vec<Diagnostic> {
    let empty = Properties::default();
    let properties = cluster.properties.as_ref().unwrap_or(&empty);
    let network = properties.network_profile.clone().unwrap_or_default();
    let entra = properties.aad_profile.clone().unwrap_or_default();
    let mut pools = properties.agent_pool_profiles.iter().flatten();
    let is = |text: &Option<String>, word: &str| {
        text.as_deref()
            .is_some_and(|text| text.eq_ignore_ascii_case(word))
    };
    let on = |attribute: &str| Path::attribute(attribute);
    let rows = [
        (
            properties.enable_rbac == Some(false),
            Path::root(),
            "Kubernetes RBAC is off",
            "The cluster was made without role-based access control in Kubernetes (`enableRBAC: false`): whoever signs in may do everything. Azure cannot turn it on. Move to a new cluster.",
        ),
        (
            is(&network.network_plugin, "kubenet"),
            on("network").join_attribute("mode"),
            "kubenet retires",
            "The cluster's network is kubenet, which Azure retires on 2028-03-31. It is kept as it is; `network.mode = \"overlay\"` moves it to Azure CNI Overlay in place, and reimages its nodes.",
        ),
        (
            is(&network.load_balancer_sku, "basic"),
            on("network"),
            "Basic load balancer is retired",
            "The cluster has a load balancer of the SKU `Basic`, which Azure has not supported since 2025-09-30. It is kept as it is. `az aks update --load-balancer-sku standard` moves it.",
        ),
        (
            entra.server_app_id.is_some(),
            on("entra"),
            "Sign-in by applications of one's own is retired",
            "The cluster signs people in with a server and a client application (legacy Microsoft Entra integration), which Azure has moved to managed integration since 2023-12-01. It is kept as it is. `az aks update --enable-aad` moves it.",
        ),
        (
            cluster
                .identity
                .as_ref()
                .is_none_or(|identity| identity.kind.is_none() || is(&identity.kind, "None")),
            on("identity").join_attribute("type"),
            "Cluster acts as a service principal",
            "The cluster acts in Azure as a service principal, whose secret ends and must be renewed. It is kept as it is; `identity { type = \"SystemAssigned\" }` gives it a managed identity in place.",
        ),
        (
            pools.any(|pool| is(&pool.kind, "AvailabilitySet")),
            on("system_pool"),
            "Availability sets are retired",
            "A pool of the cluster is an availability set, which Azure has not supported since 2025-09-30. It is kept as it is. `az aks update --migrate-vmas-to-vms` moves it.",
        ),
        (
            properties
                .agent_pool_profiles
                .iter()
                .flatten()
                .any(|pool| is(&pool.os_sku, "Ubuntu2204")),
            on("system_pool").join_attribute("os_sku"),
            "Ubuntu 22.04 retires",
            "A pool of the cluster runs Ubuntu 22.04, whose images Azure ends on 2027-06-30. It is kept as it is.",
        ),
    ];
    rows.into_iter()
        .filter(|(applies, ..)| *applies)
        .map(|(_, place, summary, detail)| Diagnostic::warning(summary, detail).at(&place))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_is_told_on_the_attribute_that_shows_it() {
        let cluster = serde_json::from_value(json!({ "properties": {
            "enableRBAC": false,
            "networkProfile": { "networkPlugin": "kubenet", "loadBalancerSku": "Basic" },
            "aadProfile": { "serverAppID": "a", "clientAppID": "b" },
            "agentPoolProfiles": [{ "type": "AvailabilitySet", "osSKU": "Ubuntu2204" }],
        } }));
        let safe = serde_json::from_value(json!({
            "identity": { "type": "SystemAssigned" },
            "properties": {
                "enableRBAC": true,
                "networkProfile": { "networkPlugin": "azure", "loadBalancerSku": "standard" },
                "aadProfile": { "managed": true },
            },
        }));

        let of = |cluster: &ManagedCluster| -> Vec<String> {
            let told = told(cluster).into_iter();
            told.map(|told| format!("{}: {}", told.path, told.summary))
                .collect()
        };

        assert_eq!(
            of(&cluster.unwrap()),
            [
                ": Kubernetes RBAC is off",
                "network.mode: kubenet retires",
                "network: Basic load balancer is retired",
                "entra: Sign-in by applications of one's own is retired",
                "identity.type: Cluster acts as a service principal",
                "system_pool: Availability sets are retired",
                "system_pool.os_sku: Ubuntu 22.04 retires",
            ]
        );
        assert_eq!(of(&safe.unwrap()), Vec::<String>::new());
    }
}
