//! The types that have no behaviour of their own, a row each.

use serde_json::{Value, json};

/// A type of resources that is kept as sent, beside what its service computes.
pub(super) struct ResourceType {
    pub(super) namespace: &'static str,
    pub(super) name: &'static str,
    /// Types of children, which are also listed under their name in the parent's properties.
    pub(super) children: &'static [&'static str],
    /// `provisioningState` while a write is under way, which takes an operation; `None` when writes are done at once.
    pub(super) under_way: Option<&'static str>,
    /// Members of the properties that get a random id once.
    pub(super) ids: &'static [&'static str],
    /// Properties that are answered when they were not sent.
    pub(super) defaults: fn() -> Value,
    pub(super) actions: &'static [Action],
}

/// What a POST answers.
pub(super) struct Action {
    pub(super) verb: &'static str,
    /// By the first of the resource's ids.
    pub(super) answer: fn(&str) -> Value,
}

/// Members and their defaults are those of the published models of each service (`azure-mgmt-network` 2026-03-01,
/// `azure-mgmt-loganalytics` 2025-07-01); that a workspace is written at once is unverified.
pub(super) const TYPES: [ResourceType; 3] = [
    ResourceType {
        namespace: "Microsoft.Network",
        name: "routeTables",
        children: &["routes"],
        under_way: Some("Updating"),
        ids: &["resourceGuid"],
        defaults: || json!({ "disableBgpRoutePropagation": false, "routes": [] }),
        actions: &[],
    },
    ResourceType {
        namespace: "Microsoft.Network",
        name: "publicIPAddresses",
        children: &[],
        under_way: Some("Updating"),
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
        under_way: None,
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
];

fn shared_keys(customer: &str) -> Value {
    let key = |which: &str| {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(format!("{which} key of {customer}"))
    };
    json!({ "primarySharedKey": key("primary"), "secondarySharedKey": key("secondary") })
}
