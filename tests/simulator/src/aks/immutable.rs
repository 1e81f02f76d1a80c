//! What cannot change on a living cluster or pool.
//!
//! The refusals are those azurerm's replacement rules foresee, less the changes recorded in place
//! (network policy `none` to and from `azure` or `calico`, dual stack, private DNS zone to `none`).

use serde_json::Value;

use super::answer::Problem;
use super::cluster::region;
use super::document::{on, owned, text};

/// Members of `properties` that never change once they have a value; ids compare without case.
pub(super) const FIXED: &[&str] = &[
    "dnsPrefix",
    "fqdnSubdomain",
    "nodeResourceGroup",
    "enableRBAC",
    "diskEncryptionSetID",
    "servicePrincipalProfile/clientId",
    "linuxProfile/adminUsername",
    "windowsProfile/adminUsername",
    "networkProfile/networkMode",
    "networkProfile/serviceCidr",
    "networkProfile/dnsServiceIP",
    "networkProfile/loadBalancerSku",
    "apiServerAccessProfile/enablePrivateCluster",
    "apiServerAccessProfile/subnetId",
];

/// Whom a cluster without an identity acts as.
const PRINCIPAL: &str = "servicePrincipalProfile/clientId";

/// Members of a pool that ask for a new pool.
const FIXED_IN_POOL: &[&str] = &[
    "vmSize",
    "osType",
    "osDiskType",
    "osDiskSizeGB",
    "kubeletDiskType",
    "type",
    "maxPods",
    "vnetSubnetID",
    "podSubnetID",
    "availabilityZones",
    "enableEncryptionAtHost",
    "enableNodePublicIP",
    "nodePublicIPPrefixID",
    "enableUltraSSD",
    "kubeletConfig",
    "linuxOSConfig",
    "gpuInstanceProfile",
    "proximityPlacementGroupID",
    "hostGroupID",
    "capacityReservationGroupID",
    "scaleSetPriority",
    "scaleSetEvictionPolicy",
    "spotMaxPrice",
    "creationData",
];

/// Refuses a change of a cluster that Azure would refuse.
pub(crate) fn check(existing: &Value, draft: &Value) -> Result<(), Problem> {
    let (before, after) = (owned(existing, "/location"), owned(draft, "/location"));
    if region(&before) != region(&after) {
        return Err(Problem::gateway(
            409,
            "InvalidResourceLocation",
            format!(
                "The resource '{}' already exists in location '{before}'. A resource with the same \
                 name cannot be created in location '{after}'. Please select a new resource name.",
                owned(existing, "/name")
            ),
        ));
    }
    for path in FIXED {
        let pointer = format!("/properties/{path}");
        // An identity takes the place of a service principal (recorded 200; azurerm's
        // `TestAccKubernetesCluster_servicePrincipalToSystemAssignedIdentity` expects it).
        if *path == PRINCIPAL && text(draft, &pointer) == Some("msi") {
            continue;
        }
        if let Some(before) = existing.pointer(&pointer)
            && draft
                .pointer(&pointer)
                .is_some_and(|after| !same(before, after))
        {
            return Err(Problem::immutable(&path.replace('/', ".")));
        }
    }
    for (path, forbidden) in [
        (
            "oidcIssuerProfile.enabled",
            turned_off(existing, draft, "oidcIssuerProfile/enabled"),
        ),
        (
            "aadProfile.managed",
            turned_off(existing, draft, "aadProfile/managed"),
        ),
        (
            "apiServerAccessProfile.enableVnetIntegration",
            turned_off(
                existing,
                draft,
                "apiServerAccessProfile/enableVnetIntegration",
            ),
        ),
        ("identity.type", identity_leaves(existing, draft)),
    ] {
        if forbidden {
            return Err(Problem::immutable(path));
        }
    }
    network(existing, draft)
}

/// Refuses a change of a pool; `prefix` is how the door it came through names pools.
pub(crate) fn check_pool(existing: &Value, draft: &Value, prefix: &str) -> Result<(), Problem> {
    for member in FIXED_IN_POOL {
        let after = draft.get(*member);
        let changed = match (existing.get(*member), after) {
            (Some(before), Some(after)) => !same(before, after),
            (None, Some(after)) => {
                !super::document::is_empty(after) && *after != Value::Bool(false)
            }
            _ => false,
        };
        if changed {
            return Err(Problem::immutable(&format!("{prefix}.{member}")));
        }
    }
    let (before, after) = (owned(existing, "/osSKU"), owned(draft, "/osSKU"));
    let family = |sku: &str| sku.starts_with("Ubuntu") || sku.starts_with("AzureLinux");
    if before != after && !(family(&before) && family(&after)) {
        // Spelled this way in cilium/cilium issue 25944.
        return Err(Problem::immutable(&format!("{prefix}.OSSKU")));
    }
    Ok(())
}

fn network(existing: &Value, draft: &Value) -> Result<(), Problem> {
    let pair = |member: &str| {
        let pointer = format!("/properties/networkProfile/{member}");
        (owned(existing, &pointer), owned(draft, &pointer))
    };
    let overlay = pair("networkPluginMode").1 == "overlay";
    let allowed = |member: &str, before: &str, after: &str| match member {
        "networkPlugin" => (before, after, overlay) == ("kubenet", "azure", true),
        "networkPluginMode" | "podCidr" => before.is_empty(),
        "networkDataplane" => matches!((before, after), ("" | "azure", _)),
        "networkPolicy" => {
            matches!((before, after), ("" | "none", _) | (_, "none")) && before != "cilium"
                || matches!((before, after), ("azure" | "calico", "cilium"))
        }
        _ => false,
    };
    for member in [
        "networkPlugin",
        "networkPluginMode",
        "networkDataplane",
        "networkPolicy",
        "podCidr",
    ] {
        let (before, after) = pair(member);
        if before != after && !allowed(member, &before, &after) {
            return Err(Problem::immutable(&format!("networkProfile.{member}")));
        }
    }
    Ok(())
}

fn turned_off(existing: &Value, draft: &Value, path: &str) -> bool {
    let pointer = format!("/properties/{path}");
    on(existing, &pointer) && !on(draft, &pointer)
}

/// A managed identity does not go back to a service principal.
fn identity_leaves(existing: &Value, draft: &Value) -> bool {
    let managed = |cluster| text(cluster, "/identity/type").is_some_and(|kind| kind != "None");
    managed(existing) && !managed(draft)
}

fn same(before: &Value, after: &Value) -> bool {
    // Zones are a set: a recorded cluster answered `["3", "2", "1"]`.
    if let (Value::Array(before), Value::Array(after)) = (before, after) {
        return before.len() == after.len() && before.iter().all(|item| after.contains(item));
    }
    match (before.as_str(), after.as_str()) {
        (Some(before), Some(after)) => before.eq_ignore_ascii_case(after),
        _ => match (before.as_f64(), after.as_f64()) {
            (Some(before), Some(after)) => (before - after).abs() < f64::EPSILON,
            _ => before == after,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::rules::tests::{sound, with};
    use super::*;

    #[test]
    fn nothing_changed_is_allowed() {
        assert_eq!(check(&sound(), &sound()), Ok(()));
    }

    #[test]
    fn a_fixed_property_names_itself() {
        let verdict = check(&sound(), &with("", "dnsPrefix", "other"));

        assert_eq!(verdict, Err(Problem::immutable("dnsPrefix")));
    }

    #[test]
    fn the_issuer_stays_on() {
        let verdict = check(&sound(), &with("oidcIssuerProfile", "enabled", false));

        assert_eq!(
            verdict,
            Err(Problem::immutable("oidcIssuerProfile.enabled"))
        );
    }

    #[test]
    fn the_policy_none_leads_to_any_other_and_cilium_to_none() {
        let open = with("networkProfile", "networkPolicy", "none");

        let installed = check(&open, &sound());
        let removed = check(&sound(), &open);

        assert_eq!(installed, Ok(()));
        assert_eq!(
            removed,
            Err(Problem::immutable("networkProfile.networkPolicy"))
        );
    }

    #[test]
    fn a_pool_keeps_its_size_and_changes_its_count() {
        let before = json!({ "vmSize": "Standard_D4ds_v5", "count": 3, "osSKU": "Ubuntu" });
        let larger = json!({ "vmSize": "Standard_D8ds_v5", "count": 3, "osSKU": "Ubuntu" });
        let more = json!({ "vmSize": "standard_d4ds_v5", "count": 5, "osSKU": "AzureLinux" });

        let prefix = "agentPoolProfile";
        let refusal = Problem::immutable("agentPoolProfile.vmSize");
        assert_eq!(check_pool(&before, &larger, prefix), Err(refusal));
        assert_eq!(check_pool(&before, &more, prefix), Ok(()));
    }
}
