//! What must fit together in a cluster's configuration. Each rule names its source.

use std::collections::BTreeSet;

use super::spec::{
    ApiServer, IdentityType, Network, NetworkMode, NodeOsChannel, Spec, SupportPlan, SystemPool,
    Tier, UpgradeChannel,
};
use crate::{
    framework::{Attr, Diagnostics, Text as _},
    resources::texts::AuthorizedRange,
};

/// Judges what is known.
pub(super) fn check(spec: &Spec, diagnostics: &mut Diagnostics) {
    check_support(spec, diagnostics);
    check_entra(spec, diagnostics);
    if let Some(network) = spec.network.if_known() {
        check_network(network, diagnostics);
    }
    if let Some(api_server) = spec.api_server.if_known() {
        check_api_server(&spec.api_server, api_server, diagnostics);
    }
    if let Some(pool) = spec.system_pool.if_known() {
        check_pool(&spec.system_pool, pool, diagnostics);
    }
    check_identity(spec, diagnostics);
    check_upgrades(spec, diagnostics);
    check_image_cleaner(spec, diagnostics);
    check_tags(spec, diagnostics);
}

/// Long-term support needs the tier Premium (AKS, "long-term support"), which costs more for it and goes without it
/// (Azure/AKS issue 4707).
fn check_support(spec: &Spec, diagnostics: &mut Diagnostics) {
    let (Some(tier), Some(plan)) = (spec.tier.if_known(), spec.support_plan.if_known()) else {
        return;
    };
    match (tier, plan) {
        (Tier::Free | Tier::Standard, SupportPlan::LongTerm) => diagnostics.push(spec.support_plan.error(
            "Long-term support needs the tier Premium",
            format!("`support_plan` is `AKSLongTermSupport` and `tier` is `{}`; Azure has long-term support in the tier `Premium` only. Set `tier = \"Premium\"`, or leave `support_plan` out.", tier.text()),
        )),
        (Tier::Premium, SupportPlan::Official) => diagnostics.push(spec.tier.warning(
            "Premium without long-term support",
            "`tier` is `Premium`, which costs more than `Standard` for the long-term support it allows, and `support_plan` is `KubernetesOfficial` (its default), which has none. Set `support_plan = \"AKSLongTermSupport\"`, or `tier = \"Standard\"`.",
        )),
        _ => {}
    }
}

/// Without local accounts and without Entra nobody could sign in; the service refuses it since
/// Kubernetes 1.25 (AKS, "manage local accounts"). Azure RBAC needs Entra (AKS, "use Azure RBAC").
fn check_entra(spec: &Spec, diagnostics: &mut Diagnostics) {
    let Some(entra) = spec.entra.if_known() else {
        return;
    };
    if spec.grant_applier_access.if_known() == Some(&true)
        && (entra.enabled.if_known() == Some(&false) || entra.azure_rbac.if_known() == Some(&false))
    {
        diagnostics.push(spec.grant_applier_access.error(
            "A role in Azure would have no effect",
            "`grant_applier_access` is on, and role assignments in Azure do not decide about this cluster. Leave `entra.enabled` and `entra.azure_rbac` on (their defaults), or name a group of the signed-in identity in `entra.admin_group_object_ids` instead.",
        ));
    }
    if entra.enabled.if_known() != Some(&false) {
        return;
    }
    if spec.local_accounts.if_known() == Some(&false) {
        diagnostics.push(spec.local_accounts.error(
            "No one could sign in",
            "`local_accounts` is off and `entra.enabled` is false, so that no one could sign in to the cluster. Leave `entra.enabled` out (recommended), or set `local_accounts = true`.",
        ));
    }
    if entra.azure_rbac.if_known() == Some(&true) {
        diagnostics.push(entra.azure_rbac.error(
            "Azure RBAC needs Entra",
            "`entra.azure_rbac` is on (its default) while `entra.enabled` is false. Leave `entra.enabled` out, or set `entra.azure_rbac = false`.",
        ));
    }
    if entra
        .admin_group_object_ids
        .if_set()
        .is_some_and(|groups| !groups.is_empty())
    {
        diagnostics.push(entra.admin_group_object_ids.error(
            "Administrator groups need Entra",
            "`entra.admin_group_object_ids` names groups while `entra.enabled` is false. Leave one of the two out.",
        ));
    }
}

/// The ranges' rules are those of AKS, "configure Azure CNI".
fn check_network(network: &Network, diagnostics: &mut Diagnostics) {
    let node_subnet = network.mode.if_known() == Some(&NetworkMode::NodeSubnet);
    if node_subnet && network.pod_cidr.if_set().is_some() {
        diagnostics.push(network.pod_cidr.error(
            "Pods have no range of their own",
            "`network.pod_cidr` is set while `network.mode` is `node_subnet`, in which pods get addresses of their nodes' subnet. Leave it out, or use mode `overlay`.",
        ));
    }
    let service = network
        .service_cidr
        .if_set()
        .and_then(crate::resources::texts::Cidr::net);
    let pods = network
        .pod_cidr
        .if_set()
        .and_then(crate::resources::texts::Cidr::net);
    if let (Some(service), Some(pods)) = (service, pods)
        && (service.contains(&pods) || pods.contains(&service))
    {
        diagnostics.push(network.service_cidr.error(
            "Ranges overlap",
            format!("`network.service_cidr` {service} and `network.pod_cidr` {pods} overlap. Choose ranges that do not."),
        ));
    }
    let dns = network
        .dns_service_ip
        .if_set()
        .and_then(crate::resources::texts::Ip::address);
    if let Some(dns) = dns {
        match service {
            Some(service) if !service.contains(&dns) => diagnostics.push(network.dns_service_ip.error(
                "DNS address is outside the services' range",
                format!("`network.dns_service_ip` is {dns}, which is not in `network.service_cidr` {service}. Choose one in it, and not its first."),
            )),
            Some(service) if service.hosts().next() == Some(dns) || service.network() == dns => {
                diagnostics.push(network.dns_service_ip.error(
                    "DNS address is taken",
                    format!("`network.dns_service_ip` is {dns}, the first address of {service}, which is the API server's own. Choose a later one."),
                ));
            }
            None if network.service_cidr.if_known() == Some(&None) => diagnostics.push(network.dns_service_ip.error(
                "DNS address without a range",
                "`network.dns_service_ip` is set and `network.service_cidr` is left out; Azure takes them together only. Set both, or leave both out.",
            )),
            _ => {}
        }
    }
}

/// A public API server without ranges must be meant (CIS AKS benchmark, 5.4.1).
fn check_api_server(
    whole: &Attr<ApiServer>,
    api_server: &ApiServer,
    diagnostics: &mut Diagnostics,
) {
    let (Some(ranges), Some(unrestricted)) = (
        api_server.authorized_ip_ranges.if_known(),
        api_server.unrestricted.if_known(),
    ) else {
        return;
    };
    let ranges = ranges.as_ref();
    match (ranges.is_some_and(|ranges| !ranges.is_empty()), unrestricted) {
        (true, true) => diagnostics.push(api_server.unrestricted.error(
            "Restricted and unrestricted",
            "`api_server.authorized_ip_ranges` names ranges and `api_server.unrestricted` is true. Leave one of the two out.",
        )),
        (false, false) if api_server.private.if_known() == Some(&false) => diagnostics.push(whole.error(
            "API server would be open to the internet",
            "`api_server.authorized_ip_ranges` names no range, so the whole internet could call the API server. Name the public ranges your people and pipelines call from, such as `[\"20.50.0.0/24\"]`; `[\"0.0.0.0/32\"]` lets only the cluster itself in. To leave it open on purpose, set `api_server.unrestricted = true`. Private clusters are not created by this resource yet; one that exists is imported and kept, with `api_server.private = true`.",
        )),
        (_, true) if api_server.private.if_known() == Some(&true) => diagnostics.push(api_server.unrestricted.error(
            "Private and unrestricted",
            "`api_server.private` and `api_server.unrestricted` are both true; no one on the internet reaches a private cluster. Leave `api_server.unrestricted` out.",
        )),
        _ => {}
    }
    if let Some(ranges) = ranges {
        check_ranges(&api_server.authorized_ip_ranges, ranges, diagnostics);
    }
}

/// az CLI, `acs/_validators.py`; AKS, "API server authorized IP ranges".
fn check_ranges(
    attribute: &Attr<Option<BTreeSet<AuthorizedRange>>>,
    ranges: &BTreeSet<AuthorizedRange>,
    diagnostics: &mut Diagnostics,
) {
    const MOST: usize = 200;
    if ranges.len() > MOST {
        diagnostics.push(attribute.error(
            "Too many ranges",
            format!("`api_server.authorized_ip_ranges` names {} ranges; Azure takes {MOST}. Join neighbouring ranges.", ranges.len()),
        ));
    }
    if ranges.len() > 1
        && ranges
            .iter()
            .any(|range| range.text() == AuthorizedRange::NOBODY)
    {
        diagnostics.push(attribute.error(
            "`0.0.0.0/32` is not alone",
            "`api_server.authorized_ip_ranges` names `0.0.0.0/32`, which lets only the cluster itself in, beside other ranges. Leave it out, or leave the others out.",
        ));
    }
}

/// az CLI, `acs/_validators.py`: bounds of the autoscaler; AKS: at most 1000 nodes a pool, at
/// least one in a system pool.
fn check_pool(whole: &Attr<SystemPool>, pool: &SystemPool, diagnostics: &mut Diagnostics) {
    const MOST: i64 = 1000;
    let count = pool.node_count.if_known();
    if let Some(Some(count)) = count
        && !(1..=MOST).contains(count)
    {
        diagnostics.push(pool.node_count.error(
            "Invalid number of nodes",
            format!("`system_pool.node_count` is {count}; it must be 1 to {MOST}."),
        ));
    }
    match (pool.autoscale.if_known(), count) {
        (Some(None), Some(None)) => diagnostics.push(whole.error(
            "No number of nodes",
            "`system_pool` has neither `node_count` nor `autoscale`. Set `node_count = 3`, or write a block `autoscale` with `min_count = 3` and `max_count = 6`.",
        )),
        (Some(Some(autoscale)), count) => {
            let (Some(least), Some(most)) = (autoscale.min_count.if_known(), autoscale.max_count.if_known()) else { return };
            if !(1..=MOST).contains(least) {
                diagnostics.push(autoscale.min_count.error("Invalid bound", format!("`system_pool.autoscale.min_count` is {least}; it must be 1 to {MOST}.")));
            }
            if !(1..=MOST).contains(most) || most < least {
                diagnostics.push(autoscale.max_count.error(
                    "Invalid bound",
                    format!("`system_pool.autoscale.max_count` is {most}; it must be at least `min_count`, {least}, and at most {MOST}."),
                ));
            } else if let Some(Some(count)) = count
                && !(least..=most).contains(&count)
            {
                diagnostics.push(pool.node_count.error(
                    "Number of nodes is outside its bounds",
                    format!("`system_pool.node_count` is {count}; with `autoscale` it must be {least} to {most}, or be left out."),
                ));
            }
        }
        _ => {}
    }
}

/// AKS, "use a managed identity".
fn check_identity(spec: &Spec, diagnostics: &mut Diagnostics) {
    let Some(identity) = spec.identity.if_known() else {
        return;
    };
    match (identity.r#type.if_known(), identity.identity_id.if_known()) {
        (Some(IdentityType::UserAssigned), Some(None)) => diagnostics.push(spec.identity.error(
            "No identity named",
            "`identity.type` is `UserAssigned` and `identity.identity_id` is left out. Name the identity, such as `azurerm_user_assigned_identity.aks.id`.",
        )),
        (Some(IdentityType::SystemAssigned), Some(Some(_))) => diagnostics.push(identity.identity_id.error(
            "Identity has no use",
            "`identity.identity_id` is set while `identity.type` is `SystemAssigned` (its default). Set `identity.type = \"UserAssigned\"`, or leave the id out.",
        )),
        _ => {}
    }
}

/// Workload identity needs the issuer (az CLI); channel `node-image` goes with `NodeImage` only
/// (AKS, "automatically upgrade a cluster").
fn check_upgrades(spec: &Spec, diagnostics: &mut Diagnostics) {
    if spec.workload_identity.if_known() == Some(&true)
        && spec.oidc_issuer.if_known() == Some(&false)
    {
        diagnostics.push(spec.oidc_issuer.error(
            "Workload identity needs the issuer",
            "`oidc_issuer` is false while `workload_identity` is on (its default). Leave `oidc_issuer` out, or set `workload_identity = false`.",
        ));
    }
    let node_image = spec.automatic_upgrade_channel.if_known() == Some(&UpgradeChannel::NodeImage);
    if node_image
        && spec
            .node_os_upgrade_channel
            .if_known()
            .is_some_and(|channel| *channel != NodeOsChannel::NodeImage)
    {
        diagnostics.push(spec.node_os_upgrade_channel.error(
            "Channels do not fit",
            "`automatic_upgrade_channel` is `node-image`, which Azure takes with `node_os_upgrade_channel = \"NodeImage\"` only.",
        ));
    }
}

/// AKS, "image cleaner": 24 hours to three months.
fn check_image_cleaner(spec: &Spec, diagnostics: &mut Diagnostics) {
    let Some(cleaner) = spec.image_cleaner.if_known() else {
        return;
    };
    if let Some(hours) = cleaner.interval_hours.if_known()
        && !(24..=2160).contains(hours)
    {
        diagnostics.push(cleaner.interval_hours.error(
            "Invalid interval",
            format!("`image_cleaner.interval_hours` is {hours}; it must be 24 to 2160."),
        ));
    }
}

/// Azure Resource Manager's limits on tags; and the one tag that is ours.
fn check_tags(spec: &Spec, diagnostics: &mut Diagnostics) {
    let Some(tags) = spec.tags.if_set() else {
        return;
    };
    if tags.len() > 49 {
        diagnostics.push(spec.tags.error(
            "Too many tags",
            format!(
                "`tags` has {} tags; Azure takes 50, of which one is the provider's mark.",
                tags.len()
            ),
        ));
    }
    if let Some(name) = tags
        .keys()
        .find(|name| name.eq_ignore_ascii_case(super::ownership::MARK))
    {
        diagnostics.push(spec.tags.error("Tag is reserved", format!("`tags` sets `{name}`, by which the provider knows its own clusters. Choose another name.")));
    }
    let mut names: Vec<&String> = tags.keys().collect();
    names.sort_by_key(|name| name.to_lowercase());
    for pair in names.windows(2) {
        if let [one, other] = pair
            && one.to_lowercase() == other.to_lowercase()
        {
            diagnostics.push(spec.tags.error(
                "Tags differ by case only",
                format!("Expected names that differ by more than case, found `{one}` and `{other}`: to Azure they are one tag. Remove one of the two."),
            ));
        }
    }
    for (name, value) in tags {
        if name.is_empty()
            || name.chars().count() > 512
            || value.chars().count() > 256
            || name.contains(['<', '>', '%', '&', '\\', '?', '/'])
        {
            diagnostics.push(spec.tags.error(
                "Invalid tag",
                format!("The tag {name:?} is not one Azure takes: names have 1 to 512 characters without `<>%&\\?/`, values up to 256."),
            ));
        }
    }
}
