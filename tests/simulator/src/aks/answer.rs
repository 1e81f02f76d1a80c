//! What the engine answers: resources, refusals in the two shapes Azure uses, and nothing at all.

use serde_json::{Map, Value, json};

use crate::arm::exchange::{Body, Response};

/// A refusal, as the front door or the AKS resource provider writes it.
///
/// The front door wraps its errors in `{"error": ..}`; the resource provider does not
/// (recorded 400 `SystemPoolHasRestrictedTaint`, 404 `GetAgentPool_NotFound`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem(Box<Content>);

#[derive(Clone, Debug, PartialEq)]
struct Content {
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
        let mut problem = Self::provider(status, code, message);
        problem.0.gateway = true;
        problem
    }

    /// A refusal by the AKS resource provider.
    pub(crate) fn provider(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self(Box::new(Content {
            status,
            gateway: false,
            code: code.to_owned(),
            message: message.into(),
            target: None,
            subcode: String::new(),
            details: Value::Null,
        }))
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

    /// Names the property the refusal is about.
    pub(crate) fn at(mut self, target: &str) -> Self {
        self.0.target = Some(target.to_owned());
        self
    }

    /// Adds the second code some refusals carry.
    pub(crate) fn with_subcode(mut self, subcode: &str, details: Value) -> Self {
        subcode.clone_into(&mut self.0.subcode);
        self.0.details = details;
        self
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Self {
        let content = *problem.0;
        let mut error = Map::new();
        error.insert("code".to_owned(), content.code.into());
        if content.gateway {
            error.insert("message".to_owned(), content.message.into());
            return Self {
                status: content.status,
                headers: vec![("x-ms-failure-cause".to_owned(), "gateway".to_owned())],
                body: Body::Gateway(json!({ "error": error })),
            };
        }
        error.insert("details".to_owned(), content.details);
        error.insert("message".to_owned(), content.message.into());
        error.insert("subcode".to_owned(), content.subcode.into());
        if let Some(target) = content.target {
            error.insert("target".to_owned(), target.into());
        }
        Self {
            status: content.status,
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
