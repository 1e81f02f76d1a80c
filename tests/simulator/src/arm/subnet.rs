//! Subnets as documents, and where their address ranges may lie.

use ipnet::IpNet;
use serde_json::{Value, json};

use super::error::service_error;
use super::exchange::Response;

pub(super) fn subnet_document(network: &str, name: &str, body: &Value, etag: &str) -> Value {
    let mut properties = json!({
        "provisioningState": "Updating",
        "delegations": [],
        "privateEndpointNetworkPolicies": "Disabled",
        "privateLinkServiceNetworkPolicies": "Enabled",
    });
    let sent = body.get("properties").and_then(Value::as_object);
    if let (Some(properties), Some(sent)) = (properties.as_object_mut(), sent) {
        for (name, value) in sent.iter().filter(|(name, _)| *name != "provisioningState") {
            properties.insert(name.clone(), value.clone());
        }
    }
    json!({
        "name": name,
        "id": format!("{network}/subnets/{name}"),
        "etag": etag,
        "properties": properties,
        "type": "Microsoft.Network/virtualNetworks/subnets",
    })
}

pub(super) fn bad_prefix(prefixes: &Value, network: &str) -> Option<Response> {
    let bad = ranges(prefixes)
        .into_iter()
        .find(|(_, range)| range.is_none());
    bad.map(|(text, _)| {
        let text = format!("The address prefix {text} in resource {network} is invalid.");
        service_error(400, "InvalidAddressPrefixFormat", text)
    })
}

/// A subnet must lie within its network and beside its siblings.
pub(super) fn misplaced(
    subnet: &Value,
    prefixes: &Value,
    siblings: &[Value],
    network: &str,
) -> Option<Response> {
    let name = subnet
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let space: Vec<IpNet> = ranges(prefixes)
        .into_iter()
        .filter_map(|(_, range)| range)
        .collect();
    let taken: Vec<IpNet> = siblings
        .iter()
        .flat_map(subnet_ranges)
        .filter_map(|(_, range)| range)
        .collect();
    for (text, range) in subnet_ranges(subnet) {
        let Some(range) = range else {
            let text = format!("The address prefix {text} in resource {name} is invalid.");
            return Some(service_error(400, "InvalidAddressPrefixFormat", text));
        };
        if !space.iter().any(|outer| outer.contains(&range)) {
            let text = format!(
                "Subnet '{name}' is not valid because its IP address range is outside the IP \
                 address range of virtual network '{network}'."
            );
            return Some(service_error(400, "NetcfgInvalidSubnet", text));
        }
        if taken
            .iter()
            .any(|other| other.contains(&range) || range.contains(other))
        {
            let text = format!(
                "Subnet '{name}' is not valid because its IP address range overlaps with that of \
                 an existing subnet in virtual network '{network}'."
            );
            return Some(service_error(400, "NetcfgSubnetRangesOverlap", text));
        }
    }
    None
}

fn subnet_ranges(subnet: &Value) -> Vec<(String, Option<IpNet>)> {
    let at = |pointer| subnet.pointer(pointer).cloned().unwrap_or_default();
    let mut all = ranges(&at("/properties/addressPrefixes"));
    all.extend(ranges(&json!([at("/properties/addressPrefix")])));
    all
}

/// The texts of a list and the ranges they spell: one with host bits set spells none.
fn ranges(list: &Value) -> Vec<(String, Option<IpNet>)> {
    let texts = list
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    texts
        .map(|text| {
            let range = text
                .parse::<IpNet>()
                .ok()
                .filter(|range| range.trunc() == *range);
            (text.to_owned(), range)
        })
        .collect()
}

pub(super) fn is_named(subnet: &Value, name: &str) -> bool {
    let own = subnet.get("name").and_then(Value::as_str);
    own.is_some_and(|own| own.eq_ignore_ascii_case(name))
}
