//! Resources without behaviour of their own, over their whole life.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{GROUP, start};

/// A type, what is sent of its properties, what they are beside ids and state, its id and the state of a write (if it has
/// them), and how a write and a deletion answer (published models and references of the network and Log Analytics APIs).
type Row = (
    &'static str,
    Value,
    Value,
    &'static str,
    &'static str,
    (u16, u16),
);

fn rows() -> [Row; 9] {
    [
        (
            "Microsoft.Network/routeTables",
            json!({ "disableBgpRoutePropagation": true, "later": 1 }),
            json!({ "disableBgpRoutePropagation": true, "routes": [], "later": 1 }),
            "resourceGuid",
            "Updating",
            (201, 202),
        ),
        (
            "Microsoft.Network/publicIPAddresses",
            json!({ "publicIPAllocationMethod": "Static" }),
            json!({
                "publicIPAddressVersion": "IPv4",
                "publicIPAllocationMethod": "Static",
                "idleTimeoutInMinutes": 4,
                "ipTags": [],
            }),
            "resourceGuid",
            "Updating",
            (201, 202),
        ),
        (
            "Microsoft.OperationalInsights/workspaces",
            json!({ "retentionInDays": 90 }),
            json!({
                "sku": { "name": "PerGB2018" },
                "retentionInDays": 90,
                "publicNetworkAccessForIngestion": "Enabled",
                "publicNetworkAccessForQuery": "Enabled",
            }),
            "customerId",
            "Succeeded",
            (201, 200),
        ),
        (
            "Microsoft.Network/applicationSecurityGroups",
            json!({}),
            json!({}),
            "resourceGuid",
            "Updating",
            (201, 202),
        ),
        (
            "Microsoft.Network/publicIPPrefixes",
            json!({ "prefixLength": 28 }),
            json!({ "publicIPAddressVersion": "IPv4", "ipTags": [], "prefixLength": 28 }),
            "resourceGuid",
            "Updating",
            (201, 202),
        ),
        (
            "Microsoft.Network/natGateways",
            json!({ "idleTimeoutInMinutes": 10 }),
            json!({ "idleTimeoutInMinutes": 10 }),
            "resourceGuid",
            "Updating",
            (201, 202),
        ),
        (
            "Microsoft.Network/networkSecurityGroups",
            json!({}),
            json!({ "securityRules": [] }),
            "resourceGuid",
            "Updating",
            (201, 202),
        ),
        (
            "Microsoft.Compute/capacityReservationGroups",
            json!({}),
            json!({}),
            "",
            "",
            (201, 200),
        ),
        (
            "Microsoft.Compute/proximityPlacementGroups",
            json!({}),
            json!({ "proximityPlacementGroupType": "Standard" }),
            "",
            "",
            (201, 200),
        ),
    ]
}

#[test]
fn what_was_sent_is_kept_and_the_rest_computed() {
    for (kind, sent, kept, own, under_way, (created, deleted)) in rows() {
        let (simulator, client) = start();
        let settle = || simulator.advance(Duration::from_secs(15));
        let list = client.id(&format!("{GROUP}/providers/{kind}"));
        let path = format!("{list}/one");
        let body = json!({ "location": "westeurope", "zones": ["1"], "properties": sent });

        let missing = client.get(&path);
        let made = client.put(&path, body.clone());
        settle();
        let read = client.get(&path).json();
        let patched = client.call("PATCH", &path, Some(json!({ "tags": { "a": "b" } })));
        let again = client.put(&path, body);
        settle();
        let listed = client.get(&list).json();
        let of_all = client.get(&client.id(&format!("/providers/{kind}"))).json();
        let removed = client.call("DELETE", &path, None);
        settle();
        let gone = client.call("DELETE", &path, None);

        let mut properties = read["properties"].clone();
        let id = properties.as_object_mut().unwrap().remove(own);
        let state = properties
            .as_object_mut()
            .unwrap()
            .remove("provisioningState");
        assert_eq!(missing.code(), "ResourceNotFound", "{kind}");
        assert_eq!(made.status, created, "{kind}");
        assert_eq!(
            made.json()["properties"]["provisioningState"].as_str(),
            (!under_way.is_empty()).then_some(under_way),
            "{kind}"
        );
        assert_eq!(
            (properties, state),
            (kept, (!under_way.is_empty()).then(|| json!("Succeeded"))),
            "{kind}"
        );
        assert_eq!(
            (&read["id"], &read["name"], &read["type"], &read["zones"]),
            (&json!(path), &json!("one"), &json!(kind), &json!(["1"]))
        );
        assert_eq!(patched.json()["tags"], json!({ "a": "b" }), "{kind}");
        assert_eq!(again.status, 200, "{kind}");
        assert_eq!(id.is_some(), !own.is_empty(), "{kind}");
        assert_eq!(again.json()["properties"].get(own), id.as_ref(), "{kind}");
        assert_eq!(listed, json!({ "value": [read] }), "{kind}");
        assert_eq!(of_all, listed, "{kind}");
        assert_eq!((removed.status, gone.status), (deleted, 204), "{kind}");
        assert_eq!(client.get(&path).status, 404, "{kind}");
    }
}

#[test]
fn what_a_subnet_names_cannot_be_deleted() {
    let (simulator, client) = start();
    let network = client.id(&format!("{GROUP}/providers/Microsoft.Network"));
    let table = format!("{network}/routeTables/rt");
    let route = json!({ "name": "out", "properties": { "addressPrefix": "0.0.0.0/0" } });
    client.put(
        &table,
        json!({ "location": "westeurope", "properties": { "routes": [route] } }),
    );
    let gateway = format!("{network}/natGateways/nat");
    let group = format!("{network}/networkSecurityGroups/nsg");
    for path in [&gateway, &group] {
        client.put(path, json!({ "location": "westeurope" }));
    }
    client.put(
        &format!("{network}/virtualNetworks/v"),
        json!({ "location": "westeurope", "properties": {
            "addressSpace": { "addressPrefixes": ["10.0.0.0/16"] },
            "subnets": [{ "name": "s", "properties": {
                "addressPrefix": "10.0.0.0/24",
                "routeTable": { "id": table },
                "natGateway": { "id": gateway },
                "networkSecurityGroup": { "id": group },
            } }],
        } }),
    );
    simulator.advance(Duration::from_secs(15));

    let read = client.get(&format!("{table}/routes/out"));
    let refused = [&table, &gateway, &group].map(|path| {
        let answer = client.call("DELETE", path, None);
        (answer.status, answer.code())
    });

    assert_eq!(read.json()["id"], format!("{table}/routes/out"));
    assert_eq!(
        refused,
        [
            (400, "InUseRouteTableCannotBeDeleted".to_owned()),
            (400, "InUseNatGatewayCannotBeDeleted".to_owned()),
            (400, "InUseNetworkSecurityGroupCannotBeDeleted".to_owned()),
        ]
    );
}

#[test]
fn a_workspace_has_two_keys() {
    let (_simulator, client) = start();
    let kind = "Microsoft.OperationalInsights/workspaces";
    let path = client.id(&format!("{GROUP}/providers/{kind}/law"));
    client.put(&path, json!({ "location": "westeurope" }));

    let keys = client.call("POST", &format!("{path}/sharedKeys"), None);
    let own = keys.json();

    assert_eq!(keys.status, 200);
    assert!(own["primarySharedKey"].is_string());
    assert!(own["secondarySharedKey"].is_string());
    assert_ne!(own["primarySharedKey"], own["secondarySharedKey"]);
}
