//! What an answer looks like in the API version it was asked for: members that a later version brought are left
//! out, and words that a later version replaced are the old ones.
//!
//! The versions are those whose published models (the Python package `azure-mgmt-containerservice`, 31.0 to 41.8,
//! which has one version of the API each or many) first have the member.

use serde_json::Value;

use super::document;

/// A member of a cluster by its path, `[]` for each element of a list, the first stable version that has it, and
/// the first preview.
type Member = (&'static str, &'static str, &'static str);

/// A pool's own members, in a cluster's list and alone.
const OF_POOLS: [Member; 14] = [
    ("currentOrchestratorVersion", "2022-04-01", "2022-03-02"),
    ("capacityReservationGroupID", "2023-10-01", "2021-11-01"),
    ("networkProfile", "2023-10-01", "2022-08-03"),
    ("windowsProfile", "2024-02-01", "2022-08-02"),
    ("securityProfile", "2024-07-01", "2023-06-02"),
    (
        "securityProfile.enableSecureBoot",
        "2024-07-01",
        "2023-11-02",
    ),
    ("securityProfile.enableVTPM", "2024-07-01", "2023-11-02"),
    ("eTag", "2024-09-01", "2024-03-02"),
    ("gpuProfile", "2025-01-01", "2023-09-02"),
    ("upgradeSettings.maxUnavailable", "2025-03-01", "2024-10-02"),
    (
        "upgradeSettings.undrainableNodeBehavior",
        "2025-03-01",
        "2024-04-02",
    ),
    ("status", "2025-04-01", "2024-10-02"),
    ("securityProfile.sshAccess", "2025-08-01", "2023-06-02"),
    ("localDNSProfile", "2025-09-01", "2025-03-02"),
];

const OF_CLUSTERS: [Member; 29] = [
    (
        "properties.networkProfile.ipFamilies",
        "2021-10-01",
        "2021-11-01",
    ),
    (
        "properties.networkProfile.podCidrs",
        "2021-10-01",
        "2021-11-01",
    ),
    (
        "properties.networkProfile.serviceCidrs",
        "2021-10-01",
        "2021-11-01",
    ),
    ("properties.storageProfile", "2022-04-01", "2022-04-02"),
    (
        "properties.currentKubernetesVersion",
        "2022-04-01",
        "2021-11-01",
    ),
    ("properties.oidcIssuerProfile", "2022-09-01", "2021-11-01"),
    (
        "properties.workloadAutoScalerProfile",
        "2022-11-01",
        "2022-05-02",
    ),
    ("properties.azureMonitorProfile", "2023-01-01", "2022-07-02"),
    (
        "properties.networkProfile.networkDataplane",
        "2023-02-01",
        "2023-02-02",
    ),
    (
        "properties.networkProfile.networkPluginMode",
        "2023-02-01",
        "2022-04-02",
    ),
    (
        "properties.securityProfile.imageCleaner",
        "2023-02-01",
        "2022-07-02",
    ),
    (
        "properties.securityProfile.workloadIdentity",
        "2023-02-01",
        "2022-03-02",
    ),
    ("properties.supportPlan", "2023-03-01", "2023-03-02"),
    (
        "properties.autoUpgradeProfile.nodeOSUpgradeChannel",
        "2023-06-01",
        "2022-10-02",
    ),
    ("properties.upgradeSettings", "2023-07-01", "2023-01-02"),
    ("properties.resourceUID", "2023-08-01", "2023-07-02"),
    ("properties.serviceMeshProfile", "2023-08-01", "2023-02-02"),
    (
        "properties.networkProfile.loadBalancerProfile.backendPoolType",
        "2023-10-01",
        "2022-08-02",
    ),
    ("properties.ingressProfile", "2024-01-01", "2022-03-02"),
    ("properties.metricsProfile", "2024-02-01", "2023-07-02"),
    ("eTag", "2024-09-01", "2024-03-02"),
    (
        "properties.networkProfile.advancedNetworking",
        "2024-09-01",
        "2024-03-02",
    ),
    ("properties.bootstrapProfile", "2025-01-01", "2024-01-02"),
    (
        "properties.apiServerAccessProfile.enableVnetIntegration",
        "2025-03-01",
        "2022-04-02",
    ),
    ("properties.status", "2025-04-01", "2024-10-02"),
    (
        "properties.nodeProvisioningProfile",
        "2025-05-01",
        "2023-09-02",
    ),
    ("kind", "2025-07-01", "2024-02-02"),
    (
        "properties.networkProfile.advancedNetworking.security.advancedNetworkPolicies",
        "2025-08-01",
        "2025-02-02",
    ),
    ("properties.hostedSystemProfile", "2026-02-01", "2025-08-02"),
];

/// Leaves a cluster as `version` answers it.
pub(super) fn show_cluster(cluster: &mut Value, version: &str) {
    for member in OF_CLUSTERS {
        leave_out(cluster, member, version);
    }
    let pools = cluster.pointer_mut("/properties/agentPoolProfiles");
    for pool in pools.and_then(Value::as_array_mut).into_iter().flatten() {
        show_members_of_pool(pool, version);
    }
    for (member, old, new) in TIERS {
        translate(cluster, version, member, new, old);
    }
}

/// A cluster's body as the newest version would write it.
pub(super) fn read_cluster(body: &mut Value, version: &str) {
    for (member, old, new) in TIERS {
        translate(body, version, member, old, new);
    }
}

/// Members of `sku` and their words, before and since version 2023-02-01.
const TIERS: [(&str, &str, &str); 2] = [("name", "Basic", "Base"), ("tier", "Paid", "Standard")];

fn translate(cluster: &mut Value, version: &str, member: &str, from: &str, to: &str) {
    if version < "2023-02-01"
        && let Some(sku) = cluster.get_mut("sku")
        && sku.get(member).is_some_and(|word| word == from)
    {
        document::put(sku, member, to);
    }
}

/// Leaves a pool, asked for by itself, as `version` answers it.
pub(super) fn show_pool(pool: &mut Value, version: &str) {
    if let Some(properties) = pool.get_mut("properties") {
        show_members_of_pool(properties, version);
    }
}

fn show_members_of_pool(members: &mut Value, version: &str) {
    for member in OF_POOLS {
        leave_out(members, member, version);
    }
}

/// Removes a member that a version does not have.
fn leave_out(value: &mut Value, (path, stable, preview): Member, version: &str) {
    let (date, is_preview) = match version.split_at_checked(10) {
        Some((date, suffix)) => (date, !suffix.is_empty()),
        None => (version, false),
    };
    if date >= stable || is_preview && date >= preview {
        return;
    }
    let (parent, name) = match path.rsplit_once('.') {
        Some((parent, name)) => (format!("/{}", parent.replace('.', "/")), name),
        None => (String::new(), path),
    };
    // A block that loses its last member stays: `autoUpgradeProfile` is `{}` to version 2021-05-01 (recorded).
    if let Some(parent) = value.pointer_mut(&parent) {
        document::remove(parent, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn cluster() -> Value {
        json!({
            "kind": "Base",
            "eTag": "e",
            "sku": { "name": "Base", "tier": "Standard" },
            "properties": {
                "hostedSystemProfile": { "enabled": false },
                "resourceUID": "u",
                "agentPoolProfiles": [{
                    "eTag": "p",
                    "securityProfile": { "sshAccess": "LocalUser", "enableVTPM": false },
                }],
            },
        })
    }

    fn shown(version: &str) -> Value {
        let mut cluster = cluster();
        show_cluster(&mut cluster, version);
        cluster
    }

    #[test]
    fn the_newest_version_has_every_member() {
        assert_eq!(shown("2026-05-01"), cluster());
    }

    #[test]
    fn an_older_version_lacks_what_came_later() {
        let shown = shown("2024-09-01");

        let expected = json!({
            "eTag": "e",
            "sku": { "name": "Base", "tier": "Standard" },
            "properties": {
                "resourceUID": "u",
                "agentPoolProfiles": [{ "eTag": "p", "securityProfile": { "enableVTPM": false } }],
            },
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_preview_has_members_before_a_stable_version_does() {
        let shown = shown("2024-09-02-preview");

        assert_eq!(shown["kind"], "Base");
        assert_eq!(
            shown["properties"]["agentPoolProfiles"],
            cluster()["properties"]["agentPoolProfiles"]
        );
        assert_eq!(
            shown["properties"].get("hostedSystemProfile"),
            None::<&Value>
        );
    }

    #[test]
    fn a_version_before_2023_has_the_old_words_for_tiers() {
        let shown = shown("2021-05-01");

        let expected = json!({
            "sku": { "name": "Basic", "tier": "Paid" },
            "properties": { "agentPoolProfiles": [{}] },
        });
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_old_words_for_tiers_are_understood_from_who_asks_with_an_old_version() {
        let old = json!({ "sku": { "name": "Basic", "tier": "Paid" } });
        let (mut then, mut now) = (old.clone(), old.clone());

        read_cluster(&mut then, "2022-11-01");
        read_cluster(&mut now, "2026-05-01");

        let new = json!({ "sku": { "name": "Base", "tier": "Standard" } });
        assert_eq!((then, now), (new, old));
    }

    #[test]
    fn a_pool_by_itself_has_the_members_of_one_in_a_cluster() {
        let mut pool = json!({ "name": "system", "properties": { "eTag": "p", "count": 1 } });

        show_pool(&mut pool, "2024-08-01");

        assert_eq!(
            pool,
            json!({ "name": "system", "properties": { "count": 1 } })
        );
    }
}
