//! Resource providers: a subscription must be registered for one before it can use it.

use super::model::model;
use super::{InvalidResourceId, ResourceId};
use crate::azure::request::{Method, Request};

const API_VERSION: &str = "2025-04-01";

model! {
    /// A provider as one subscription sees it.
    Provider {
        namespace: String = "namespace",
        registration_state: String = "registrationState",
    }
}

impl Provider {
    /// Whether the subscription may use it.
    pub fn is_registered(&self) -> bool {
        self.registration_state
            .as_deref()
            .is_some_and(|state| state.eq_ignore_ascii_case("Registered"))
    }
}

/// Reads whether a subscription is registered for a namespace.
pub fn get(subscription: &str, namespace: &str) -> Result<Request, InvalidResourceId> {
    Ok(Request::path(
        Method::Get,
        path(subscription, namespace)?,
        API_VERSION,
    ))
}

/// Registers a subscription for a namespace. Doing so twice changes nothing.
pub fn register(subscription: &str, namespace: &str) -> Result<Request, InvalidResourceId> {
    let path = format!("{}/register", path(subscription, namespace)?);
    Ok(Request::path(Method::Post, path, API_VERSION).repeatable())
}

fn path(subscription: &str, namespace: &str) -> Result<String, InvalidResourceId> {
    Ok(format!(
        "{}/providers/{namespace}",
        ResourceId::subscription_of(subscription)?
    ))
}
