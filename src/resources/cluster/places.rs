//! Which attribute of a cluster a property of Azure's stands for.

use crate::{resources::refusals::Places, value::Path};

/// The attributes of a cluster.
pub(super) struct ClusterPlaces;

/// Properties as AKS names them in `target`, with or without `properties.`, and the attribute
/// each is written as; the first that the target begins with counts.
const PROPERTIES: [(&str, &[&str]); 20] = [
    ("networkprofile.networkpolicy", &["network", "policy"]),
    ("networkprofile.networkdataplane", &["network", "policy"]),
    ("networkprofile.networkplugin", &["network", "mode"]),
    ("networkprofile.podcidr", &["network", "pod_cidr"]),
    ("networkprofile.servicecidr", &["network", "service_cidr"]),
    (
        "networkprofile.dnsserviceip",
        &["network", "dns_service_ip"],
    ),
    ("networkprofile", &["network"]),
    (
        "apiserveraccessprofile.authorizedipranges",
        &["api_server", "authorized_ip_ranges"],
    ),
    ("apiserveraccessprofile", &["api_server"]),
    ("agentpoolprofile", &["system_pool"]),
    ("agentpool", &["system_pool"]),
    ("aadprofile", &["entra"]),
    ("disablelocalaccounts", &["local_accounts"]),
    ("kubernetesversion", &["kubernetes_version"]),
    ("orchestratorversion", &["kubernetes_version"]),
    ("autoupgradeprofile", &["automatic_upgrade_channel"]),
    ("oidcissuerprofile", &["oidc_issuer"]),
    ("securityprofile", &["workload_identity"]),
    ("supportplan", &["support_plan"]),
    ("sku.tier", &["tier"]),
];

/// Codes that are about one attribute, whatever their target says.
const CODES: [(&str, &[&str]); 17] = [
    ("ResourceGroupNotFound", &["resource_group_name"]),
    ("K8sVersionNotSupported", &["kubernetes_version"]),
    ("AgentPoolK8sVersionNotSupported", &["kubernetes_version"]),
    ("QuotaExceeded", &["system_pool", "vm_size"]),
    ("ErrCode_InsufficientVCPUQuota", &["system_pool", "vm_size"]),
    ("SkuNotAvailable", &["system_pool", "vm_size"]),
    ("VMSizeNotSupported", &["system_pool", "vm_size"]),
    ("AvailabilityZoneNotSupported", &["system_pool", "zones"]),
    ("InsufficientSubnetSize", &["system_pool", "subnet_id"]),
    ("SubnetNotFound", &["system_pool", "subnet_id"]),
    ("LinkedInvalidPropertyId", &["system_pool", "subnet_id"]),
    ("FailedIdentityOperation", &["identity", "identity_id"]),
    ("LinkedAuthorizationFailed", &["system_pool", "subnet_id"]),
    ("LocationNotAvailableForResourceType", &["location"]),
    ("InvalidResourceLocation", &["location"]),
    ("RequestDisallowedByPolicy", &[]),
    ("OnlySupportedOnUserAssignedMSICluster", &["identity"]),
];

/// How texts begin that name no property and come with a code that says nothing (`BadRequest`).
const TEXTS: [(&str, &[&str]); 1] = [("The VM size of ", &["system_pool", "vm_size"])];

fn path_of(steps: &[&str]) -> Path {
    let steps = steps.iter();
    steps.fold(Path::root(), |path, step| path.join_attribute(step))
}

impl Places for ClusterPlaces {
    fn place(&self, target: Option<&str>, code: Option<&str>) -> Path {
        let by_code = code.and_then(|code| {
            CODES
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(code))
        });
        let target = target.unwrap_or_default().to_ascii_lowercase();
        let target = target.trim_start_matches("properties.");
        let by_target = || PROPERTIES.iter().find(|(name, _)| target.starts_with(name));
        let steps = by_code
            .or_else(by_target)
            .map_or(&[] as &[&str], |(_, steps)| steps);
        path_of(steps)
    }

    fn place_of_text(&self, text: &str) -> Path {
        let found = TEXTS.iter().find(|(start, _)| text.starts_with(start));
        found.map_or_else(Path::root, |(_, steps)| path_of(steps))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_property_is_told_on_its_attribute() {
        let places = [
            (
                Some("networkProfile.networkPlugin"),
                Some("PropertyChangeNotAllowed"),
            ),
            (
                Some("properties.apiServerAccessProfile.authorizedIPRanges[0]"),
                None,
            ),
            (None, Some("QuotaExceeded")),
            (Some("somethingNew"), Some("BadRequest")),
        ]
        .map(|(target, code)| ClusterPlaces.place(target, code).to_string());

        let by_text = ClusterPlaces.place_of_text("The VM size of Standard_X is not allowed");
        assert_eq!(by_text.to_string(), "system_pool.vm_size");
        assert_eq!(
            places,
            [
                "network.mode",
                "api_server.authorized_ip_ranges",
                "system_pool.vm_size",
                ""
            ]
        );
    }
}
