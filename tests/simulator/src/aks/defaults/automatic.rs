//! What AKS Automatic fills in beside the defaults of all clusters (AKS, "What is Azure Kubernetes Service Automatic?";
//! azurerm sends `sku`, `identity` and `apiServerAccessProfile` alone, and reads these back).

use serde_json::{Value, json};

use crate::aks::document::{child, fill, items, put};

/// Fills in a cluster of the SKU `Automatic`, which is called `name`.
pub(super) fn fill_in(draft: &mut Value, name: &str) {
    fill(child(draft, "sku"), "tier", "Standard");
    let properties = child(draft, "properties");
    fill(properties, "dnsPrefix", format!("{name}-dns"));
    if items(properties, "/agentPoolProfiles").is_empty() {
        let pool = json!({
            "name": "systempool", "mode": "System", "count": 3, "vmSize": "Standard_D4ds_v5",
            "osType": "Linux", "osSKU": "AzureLinux",
        });
        put(properties, "agentPoolProfiles", json!([pool]));
    }
    fill(properties, "disableLocalAccounts", true);
    let entra = child(properties, "aadProfile");
    fill(entra, "managed", true);
    fill(entra, "enableAzureRBAC", true);
    let network = child(properties, "networkProfile");
    for (member, word) in [
        ("networkPlugin", "azure"),
        ("networkPluginMode", "overlay"),
        ("networkDataplane", "cilium"),
        ("networkPolicy", "cilium"),
        ("outboundType", "managedNATGateway"),
    ] {
        fill(network, member, word);
    }
    fill(child(properties, "nodeProvisioningProfile"), "mode", "Auto");
    let upgrades = child(properties, "autoUpgradeProfile");
    fill(upgrades, "upgradeChannel", "stable");
    fill(upgrades, "nodeOSUpgradeChannel", "NodeImage");
    fill(child(properties, "oidcIssuerProfile"), "enabled", true);
    let security = child(properties, "securityProfile");
    fill(child(security, "workloadIdentity"), "enabled", true);
    let cleaner = child(security, "imageCleaner");
    fill(cleaner, "enabled", true);
    fill(cleaner, "intervalHours", 168);
    let scaler = child(properties, "workloadAutoScalerProfile");
    fill(child(scaler, "keda"), "enabled", true);
    fill(child(scaler, "verticalPodAutoscaler"), "enabled", true);
}
