//! The words Azure uses for states. Only three of them are final, and new ones appear.

use serde_json::Value;

use crate::azure::error::{Body, OperationFailure};

/// A state of an operation or of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum State {
    Succeeded,
    Failed,
    Canceled,
    /// Anything else means that work goes on: since 2025 AKS also sends free text such as `ReconcilingDNS`.
    Working(String),
}

impl State {
    pub(super) fn parse(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "succeeded" => Self::Succeeded,
            "failed" => Self::Failed,
            "canceled" | "cancelled" => Self::Canceled,
            _ => Self::Working(word.to_owned()),
        }
    }

    pub(super) fn is_terminal(&self) -> bool {
        !matches!(self, Self::Working(_))
    }

    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
            Self::Working(word) => word,
        }
    }
}

/// The state in the body of an operation's status address. An `error` beside it means nothing unless the state
/// is `Failed`: AKS sends one along with `InProgress` and even `Succeeded`.
pub(super) fn operation_state(body: &Value) -> Option<State> {
    Some(State::parse(body.get("status")?.as_str()?))
}

/// The state in a resource's body.
pub(super) fn provisioning_state(body: &[u8]) -> Option<State> {
    resource_state(&serde_json::from_slice(body).ok()?)
}

/// The state in a resource's body.
pub(super) fn resource_state(body: &Value) -> Option<State> {
    Some(State::parse(
        body.pointer("/properties/provisioningState")?.as_str()?,
    ))
}

/// What a failed operation's body says.
pub(super) fn operation_failure(state: &State, body: &Value, resource: &str) -> OperationFailure {
    let error = body.get("error").unwrap_or(&Value::Null);
    failure(state, error, resource)
}

/// What a failed resource's body says, in `properties.status.provisioningError` (API 2026-05-01).
pub(super) fn resource_failure(state: &State, body: &Value, resource: &str) -> OperationFailure {
    let error = body
        .pointer("/properties/status/provisioningError")
        .unwrap_or(&Value::Null);
    failure(state, error, resource)
}

fn failure(state: &State, error: &Value, resource: &str) -> OperationFailure {
    let body = Body::of(error);
    OperationFailure {
        status: state.as_str().to_owned(),
        code: body.code,
        message: body.message,
        details: body.details,
        resource: resource.to_owned(),
        correlation_id: None,
    }
}
