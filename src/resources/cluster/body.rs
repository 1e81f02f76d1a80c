//! From what the user wrote to what Azure is sent. Pure: a cluster's body in, the wanted one out.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ownership,
    spec::{
        ApiServer, Entra, Identity, IdentityType, ImageCleaner, Network, NetworkMode,
        NetworkPolicy, Spec, SystemPool,
    },
};
use crate::{
    azure::arm::{
        Location,
        agent_pool::AgentPoolProfile,
        managed_cluster::{
            self as azure, AadProfile, ApiServerAccessProfile, AssignedIdentity,
            AutoUpgradeProfile, ManagedCluster, NetworkProfile, OidcIssuerProfile, Properties,
            SecurityProfile, Sku, Switch,
        },
    },
    framework::{Attr, Diagnostic, Text},
    resources::texts::{AuthorizedRange, GroupId, Zone},
};

/// The body that creates a cluster, carrying the mark by which it is known as ours.
pub(super) fn created(spec: &Spec, mark: &str) -> Result<ManagedCluster, Diagnostic> {
    let mut cluster = ManagedCluster {
        location: Some(Location::new(spec.location.known()?.as_ref()).to_string()),
        properties: Some(Properties {
            dns_prefix: Some(dns_prefix(spec.name.known()?.as_ref())),
            enable_rbac: Some(true),
            ..Properties::default()
        }),
        ..ManagedCluster::default()
    };
    change(&mut cluster, spec)?;
    cluster
        .tags
        .get_or_insert_default()
        .insert(ownership::MARK.to_owned(), mark.to_owned());
    Ok(cluster)
}

/// Changes the body of a cluster to what is wanted. Whatever is not the specification's stays as
/// it is: pools that others made, tags that are ours, properties this version does not know.
pub(super) fn change(cluster: &mut ManagedCluster, spec: &Spec) -> Result<(), Diagnostic> {
    cluster.sku = Some(Sku {
        name: Some("Base".to_owned()),
        tier: Some(text(&spec.tier)?),
        ..cluster.sku.take().unwrap_or_default()
    });
    change_tags(cluster, spec)?;
    change_identity(cluster, spec.identity.known()?)?;
    let properties = cluster.properties.get_or_insert_default();
    if let Some(version) = spec.kubernetes_version.known()? {
        change_version(properties, version.as_str());
    }
    properties.disable_local_accounts = Some(!*spec.local_accounts.known()?);
    change_entra(properties, spec.entra.known()?)?;
    change_network(
        properties.network_profile.get_or_insert_default(),
        spec.network.known()?,
    )?;
    change_api_server(
        properties.api_server_access_profile.get_or_insert_default(),
        spec.api_server.known()?,
    )?;
    properties.auto_upgrade_profile = Some(AutoUpgradeProfile {
        upgrade_channel: Some(text(&spec.automatic_upgrade_channel)?),
        node_os_upgrade_channel: Some(text(&spec.node_os_upgrade_channel)?),
        ..properties.auto_upgrade_profile.take().unwrap_or_default()
    });
    properties.oidc_issuer_profile = Some(OidcIssuerProfile {
        enabled: Some(*spec.oidc_issuer.known()?),
        ..properties.oidc_issuer_profile.take().unwrap_or_default()
    });
    let workload_identity = *spec.workload_identity.known()?;
    change_security(
        properties.security_profile.get_or_insert_default(),
        workload_identity,
        spec.image_cleaner.known()?,
    )?;
    let pools = properties.agent_pool_profiles.get_or_insert_default();
    let wanted = spec.system_pool.known()?;
    let name = wanted.name.known()?;
    match pools
        .iter_mut()
        .find(|pool| pool.name.as_deref() == Some(name.as_ref()))
    {
        Some(pool) => change_pool(pool, wanted)?,
        None => pools.push(new_pool(wanted)?),
    }
    upgrade_pool(properties, spec)
}

fn change_tags(cluster: &mut ManagedCluster, spec: &Spec) -> Result<(), Diagnostic> {
    let mut tags = spec.tags.known()?.clone().unwrap_or_default();
    let ours = cluster
        .tags
        .take()
        .unwrap_or_default()
        .into_iter()
        .filter(|(name, _)| ownership::is_mark(name));
    tags.extend(ours);
    cluster.tags = Some(tags);
    Ok(())
}

fn change_identity(cluster: &mut ManagedCluster, identity: &Identity) -> Result<(), Diagnostic> {
    let kind = text(&identity.r#type)?;
    let same = cluster
        .identity
        .as_ref()
        .and_then(|before| before.kind.as_deref())
        == Some(&kind);
    let assigned = identity
        .identity_id
        .known()?
        .as_ref()
        .filter(|_| identity.r#type.if_known() == Some(&IdentityType::UserAssigned));
    let named = assigned.map(|id| BTreeMap::from([(id.text(), Some(AssignedIdentity::default()))]));
    let before = cluster.identity.take().filter(|_| same).unwrap_or_default();
    // An identity that is there already keeps Azure's spelling of its id.
    let kept = before.user_assigned_identities.clone().filter(|before| {
        let spelled = |ids: &BTreeMap<String, _>| {
            ids.keys()
                .map(|id| id.to_ascii_lowercase())
                .collect::<BTreeSet<_>>()
        };
        named.as_ref().is_some_and(|named| {
            spelled(named) == before.keys().map(|id| id.to_ascii_lowercase()).collect()
        })
    });
    cluster.identity = Some(azure::Identity {
        kind: Some(kind),
        user_assigned_identities: kept.or(named),
        ..before
    });
    Ok(())
}

/// A minor that already runs is left alone: sending it again would not upgrade, and sending
/// another spelling of it might.
fn change_version(properties: &mut Properties, version: &str) {
    use crate::resources::texts::KubernetesVersion;
    let running = properties
        .current_kubernetes_version
        .as_deref()
        .or(properties.kubernetes_version.as_deref());
    if !running.is_some_and(|running| KubernetesVersion::same(version, running)) {
        properties.kubernetes_version = Some(version.to_owned());
    }
}

/// A pool follows its control plane in the same request, as `az aks upgrade` does it.
fn upgrade_pool(properties: &mut Properties, spec: &Spec) -> Result<(), Diagnostic> {
    use crate::resources::texts::KubernetesVersion;
    let Some(version) = spec.kubernetes_version.known()? else {
        return Ok(());
    };
    let name = spec.system_pool.known()?.name.known()?;
    for pool in properties
        .agent_pool_profiles
        .iter_mut()
        .flatten()
        .filter(|pool| pool.name.as_deref() == Some(name.as_ref()))
    {
        let running = pool
            .current_orchestrator_version
            .as_deref()
            .or(pool.orchestrator_version.as_deref());
        if running.is_some_and(|running| !KubernetesVersion::same(version.as_str(), running)) {
            pool.orchestrator_version = Some(version.text());
        }
    }
    Ok(())
}

fn change_entra(properties: &mut Properties, entra: &Entra) -> Result<(), Diagnostic> {
    if !*entra.enabled.known()? {
        return Ok(());
    }
    let groups = entra
        .admin_group_object_ids
        .known()?
        .iter()
        .flatten()
        .map(GroupId::text)
        .collect();
    properties.aad_profile = Some(AadProfile {
        managed: Some(true),
        enable_azure_rbac: Some(*entra.azure_rbac.known()?),
        admin_group_object_ids: Some(groups),
        ..properties.aad_profile.take().unwrap_or_default()
    });
    Ok(())
}

fn change_network(profile: &mut NetworkProfile, network: &Network) -> Result<(), Diagnostic> {
    match network.mode.known()? {
        NetworkMode::Overlay => {
            profile.network_plugin = Some("azure".to_owned());
            profile.network_plugin_mode = Some("overlay".to_owned());
        }
        NetworkMode::NodeSubnet => {
            profile.network_plugin = Some("azure".to_owned());
            profile.network_plugin_mode = None;
        }
        NetworkMode::Other(_) => {}
    }
    let policy = network.policy.known()?;
    profile.network_policy = Some(policy.text());
    profile.network_dataplane = Some(
        if *policy == NetworkPolicy::Cilium {
            "cilium"
        } else {
            "azure"
        }
        .to_owned(),
    );
    if let Some(range) = network.pod_cidr.known()? {
        profile.pod_cidr = Some(range.text());
    }
    if let Some(range) = network.service_cidr.known()? {
        profile.service_cidr = Some(range.text());
    }
    if let Some(address) = network.dns_service_ip.known()? {
        profile.dns_service_ip = Some(address.text());
    }
    profile
        .load_balancer_sku
        .get_or_insert_with(|| "standard".to_owned());
    profile
        .outbound_type
        .get_or_insert_with(|| "loadBalancer".to_owned());
    Ok(())
}

fn change_api_server(
    profile: &mut ApiServerAccessProfile,
    api_server: &ApiServer,
) -> Result<(), Diagnostic> {
    let ranges: Vec<String> = api_server
        .authorized_ip_ranges
        .known()?
        .iter()
        .flatten()
        .map(AuthorizedRange::text)
        .collect();
    // An empty list is how ranges are removed; leaving it out would keep them.
    profile.authorized_ip_ranges = Some(ranges);
    profile.disable_run_command = Some(!*api_server.run_command.known()?);
    Ok(())
}

fn change_security(
    profile: &mut SecurityProfile,
    workload_identity: bool,
    cleaner: &ImageCleaner,
) -> Result<(), Diagnostic> {
    profile.workload_identity = Some(Switch {
        enabled: Some(workload_identity),
        ..Switch::default()
    });
    profile.image_cleaner = Some(azure::ImageCleaner {
        enabled: Some(*cleaner.enabled.known()?),
        interval_hours: Some(*cleaner.interval_hours.known()?),
        ..profile.image_cleaner.take().unwrap_or_default()
    });
    Ok(())
}

fn new_pool(wanted: &SystemPool) -> Result<AgentPoolProfile, Diagnostic> {
    let zones: Vec<String> = wanted.zones.known()?.iter().map(Zone::text).collect();
    let mut pool = AgentPoolProfile {
        name: Some(text(&wanted.name)?),
        mode: Some("System".to_owned()),
        kind: Some("VirtualMachineScaleSets".to_owned()),
        os_type: Some("Linux".to_owned()),
        os_sku: Some(text(&wanted.os_sku)?),
        vm_size: Some(text(&wanted.vm_size)?),
        availability_zones: (!zones.is_empty()).then_some(zones),
        vnet_subnet_id: wanted.subnet_id.known()?.as_ref().map(Text::text),
        ..AgentPoolProfile::default()
    };
    change_pool(&mut pool, wanted)?;
    Ok(pool)
}

/// While the autoscaler is on, the number of nodes is its own: a pool starts where it is told and
/// is then left alone, unless it is out of bounds.
fn change_pool(pool: &mut AgentPoolProfile, wanted: &SystemPool) -> Result<(), Diagnostic> {
    let count = *wanted.node_count.known()?;
    if let Some(autoscale) = wanted.autoscale.known()? {
        let (least, most) = (*autoscale.min_count.known()?, *autoscale.max_count.known()?);
        let found = pool.count.or(count).unwrap_or(least);
        pool.enable_auto_scaling = Some(true);
        pool.min_count = Some(least);
        pool.max_count = Some(most);
        pool.count = Some(found.max(least).min(most));
    } else {
        pool.enable_auto_scaling = Some(false);
        pool.min_count = None;
        pool.max_count = None;
        pool.count = count.or(pool.count);
    }
    Ok(())
}

/// A DNS prefix for a cluster's name: 1 to 54 letters, digits and hyphens, beginning and ending
/// with a letter or digit (AKS, `dnsPrefix`).
fn dns_prefix(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(54)
        .collect();
    plain.trim_end_matches('-').to_owned()
}

fn text<T: Text>(attribute: &Attr<T>) -> Result<String, Diagnostic> {
    attribute.known().map(Text::text)
}
