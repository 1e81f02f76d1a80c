//! What can go wrong with Azure, in words that never hold a body or a token.

use super::auth::AuthError;

mod body;
mod refusal;

pub(crate) use body::Body;
pub use refusal::{Detail, Refusal};

/// Why Azure did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Azure answered, and the answer was no.
    #[error("{0}")]
    Http(Box<Refusal>),
    /// No answer came.
    #[error("{host} could not be reached: {reason}")]
    Connection {
        /// The host that was called.
        host: String,
        /// What the system says about it.
        reason: String,
        /// Whether the request may have arrived all the same.
        sent: bool,
    },
    /// The server that answered cannot be trusted; nothing was sent.
    #[error("{host} cannot be trusted: {reason}")]
    Untrusted {
        /// The host that was called.
        host: String,
        /// Why not, as a clause about it.
        reason: String,
    },
    /// There is no token to ask with.
    #[error(transparent)]
    Authentication(Box<AuthError>),
    /// Terraform said Stop.
    #[error("stopped before it was finished")]
    Cancelled,
    /// The user's timeout ended.
    #[error("not finished within the time allowed")]
    TimedOut,
    /// An answer that cannot be read.
    #[error("the answer for {what} cannot be understood: {reason}")]
    Decode {
        /// What was read.
        what: String,
        /// Where reading ended.
        reason: String,
    },
    /// An address nothing may be sent to.
    #[error("{address} cannot be called: {reason}")]
    Address {
        /// The address, without its query.
        address: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Azure accepted the work and failed at it later.
    #[error("{0}")]
    OperationFailed(Box<OperationFailure>),
    /// Azure says of a resource that it is not there, and shows it.
    #[error("Azure says both that {resource} is there and that it is not")]
    Contradicted {
        /// The resource's id.
        resource: String,
    },
    /// Azure says once that a resource is not there, and cannot be asked another way.
    #[error("Azure says that {resource} is not there, and that could not be confirmed: {reason}")]
    Unconfirmed {
        /// The resource's id.
        resource: String,
        /// Why there was no second look.
        reason: Box<Error>,
    },
}

/// How a long-running operation ended badly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationFailure {
    /// The status the operation or the resource ended in, such as `Failed`.
    pub status: String,
    /// Azure's code, such as `QuotaExceeded`.
    pub code: Option<String>,
    /// Azure's sentence.
    pub message: Option<String>,
    /// Further reasons.
    pub details: Vec<Detail>,
    /// The resource that was worked on.
    pub resource: String,
    /// What Azure's support asks for.
    pub correlation_id: Option<String>,
}

impl std::fmt::Display for OperationFailure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "the operation on {} ended as {}",
            self.resource, self.status
        )?;
        refusal::write_reason(
            formatter,
            self.code.as_deref(),
            self.message.as_deref(),
            &self.details,
        )?;
        formatter.write_str(&refusal::ids(self.correlation_id.as_ref(), None))
    }
}

impl OperationFailure {
    /// Azure's sentences, without its codes; `None` when it gives none.
    pub fn reason(&self) -> Option<String> {
        refusal::reason(self.message.as_deref(), &self.details)
    }

    /// What was worked on and how it ended, for Azure's support.
    pub fn trace(&self) -> String {
        let code = self.code.as_deref().map(|code| format!(" with {code}"));
        format!(
            "The operation on {} ended as {}{}{}",
            self.resource,
            self.status,
            code.unwrap_or_default(),
            refusal::ids(self.correlation_id.as_ref(), None)
        )
    }
}

impl From<AuthError> for Error {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Cloud(inner) => *inner,
            other => Self::Authentication(Box::new(other)),
        }
    }
}

impl Error {
    /// What the service refused with, if it answered.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Http(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether Azure Resource Manager says that the resource is not there.
    ///
    /// Only its own codes count: a proxy's 404 page, an unknown subscription or resource type say nothing
    /// about the resource. A missing resource group takes its resources along.
    pub fn is_not_found(&self) -> bool {
        const CODES: [&str; 5] = [
            "ResourceNotFound",
            "ResourceGroupNotFound",
            "ParentResourceNotFound",
            "RoleAssignmentNotFound",
            "NotFound",
        ];
        self.refusal().is_some_and(|refusal| {
            refusal.status == 404 && CODES.iter().any(|code| refusal.has_code(code))
        })
    }

    /// Whether the resource group itself is not there.
    pub fn is_resource_group_missing(&self) -> bool {
        self.refusal().is_some_and(|refusal| {
            refusal.status == 404 && refusal.has_code("ResourceGroupNotFound")
        })
    }

    /// The provider namespace the subscription must be registered for first.
    pub fn missing_registration(&self) -> Option<&str> {
        let refusal = self
            .refusal()
            .filter(|refusal| refusal.has_code("MissingSubscriptionRegistration"))?;
        let quoted = refusal.message.as_deref()?.split('\'').nth(1)?;
        quoted.starts_with("Microsoft.").then_some(quoted)
    }

    /// The policy assignment that forbids the request.
    pub fn policy(&self) -> Option<&str> {
        let refusal = self
            .refusal()
            .filter(|refusal| refusal.has_code("RequestDisallowedByPolicy"))?;
        refusal.policy_assignment.as_deref()
    }

    /// Whether another operation must end first, after which the same request can succeed.
    ///
    /// AKS answers 409 `OperationNotAllowed` while it works on the cluster, also for changes to a stopped
    /// cluster, which waiting does not help: only the sentence tells them apart.
    pub fn in_progress_conflict(&self) -> bool {
        let Some(refusal) = self.refusal().filter(|refusal| refusal.status == 409) else {
            return false;
        };
        let message = refusal
            .message
            .as_deref()
            .unwrap_or_default()
            .to_ascii_lowercase();
        refusal.has_code("EtagMismatch")
            || refusal.has_code("OperationPreempted")
            || (refusal.has_code("OperationNotAllowed")
                && ["in progress", "in-progress", "pending-operation"]
                    .iter()
                    .any(|text| message.contains(text)))
    }

    /// Whether the version that a precondition named is no longer the present one.
    pub fn is_precondition_failed(&self) -> bool {
        self.refusal().is_some_and(|refusal| refusal.status == 412)
    }

    /// Whether sending the same request again does no harm and may help.
    pub fn retry_is_safe(&self) -> bool {
        match self {
            Self::Http(refusal) => refusal.status == 429 || self.in_progress_conflict(),
            Self::Connection { sent, .. } => !sent,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::azure::Response;
    use crate::azure::request::Method;

    fn refused(status: u16, body: &Value) -> Error {
        let response = Response::new(
            "/subscriptions/s",
            status,
            [],
            body.to_string().into_bytes(),
        );
        Refusal::read(Method::Get, &response).into()
    }

    #[test]
    fn only_azures_own_codes_mean_gone() {
        let found = [
            refused(
                404,
                &json!({"error": {"code": "ResourceNotFound", "message": "m"}}),
            ),
            refused(
                404,
                &json!({"error": {"code": "ResourceGroupNotFound", "message": "m"}}),
            ),
            refused(
                404,
                &json!({"code": "NotFound", "message": "m", "subcode": "GetAgentPool_NotFound"}),
            ),
            refused(
                404,
                &json!({"error": {"code": "SubscriptionNotFound", "message": "m"}}),
            ),
            refused(404, &json!("<html>no such page</html>")),
            refused(
                410,
                &json!({"error": {"code": "ResourceNotFound", "message": "m"}}),
            ),
        ]
        .map(|error| error.is_not_found());

        assert_eq!(found, [true, true, true, false, false, false]);
    }

    #[test]
    fn an_unregistered_provider_is_named() {
        let message = "The subscription is not registered to use namespace 'Microsoft.ContainerService'. See https://aka.ms/rps-not-found for how to register subscriptions.";
        let error = refused(
            409,
            &json!({"error": {"code": "MissingSubscriptionRegistration", "message": message}}),
        );

        assert_eq!(
            error.missing_registration(),
            Some("Microsoft.ContainerService")
        );
    }

    #[test]
    fn the_policy_that_forbids_is_named() {
        let violation = json!({"type": "PolicyViolation", "info": {"policyAssignmentDisplayName": "No public AKS"}});
        let body = json!({"error": {"code": "RequestDisallowedByPolicy", "message": "m", "additionalInfo": [violation]}});

        assert_eq!(refused(403, &body).policy(), Some("No public AKS"));
    }

    #[test]
    fn a_busy_cluster_is_told_from_a_stopped_one() {
        let busy = "Operation is not allowed because there's an in progress update managed cluster operation on the managed cluster started on UTC 2026-05-01.";
        let stopped = "The cluster is stopped. Start it before changing it.";

        let conflicts = [busy, stopped]
            .map(|message| {
                refused(
                    409,
                    &json!({"code": "OperationNotAllowed", "message": message}),
                )
            })
            .map(|error| (error.in_progress_conflict(), error.retry_is_safe()));

        assert_eq!(conflicts, [(true, true), (false, false)]);
    }
}
