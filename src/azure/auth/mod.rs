//! Signing in: one credential for the process, and a cached token for each service it talks to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::clock::{Clock, between, later};
use super::secret::Secret;

mod assertion;
mod certificate;
mod cli;
mod device_code;
mod entra;
mod error;
mod managed_identity;
mod principal;
mod settings;

pub use device_code::{AKS_CLIENT_APPLICATION, DeviceCode, Invitation};
pub use error::AuthError;
pub use principal::Principal;
pub use settings::Settings;

/// A service that wants its own tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Audience {
    /// Azure Resource Manager.
    ResourceManager,
    /// Microsoft Graph.
    Graph,
    /// The API server of any AKS cluster with Entra integration.
    AksServer,
    /// An API server that takes tokens for an application of its own, known by this id. Its tokens are not cached.
    Application(Uuid),
}

/// A bearer token and when it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What to send.
    pub secret: Secret,
    /// When it stops being accepted.
    pub expires: Timestamp,
}

/// Obtains tokens in one particular way, anew each time.
#[async_trait]
trait Source: std::fmt::Debug + Send + Sync {
    async fn fetch(&self, audience: Audience) -> Result<Token, AuthError>;
}

/// Whoever we act as. Clones share their tokens.
#[derive(Debug, Clone)]
pub struct Credential(Arc<Cache>);

#[derive(Debug)]
struct Cache {
    source: Box<dyn Source>,
    clock: Arc<dyn Clock>,
    slots: BTreeMap<Audience, Mutex<Option<Cached>>>,
}

#[derive(Debug, Clone)]
struct Cached {
    token: Token,
    renew: Timestamp,
}

/// How long before its end a token is renewed, as in Azure's other SDKs.
const RENEW_BEFORE: Duration = Duration::from_mins(5);

impl Credential {
    fn new(source: Box<dyn Source>, clock: Arc<dyn Clock>) -> Self {
        let audiences = [
            Audience::ResourceManager,
            Audience::Graph,
            Audience::AksServer,
        ];
        let slots = audiences
            .into_iter()
            .map(|audience| (audience, Mutex::new(None)))
            .collect();
        Self(Arc::new(Cache {
            source,
            clock,
            slots,
        }))
    }

    /// A token for `audience`, from the cache while it is good.
    pub async fn token(&self, audience: Audience) -> Result<Token, AuthError> {
        self.obtain(audience, None).await
    }

    /// A token other than `rejected`, which the service no longer takes.
    pub async fn renew(&self, audience: Audience, rejected: &Token) -> Result<Token, AuthError> {
        self.obtain(audience, Some(rejected)).await
    }

    /// Takes the cached token while it is good, else fetches one. If there is none to be had, a cached token
    /// does until its very end.
    ///
    /// The lock is held while fetching on purpose: whoever else wants this audience's token waits for the one
    /// request instead of making another. A caller that gives up releases it, and the next one fetches.
    async fn obtain(
        &self,
        audience: Audience,
        rejected: Option<&Token>,
    ) -> Result<Token, AuthError> {
        let cache = &*self.0;
        let Some(slot) = cache.slots.get(&audience) else {
            return cache.source.fetch(audience).await;
        };
        let mut slot = slot.lock().await;
        let begun = cache.clock.now();
        let cached = slot
            .as_ref()
            .filter(|cached| Some(&cached.token) != rejected);
        if let Some(cached) = cached.filter(|cached| begun < cached.renew) {
            return Ok(cached.token.clone());
        }
        let token = match cache.source.fetch(audience).await {
            Ok(token) => token,
            Err(error) => {
                let last = cached.filter(|cached| cache.clock.now() < cached.token.expires);
                return last.map(|cached| cached.token.clone()).ok_or(error);
            }
        };
        let lifetime = between(begun, token.expires);
        let margin = if lifetime > RENEW_BEFORE * 2 {
            RENEW_BEFORE
        } else {
            lifetime / 2
        };
        *slot = Some(Cached {
            renew: later(begun, lifetime.saturating_sub(margin)),
            token: token.clone(),
        });
        Ok(token)
    }
}

#[cfg(test)]
pub(crate) mod fake;

#[cfg(test)]
mod cache_tests;
#[cfg(test)]
mod entra_tests;
#[cfg(test)]
mod machine_tests;
