//! What AKS fills in that nobody sent, as recorded in 2025 and 2026.

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::cluster::region;
use super::document::{child, fill, integer, items, object, on, owned, put, text};
use super::path::ClusterAddress;
use super::random;
use super::size;
use super::versions::Chosen;

/// What the defaults of a cluster depend on beside its own body.
pub(crate) struct Context<'a> {
    pub(crate) address: &'a ClusterAddress,
    pub(crate) tenant: &'a str,
    pub(crate) now: Timestamp,
    pub(crate) version: &'a Chosen,
}

/// Fills in a cluster; run again on a living one it changes nothing.
pub(crate) fn cluster(draft: &mut Value, context: &Context<'_>, random: &mut StdRng) {
    let address = context.address;
    put(draft, "id", address.id());
    put(draft, "name", address.name.as_str());
    put(draft, "type", "Microsoft.ContainerService/ManagedClusters");
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
    fill(
        properties,
        "nodeResourceGroup",
        format!("MC_{}_{}_{region}", address.group, address.name),
    );
    fill(properties, "enableRBAC", true);
    fill(properties, "supportPlan", "KubernetesOfficial");
    network(child(properties, "networkProfile"));
    fill(properties, "maxAgentPools", 100);
    entra(properties, context.tenant);
    access(properties);
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
    let pods = pods_a_node(&plugin, overlay);
    let version = context.version;
    let now = context.now;
    for entry in object(properties)
        .get_mut("agentPoolProfiles")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        pool(entry, pods, version, now, random);
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
        super::document::remove(identity, "principalId");
        super::document::remove(identity, "tenantId");
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
            let private_name = format!("{label}.{zone}.privatelink.{region}.azmk8s.io");
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

/// Defaults of `networkProfile`: overlay since 2024-11, policy `none` since API 2024-05-01.
fn network(network: &mut Value) {
    if text(network, "/networkPlugin").is_none() {
        put(network, "networkPlugin", "azure");
        fill(network, "networkPluginMode", "overlay");
    }
    for (member, words) in [
        ("networkPlugin", ["azure", "kubenet", "none"].as_slice()),
        ("networkPluginMode", ["overlay"].as_slice()),
        (
            "networkPolicy",
            ["none", "azure", "calico", "cilium"].as_slice(),
        ),
        ("networkDataplane", ["azure", "cilium"].as_slice()),
        ("loadBalancerSku", ["standard", "basic"].as_slice()),
    ] {
        canonical(network, member, words);
    }
    let plugin = owned(network, "/networkPlugin");
    let overlay = text(network, "/networkPluginMode") == Some("overlay");
    if plugin == "azure" {
        let cilium = text(network, "/networkPolicy") == Some("cilium");
        fill(
            network,
            "networkDataplane",
            if cilium { "cilium" } else { "azure" },
        );
    }
    let cilium = text(network, "/networkDataplane") == Some("cilium");
    fill(
        network,
        "networkPolicy",
        if cilium { "cilium" } else { "none" },
    );
    fill(network, "loadBalancerSku", "standard");
    fill(network, "outboundType", "loadBalancer");
    match text(network, "/outboundType") {
        Some("loadBalancer") => {
            let balancer = child(network, "loadBalancerProfile");
            let own = ["/outboundIPs", "/outboundIPPrefixes"]
                .iter()
                .any(|kind| balancer.pointer(kind).is_some());
            if !own {
                fill(child(balancer, "managedOutboundIPs"), "count", 1);
            }
            fill(balancer, "backendPoolType", "nodeIPConfiguration");
            canonical(
                balancer,
                "backendPoolType",
                &["nodeIPConfiguration", "nodeIP"],
            );
        }
        Some("managedNATGateway") => {
            let gateway = child(network, "natGatewayProfile");
            fill(gateway, "idleTimeoutInMinutes", 4);
            fill(child(gateway, "managedOutboundIPProfile"), "count", 1);
        }
        _ => {}
    }
    if overlay || plugin == "kubenet" {
        range(network, "podCidr", "podCidrs", "10.244.0.0/16");
    }
    range(network, "serviceCidr", "serviceCidrs", "10.0.0.0/16");
    if let Some(address) = tenth_address(&owned(network, "/serviceCidr")) {
        fill(network, "dnsServiceIP", address);
    }
    fill(network, "ipFamilies", json!(["IPv4"]));
}

/// A range and the list it is the first of: either may be sent alone.
fn range(network: &mut Value, single: &str, list: &str, default: &str) {
    let first = items(network, &format!("/{list}"))
        .first()
        .and_then(Value::as_str)
        .unwrap_or(default)
        .to_owned();
    fill(network, single, first);
    let own = owned(network, &format!("/{single}"));
    fill(network, list, json!([own]));
}

fn tenth_address(range: &str) -> Option<String> {
    let range: ipnet::Ipv4Net = range.parse().ok()?;
    let first = u32::from(range.network());
    Some(std::net::Ipv4Addr::from(first.checked_add(10)?).to_string())
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

/// The issuer is on by default for new clusters from Kubernetes 1.34 (AKS changelog).
fn issuer(properties: &mut Value, context: &Context<'_>, region: &str, random: &mut StdRng) {
    let default = context.version.current.minor >= 34;
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

/// `maxPods` by network: 250 in an overlay and without plugin, 30 on a flat network, 110 kubenet.
pub(crate) fn pods_a_node(plugin: &str, overlay: bool) -> i64 {
    match plugin {
        "kubenet" => 110,
        "azure" if !overlay => 30,
        _ => 250,
    }
}

/// Fills in a pool.
pub(crate) fn pool(
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
    let upgrades = child(pool, "upgradeSettings");
    fill(upgrades, "maxSurge", "10%");
    fill(upgrades, "maxUnavailable", "0");
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

/// Writes a word the way the service spells it.
fn canonical(value: &mut Value, member: &str, words: &[&str]) {
    let Some(own) = value.get(member).and_then(Value::as_str) else {
        return;
    };
    if let Some(word) = words.iter().find(|word| word.eq_ignore_ascii_case(own)) {
        put(value, member, *word);
    }
}
