//! Answers in Resource Manager's own shape. Texts are the ones the service was seen to write.

use serde_json::{Value, json};

use super::exchange::{Body, Response};

/// An error the front door itself found; it says so in a header.
pub(super) fn gateway_error(status: u16, code: &str, message: impl Into<String>) -> Response {
    let mut response = service_error(status, code, message);
    response
        .headers
        .push(("x-ms-failure-cause".into(), "gateway".into()));
    response
}

/// An error of a service that writes in the front door's shape.
pub(super) fn service_error(status: u16, code: &str, message: impl Into<String>) -> Response {
    ok(
        status,
        json!({ "error": { "code": code, "message": message.into() } }),
    )
}

/// An answer with a body.
pub(super) fn ok(status: u16, body: Value) -> Response {
    Response {
        status,
        headers: Vec::new(),
        body: Body::Gateway(body),
    }
}

/// An answer without a body.
pub(super) fn empty(status: u16) -> Response {
    Response {
        status,
        headers: Vec::new(),
        body: Body::Empty,
    }
}

pub(super) fn resource_not_found(resource_type: &str, name: &str, group: &str) -> Response {
    let message = format!(
        "The Resource '{resource_type}/{name}' under resource group '{group}' was not found. For \
         more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    gateway_error(404, "ResourceNotFound", message)
}

pub(super) fn resource_group_not_found(name: &str) -> Response {
    let message = format!("Resource group '{name}' could not be found.");
    gateway_error(404, "ResourceGroupNotFound", message)
}

impl Response {
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}
