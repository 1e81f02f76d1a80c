//! `Microsoft.Resources/resourceGroups`: read only, since a cluster lives in a group that others own.

use std::collections::BTreeMap;

use super::ResourceId;
use super::model::model;
use crate::azure::request::{Method, Request};

const API_VERSION: &str = "2025-04-01";

model! {
    /// A resource group.
    ResourceGroup {
        id: String = "id",
        name: String = "name",
        location: String = "location",
        tags: BTreeMap<String, String> = "tags",
    }
}

/// Reads a resource group.
pub fn get(id: &ResourceId) -> Request {
    Request::on(Method::Get, id, API_VERSION)
}
