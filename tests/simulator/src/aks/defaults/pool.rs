//! What AKS fills in of a node pool.

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::canonical;
use crate::aks::document::{child, fill, integer, owned, put, text};
use crate::aks::versions::Chosen;
use crate::aks::{random, size};

/// `maxPods` by network: 250 in an overlay and without plugin, 30 on a flat network, 110 kubenet.
pub(crate) fn pods_a_node(plugin: &str, overlay: bool) -> i64 {
    match plugin {
        "kubenet" => 110,
        "azure" if !overlay => 30,
        _ => 250,
    }
}

/// Fills in a pool.
pub(crate) fn fill_in(
    pool: &mut Value,
    pods: i64,
    version: &Chosen,
    now: Timestamp,
    random: &mut StdRng,
) {
    fill(pool, "vmSize", "Standard_D4ds_v5");
    if let Some(size) = size::parse(&owned(pool, "/vmSize")) {
        size.fill_disk(pool);
    }
    fill(pool, "kubeletDiskType", "OS");
    fill(pool, "maxPods", pods);
    fill(pool, "type", "VirtualMachineScaleSets");
    fill(pool, "scaleDownMode", "Delete");
    fill(pool, "powerState", json!({ "code": "Running" }));
    fill(pool, "orchestratorVersion", version.asked.as_str());
    fill(
        pool,
        "currentOrchestratorVersion",
        version.current.to_string(),
    );
    fill(pool, "enableNodePublicIP", false);
    fill(pool, "osType", "Linux");
    canonical(pool, "osType", &["Linux", "Windows"]);
    let windows = text(pool, "/osType") == Some("Windows");
    fill(
        pool,
        "osSKU",
        if windows { "Windows2022" } else { "Ubuntu" },
    );
    fill(pool, "enableFIPS", false);
    // Only the modes of the autoscaler leave the count to the service.
    if let Some(least) = integer(pool, "/minCount") {
        fill(pool, "count", least);
    }
    // Spot pools are upgraded without surge: azurerm's `TestAccKubernetesClusterNodePool_spot` reads none back.
    if text(pool, "/scaleSetPriority") != Some("Spot") || pool.get("upgradeSettings").is_some() {
        let upgrades = child(pool, "upgradeSettings");
        fill(upgrades, "maxSurge", "10%");
        fill(upgrades, "maxUnavailable", "0");
    }
    let trusted = text(pool, "/osSKU") == Some("AzureContainerLinux");
    let security = child(pool, "securityProfile");
    fill(security, "sshAccess", "LocalUser");
    canonical(security, "sshAccess", &["LocalUser", "Disabled", "EntraId"]);
    fill(security, "enableVTPM", trusted);
    fill(security, "enableSecureBoot", trusted);
    if text(pool, "/nodeImageVersion").is_none() {
        let image = node_image(&owned(pool, "/osSKU"), version.current.minor, now);
        put(pool, "nodeImageVersion", image);
    }
    fill(pool, "eTag", random::guid(random));
}

/// The newest node image: one is published every week and named for its day (recorded
/// `AKSAzureLinux-aclgen2TL-202609.03.1`, `AKSUbuntu-2204gen2containerd-202506.03.0`; the names for
/// Ubuntu 24.04 and Azure Linux 3 follow the AKS release notes).
pub(crate) fn node_image(sku: &str, minor: u32, now: Timestamp) -> String {
    const WEEK: i64 = 7 * 24 * 3600;
    let published = Timestamp::from_second(now.as_second().div_euclid(WEEK) * WEEK).unwrap_or(now);
    let day = published.strftime("%Y%m.%d.0");
    let stem = match sku {
        "AzureContainerLinux" => "AKSAzureLinux-aclgen2TL",
        "AzureLinux" | "CBLMariner" | "Mariner" => "AKSAzureLinux-V3gen2",
        "Ubuntu2204" => "AKSUbuntu-2204gen2containerd",
        "Windows2022" => "AKSWindows-2022-containerd-gen2",
        "Windows2025" => "AKSWindows-2025-gen2",
        _ if minor >= 35 => "AKSUbuntu-2404gen2containerd",
        _ => "AKSUbuntu-2204gen2containerd",
    };
    format!("{stem}-{day}")
}
