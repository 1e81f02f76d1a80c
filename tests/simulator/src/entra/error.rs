//! Why a sign-in failed, in Entra's numbers, words and shape.

use serde_json::json;

use super::SignIn;
use crate::message::{Message, Reply};
use crate::random::guid;

/// A refused sign-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SignInError {
    status: u16,
    error: &'static str,
    number: u32,
    text: String,
}

impl SignInError {
    fn new(status: u16, error: &'static str, number: u32, text: String) -> Self {
        Self {
            status,
            error,
            number,
            text,
        }
    }

    pub(super) fn unknown_tenant(tenant: &str, error: &'static str) -> Self {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and \
             are signing into the correct cloud. Check with your subscription administrator, this \
             may happen if there are no active subscriptions for the tenant."
        );
        Self::new(400, error, 90002, text)
    }

    pub(super) fn malformed_tenant(tenant: &str) -> Self {
        let text = format!(
            "Specified tenant identifier '{tenant}' is neither a valid DNS name, nor a valid \
             external domain."
        );
        Self::new(400, "invalid_request", 900_023, text)
    }

    pub(super) fn missing_parameter(name: &str) -> Self {
        let text = format!("The request body must contain the following parameter: '{name}'.");
        Self::new(400, "invalid_request", 900_144, text)
    }

    pub(super) fn unsupported_grant(grant_type: &str) -> Self {
        let text = format!("The app requested an unsupported grant type '{grant_type}'.");
        Self::new(400, "unsupported_grant_type", 70003, text)
    }

    pub(super) fn unknown_application(app_id: &str, tenant: &str) -> Self {
        let text = format!(
            "Application with identifier '{app_id}' was not found in the directory '{tenant}'. \
             This can happen if the application has not been installed by the administrator of \
             the tenant or consented to by any user in the tenant. You may have sent your \
             authentication request to the wrong tenant."
        );
        Self::new(400, "unauthorized_client", 700_016, text)
    }

    pub(super) fn no_credential() -> Self {
        let text = "The request body must contain the following parameter: 'client_assertion' or \
                    'client_secret'.";
        Self::new(401, "invalid_client", 7_000_218, text.into())
    }

    pub(super) fn wrong_secret(app_id: &str) -> Self {
        let text = format!(
            "Invalid client secret provided. Ensure the secret being sent in the request is the \
             client secret value, not the client secret ID, for a secret added to app '{app_id}'."
        );
        Self::new(401, "invalid_client", 7_000_215, text)
    }

    pub(super) fn malformed_assertion() -> Self {
        let text = "Client assertion is not within its valid time range or is malformed.";
        Self::new(401, "invalid_client", 700_024, text.into())
    }

    pub(super) fn unknown_certificate(thumbprint: &str) -> Self {
        let text = format!(
            "The certificate with identifier used to sign the client assertion is not registered \
             on application. [Reason - The key was not found., Thumbprint of key used by client: \
             '{thumbprint}']"
        );
        Self::new(401, "invalid_client", 700_027, text)
    }

    pub(super) fn assertion_signature() -> Self {
        let text = "Client assertion failed signature validation.";
        Self::new(401, "invalid_client", 700_027, text.into())
    }

    /// `what` of a foreign token matched no federated credential: its issuer (700211), audience
    /// (700212) or subject (700213).
    pub(super) fn no_federation(what: &str, found: &str) -> Self {
        let number = match what {
            "issuer" => 700_211,
            "audience" => 700_212,
            _ => 700_213,
        };
        let text = format!(
            "No matching federated identity record found for presented assertion {what} \
             '{found}'. Check your federated identity credential Subject, Audience and Issuer \
             against the presented assertion."
        );
        Self::new(400, "invalid_request", number, text)
    }

    pub(super) fn invalid_scope(scope: &str) -> Self {
        let text = format!(
            "The provided request must include a 'scope' input parameter. The provided value for \
             the input parameter 'scope' is not valid. The scope {scope} is not valid."
        );
        Self::new(400, "invalid_scope", 70011, text)
    }

    pub(super) fn scope_without_default(scope: &str) -> Self {
        let text = format!(
            "The provided value for scope {scope} is not valid. Client credential flows must have \
             a scope value with /.default suffixed to the resource identifier (application ID URI)."
        );
        Self::new(400, "invalid_scope", 1_002_012, text)
    }

    pub(super) fn unknown_resource(resource: &str, tenant: &str) -> Self {
        let text = format!(
            "The resource principal named {resource} was not found in the tenant named {tenant}. \
             This can happen if the application has not been installed by the administrator of \
             the tenant or consented to by any user in the tenant."
        );
        Self::new(400, "invalid_resource", 500_011, text)
    }

    pub(super) fn authorization_pending() -> Self {
        let text = "OAuth 2.0 device flow error. Authorization is pending. Continue polling.";
        Self::new(400, "authorization_pending", 70016, text.into())
    }

    pub(super) fn expired_device_code() -> Self {
        let text = "The device code is expired, or unknown. Start a new device code flow.";
        Self::new(400, "expired_token", 70020, text.into())
    }

    /// The JSON answer; the description's last lines repeat the ids, as recorded from the
    /// service (kubelogin `pkg/internal/pop/testdata`).
    pub(super) fn reply(&self, message: &Message, sign_in: &mut SignIn<'_>) -> Reply {
        let trace_id = guid(sign_in.random);
        let correlation_id = message
            .header("client-request-id")
            .map_or_else(|| guid(sign_in.random), str::to_owned);
        let time = sign_in
            .token_time
            .strftime("%Y-%m-%d %H:%M:%SZ")
            .to_string();
        let number = self.number;
        let description = format!(
            "AADSTS{number}: {} Trace ID: {trace_id} Correlation ID: {correlation_id} \
             Timestamp: {time}",
            self.text
        );
        let body = json!({
            "error": self.error,
            "error_description": description,
            "error_codes": [number],
            "timestamp": time,
            "trace_id": trace_id,
            "correlation_id": correlation_id,
            "error_uri": format!("{}/error?code={number}", sign_in.origins.login),
        });
        Reply::json(self.status, &body)
            .with("client-request-id", correlation_id)
            .with("x-ms-request-id", trace_id)
            .with("x-ms-clitelem", format!("1,{number},0,,"))
    }
}
