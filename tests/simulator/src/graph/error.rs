//! Refusals in Graph's own shape and words (Graph docs, "Microsoft Graph error responses").

use serde_json::{Value, json};

/// A request that Graph refuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct GraphError {
    pub(super) status: u16,
    code: &'static str,
    message: String,
}

impl GraphError {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// There is no such object, or it is not known here yet.
    pub(super) fn not_found(id: &str) -> Self {
        let text = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are \
             not present."
        );
        Self::new(404, "Request_ResourceNotFound", text)
    }

    /// The caller lacks the permission.
    pub(super) fn denied() -> Self {
        let text = "Insufficient privileges to complete the operation.";
        Self::new(403, "Authorization_RequestDenied", text)
    }

    /// The access token is missing or no good.
    pub(super) fn token(message: &str) -> Self {
        Self::new(401, "InvalidAuthenticationToken", message)
    }

    /// The request cannot be understood.
    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// The directory does not accept the request.
    pub(super) fn request(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    /// The directory cannot answer such a query.
    pub(super) fn unsupported_query(message: impl Into<String>) -> Self {
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    /// A filter names a property that cannot be filtered by.
    pub(super) fn unsupported_filter(property: &str, kind: &str) -> Self {
        let text = format!(
            "Unsupported or invalid query filter clause specified for property '{property}' of \
             resource '{kind}'."
        );
        Self::unsupported_query(text)
    }

    /// A property that must be given is not.
    pub(super) fn value_required(property: &str, kind: &str) -> Self {
        let text = format!("A value is required for property '{property}' of resource '{kind}'.");
        Self::request(text)
    }

    pub(super) fn body(
        &self,
        date: jiff::Timestamp,
        request_id: &str,
        client_request_id: &str,
    ) -> Value {
        json!({
            "error": {
                "code": self.code,
                "message": self.message,
                "innerError": {
                    "date": date.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
                    "request-id": request_id,
                    "client-request-id": client_request_id,
                },
            },
        })
    }
}
