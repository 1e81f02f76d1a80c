//! A credential for tests: tokens `token-1`, `token-2` and so on, each good for a given time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::*;
use crate::azure::clock::ManualClock;

#[derive(Debug, Clone)]
pub(crate) struct Numbered {
    clock: ManualClock,
    lifetime: Duration,
    fetched: Arc<AtomicU32>,
}

impl Numbered {
    pub(crate) fn new(clock: &ManualClock, lifetime: Duration) -> Self {
        Self {
            clock: clock.clone(),
            lifetime,
            fetched: Arc::default(),
        }
    }

    pub(crate) fn credential(&self) -> Credential {
        Credential::new(Box::new(self.clone()), Arc::new(self.clock.clone()))
    }

    /// How many tokens were asked for.
    pub(crate) fn fetched(&self) -> u32 {
        self.fetched.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Source for Numbered {
    async fn fetch(&self, _: Audience) -> Result<Token, AuthError> {
        tokio::task::yield_now().await;
        let number = self.fetched.fetch_add(1, Ordering::SeqCst) + 1;
        let expires = later(self.clock.now(), self.lifetime);
        Ok(Token {
            secret: Secret::new(format!("token-{number}")),
            expires,
        })
    }
}
