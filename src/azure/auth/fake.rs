//! A credential for tests: tokens `token-1`, `token-2` and so on, each good for a given time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use super::*;
use crate::azure::clock::ManualClock;

#[derive(Debug, Clone)]
pub(crate) struct Numbered {
    clock: ManualClock,
    lifetime: Duration,
    fetched: Arc<AtomicU32>,
    broken: Arc<AtomicBool>,
}

impl Numbered {
    pub(crate) fn new(clock: &ManualClock, lifetime: Duration) -> Self {
        Self {
            clock: clock.clone(),
            lifetime,
            fetched: Arc::default(),
            broken: Arc::default(),
        }
    }

    pub(crate) fn credential(&self) -> Credential {
        Credential::new(Box::new(self.clone()), Arc::new(self.clock.clone()))
    }

    /// Gives no more tokens.
    pub(crate) fn break_down(&self) {
        self.broken.store(true, Ordering::SeqCst);
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
        if self.broken.load(Ordering::SeqCst) {
            return Err(AuthError::Nothing { cli: None });
        }
        let number = self.fetched.fetch_add(1, Ordering::SeqCst) + 1;
        let expires = later(self.clock.now(), self.lifetime);
        Ok(Token {
            secret: Secret::new(format!("token-{number}")),
            expires,
        })
    }
}
