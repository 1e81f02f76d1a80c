//! Virtual networks and subnets over their whole life.

use std::time::Duration;

use serde_json::json;

use crate::client::{GROUP, start};

#[test]
fn networks_and_subnets_are_written_in_operations() {
    let (simulator, client) = start();
    let vnet = client.id(&format!(
        "{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
    ));
    let subnet = format!("{vnet}/subnets/s");
    let space = json!({ "addressPrefixes": ["10.0.0.0/8"] });
    let settle = || simulator.advance(Duration::from_secs(15));

    let made = client.put(
        &vnet,
        json!({ "location": "westeurope", "properties": { "addressSpace": space } }),
    );
    let busy = client.put(
        &subnet,
        json!({ "properties": { "addressPrefix": "10.1.0.0/24" } }),
    );
    let operation = made.header("azure-asyncoperation").to_owned();
    let under_way = client.raw("GET", &operation, None).unwrap().json();
    settle();
    let done = client.raw("GET", &operation, None).unwrap().json();
    let inside = client.put(
        &subnet,
        json!({ "properties": { "addressPrefix": "10.1.0.0/24" } }),
    );
    settle();
    let read = client.get(&subnet).json();
    let removed = client.call("DELETE", &subnet, None);
    settle();
    let result = client.raw("GET", removed.header("location"), None).unwrap();
    let missing = client.get(&subnet);

    assert_eq!(made.status, 201);
    assert_eq!(made.json()["properties"]["provisioningState"], "Updating");
    assert_eq!(
        (busy.status, busy.code()),
        (429, "AnotherOperationInProgress".to_owned())
    );
    assert_eq!(under_way, json!({ "status": "InProgress" }));
    assert_eq!(done, json!({ "status": "Succeeded" }));
    assert_eq!(inside.status, 201);
    assert_eq!(read["properties"]["provisioningState"], "Succeeded");
    assert_eq!((removed.status, result.status), (202, 204));
    assert_eq!(
        (missing.status, missing.code()),
        (404, "NotFound".to_owned())
    );
}

#[test]
fn subnets_must_lie_inside_and_beside_each_other() {
    let (_simulator, client) = start();
    let vnet = client.id(&format!(
        "{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
    ));
    let with = |prefixes: &[&str]| {
        let subnets: Vec<_> = prefixes
            .iter()
            .enumerate()
            .map(|(index, prefix)| {
                json!({ "name": format!("s{index}"), "properties": { "addressPrefix": prefix } })
            })
            .collect();
        let space = json!({ "addressPrefixes": ["10.0.0.0/16"] });
        let properties = json!({ "addressSpace": space, "subnets": subnets });
        let answer = client.put(
            &vnet,
            json!({ "location": "westeurope", "properties": properties }),
        );
        (
            answer.status,
            if answer.status < 300 {
                String::new()
            } else {
                answer.code()
            },
        )
    };

    let outside = with(&["10.1.0.0/24"]);
    let overlapping = with(&["10.0.0.0/24", "10.0.0.128/25"]);
    let host_bits = with(&["10.0.0.1/24"]);
    let fine = with(&["10.0.0.0/24", "10.0.1.0/24"]);

    assert_eq!(outside, (400, "NetcfgInvalidSubnet".to_owned()));
    assert_eq!(overlapping, (400, "NetcfgSubnetRangesOverlap".to_owned()));
    assert_eq!(host_bits, (400, "InvalidAddressPrefixFormat".to_owned()));
    assert_eq!(fine, (201, String::new()));
}

/// azurerm 5.2.0 plans by what it reads back (its networks never settled without).
#[test]
fn a_network_keeps_what_was_written() {
    let (simulator, client) = start();
    let vnet = client.id(&format!(
        "{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
    ));
    let settings = json!({
        "dhcpOptions": { "dnsServers": ["10.0.0.4"] },
        "flowTimeoutInMinutes": 10,
        "encryption": { "enabled": true, "enforcement": "AllowUnencrypted" },
    });
    let mut properties = settings.clone();
    properties["addressSpace"] = json!({ "addressPrefixes": ["10.0.0.0/8"] });
    let body = json!({ "location": "westeurope", "properties": properties });

    let made = client.put(&vnet, body);
    simulator.advance(Duration::from_secs(15));
    let read = client.get(&vnet).json();

    assert_eq!(made.status, 201);
    for (name, value) in settings.as_object().unwrap() {
        assert_eq!(&read["properties"][name], value, "{name}");
    }
    assert_eq!(
        read["properties"]["privateEndpointVNetPolicies"],
        "Disabled"
    );
}
