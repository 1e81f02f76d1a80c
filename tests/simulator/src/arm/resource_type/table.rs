//! The types that have no behaviour of their own, a row each.

use serde_json::{Value, json};

/// A type of resources that is kept as sent, beside what its service computes.
pub(super) struct ResourceType {
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    /// Types of children, which are also listed under their name in the parent's properties.
    pub(super) children: &'static [&'static str],
    pub(super) writes: Writes,
    /// Code of the refusal to delete one that a subnet names, and what its text calls it.
    pub(super) in_use: Option<(&'static str, &'static str)>,
    /// Members of the properties that get a random id once.
    pub(super) ids: &'static [&'static str],
    /// Properties that are answered when they were not sent.
    pub(super) defaults: fn() -> Value,
    pub(super) actions: &'static [Action],
}

/// How writes go.
#[derive(PartialEq)]
pub(super) enum Writes {
    /// As operations; `provisioningState` tells of them.
    Operation,
    /// At once.
    AtOnce,
    /// At once, and the type has no `provisioningState`.
    Stateless,
}

/// What a POST answers.
pub(super) struct Action {
    pub(super) verb: &'static str,
    /// By the first of the resource's ids.
    pub(super) answer: fn(&str) -> Value,
}

/// Members are those of the published models of each service; the defaults are the ones that Azure's reference names for
/// properties that are left out. Unverified are that a workspace is written at once, and the codes and words of the refusal
/// to delete what a subnet names. The default rules of a network security group are not answered.
pub(super) const TYPES: [ResourceType; 9] = [
    ResourceType {
        namespace: "Microsoft.Network",
        name: "routeTables",
        children: &["routes"],
        writes: Writes::Operation,
        in_use: Some(("InUseRouteTableCannotBeDeleted", "Route table")),
        ids: &["resourceGuid"],
        defaults: || json!({ "disableBgpRoutePropagation": false, "routes": [] }),
        actions: &[],
    },
    ResourceType {
        namespace: "Microsoft.Network",
        name: "publicIPAddresses",
        children: &[],
        writes: Writes::Operation,
        in_use: None,
        ids: &["resourceGuid"],
        defaults: || {
            json!({
                "publicIPAddressVersion": "IPv4",
                "publicIPAllocationMethod": "Dynamic",
                "idleTimeoutInMinutes": 4,
                "ipTags": [],
            })
        },
        actions: &[],
    },
    ResourceType {
        namespace: "Microsoft.OperationalInsights",
        name: "workspaces",
        children: &[],
        writes: Writes::AtOnce,
        in_use: None,
        ids: &["customerId"],
        defaults: || {
            json!({
                "sku": { "name": "PerGB2018" },
                "retentionInDays": 30,
                "publicNetworkAccessForIngestion": "Enabled",
                "publicNetworkAccessForQuery": "Enabled",
            })
        },
        actions: &[Action {
            verb: "sharedKeys",
            answer: shared_keys,
        }],
    },
    ResourceType {
        namespace: "Microsoft.Network",
        name: "applicationSecurityGroups",
        children: &[],
        writes: Writes::Operation,
        in_use: None,
        ids: &["resourceGuid"],
        defaults: || json!({}),
        actions: &[],
    },
    ResourceType {
        namespace: "Microsoft.Network",
        name: "publicIPPrefixes",
        children: &[],
        writes: Writes::Operation,
        in_use: None,
        ids: &["resourceGuid"],
        defaults: || json!({ "publicIPAddressVersion": "IPv4", "ipTags": [] }),
        actions: &[],
    },
    ResourceType {
        namespace: "Microsoft.Network",
        name: "natGateways",
        children: &[],
        writes: Writes::Operation,
        in_use: Some(("InUseNatGatewayCannotBeDeleted", "NAT gateway")),
        ids: &["resourceGuid"],
        defaults: || json!({ "idleTimeoutInMinutes": 4 }),
        actions: &[],
    },
    ResourceType {
        namespace: "Microsoft.Network",
        name: "networkSecurityGroups",
        children: &["securityRules"],
        writes: Writes::Operation,
        in_use: Some((
            "InUseNetworkSecurityGroupCannotBeDeleted",
            "Network security group",
        )),
        ids: &["resourceGuid"],
        defaults: || json!({ "securityRules": [] }),
        actions: &[],
    },
    ResourceType {
        namespace: "Microsoft.Compute",
        name: "capacityReservationGroups",
        children: &[],
        writes: Writes::Stateless,
        in_use: None,
        ids: &[],
        defaults: || json!({}),
        actions: &[],
    },
    ResourceType {
        namespace: "Microsoft.Compute",
        name: "proximityPlacementGroups",
        children: &[],
        writes: Writes::Stateless,
        in_use: None,
        ids: &[],
        defaults: || json!({ "proximityPlacementGroupType": "Standard" }),
        actions: &[],
    },
];

fn shared_keys(customer: &str) -> Value {
    let key = |which: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("{which} key of {customer}"))
    };
    json!({ "primarySharedKey": key("primary"), "secondarySharedKey": key("secondary") })
}
