//! The AKS resource provider: none yet.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arm::exchange::{Moment, Request, Response};

/// The clusters.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Engine;

/// What the provider may ask other services.
pub struct World<'a> {
    /// A subnet by id.
    pub subnet: &'a dyn Fn(&str) -> Option<Value>,
    /// A user-assigned identity by id.
    pub identity: &'a dyn Fn(&str) -> Option<Value>,
    /// Whether a principal may do an action at a scope.
    pub has_role: &'a dyn Fn(&str, &str, &str) -> bool,
}

/// How an operation is to fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Error code.
    pub code: String,
    /// Error message.
    pub message: String,
    /// The cluster's state afterwards.
    pub resource_state: String,
    /// `create`, `update` or `delete`.
    pub on: String,
}

#[expect(
    clippy::unused_self,
    clippy::needless_pass_by_ref_mut,
    reason = "stands in for the engine"
)]
impl Engine {
    /// Answers a request.
    pub fn handle(&mut self, _: &Request, _: &mut Moment<'_>, _: &World<'_>) -> Option<Response> {
        None
    }

    /// Removes everything in a group.
    pub fn delete_resource_group(&mut self, _: &str, _: &str, _: &mut Moment<'_>) {}

    /// A resource as GET answers it.
    pub fn resource(&mut self, _: &str, _: &mut Moment<'_>) -> Option<Value> {
        None
    }

    /// Edits a resource.
    pub fn change(&mut self, _: &str, _: &mut dyn FnMut(&mut Value)) -> bool {
        false
    }

    /// All ids.
    pub fn resource_ids(&self) -> Vec<String> {
        Vec::new()
    }

    /// Makes the next operation fail.
    pub fn fail_next_operation(&mut self, _: Failure) {}
}
