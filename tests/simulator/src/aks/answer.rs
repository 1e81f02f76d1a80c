//! What the engine answers: resources, refusals in the two shapes Azure uses, and nothing at all.

use serde_json::{Map, Value, json};

use crate::arm::exchange::{Body, Response};

/// A refusal, as the front door or the AKS resource provider writes it.
///
/// The front door wraps its errors in `{"error": ..}`; the resource provider does not
/// (recorded 400 `SystemPoolHasRestrictedTaint`, 404 `GetAgentPool_NotFound`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    status: u16,
    gateway: bool,
    code: String,
    message: String,
    target: Option<String>,
    subcode: String,
    details: Value,
}

impl Problem {
    /// A refusal by the front door.
    pub(crate) fn gateway(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            gateway: true,
            ..Self::provider(status, code, message)
        }
    }

    /// A refusal by the AKS resource provider.
    pub(crate) fn provider(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            gateway: false,
            code: code.to_owned(),
            message: message.into(),
            target: None,
            subcode: String::new(),
            details: Value::Null,
        }
    }

    /// A value the resource provider does not accept; `target` names the property.
    pub(crate) fn parameter(target: &str, message: impl Into<String>) -> Self {
        Self::provider(400, "InvalidParameter", message).at(target)
    }

    /// A property that cannot change on a living object.
    pub(crate) fn immutable(target: &str) -> Self {
        let message = format!("Changing property '{target}' is not allowed.");
        Self::provider(400, "PropertyChangeNotAllowed", message).at(target)
    }

    /// A resource the front door does not know.
    pub(crate) fn not_found(kind: &str, group: &str) -> Self {
        Self::gateway(
            404,
            "ResourceNotFound",
            format!(
                "The Resource 'Microsoft.ContainerService/{kind}' under resource group '{group}' \
                 was not found. For more details please go to \
                 https://aka.ms/ARMResourceNotFoundFix"
            ),
        )
    }

    /// Names the property the refusal is about.
    pub(crate) fn at(mut self, target: &str) -> Self {
        self.target = Some(target.to_owned());
        self
    }

    /// Adds the second code some refusals carry.
    pub(crate) fn with_subcode(mut self, subcode: &str, details: Value) -> Self {
        subcode.clone_into(&mut self.subcode);
        self.details = details;
        self
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        let mut error = Map::new();
        error.insert("code".to_owned(), problem.code.into());
        if problem.gateway {
            error.insert("message".to_owned(), problem.message.into());
            return Self {
                status: problem.status,
                headers: vec![("x-ms-failure-cause".to_owned(), "gateway".to_owned())],
                body: Body::Gateway(json!({ "error": error })),
            };
        }
        error.insert("details".to_owned(), problem.details);
        error.insert("message".to_owned(), problem.message.into());
        error.insert("subcode".to_owned(), problem.subcode.into());
        if let Some(target) = problem.target {
            error.insert("target".to_owned(), target.into());
        }
        Self {
            status: problem.status,
            headers: Vec::new(),
            body: Body::Provider(Value::Object(error)),
        }
    }
}

/// A body of the resource provider.
pub(crate) fn document(status: u16, headers: Vec<(String, String)>, body: Value) -> Response {
    Response {
        status,
        headers,
        body: Body::Provider(body),
    }
}

/// A status and headers alone.
pub(crate) fn empty(status: u16, headers: Vec<(String, String)>) -> Response {
    Response {
        status,
        headers,
        body: Body::Empty,
    }
}
