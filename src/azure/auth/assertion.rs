//! Tokens of other issuers that Entra takes as proof: given, in a file, or asked for from a build service.

use std::path::PathBuf;

use azure_core::http::headers::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderName};
use azure_core::http::{Method, Request, Url};
use serde::Deserialize;

use super::AuthError;
use crate::azure::error::Error;
use crate::azure::secret::Secret;
use crate::azure::wire::Wire;

/// The audience of every token that Entra takes as proof.
const AUDIENCE: &str = "api://AzureADTokenExchange";

/// Where the other issuer's token comes from.
#[derive(Debug)]
pub(super) enum Federation {
    Token(Secret),
    /// Read anew each time: such files are rotated.
    File {
        path: PathBuf,
        setting: &'static str,
    },
    GitHub(GitHub),
    AzureDevOps(AzureDevOps),
}

/// A job of GitHub Actions with the permission `id-token: write`.
#[derive(Debug)]
pub(super) struct GitHub {
    pub(super) url: String,
    pub(super) token: Secret,
}

/// A job of Azure Pipelines and the service connection it may use.
#[derive(Debug)]
pub(super) struct AzureDevOps {
    pub(super) uri: String,
    pub(super) token: Secret,
    pub(super) connection: String,
}

impl Federation {
    /// A token that is good now.
    pub(super) async fn assertion(&self, wire: &Wire) -> Result<Secret, AuthError> {
        match self {
            Self::Token(token) => Ok(token.clone()),
            Self::File { path, setting } => {
                let invalid = |reason: String| AuthError::Invalid { setting, reason };
                let text = tokio::fs::read_to_string(path)
                    .await
                    .map_err(|error| invalid(format!("{}: {error}", path.display())))?;
                if text.trim().is_empty() {
                    return Err(invalid(format!("{} is empty", path.display())));
                }
                Ok(Secret::new(text.trim()))
            }
            Self::GitHub(github) => github.assertion(wire).await,
            Self::AzureDevOps(devops) => devops.assertion(wire).await,
        }
    }

    /// The setting to look at when Entra does not take the token.
    pub(super) fn setting(&self) -> &'static str {
        match self {
            Self::Token(_) => "ARM_OIDC_TOKEN",
            Self::File { setting, .. } => setting,
            Self::GitHub(_) => "ARM_OIDC_REQUEST_URL",
            Self::AzureDevOps(_) => "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
        }
    }
}

impl GitHub {
    /// Asks as GitHub documents it ("Security hardening your deployments", requesting the JWT).
    async fn assertion(&self, wire: &Wire) -> Result<Secret, AuthError> {
        #[derive(Deserialize)]
        struct Answer {
            value: String,
        }
        let mut url = address("ARM_OIDC_REQUEST_URL", &self.url)?;
        url.query_pairs_mut().append_pair("audience", AUDIENCE);
        let mut request = Request::new(url, Method::Get);
        request.insert_header(ACCEPT, "application/json");
        request.insert_header(AUTHORIZATION, format!("Bearer {}", self.token.expose()));
        let response = wire
            .exchange(request)
            .await
            .map_err(|error| unavailable("GitHub", &error))?;
        let answer: Answer = response
            .json()
            .map_err(|error| unavailable("GitHub", &error))?;
        Ok(Secret::new(answer.value))
    }
}

impl AzureDevOps {
    /// Asks as the REST API documents it (distributedtask, oidctoken, 7.1).
    async fn assertion(&self, wire: &Wire) -> Result<Secret, AuthError> {
        #[derive(Deserialize)]
        struct Answer {
            #[serde(rename = "oidcToken")]
            token: String,
        }
        let mut url = address("SYSTEM_OIDCREQUESTURI", &self.uri)?;
        url.query_pairs_mut()
            .append_pair("api-version", "7.1")
            .append_pair("serviceConnectionId", &self.connection);
        let mut request = Request::new(url, Method::Post);
        request.insert_header(ACCEPT, "application/json");
        request.insert_header(CONTENT_TYPE, "application/json");
        request.insert_header(AUTHORIZATION, format!("Bearer {}", self.token.expose()));
        // Without it an invalid token is answered with a redirect to a sign-in page.
        request.insert_header(HeaderName::from_static("x-tfs-fedauthredirect"), "Suppress");
        let response = wire
            .exchange(request)
            .await
            .map_err(|error| unavailable("Azure DevOps", &error))?;
        let answer: Answer = response
            .json()
            .map_err(|error| unavailable("Azure DevOps", &error))?;
        Ok(Secret::new(answer.token))
    }
}

/// Reads an address that a secret is sent to.
fn address(setting: &'static str, text: &str) -> Result<Url, AuthError> {
    let invalid = |reason: String| AuthError::Invalid { setting, reason };
    let url = Url::parse(text).map_err(|error| invalid(error.to_string()))?;
    if url.scheme() == "https" {
        Ok(url)
    } else {
        Err(invalid("it must begin with https://".to_owned()))
    }
}

fn unavailable(issuer: &str, error: &Error) -> AuthError {
    AuthError::Unavailable {
        issuer: issuer.to_owned(),
        reason: error.to_string(),
    }
}
