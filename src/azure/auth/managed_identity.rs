//! Tokens for the identity of the machine we run on: a virtual machine's, or App Service's and its kin's.

use async_trait::async_trait;
use azure_core::http::headers::HeaderName;
use azure_core::http::{Method, Request, Url};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::settings::Settings;
use super::{Audience, AuthError, Source, Token};
use crate::azure::cloud::CloudSource;
use crate::azure::error::Error;
use crate::azure::network::is_machine;
use crate::azure::secret::Secret;
use crate::azure::wire::Wire;

/// Where virtual machines find their identity
/// (`learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token`).
const MACHINE: &str = "http://169.254.169.254/metadata/identity/oauth2/token";
const MACHINE_API_VERSION: &str = "2018-02-01";
const APP_SERVICE_API_VERSION: &str = "2019-08-01";

/// The identity of the machine.
#[derive(Debug)]
pub(super) struct ManagedIdentity {
    endpoint: Url,
    api_version: String,
    /// What App Service wants to see; a virtual machine wants `Metadata: true` instead.
    header: Option<Secret>,
    /// Which user-assigned identity, if not the machine's own.
    client: Option<String>,
    cloud: CloudSource,
    wire: Wire,
}

impl ManagedIdentity {
    pub(super) fn new(
        settings: &Settings,
        cloud: CloudSource,
        wire: Wire,
    ) -> Result<Self, AuthError> {
        let custom = settings.managed_identity_endpoint.as_deref();
        let service = settings
            .identity_endpoint
            .as_deref()
            .zip(settings.identity_header.clone());
        let (setting, address, header, default_version) = match (custom, service) {
            (Some(address), _) => ("ARM_MSI_ENDPOINT", address, None, MACHINE_API_VERSION),
            (None, Some((address, header))) => (
                "IDENTITY_ENDPOINT",
                address,
                Some(header),
                APP_SERVICE_API_VERSION,
            ),
            (None, None) => ("ARM_MSI_ENDPOINT", MACHINE, None, MACHINE_API_VERSION),
        };
        let invalid = |reason| AuthError::Invalid { setting, reason };
        let endpoint = Url::parse(address).map_err(|error| invalid(error.to_string()))?;
        if endpoint.scheme() != "https" && !is_machine(&endpoint) {
            return Err(invalid(format!(
                "{} is neither encrypted nor this machine's own, so that others could read the identity's token. Expected an https address, or an http one on loopback (127.0.0.0/8, ::1, localhost) or link-local (169.254.0.0/16, fe80::/10). Correct it, or unset it where Azure's own default is meant",
                endpoint.origin().ascii_serialization()
            )));
        }
        let api_version = settings
            .managed_identity_api_version
            .as_deref()
            .unwrap_or(default_version)
            .to_owned();
        Ok(Self {
            endpoint,
            api_version,
            header,
            client: settings.client_id.clone(),
            cloud,
            wire,
        })
    }

    fn request(&self, resource: &str) -> Request {
        let mut url = self.endpoint.clone();
        url.query_pairs_mut()
            .append_pair("api-version", &self.api_version)
            .append_pair("resource", resource);
        if let Some(client) = &self.client {
            url.query_pairs_mut().append_pair("client_id", client);
        }
        let mut request = Request::new(url, Method::Get);
        match &self.header {
            Some(header) => {
                request.insert_header(
                    HeaderName::from_static("x-identity-header"),
                    header.expose().to_owned(),
                );
            }
            None => request.insert_header(HeaderName::from_static("metadata"), "true"),
        }
        request
    }
}

#[async_trait]
impl Source for ManagedIdentity {
    async fn fetch(&self, audience: Audience) -> Result<Token, AuthError> {
        let cloud = self
            .cloud
            .resolve()
            .await
            .map_err(|error| AuthError::Cloud(Box::new(error)))?;
        let response = self
            .wire
            .exchange(self.request(&cloud.audience(audience)))
            .await
            .map_err(|error| explain(&error))?;
        let answer: Answer = response.json().map_err(|error| explain(&error))?;
        let expires = seconds(&answer.expires_on)
            .ok_or_else(|| unavailable("its answer tells no end of the token"))?;
        Ok(Token {
            secret: Secret::new(answer.access_token),
            expires,
        })
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_on: Value,
}

/// The end of a token, a number that some versions send as text.
fn seconds(value: &Value) -> Option<Timestamp> {
    let seconds = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    Timestamp::from_second(seconds).ok()
}

fn explain(error: &Error) -> AuthError {
    match error {
        Error::Http(refusal) if refusal.status == 400 => {
            unavailable("the machine does not have this identity; check ARM_CLIENT_ID")
        }
        other => unavailable(&other.to_string()),
    }
}

fn unavailable(reason: &str) -> AuthError {
    AuthError::Unavailable {
        issuer: "the managed identity".to_owned(),
        reason: reason.to_owned(),
    }
}
