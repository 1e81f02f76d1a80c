//! What AKS fills in of a network.

use serde_json::{Value, json};

use super::canonical;
use crate::aks::document::{child, fill, items, on, owned, put, remove, text};

/// Defaults of `networkProfile`: overlay since 2024-11, policy `none` since API 2024-05-01.
pub(super) fn fill_in(network: &mut Value) {
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
    // Recorded network_acns: both parts follow the whole unless sent.
    if let Some(advanced) = network.get_mut("advancedNetworking") {
        let enabled = on(advanced, "/enabled");
        fill(child(advanced, "observability"), "enabled", enabled);
        let security = child(advanced, "security");
        fill(security, "enabled", enabled && cilium);
        // Recorded async_status_named_phases_2025; a year before it was not answered.
        if on(security, "/enabled") {
            fill(security, "advancedNetworkPolicies", "FQDN");
        } else {
            remove(security, "advancedNetworkPolicies");
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(mut network: Value) -> Value {
        fill_in(&mut network);
        network
    }

    #[test]
    fn a_flat_network_has_no_pod_range() {
        let network = filled(json!({ "networkPlugin": "azure" }));

        assert_eq!(
            (network.get("podCidr"), network.get("podCidrs")),
            (None, None)
        );
    }

    #[test]
    fn the_dns_service_is_the_tenth_address_of_its_range() {
        let network = filled(json!({ "serviceCidr": "172.16.0.0/16" }));

        assert_eq!(network["dnsServiceIP"], "172.16.0.10");
        assert_eq!(network["serviceCidrs"], json!(["172.16.0.0/16"]));
    }

    #[test]
    fn the_parts_of_advanced_networking_follow_the_whole() {
        let network = filled(json!({
            "networkDataplane": "cilium",
            "advancedNetworking": { "enabled": true, "observability": { "enabled": false } },
        }));

        assert_eq!(
            network["advancedNetworking"],
            json!({
                "enabled": true,
                "observability": { "enabled": false },
                "security": { "enabled": true, "advancedNetworkPolicies": "FQDN" },
            })
        );
    }

    #[test]
    fn a_managed_gateway_has_no_load_balancer_profile() {
        let network = filled(json!({ "outboundType": "managedNATGateway" }));

        assert_eq!(network.get("loadBalancerProfile"), None);
        assert_eq!(
            network["natGatewayProfile"],
            json!({ "idleTimeoutInMinutes": 4, "managedOutboundIPProfile": { "count": 1 } })
        );
    }
}
