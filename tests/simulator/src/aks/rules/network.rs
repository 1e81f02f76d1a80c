//! Which network plugins, policies, data planes and ranges go together.

use std::net::Ipv4Addr;

use ipnet::Ipv4Net;
use serde_json::Value;

use super::super::answer::Problem;
use super::super::document::{integer, text};

/// Refuses networks that cannot work.
pub(super) fn check(draft: &Value) -> Result<(), Problem> {
    let Some(network) = draft.pointer("/properties/networkProfile") else {
        return Ok(());
    };
    words(network)?;
    combinations(network)?;
    let addresses = integer(network, "/loadBalancerProfile/managedOutboundIPs/count");
    if let Some(count) = addresses.filter(|count| !(1..=100).contains(count)) {
        return Err(Problem::parameter(
            "networkProfile.loadBalancerProfile.managedOutboundIPs.count",
            format!("The value {count} is not within 1 and 100."),
        ));
    }
    ranges(network)
}

fn words(network: &Value) -> Result<(), Problem> {
    for (member, words) in [
        ("networkPlugin", ["azure", "kubenet", "none"].as_slice()),
        ("networkPluginMode", &["overlay"]),
        ("networkPolicy", &["none", "azure", "calico", "cilium"]),
        ("networkDataplane", &["azure", "cilium"]),
        ("loadBalancerSku", &["standard", "basic"]),
        (
            "outboundType",
            &[
                "loadBalancer",
                "userDefinedRouting",
                "managedNATGateway",
                "userAssignedNATGateway",
                "none",
                "block",
            ],
        ),
    ] {
        if let Some(word) = text(network, &format!("/{member}"))
            && !words.contains(&word)
        {
            return Err(Problem::parameter(
                &format!("networkProfile.{member}"),
                format!(
                    "The value '{word}' is not supported; supported values are {}.",
                    words.join(", ")
                ),
            ));
        }
    }
    Ok(())
}

fn combinations(network: &Value) -> Result<(), Problem> {
    let is = |member: &str, word: &str| text(network, &format!("/{member}")) == Some(word);
    let refuse = |member: &str, message: &str| {
        Err(Problem::parameter(
            &format!("networkProfile.{member}"),
            message,
        ))
    };
    let overlay = is("networkPluginMode", "overlay");
    let cilium = is("networkDataplane", "cilium");
    if overlay && !is("networkPlugin", "azure") {
        return refuse(
            "networkPluginMode",
            "Overlay requires the network plugin 'azure'.",
        );
    }
    if cilium && !is("networkPlugin", "azure") {
        return refuse(
            "networkDataplane",
            "The cilium network dataplane requires the network plugin 'azure'.",
        );
    }
    if cilium && !is("networkPolicy", "cilium") {
        // Text of Azure/AKS-Construction issue 535.
        return Err(Problem::provider(
            400,
            "BadRequest",
            "Cilium dataplane requires network policy cilium.",
        )
        .with_subcode("CiliumDataplaneRequiresNetworkPolicyCilium", Value::Null)
        .at("networkProfile.networkPolicy"));
    }
    if is("networkPolicy", "cilium") && !cilium {
        return refuse(
            "networkPolicy",
            "The network policy 'cilium' requires the network dataplane 'cilium'.",
        );
    }
    if is("networkPolicy", "azure") && !is("networkPlugin", "azure") {
        return refuse(
            "networkPolicy",
            "The network policy 'azure' requires the network plugin 'azure'.",
        );
    }
    if is("networkPolicy", "calico") && is("networkPlugin", "none") {
        return refuse(
            "networkPolicy",
            "The network policy 'calico' requires the network plugin 'azure' or 'kubenet'.",
        );
    }
    if is("networkPlugin", "azure") && !overlay && text(network, "/podCidr").is_some() {
        return refuse(
            "podCidr",
            "A pod CIDR with the network plugin 'azure' requires the overlay mode.",
        );
    }
    Ok(())
}

fn ranges(network: &Value) -> Result<(), Problem> {
    let pods = range(network, "podCidr")?;
    let services = range(network, "serviceCidr")?;
    if let (Some(pods), Some(services)) = (pods, services)
        && (pods.contains(&services) || services.contains(&pods))
    {
        return Err(Problem::parameter(
            "networkProfile.serviceCIDR",
            format!("The service CIDR {services} overlaps with the pod CIDR {pods}."),
        ));
    }
    let (Some(address), Some(services)) = (text(network, "/dnsServiceIP"), services) else {
        return Ok(());
    };
    let target = "networkProfile.dnsServiceIP";
    let parsed: Ipv4Addr = address.parse().map_err(|_| {
        Problem::parameter(
            target,
            format!("The DNS service IP '{address}' is not an IPv4 address."),
        )
    })?;
    if !services.contains(&parsed) {
        return Err(Problem::parameter(
            target,
            format!("The DNS service IP {address} is not within the service CIDR {services}."),
        ));
    }
    // The first address belongs to the service `kubernetes`.
    let position = u32::from(parsed) - u32::from(services.network());
    if position <= 1 || parsed == services.broadcast() {
        return Err(Problem::parameter(
            target,
            format!("The DNS service IP {address} is reserved in the service CIDR {services}."),
        ));
    }
    Ok(())
}

fn range(network: &Value, member: &str) -> Result<Option<Ipv4Net>, Problem> {
    let Some(sent) = text(network, &format!("/{member}")) else {
        return Ok(None);
    };
    let refuse = |why: &str| {
        Problem::parameter(
            &format!("networkProfile.{member}"),
            format!("The CIDR '{sent}' {why}."),
        )
    };
    let parsed: Ipv4Net = sent.parse().map_err(|_| refuse("is not valid"))?;
    if parsed.addr() != parsed.network() {
        return Err(refuse("has host bits set"));
    }
    Ok(Some(parsed))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{sound, with};
    use super::*;

    fn refusal(member: &str, message: &str) -> Result<(), Problem> {
        Err(Problem::parameter(
            &format!("networkProfile.{member}"),
            message,
        ))
    }

    #[test]
    fn the_cilium_policy_needs_its_data_plane() {
        let verdict = check(&with("networkProfile", "networkDataplane", "azure"));

        let message = "The network policy 'cilium' requires the network dataplane 'cilium'.";
        assert_eq!(verdict, refusal("networkPolicy", message));
    }

    #[test]
    fn the_cilium_data_plane_needs_its_policy() {
        let verdict = check(&with("networkProfile", "networkPolicy", "none"));

        let message = "Cilium dataplane requires network policy cilium.";
        let refusal = Problem::provider(400, "BadRequest", message)
            .with_subcode("CiliumDataplaneRequiresNetworkPolicyCilium", Value::Null)
            .at("networkProfile.networkPolicy");
        assert_eq!(verdict, Err(refusal));
    }

    #[test]
    fn the_dns_service_is_inside_the_service_range_and_not_first() {
        let outside = check(&with("networkProfile", "dnsServiceIP", "10.9.0.10"));
        let first = check(&with("networkProfile", "dnsServiceIP", "10.0.0.1"));

        let message = "The DNS service IP 10.9.0.10 is not within the service CIDR 10.0.0.0/16.";
        assert_eq!(outside, refusal("dnsServiceIP", message));
        let message = "The DNS service IP 10.0.0.1 is reserved in the service CIDR 10.0.0.0/16.";
        assert_eq!(first, refusal("dnsServiceIP", message));
    }

    #[test]
    fn services_and_pods_do_not_share_addresses() {
        let verdict = check(&with("networkProfile", "podCidr", "10.0.0.0/8"));

        let message = "The service CIDR 10.0.0.0/16 overlaps with the pod CIDR 10.0.0.0/8.";
        assert_eq!(verdict, refusal("serviceCIDR", message));
    }

    #[test]
    fn an_unknown_plugin_is_refused_and_the_sound_one_is_not() {
        let verdict = check(&with("networkProfile", "networkPlugin", "flannel"));

        let message = "The value 'flannel' is not supported; supported values are azure, kubenet, \
                       none.";
        assert_eq!(verdict, refusal("networkPlugin", message));
        assert_eq!(check(&sound()), Ok(()));
    }
}
