//! What AKS fills in that nobody sent, as recorded in 2025 and 2026.

mod automatic;
mod network;
pub(crate) mod pool;

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::aks::cluster::region;
use crate::aks::document::{child, fill, items, object, on, owned, put, text};
use crate::aks::path::ClusterAddress;
use crate::aks::random;
use crate::aks::versions::Chosen;

/// What the defaults of a cluster depend on beside its own body.
pub(crate) struct Context<'a> {
    pub(crate) address: &'a ClusterAddress,
    pub(crate) tenant: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) version: &'a Chosen,
    /// The minor version of Kubernetes whose defaults it gets.
    pub(crate) minor: u32,
}

/// Fills in a cluster; run again on a living one it changes nothing.
pub(crate) fn cluster(draft: &mut Value, context: &Context<'_>, random: &mut StdRng) {
    let address = context.address;
    put(draft, "id", address.id());
    put(draft, "name", address.name.as_str());
    put(draft, "type", "Microsoft.ContainerService/ManagedClusters");
    let is_automatic =
        text(draft, "/sku/name").is_some_and(|name| name.eq_ignore_ascii_case("Automatic"));
    if is_automatic {
        automatic::fill_in(draft, &address.name);
    }
    let sku = child(draft, "sku");
    fill(sku, "name", "Base");
    fill(sku, "tier", "Free");
    for (member, words) in [
        ("name", ["Base", "Automatic"].as_slice()),
        ("tier", ["Free", "Standard", "Premium"].as_slice()),
    ] {
        canonical(sku, member, words);
    }
    let kind = owned(draft, "/sku/name");
    put(draft, "kind", kind);
    identity(draft, context.tenant, random);
    let region = region(&owned(draft, "/location"));
    let uses_principal = text(draft, "/identity/type").is_none_or(|kind| kind == "None");
    let properties = child(draft, "properties");
    properties_of(properties, context, &region, random);
    if !uses_principal {
        put(
            properties,
            "servicePrincipalProfile",
            json!({ "clientId": "msi" }),
        );
    }
}

fn properties_of(properties: &mut Value, context: &Context<'_>, region: &str, random: &mut StdRng) {
    let address = context.address;
    fill(properties, "powerState", json!({ "code": "Running" }));
    put(
        properties,
        "kubernetesVersion",
        context.version.asked.as_str(),
    );
    put(
        properties,
        "currentKubernetesVersion",
        context.version.current.to_string(),
    );
    names(properties, region, random);
    if on(properties, "/apiServerAccessProfile/enablePrivateCluster")
        && !on(properties, "/apiServerAccessProfile/enableVnetIntegration")
    {
        // Recorded of private clusters that are reached by a private link (those within a network have none, recorded
        // apiserver_vnet_integration); the id in answers to GET alone.
        fill(
            properties,
            "privateLinkResources",
            json!([{
                "id": format!("{}/privateLinkResources/management", address.id()),
                "name": "management",
                "type": "Microsoft.ContainerService/managedClusters/privateLinkResources",
                "groupId": "management",
                "requiredMembers": ["management"],
            }]),
        );
    }
    fill(
        properties,
        "nodeResourceGroup",
        format!("MC_{}_{}_{region}", address.group, address.name),
    );
    fill(properties, "enableRBAC", true);
    fill(properties, "supportPlan", "KubernetesOfficial");
    windows(properties);
    network::fill_in(child(properties, "networkProfile"));
    fill(properties, "maxAgentPools", 100);
    entra(properties, context.tenant);
    access(properties);
    routing(properties);
    let upgrades = child(properties, "autoUpgradeProfile");
    fill(upgrades, "nodeOSUpgradeChannel", "NodeImage");
    let security = child(properties, "securityProfile");
    if on(security, "/imageCleaner/enabled") {
        fill(child(security, "imageCleaner"), "intervalHours", 168);
    }
    let storage = child(properties, "storageProfile");
    for driver in ["diskCSIDriver", "fileCSIDriver", "snapshotController"] {
        fill(child(storage, driver), "enabled", true);
    }
    issuer(properties, context, region, random);
    child(properties, "workloadAutoScalerProfile");
    if properties.get("resourceUID").is_none() {
        // The recorded 6aad5a6e5cc58a0001b24014 begins with the second it was made in.
        let uid = format!(
            "{:08x}{}",
            context.now.as_second(),
            random::hexadecimal(random, 16)
        );
        put(properties, "resourceUID", uid);
    }
    fill(
        child(child(properties, "metricsProfile"), "costAnalysis"),
        "enabled",
        false,
    );
    let provisioning = child(properties, "nodeProvisioningProfile");
    fill(provisioning, "mode", "Manual");
    if text(provisioning, "/mode") == Some("Auto") {
        fill(provisioning, "defaultNodePools", "Auto");
    }
    fill(
        child(properties, "bootstrapProfile"),
        "artifactSource",
        "Direct",
    );
    fill(child(properties, "hostedSystemProfile"), "enabled", false);
    for addon in object(properties)
        .get_mut("addonProfiles")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|addons| addons.iter_mut().map(|(_, addon)| addon))
    {
        fill(addon, "config", Value::Null);
    }
    let plugin = owned(properties, "/networkProfile/networkPlugin");
    let overlay = text(properties, "/networkProfile/networkPluginMode") == Some("overlay");
    let pods = pool::pods_a_node(&plugin, overlay);
    let version = context.version;
    let now = context.now;
    for entry in object(properties)
        .get_mut("agentPoolProfiles")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        pool::fill_in(entry, pods, version, now, random);
    }
}

fn identity(draft: &mut Value, tenant: &str, random: &mut StdRng) {
    let Some(identity) = draft.get_mut("identity") else {
        return;
    };
    canonical(
        identity,
        "type",
        &["SystemAssigned", "UserAssigned", "None"],
    );
    if text(identity, "/type") == Some("SystemAssigned") {
        fill(identity, "principalId", random::guid(random));
        fill(identity, "tenantId", tenant);
    } else {
        crate::aks::document::remove(identity, "principalId");
        crate::aks::document::remove(identity, "tenantId");
    }
}

fn names(properties: &mut Value, region: &str, random: &mut StdRng) {
    let private = on(properties, "/apiServerAccessProfile/enablePrivateCluster");
    let prefix = text(properties, "/dnsPrefix")
        .or_else(|| text(properties, "/fqdnSubdomain"))
        .unwrap_or_default()
        .to_owned();
    let hidden = properties.pointer("/apiServerAccessProfile/enablePrivateClusterPublicFQDN")
        == Some(&json!(false));
    if text(properties, "/azurePortalFQDN").is_none() {
        let label = format!("{prefix}-{}", random::alphanumeric(random, 8));
        if private {
            let zone = random::guid(random);
            // The middle word as recorded with and without API server VNet integration.
            let integrated = on(properties, "/apiServerAccessProfile/enableVnetIntegration");
            let link = if integrated { "private" } else { "privatelink" };
            let private_name = format!("{label}.{zone}.{link}.{region}.azmk8s.io");
            put(properties, "privateFQDN", private_name);
        }
        if !(private && hidden) {
            put(
                properties,
                "fqdn",
                format!("{label}.hcp.{region}.azmk8s.io"),
            );
        }
        let portal = if private {
            format!("{}-priv", random::hexadecimal(random, 32))
        } else {
            label
        };
        let portal = format!("{portal}.portal.hcp.{region}.azmk8s.io");
        put(properties, "azurePortalFQDN", portal);
    }
}

fn entra(properties: &mut Value, tenant: &str) {
    let Some(profile) = properties.get("aadProfile") else {
        return;
    };
    let groups = items(profile, "/adminGroupObjectIDs");
    let mut answered = json!({
        "managed": on(profile, "/managed"),
        "adminGroupObjectIDs": if groups.is_empty() { Value::Null } else { json!(groups) },
        "adminUsers": null,
    });
    for member in ["enableAzureRBAC", "clientAppID", "serverAppID", "tenantID"] {
        if let Some(value) = profile.get(member) {
            put(&mut answered, member, value.clone());
        }
    }
    fill(&mut answered, "tenantID", tenant);
    put(properties, "aadProfile", answered);
}

fn access(properties: &mut Value) {
    let Some(profile) = properties.get_mut("apiServerAccessProfile") else {
        return;
    };
    // Recorded apiserver_vnet_integration.
    if on(profile, "/enableVnetIntegration") {
        fill(profile, "enablePrivateCluster", false);
        fill(profile, "subnetId", "");
    }
    if on(profile, "/enablePrivateCluster") {
        fill(profile, "privateDNSZone", "system");
        fill(profile, "enablePrivateClusterPublicFQDN", true);
    }
    if let Some(ranges) = profile
        .get_mut("authorizedIPRanges")
        .and_then(Value::as_array_mut)
    {
        for range in ranges {
            if let Some(address) = range.as_str().filter(|text| !text.contains('/')) {
                *range = format!("{address}/32").into();
            }
        }
    }
}

/// A network that is asked to be Azure's may get Windows nodes, so there is a profile for them (all recorded creates
/// with `networkPlugin` from 2023 to 2025; those that left it to the service got none).
fn windows(properties: &mut Value) {
    let new = properties.get("resourceUID").is_none();
    if new && text(properties, "/networkProfile/networkPlugin") == Some("azure") {
        let profile = child(properties, "windowsProfile");
        fill(profile, "adminUsername", "azureuser");
    }
    if let Some(profile) = properties.get_mut("windowsProfile") {
        fill(profile, "enableCSIProxy", true);
    }
}

/// Application routing, as recorded in 2025; its identity comes with the node resource group.
fn routing(properties: &mut Value) {
    let Some(routing) = properties.pointer_mut("/ingressProfile/webAppRouting") else {
        return;
    };
    if on(routing, "/enabled") {
        fill(routing, "dnsZoneResourceIds", Value::Null);
        fill(routing, "identity", Value::Null);
        fill(
            child(routing, "nginx"),
            "defaultIngressControllerType",
            "AnnotationControlled",
        );
    }
}

/// The issuer is on by default for new clusters from Kubernetes 1.34 (AKS changelog).
fn issuer(properties: &mut Value, context: &Context<'_>, region: &str, random: &mut StdRng) {
    let default = context.minor >= 34;
    let profile = child(properties, "oidcIssuerProfile");
    fill(profile, "enabled", default);
    if on(profile, "/enabled") && text(profile, "/issuerURL").is_none() {
        let url = format!(
            "https://{region}.oic.prod-aks.azure.com/{}/{}/",
            context.tenant,
            random::guid(random)
        );
        put(profile, "issuerURL", url);
    }
}

/// Writes a word the way the service spells it.
fn canonical(value: &mut Value, member: &str, words: &[&str]) {
    let Some(own) = value.get(member).and_then(Value::as_str) else {
        return;
    };
    if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(own)) {
        put(value, member, *word);
    }
}
