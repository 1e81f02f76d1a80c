//! The ephemeral resource `token`: opened, renewed and closed, and each of it noted in the journal.

use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use secureaks::framework::{Attr, Block, Call, Computed, Ephemeral, Failure, Lease, Secret};
use serde_json::json;

use super::store::Store;

/// A token that lasts as long as one run.
#[derive(Block, Debug)]
pub(crate) struct Query {
    /// Whom the token is for.
    audience: Attr<String>,
    /// Seconds after which it is renewed; left out, never.
    renew_after: Attr<Option<i64>>,
}

/// The token.
#[derive(Block, Debug)]
pub(crate) struct Answer {
    /// The token itself.
    token: Computed<Secret>,
}

pub(crate) struct Tokens;

#[async_trait]
impl Ephemeral for Tokens {
    const NAME: &'static str = "token";
    type Client = Store;
    type Query = Query;
    type Outputs = Answer;

    async fn open(&self, call: &Call<Store>, query: &Query) -> Result<(Answer, Lease), Failure> {
        let audience = query.audience.known()?;
        call.client.note(&format!("open token for {audience}"))?;
        let seconds = query.renew_after.if_set().copied();
        let answer = Answer {
            token: Secret::from(format!("token-for-{audience}")).into(),
        };
        let private = json!({"audience": audience, "seconds": seconds});
        Ok((answer, lease(seconds, private)))
    }

    async fn renew(&self, call: &Call<Store>, before: Lease) -> Result<Lease, Failure> {
        let audience = before.private["audience"].as_str().unwrap_or_default();
        call.client.note(&format!("renew token for {audience}"))?;
        Ok(lease(before.private["seconds"].as_i64(), before.private))
    }

    async fn close(&self, call: &Call<Store>, lease: Lease) -> Result<(), Failure> {
        let audience = lease.private["audience"].as_str().unwrap_or_default();
        Ok(call.client.note(&format!("close token for {audience}"))?)
    }
}

fn lease(seconds: Option<i64>, private: serde_json::Value) -> Lease {
    let span = seconds.and_then(|seconds| u64::try_from(seconds).ok());
    Lease {
        renew_at: span.map(|seconds| SystemTime::now() + Duration::from_secs(seconds)),
        private,
    }
}
