//! What each try of a request to Azure is given: a place in the throttle, ids and a token.

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{AUTHORIZATION, HeaderName};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{AsyncRawResponse, Context, Request};

use super::auth::{Audience, AuthError, Credential, Token};
use super::clock::Clock;
use super::error::{Body, Error};
use super::retry::{Repeat, first};
use super::throttle::Throttle;
use super::wire::Wire;

const CORRELATION_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-correlation-request-id");

/// Signs each try, and once more when the service calls its token expired.
#[derive(Debug)]
pub(crate) struct Authorize {
    credential: Credential,
    audience: Audience,
    clock: Arc<dyn Clock>,
    correlation_id: String,
    throttle: Throttle,
}

impl Authorize {
    /// Signs for the service `audience`.
    pub(crate) fn new(credential: Credential, audience: Audience, wire: &Wire) -> Self {
        Self {
            credential,
            audience,
            clock: Arc::clone(&wire.clock),
            correlation_id: wire.correlation_id.to_string(),
            throttle: Throttle::default(),
        }
    }

    async fn try_with(
        &self,
        token: &Token,
        context: &Context<'_>,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let (policy, rest) = first(next)?;
        let wait = self
            .throttle
            .take(request.method(), request.url().path(), self.clock.now());
        let last_try = context
            .value::<Repeat>()
            .cloned()
            .unwrap_or_default()
            .last_try;
        if !wait.is_zero() {
            tokio::select! {
                () = self.clock.sleep(wait) => {}
                // Nothing has been sent, and nothing more is to be.
                () = last_try.cancelled() => return Err(carry(AuthError::Cloud(Box::new(Error::Cancelled)))),
            }
        }
        request.insert_header(AUTHORIZATION, format!("Bearer {}", token.secret.expose()));
        policy.send(context, request, rest).await
    }
}

#[async_trait]
impl Policy for Authorize {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        request.insert_header(CORRELATION_REQUEST_ID, self.correlation_id.clone());
        let token = self.credential.token(self.audience).await.map_err(carry)?;
        let response = self.try_with(&token, context, request, next).await?;
        let (status, headers, body) = response.deconstruct();
        let body = body.collect().await?;
        let response = AsyncRawResponse::from_bytes(status, headers, body.clone());
        if u16::from(status) != 401 || !says_expired(&body) && token.expires > self.clock.now() {
            return Ok(response);
        }
        let renewed = self
            .credential
            .renew(self.audience, &token)
            .await
            .map_err(carry)?;
        self.try_with(&renewed, context, request, next).await
    }
}

/// Whether a 401 complains about the token's age, not about its owner.
fn says_expired(body: &[u8]) -> bool {
    matches!(
        Body::read(body).code.as_deref(),
        Some("ExpiredAuthenticationToken" | "InvalidAuthenticationToken" | "TokenExpired")
    )
}

/// Lets our error travel through the pipeline as it is.
fn carry(error: AuthError) -> azure_core::Error {
    azure_core::Error::with_error(ErrorKind::Credential, error, "no token")
}
