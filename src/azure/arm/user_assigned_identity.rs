//! `Microsoft.ManagedIdentity/userAssignedIdentities`: read only, to learn whom a role must be granted to.

use super::ResourceId;
use super::model::model;
use crate::azure::request::{Method, Request};

const API_VERSION: &str = "2024-11-30";

model! {
    /// An identity that lives apart from what uses it.
    UserAssignedIdentity {
        id: String = "id",
        name: String = "name",
        location: String = "location",
        properties: Properties = "properties",
    }
}

model! {
    /// Who the identity is.
    Properties {
        principal_id: String = "principalId",
        client_id: String = "clientId",
        tenant_id: String = "tenantId",
    }
}

/// Reads an identity.
pub fn get(id: &ResourceId) -> Request {
    Request::on(Method::Get, id, API_VERSION)
}
