//! `Microsoft.Network/virtualNetworks/subnets`: read only, to check what a pool is to be put into.

use super::ResourceId;
use super::model::model;
use crate::azure::request::{Method, Request};

const API_VERSION: &str = "2026-03-01";

model! {
    /// A subnet.
    Subnet {
        id: String = "id",
        name: String = "name",
        properties: Properties = "properties",
    }
}

model! {
    /// A subnet's addresses and what is attached to it.
    Properties {
        address_prefix: String = "addressPrefix",
        address_prefixes: Vec<String> = "addressPrefixes",
        route_table: Reference = "routeTable",
        provisioning_state: String = "provisioningState",
    }
}

model! {
    /// Another resource.
    Reference {
        id: String = "id",
    }
}

/// Reads a subnet.
pub fn get(id: &ResourceId) -> Request {
    Request::on(Method::Get, id, API_VERSION)
}
