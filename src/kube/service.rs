//! The one place that sends requests to an API server: it signs in, sends again what failed in passing, and
//! tells failures apart.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Request, StatusCode,
    header::{AUTHORIZATION, RETRY_AFTER, USER_AGENT},
};
use kube::core::Status;
use serde::de::DeserializeOwned;

use super::{Access, Error, Login, network};
use crate::azure::{
    Client as Azure, MOST_BYTES, TooLarge,
    auth::{Audience, AuthError, Token},
};

/// How often a request is sent at most. All of ours may be: reads, server-side applies, deletes and reviews
/// have the same effect twice as once.
const ATTEMPTS: u32 = 5;
/// How often an API server is called that cannot be connected to.
const CONNECTION_ATTEMPTS: u32 = 2;
const FIRST_DELAY: Duration = Duration::from_millis(500);
const LONGEST_DELAY: Duration = Duration::from_secs(10);
/// The longest wait an API server may ask for.
const PATIENCE: Duration = Duration::from_mins(2);

/// The way to one API server.
///
/// Another way, such as one through Azure Resource Manager, would take and give the same: kube's requests and
/// their answers.
pub(super) struct Direct {
    azure: Azure,
    access: Access,
    http: reqwest::Client,
}

impl fmt::Debug for Direct {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Direct").field(&self.access).finish()
    }
}

impl Direct {
    /// The way to the API server of `access`; nothing is sent yet.
    pub(super) fn new(azure: Azure, access: &Access) -> Result<Self, Error> {
        Ok(Self {
            azure,
            http: network::client(access)?,
            access: access.clone(),
        })
    }

    /// Sends a request for `what` and reads the answer.
    pub(super) async fn ask<T: DeserializeOwned>(
        &self,
        what: &str,
        request: http::Request<Vec<u8>>,
    ) -> Result<T, Error> {
        let answer = self.send(request).await?;
        let code = answer.status();
        let undecodable = |reason: String| Error::Decode {
            what: what.to_owned(),
            reason,
        };
        let body = self.body(answer, &undecodable).await?;
        if code.is_success() {
            return serde_json::from_slice(&body).map_err(|error| undecodable(error.to_string()));
        }
        // Proxies and gateways answer in pages of their own, which say nothing to anybody.
        let refusal = serde_json::from_slice::<Status>(&body).unwrap_or_else(|_| {
            Status::failure(
                code.canonical_reason().unwrap_or("it gives no reason"),
                "NotAStatus",
            )
        });
        Err(Error::Refused(Box::new(refusal.with_code(code.as_u16()))))
    }

    /// The whole answer, unless it is larger than any of an API server's.
    async fn body(
        &self,
        mut answer: reqwest::Response,
        undecodable: &(impl Fn(String) -> Error + Sync),
    ) -> Result<Vec<u8>, Error> {
        let mut body = Vec::new();
        loop {
            let chunk = answer.chunk().await;
            let chunk = chunk.map_err(|error| Error::from_transport(&self.server(), &error))?;
            let Some(chunk) = chunk else { return Ok(body) };
            if body.len() + chunk.len() > MOST_BYTES {
                return Err(undecodable(TooLarge.to_string()));
            }
            body.extend_from_slice(&chunk);
        }
    }

    /// Sends a request, again where that is of use, and returns whatever is answered.
    async fn send(&self, request: Request<Vec<u8>>) -> Result<reqwest::Response, Error> {
        let (parts, body) = request.into_parts();
        let body = Bytes::from(body);
        let mut token = self.token(None).await?;
        let mut renewed = false;
        let mut attempt = 1;
        loop {
            let mut request = Request::from_parts(parts.clone(), body.clone());
            *request.uri_mut() = self.address(&parts.uri)?;
            self.sign(&mut request, token.as_ref())?;
            let begun = self.azure.clock().now();
            let outcome = self.once(request).await;
            let elapsed = self.azure.clock().now().duration_since(begun);
            tracing::debug!(
                http.method = %parts.method,
                http.path = parts.uri.path(),
                http.status = outcome.as_ref().map(|answer| answer.status().as_u16()).ok(),
                duration_ms = elapsed.as_millis_f64(),
                "Kubernetes API answered"
            );
            let unauthorized =
                matches!(&outcome, Ok(answer) if answer.status() == StatusCode::UNAUTHORIZED);
            if unauthorized && !renewed && token.is_some() {
                token = self.token(token.as_ref()).await?;
                renewed = true;
                continue;
            }
            match self.delay(&outcome, attempt) {
                Some(delay) => self.azure.clock().sleep(delay).await,
                None => return outcome,
            }
            attempt += 1;
        }
    }

    async fn once(&self, request: Request<Bytes>) -> Result<reqwest::Response, Error> {
        let told = |error: reqwest::Error| Error::from_transport(&self.server(), &error);
        let request = reqwest::Request::try_from(request).map_err(told)?;
        self.http.execute(request).await.map_err(told)
    }

    /// Host and port, for messages.
    fn server(&self) -> String {
        let host = self.access.server.host_str().unwrap_or_default();
        let port = self.access.server.port_or_known_default().unwrap_or(443);
        format!("{host}:{port}")
    }

    /// A token for the API server, other than `rejected`; none for the local administrator.
    async fn token(&self, rejected: Option<&Token>) -> Result<Option<Token>, Error> {
        if matches!(self.access.login, Login::LocalAdministrator(_)) {
            return Ok(None);
        }
        let credential = self.azure.credential();
        let token = match rejected {
            None => credential.token(Audience::AksServer).await,
            Some(rejected) => credential.renew(Audience::AksServer, rejected).await,
        };
        token
            .map(Some)
            .map_err(|refused| Error::Authentication(Box::new(refused)))
    }

    fn sign<B>(&self, request: &mut Request<B>, token: Option<&Token>) -> Result<(), Error> {
        if let Ok(name) = HeaderValue::from_str(self.azure.user_agent()) {
            request.headers_mut().insert(USER_AGENT, name);
        }
        if let Some(token) = token {
            request.headers_mut().insert(AUTHORIZATION, bearer(token)?);
        }
        Ok(())
    }

    fn address(&self, uri: &http::Uri) -> Result<http::Uri, Error> {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let base = self.access.server.as_str().trim_end_matches('/');
        format!("{base}{path}").parse().map_err(|_| Error::Access {
            reason: "the address of the API server is not one",
        })
    }

    /// How long to wait before the next try, if there is to be one.
    fn delay(&self, outcome: &Result<reqwest::Response, Error>, attempt: u32) -> Option<Duration> {
        let (limit, asked) = match outcome {
            Ok(answer) => match answer.status().as_u16() {
                429 | 500 | 502 | 503 | 504 => (ATTEMPTS, retry_after(answer)),
                _ => return None,
            },
            Err(Error::Unreachable { cause, .. }) => match cause {
                super::Cause::Tls => return None,
                super::Cause::Closed => (ATTEMPTS, None),
                _ => (CONNECTION_ATTEMPTS, None),
            },
            Err(_) => return None,
        };
        let full = FIRST_DELAY
            .saturating_mul(2_u32.saturating_pow(attempt - 1))
            .min(LONGEST_DELAY);
        let delay = asked.unwrap_or_else(|| self.azure.jittered(full));
        (attempt < limit && delay <= PATIENCE).then_some(delay)
    }
}

fn retry_after(answer: &reqwest::Response) -> Option<Duration> {
    let seconds = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    seconds.trim().parse().ok().map(Duration::from_secs)
}

/// What a request is signed with. Without it a request would be an anonymous one, which is answered too.
fn bearer(token: &Token) -> Result<HeaderValue, Error> {
    let text = format!("Bearer {}", token.secret.expose());
    let mut header = HeaderValue::from_str(&text).map_err(|_| {
        Error::Authentication(Box::new(AuthError::Unavailable {
            issuer: "the sign-in".to_owned(),
            reason: "what it gave cannot be sent in a header".to_owned(),
        }))
    })?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::azure::Secret;

    fn signed_with(text: &str) -> Result<HeaderValue, Error> {
        bearer(&Token {
            secret: Secret::new(text.to_owned()),
            expires: Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn a_token_is_sent_and_not_shown() {
        let header = signed_with("t0ken").unwrap();

        assert_eq!(header, "Bearer t0ken");
        assert!(!format!("{header:?}").contains("t0ken"));
    }

    #[test]
    fn a_token_that_no_header_can_hold_is_an_error_and_not_left_out() {
        let refused = signed_with("t0ken\n").unwrap_err();

        assert!(matches!(refused, Error::Authentication(_)), "{refused:?}");
        assert!(!refused.to_string().contains("t0ken"));
    }
}
