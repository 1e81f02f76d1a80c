//! From what Azure says to a state. Pure; every cluster reads, whoever made it.

mod version;

use std::collections::BTreeSet;

pub(super) use self::version::{is_ahead_by_itself, running, written};

use super::{
    Cluster, machines,
    outputs::{CurrentNetwork, KubeletIdentity, Outputs},
    ownership,
    spec::{
        ApiServer, Autoscale, Baseline, Entra, Identity, IdentityType, ImageCleaner, Network,
        NetworkMode, NetworkPolicy, NodeOsChannel, OsSku, Spec, SupportPlan, SystemPool, Tier,
        UpgradeChannel,
    },
};
use crate::{
    azure::arm::{
        ResourceId,
        agent_pool::AgentPoolProfile,
        managed_cluster::{ManagedCluster, NetworkProfile, Properties},
    },
    framework::{Attr, Computed, State, Text},
    resources::texts::{
        AuthorizedRange, ClusterName, GroupId, IdentityId, PoolName, Region, ResourceGroupName,
        SubnetId, VmSize, Zone,
    },
};

/// The state a cluster stands for. `prior` says which pool is ours, and how what has no place in
/// Azure was written.
pub(super) fn state(
    id: &ResourceId,
    cluster: &ManagedCluster,
    prior: Option<&Spec>,
) -> State<Cluster> {
    let empty = Properties::default();
    let properties = cluster.properties.as_ref().unwrap_or(&empty);
    State {
        spec: Spec {
            name: other::<ClusterName>(id.name()),
            resource_group_name: other::<ResourceGroupName>(
                id.resource_group().unwrap_or_default(),
            ),
            ..settings(cluster, prior)
        },
        outputs: outputs(id, cluster, properties),
    }
}

/// What Azure says about a cluster.
pub(super) fn outputs(
    id: &ResourceId,
    cluster: &ManagedCluster,
    properties: &Properties,
) -> Outputs {
    let kubelet = properties
        .identity_profile
        .as_ref()
        .and_then(|identities| identities.get("kubeletidentity"));
    Outputs {
        id: id.as_str().to_owned().into(),
        fqdn: properties.fqdn.clone().into(),
        portal_fqdn: properties.portal_fqdn.clone().into(),
        node_resource_group: properties.node_resource_group.clone().into(),
        oidc_issuer_url: properties
            .oidc_issuer_profile
            .as_ref()
            .and_then(|issuer| issuer.issuer_url.clone())
            .into(),
        kubelet_identity: kubelet
            .map(|identity| KubeletIdentity {
                client_id: identity.client_id.clone().into(),
                object_id: identity.object_id.clone().into(),
                user_assigned_identity_id: identity
                    .resource_id
                    .as_deref()
                    .map(ResourceId::canonical)
                    .into(),
            })
            .into(),
        principal_id: principal(cluster).into(),
        current_kubernetes_version: properties.current_kubernetes_version.clone().into(),
        current_network: properties
            .network_profile
            .as_ref()
            .map(|network| CurrentNetwork {
                pod_cidr: network.pod_cidr.clone().into(),
                service_cidr: network.service_cidr.clone().into(),
                dns_service_ip: network.dns_service_ip.clone().into(),
            })
            .into(),
        provisioning_state: properties.provisioning_state.clone().into(),
        power_state: properties
            .power_state
            .as_ref()
            .and_then(|state| state.code.clone())
            .into(),
        resource_uid: properties.resource_uid.clone().into(),
        role_assignment_ids: Computed::none(),
    }
}

/// The object id of the identity a cluster acts as.
pub(super) fn principal(cluster: &ManagedCluster) -> Option<String> {
    let identity = cluster.identity.as_ref()?;
    let assigned = || {
        identity
            .user_assigned_identities
            .as_ref()?
            .values()
            .flatten()
            .find_map(|assigned| assigned.principal_id.clone())
    };
    identity.principal_id.clone().or_else(assigned)
}

/// The system pool: the one the state names, else the first whose mode is `System`.
pub(super) fn system_pool<'a>(
    properties: &'a Properties,
    name: Option<&str>,
) -> Option<&'a AgentPoolProfile> {
    let pools = properties
        .agent_pool_profiles
        .as_deref()
        .unwrap_or_default();
    let named = pools
        .iter()
        .find(|pool| name.is_some() && pool.name.as_deref() == name);
    named.or_else(|| {
        pools.iter().find(|pool| {
            pool.mode
                .as_deref()
                .is_some_and(|mode| mode.eq_ignore_ascii_case("System"))
        })
    })
}

/// What a cluster is, without the names that stand in its id.
pub(super) fn settings(cluster: &ManagedCluster, prior: Option<&Spec>) -> Spec {
    let empty = Properties::default();
    let properties = cluster.properties.as_ref().unwrap_or(&empty);
    let upgrades = properties.auto_upgrade_profile.clone().unwrap_or_default();
    let channel = UpgradeChannel::other(upgrades.upgrade_channel.as_deref().unwrap_or("none"));
    let security = properties.security_profile.clone().unwrap_or_default();
    let cleaner = security.image_cleaner.unwrap_or_default();
    Spec {
        name: Attr::unknown(),
        resource_group_name: Attr::unknown(),
        location: other::<Region>(cluster.location.as_deref().unwrap_or_default()),
        baseline: Baseline::First.into(),
        kubernetes_version: version::read(properties, &channel, prior).into(),
        tier: other::<Tier>(
            cluster
                .sku
                .as_ref()
                .and_then(|sku| sku.tier.as_deref())
                .unwrap_or("Free"),
        ),
        support_plan: other::<SupportPlan>(
            properties
                .support_plan
                .as_deref()
                .unwrap_or("KubernetesOfficial"),
        ),
        entra: entra(properties).into(),
        local_accounts: (properties.disable_local_accounts != Some(true)).into(),
        network: network(
            &properties.network_profile.clone().unwrap_or_default(),
            properties,
        )
        .into(),
        api_server: api_server(properties).into(),
        system_pool: pool(properties, prior).into(),
        identity: identity(cluster).into(),
        workload_identity: security
            .workload_identity
            .and_then(|switch| switch.enabled)
            .unwrap_or(false)
            .into(),
        oidc_issuer: properties
            .oidc_issuer_profile
            .as_ref()
            .and_then(|issuer| issuer.enabled)
            .unwrap_or(false)
            .into(),
        automatic_upgrade_channel: channel.into(),
        node_os_upgrade_channel: other::<NodeOsChannel>(
            upgrades
                .node_os_upgrade_channel
                .as_deref()
                .unwrap_or("None"),
        ),
        image_cleaner: ImageCleaner {
            enabled: cleaner.enabled.unwrap_or(false).into(),
            interval_hours: cleaner.interval_hours.unwrap_or(168).into(),
        }
        .into(),
        tags: tags(cluster, prior),
        // Not the cluster's own: a read that may see role assignments puts it right.
        grant_applier_access: prior
            .and_then(|prior| prior.grant_applier_access.if_known().copied())
            .unwrap_or(false)
            .into(),
        allow_replacement: false.into(),
        timeouts: Attr::unset(),
    }
}

/// Without tags there is nothing that tells an empty map from one that is left out.
fn tags(
    cluster: &ManagedCluster,
    prior: Option<&Spec>,
) -> Attr<Option<std::collections::BTreeMap<String, String>>> {
    let tags: std::collections::BTreeMap<_, _> = cluster
        .tags
        .clone()
        .unwrap_or_default()
        .into_iter()
        .filter(|(name, _)| !ownership::is_mark(name))
        .collect();
    let written = prior.is_some_and(|prior| prior.tags.if_set().is_some());
    (written || !tags.is_empty()).then_some(tags).into()
}

fn entra(properties: &Properties) -> Entra {
    let profile = properties.aad_profile.clone().unwrap_or_default();
    // A cluster with applications of its own for signing in (before 2021) has sign-in with Entra as well.
    let is_legacy = profile.server_app_id.is_some();
    let groups: BTreeSet<GroupId> = profile
        .admin_group_object_ids
        .iter()
        .flatten()
        .map(|id| GroupId::other(id))
        .collect();
    Entra {
        enabled: (profile.managed == Some(true) || is_legacy).into(),
        admin_group_object_ids: (!groups.is_empty()).then_some(groups).into(),
        azure_rbac: profile.enable_azure_rbac.unwrap_or(false).into(),
    }
}

fn network(profile: &NetworkProfile, properties: &Properties) -> Network {
    let plugin = profile.network_plugin.as_deref().unwrap_or_default();
    let overlay = profile
        .network_plugin_mode
        .as_deref()
        .is_some_and(|mode| mode.eq_ignore_ascii_case("overlay"));
    let mut pools = properties.agent_pool_profiles.iter().flatten();
    let has_pod_subnet = pools.any(|pool| pool.pod_subnet_id.is_some());
    let mode = match (plugin.eq_ignore_ascii_case("azure"), overlay) {
        (true, true) => NetworkMode::Overlay,
        (true, false) if has_pod_subnet => NetworkMode::Other("pod_subnet".to_owned()),
        (true, false) => NetworkMode::NodeSubnet,
        (false, _) => NetworkMode::Other(plugin.to_owned()),
    };
    Network {
        mode: mode.into(),
        policy: other::<NetworkPolicy>(
            profile
                .network_policy
                .as_deref()
                .filter(|policy| !policy.is_empty())
                .unwrap_or("none"),
        ),
        pod_cidr: profile.pod_cidr.as_deref().map(Text::other).into(),
        service_cidr: profile.service_cidr.as_deref().map(Text::other).into(),
        dns_service_ip: profile.dns_service_ip.as_deref().map(Text::other).into(),
    }
}

fn api_server(properties: &Properties) -> ApiServer {
    let profile = properties
        .api_server_access_profile
        .clone()
        .unwrap_or_default();
    let ranges: BTreeSet<AuthorizedRange> = profile
        .authorized_ip_ranges
        .iter()
        .flatten()
        .map(|range| AuthorizedRange::other(range))
        .collect();
    let private = profile.enable_private_cluster == Some(true);
    ApiServer {
        private: private.into(),
        unrestricted: (ranges.is_empty() && !private).into(),
        authorized_ip_ranges: (!ranges.is_empty()).then_some(ranges).into(),
        run_command: (profile.disable_run_command != Some(true)).into(),
    }
}

fn pool(properties: &Properties, prior: Option<&Spec>) -> SystemPool {
    let before = prior.and_then(|prior| prior.system_pool.if_known());
    let name = before
        .and_then(|pool| pool.name.if_known())
        .map(AsRef::as_ref);
    let pool = system_pool(properties, name).cloned().unwrap_or_default();
    let machines = machines::of(&pool).unwrap_or_default();
    let scaled = pool.enable_auto_scaling == Some(true) || machines.bounds.is_some();
    let (least, most) = machines
        .bounds
        .unwrap_or((pool.min_count.unwrap_or(1), pool.max_count.unwrap_or(1)));
    let autoscale = Autoscale {
        min_count: least.into(),
        max_count: most.into(),
    };
    // While the autoscaler is on, the number of nodes is its own and no drift.
    let count = if scaled {
        before.and_then(|pool| pool.node_count.if_set().copied())
    } else {
        machines.count.or(pool.count)
    };
    let vm_size = machines.vm_size.or(pool.vm_size);
    SystemPool {
        name: other::<PoolName>(pool.name.as_deref().unwrap_or_default()),
        vm_size: other::<VmSize>(vm_size.as_deref().unwrap_or_default()),
        node_count: count.into(),
        autoscale: scaled.then_some(autoscale).into(),
        zones: pool
            .availability_zones
            .iter()
            .flatten()
            .map(|zone| Zone::other(zone))
            .collect::<BTreeSet<_>>()
            .into(),
        subnet_id: pool
            .vnet_subnet_id
            .as_deref()
            .map(|id| SubnetId::other(&ResourceId::canonical(id)))
            .into(),
        // Bodies of 2020 name none, and mean Ubuntu (`defaults` of `osSKU` for Linux).
        os_sku: other::<OsSku>(pool.os_sku.as_deref().unwrap_or("Ubuntu")),
    }
}

fn identity(cluster: &ManagedCluster) -> Identity {
    let identity = cluster.identity.clone().unwrap_or_default();
    let assigned = identity
        .user_assigned_identities
        .as_ref()
        .and_then(|ids| ids.keys().next().cloned());
    Identity {
        r#type: other::<IdentityType>(identity.kind.as_deref().unwrap_or("None")),
        identity_id: assigned
            .map(|id| IdentityId::other(&ResourceId::canonical(&id)))
            .into(),
    }
}

fn other<T: Text>(text: &str) -> Attr<T> {
    T::other(text).into()
}
