//! Tokens for an application from Microsoft Entra, which proves who it is with a secret, a certificate or the
//! token of another issuer.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, ClientMethodOptions, ClientOptions, Context, Request};
use azure_identity::{
    ClientAssertion, ClientAssertionCredential, ClientAssertionCredentialOptions,
    ClientSecretCredential, ClientSecretCredentialOptions,
};
use jiff::Timestamp;
use serde::Deserialize;

use super::assertion::Federation;
use super::certificate::Certificate;
use super::{Audience, AuthError, Source, Token};
use crate::azure::cloud::{Cloud, CloudSource};
use crate::azure::retry::first;
use crate::azure::secret::Secret;
use crate::azure::wire::{Wire, root_cause, untrusted};

/// What an application proves itself with.
#[derive(Debug)]
pub(super) enum Proof {
    Secret(Secret),
    Certificate(Certificate),
    Federation(Federation),
}

/// An application of a tenant.
#[derive(Debug)]
pub(super) struct Entra {
    tenant: String,
    client: String,
    proof: Proof,
    cloud: CloudSource,
    wire: Wire,
}

impl Entra {
    pub(super) fn new(
        tenant: String,
        client: String,
        proof: Proof,
        cloud: CloudSource,
        wire: Wire,
    ) -> Result<Self, AuthError> {
        check_tenant(&tenant)?;
        if client.is_empty() {
            return Err(AuthError::Invalid {
                setting: "ARM_CLIENT_ID",
                reason: "it is empty".to_owned(),
            });
        }
        Ok(Self {
            tenant,
            client,
            proof,
            cloud,
            wire,
        })
    }

    /// A credential of the SDK that has no token yet. It is made for each token: the SDK's own cache could not
    /// be told that a token is no longer taken, and would read the machine's clock.
    async fn credential(&self, cloud: &Cloud) -> Result<Arc<dyn TokenCredential>, AuthError> {
        let assertion = match &self.proof {
            Proof::Secret(secret) => {
                let options = ClientSecretCredentialOptions {
                    client_options: self.client_options(cloud),
                };
                let secret = secret.expose().to_owned().into();
                return ClientSecretCredential::new(
                    &self.tenant,
                    self.client.clone(),
                    secret,
                    Some(options),
                )
                .map(|credential| credential as Arc<dyn TokenCredential>)
                .map_err(|error| Self::failure(&error));
            }
            Proof::Certificate(certificate) => {
                let endpoint = format!("{}/{}/oauth2/v2.0/token", cloud.authority, self.tenant);
                let id = self.wire.random.uuid();
                certificate
                    .assertion(&endpoint, &self.client, id, self.wire.clock.now())
                    .await?
            }
            Proof::Federation(federation) => federation.assertion(&self.wire).await?,
        };
        let options = ClientAssertionCredentialOptions {
            client_options: self.client_options(cloud),
        };
        let (tenant, client) = (self.tenant.clone(), self.client.clone());
        ClientAssertionCredential::new(tenant, client, Fixed(assertion), Some(options))
            .map(|credential| credential as Arc<dyn TokenCredential>)
            .map_err(|error| Self::failure(&error))
    }

    fn client_options(&self, cloud: &Cloud) -> ClientOptions {
        let mut configuration = CustomConfiguration::default();
        configuration.authority_host.clone_from(&cloud.authority);
        ClientOptions {
            cloud: Some(Arc::new(CloudConfiguration::Custom(configuration))),
            per_try_policies: vec![Arc::new(Refusals {
                proof: self.proof.setting(),
            })],
            ..self.wire.client_options()
        }
    }

    /// Digs our own words out of what the SDK wraps around them.
    fn failure(error: &azure_core::Error) -> AuthError {
        let mut inner = error;
        while let Some(deeper) = inner.downcast_ref::<azure_core::Error>() {
            inner = deeper;
        }
        inner
            .downcast_ref::<AuthError>()
            .cloned()
            .unwrap_or_else(|| {
                let issuer = "Microsoft Entra".to_owned();
                match untrusted(error) {
                    Some(reason) => AuthError::Untrusted { issuer, reason },
                    None => AuthError::Unavailable {
                        issuer,
                        reason: root_cause(error),
                    },
                }
            })
    }
}

#[async_trait]
impl Source for Entra {
    async fn fetch(&self, audience: Audience) -> Result<Token, AuthError> {
        let cloud = self
            .cloud
            .resolve()
            .await
            .map_err(|error| AuthError::Cloud(Box::new(error)))?;
        let scope = cloud.scope(audience);
        let credential = self.credential(cloud).await?;
        let token = credential
            .get_token(&[&scope], None)
            .await
            .map_err(|error| Self::failure(&error))?;
        Ok(convert(&token))
    }
}

impl Proof {
    /// The setting to look at when Entra does not believe the proof.
    fn setting(&self) -> &'static str {
        match self {
            Self::Secret(_) => "ARM_CLIENT_SECRET",
            Self::Certificate(certificate) => certificate.setting(),
            Self::Federation(federation) => federation.setting(),
        }
    }
}

/// Reads Entra's refusals before the SDK does. Version 1.0 of it takes descriptions without escaped characters
/// only, and Entra's own always hold line breaks.
#[derive(Debug)]
struct Refusals {
    proof: &'static str,
}

/// What the token endpoint refuses with (RFC 6749 5.2, and Entra's `error_codes`).
#[derive(Deserialize)]
pub(super) struct EntraRefusal {
    #[serde(default)]
    pub(super) error: String,
    pub(super) error_description: String,
    #[serde(default)]
    pub(super) error_codes: Vec<u32>,
}

#[async_trait]
impl Policy for Refusals {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let (policy, rest) = first(next)?;
        let (status, headers, body) = policy.send(context, request, rest).await?.deconstruct();
        let body = body.collect().await?;
        match serde_json::from_slice::<EntraRefusal>(&body) {
            Ok(refusal) if status.is_client_error() && u16::from(status) != 429 => {
                let code = refusal.error_codes.first().copied();
                let error = AuthError::refused(code, &refusal.error_description, self.proof);
                Err(azure_core::Error::with_error(
                    ErrorKind::Credential,
                    error,
                    "refused",
                ))
            }
            _ => Ok(AsyncRawResponse::from_bytes(status, headers, body)),
        }
    }
}

/// A token of the SDK as one of ours.
pub(super) fn convert(token: &azure_core::credentials::AccessToken) -> Token {
    let expires =
        Timestamp::from_second(token.expires_on.unix_timestamp()).unwrap_or(Timestamp::MIN);
    Token {
        secret: Secret::new(token.token.secret()),
        expires,
    }
}

/// Refuses what cannot be the id or domain of a tenant, since it becomes part of an address.
pub(super) fn check_tenant(tenant: &str) -> Result<(), AuthError> {
    let fits =
        |character: char| character.is_ascii_alphanumeric() || character == '-' || character == '.';
    let begins = tenant.starts_with(|first: char| first.is_ascii_alphanumeric());
    if begins && tenant.chars().all(fits) {
        return Ok(());
    }
    let reason = format!("{tenant:?} is neither a tenant's id nor one of its domains");
    Err(AuthError::Invalid {
        setting: "ARM_TENANT_ID",
        reason,
    })
}

/// An assertion that was obtained beforehand.
#[derive(Debug)]
struct Fixed(Secret);

#[async_trait]
impl ClientAssertion for Fixed {
    async fn secret(&self, _: Option<ClientMethodOptions<'_>>) -> azure_core::Result<String> {
        Ok(self.0.expose().to_owned())
    }
}
