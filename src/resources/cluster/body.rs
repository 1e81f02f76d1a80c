//! From what the user wrote to what Azure is sent. Pure: a cluster's body in, the wanted one out.

mod version;

use std::collections::BTreeMap;

use super::{
    live, machines, ownership,
    spec::{
        ApiServer, Entra, Identity, IdentityType, Network, NetworkMode, NetworkPolicy, Spec,
        SystemPool,
    },
};
use crate::{
    azure::arm::{
        Location,
        agent_pool::AgentPoolProfile,
        managed_cluster::{
            self as azure, AssignedIdentity, ManagedCluster, NetworkProfile, Properties, Sku,
        },
    },
    framework::{Attr, Diagnostic, Field, Text},
    resources::texts::{AuthorizedRange, GroupId, Zone},
};

/// The body that creates a cluster, carrying the mark by which it is known as ours.
pub(super) fn created(spec: &Spec, mark: &str) -> Result<ManagedCluster, Diagnostic> {
    let mut cluster = ManagedCluster {
        location: Some(Location::new(spec.location.known()?.as_ref()).to_string()),
        sku: Some(Sku {
            name: Some("Base".to_owned()),
            ..Sku::default()
        }),
        properties: Some(Properties {
            dns_prefix: Some(dns_prefix(spec.name.known()?.as_ref())),
            enable_rbac: Some(true),
            network_profile: Some(NetworkProfile {
                load_balancer_sku: Some("standard".to_owned()),
                outbound_type: Some("loadBalancer".to_owned()),
                network_dataplane: Some("azure".to_owned()),
                ..NetworkProfile::default()
            }),
            ..Properties::default()
        }),
        ..ManagedCluster::default()
    };
    write(&mut cluster, spec, None)?;
    cluster
        .tags
        .get_or_insert_default()
        .insert(ownership::MARK.to_owned(), mark.to_owned());
    Ok(cluster)
}

/// Changes the body of a cluster to what is wanted. Whatever is not the specification's stays as
/// it is: pools that others made, tags that are ours, properties this version does not know; and so
/// does what the cluster is already, in whichever words its body says it.
pub(super) fn change(cluster: &mut ManagedCluster, spec: &Spec) -> Result<(), Diagnostic> {
    let before = cluster.clone();
    let found = live::settings(cluster, Some(spec));
    write(cluster, spec, Some(&found))?;
    if *cluster == before {
        return Ok(());
    }
    version::check_not_older(spec, &found, before.properties.as_ref())
}

/// Writes what the cluster that was `found` is not yet; everything into the body of a new one.
fn write(
    cluster: &mut ManagedCluster,
    spec: &Spec,
    found: Option<&Spec>,
) -> Result<(), Diagnostic> {
    if differs(&spec.tier, found.map(|found| &found.tier)) {
        cluster.sku.get_or_insert_default().tier = Some(text(&spec.tier)?);
    }
    if differs(&spec.tags, found.map(|found| &found.tags)) {
        change_tags(cluster, spec)?;
    }
    let identity = found.and_then(|found| found.identity.if_known());
    change_identity(cluster, spec.identity.known()?, identity)?;
    let properties = cluster.properties.get_or_insert_default();
    version::upgrade(properties, spec)?;
    if differs(&spec.support_plan, found.map(|found| &found.support_plan)) {
        properties.support_plan = Some(text(&spec.support_plan)?);
    }
    if differs(
        &spec.local_accounts,
        found.map(|found| &found.local_accounts),
    ) {
        properties.disable_local_accounts = Some(!*spec.local_accounts.known()?);
    }
    let entra = found.and_then(|found| found.entra.if_known());
    change_entra(properties, spec.entra.known()?, entra)?;
    let network = found.and_then(|found| found.network.if_known());
    change_network(properties, spec.network.known()?, network)?;
    let api_server = found.and_then(|found| found.api_server.if_known());
    change_api_server(properties, spec.api_server.known()?, api_server)?;
    change_upgrades(properties, spec, found)?;
    if differs(&spec.oidc_issuer, found.map(|found| &found.oidc_issuer)) {
        let issuer = properties.oidc_issuer_profile.get_or_insert_default();
        issuer.enabled = Some(*spec.oidc_issuer.known()?);
    }
    change_security(properties, spec, found)?;
    let pools = properties.agent_pool_profiles.get_or_insert_default();
    let wanted = spec.system_pool.known()?;
    let name = wanted.name.known()?;
    match pools
        .iter_mut()
        .find(|pool| pool.name.as_deref() == Some(name.as_ref()))
    {
        Some(pool) => {
            let before = found.and_then(|found| found.system_pool.if_known());
            change_pool(pool, wanted, before)?;
        }
        None => pools.push(new_pool(wanted)?),
    }
    version::upgrade_pool(properties, spec)
}

/// Whether an attribute is to be written: a new cluster has none yet, and another one has it unless
/// it means something else there.
fn differs<A: Field>(wanted: &A, found: Option<&A>) -> bool {
    found.is_none_or(|found| !A::same(&wanted.encode(), &found.encode()))
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

fn change_identity(
    cluster: &mut ManagedCluster,
    identity: &Identity,
    found: Option<&Identity>,
) -> Result<(), Diagnostic> {
    if !differs(&identity.r#type, found.map(|found| &found.r#type))
        && !differs(&identity.identity_id, found.map(|found| &found.identity_id))
    {
        return Ok(());
    }
    let kind = text(&identity.r#type)?;
    let same = |before: &azure::Identity| before.kind.as_deref() == Some(&kind);
    let before = cluster.identity.take().filter(same).unwrap_or_default();
    let assigned = identity
        .identity_id
        .known()?
        .as_ref()
        .filter(|_| identity.r#type.if_known() == Some(&IdentityType::UserAssigned));
    cluster.identity = Some(azure::Identity {
        kind: Some(kind),
        user_assigned_identities: assigned
            .map(|id| BTreeMap::from([(id.text(), Some(AssignedIdentity::default()))])),
        ..before
    });
    Ok(())
}

fn change_entra(
    properties: &mut Properties,
    entra: &Entra,
    found: Option<&Entra>,
) -> Result<(), Diagnostic> {
    if !*entra.enabled.known()? {
        return Ok(());
    }
    // Sign-in that is turned on now has nothing of it yet.
    let found = found.filter(|found| found.enabled.if_known() == Some(&true));
    let groups = found.map(|found| &found.admin_group_object_ids);
    let groups = differs(&entra.admin_group_object_ids, groups);
    let azure_rbac = differs(&entra.azure_rbac, found.map(|found| &found.azure_rbac));
    if found.is_some() && !groups && !azure_rbac {
        return Ok(());
    }
    let profile = properties.aad_profile.get_or_insert_default();
    profile.managed = Some(true);
    if groups {
        let groups = entra.admin_group_object_ids.known()?.iter().flatten();
        profile.admin_group_object_ids = Some(groups.map(GroupId::text).collect());
    }
    if azure_rbac {
        profile.enable_azure_rbac = Some(*entra.azure_rbac.known()?);
    }
    Ok(())
}

fn change_network(
    properties: &mut Properties,
    network: &Network,
    found: Option<&Network>,
) -> Result<(), Diagnostic> {
    let mut profile = properties.network_profile.take().unwrap_or_default();
    if differs(&network.mode, found.map(|found| &found.mode)) {
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
    }
    if differs(&network.policy, found.map(|found| &found.policy)) {
        let policy = network.policy.known()?;
        profile.network_policy = Some(policy.text());
        // The other policies go with whichever data plane the cluster has.
        if *policy == NetworkPolicy::Cilium {
            profile.network_dataplane = Some("cilium".to_owned());
        }
    }
    // A range that is left out is Azure's choice, and stays.
    if let Some(range) = network.pod_cidr.known()?
        && differs(&network.pod_cidr, found.map(|found| &found.pod_cidr))
    {
        profile.pod_cidr = Some(range.text());
    }
    if let Some(range) = network.service_cidr.known()?
        && differs(
            &network.service_cidr,
            found.map(|found| &found.service_cidr),
        )
    {
        profile.service_cidr = Some(range.text());
    }
    if let Some(address) = network.dns_service_ip.known()?
        && differs(
            &network.dns_service_ip,
            found.map(|found| &found.dns_service_ip),
        )
    {
        profile.dns_service_ip = Some(address.text());
    }
    let nothing = profile == NetworkProfile::default();
    properties.network_profile = (!nothing).then_some(profile);
    Ok(())
}

fn change_api_server(
    properties: &mut Properties,
    api_server: &ApiServer,
    found: Option<&ApiServer>,
) -> Result<(), Diagnostic> {
    let wanted = &api_server.authorized_ip_ranges;
    if differs(wanted, found.map(|found| &found.authorized_ip_ranges)) {
        let ranges = wanted.known()?.iter().flatten();
        // An empty list is how ranges are removed; leaving it out would keep them.
        let profile = properties.api_server_access_profile.get_or_insert_default();
        profile.authorized_ip_ranges = Some(ranges.map(AuthorizedRange::text).collect());
    }
    let run_command = found.map(|found| &found.run_command);
    if differs(&api_server.run_command, run_command) {
        let profile = properties.api_server_access_profile.get_or_insert_default();
        profile.disable_run_command = Some(!*api_server.run_command.known()?);
    }
    Ok(())
}

fn change_upgrades(
    properties: &mut Properties,
    spec: &Spec,
    found: Option<&Spec>,
) -> Result<(), Diagnostic> {
    let (channel, node_os) = (
        &spec.automatic_upgrade_channel,
        &spec.node_os_upgrade_channel,
    );
    if differs(channel, found.map(|found| &found.automatic_upgrade_channel)) {
        let profile = properties.auto_upgrade_profile.get_or_insert_default();
        profile.upgrade_channel = Some(text(channel)?);
    }
    if differs(node_os, found.map(|found| &found.node_os_upgrade_channel)) {
        let profile = properties.auto_upgrade_profile.get_or_insert_default();
        profile.node_os_upgrade_channel = Some(text(node_os)?);
    }
    Ok(())
}

fn change_security(
    properties: &mut Properties,
    spec: &Spec,
    found: Option<&Spec>,
) -> Result<(), Diagnostic> {
    let before = found.map(|found| &found.workload_identity);
    if differs(&spec.workload_identity, before) {
        let profile = properties.security_profile.get_or_insert_default();
        let switch = profile.workload_identity.get_or_insert_default();
        switch.enabled = Some(*spec.workload_identity.known()?);
    }
    let cleaner = spec.image_cleaner.known()?;
    let before = found.and_then(|found| found.image_cleaner.if_known());
    if differs(&cleaner.enabled, before.map(|found| &found.enabled))
        || differs(
            &cleaner.interval_hours,
            before.map(|found| &found.interval_hours),
        )
    {
        let profile = properties.security_profile.get_or_insert_default();
        let block = profile.image_cleaner.get_or_insert_default();
        block.enabled = Some(*cleaner.enabled.known()?);
        block.interval_hours = Some(*cleaner.interval_hours.known()?);
    }
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
    change_pool(&mut pool, wanted, None)?;
    Ok(pool)
}

/// While the autoscaler is on, the number of nodes is its own: a pool starts where it is told and
/// is then left alone, unless new bounds leave it outside.
fn change_pool(
    pool: &mut AgentPoolProfile,
    wanted: &SystemPool,
    found: Option<&SystemPool>,
) -> Result<(), Diagnostic> {
    if !differs(&wanted.node_count, found.map(|found| &found.node_count))
        && !differs(&wanted.autoscale, found.map(|found| &found.autoscale))
    {
        return Ok(());
    }
    if machines::is_of_machines(pool) {
        return machines::change(pool, wanted);
    }
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
