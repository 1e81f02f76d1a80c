//! The one retry policy. It decides when a request is sent again, and never sends again what must not be.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::{HeaderName, USER_AGENT};
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, Request};
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::clock::{Clock, later};
use super::random::Random;
use super::response::retry_after;
use super::wire::{Wire, untrusted};

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");
const RETURN_CLIENT_REQUEST_ID: HeaderName =
    HeaderName::from_static("x-ms-return-client-request-id");

/// How often one request is sent at most.
const ATTEMPTS: u32 = 9;
/// How often a host is called that cannot be connected to: a wrong name or proxy does not mend itself.
const CONNECTION_ATTEMPTS: u32 = 4;
/// How long one request is sent again for at most, so that a Retry-After of an hour ends it instead.
const PATIENCE: Duration = Duration::from_mins(15);
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_secs(30);

/// Whether and until when one request may be sent again.
#[derive(Debug, Clone)]
pub(crate) struct Repeat {
    pub(crate) allowed: bool,
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) last_try: CancellationToken,
}

impl Default for Repeat {
    fn default() -> Self {
        Self {
            allowed: true,
            deadline: None,
            last_try: CancellationToken::new(),
        }
    }
}

/// Sends a request again after throttling, outages of the service and dropped connections.
#[derive(Debug)]
pub(crate) struct Retry {
    clock: Arc<dyn Clock>,
    random: Arc<Random>,
    user_agent: String,
}

impl Retry {
    pub(crate) fn new(wire: &Wire) -> Self {
        Self {
            clock: Arc::clone(&wire.clock),
            random: Arc::clone(&wire.random),
            user_agent: wire.user_agent.clone(),
        }
    }

    /// How long to wait before the next try, if there is to be one.
    fn next(&self, trial: &Trial<'_>, repeat: &Repeat) -> Option<Duration> {
        let limit = match trial.outcome {
            Outcome::Answered(429 | 500 | 502 | 503 | 504) | Outcome::Dropped => ATTEMPTS,
            Outcome::Unreachable => CONNECTION_ATTEMPTS,
            Outcome::Answered(_) | Outcome::Hopeless => 0,
        };
        if !repeat.allowed || trial.attempt >= limit || repeat.last_try.is_cancelled() {
            return None;
        }
        let asked = match trial.outcome {
            Outcome::Answered(429 | 503) => trial.retry_after,
            _ => None,
        };
        let delay = asked.unwrap_or_else(|| self.backoff(trial.attempt));
        let resumed = later(self.clock.now(), delay);
        let in_time = resumed <= later(*trial.begun, PATIENCE);
        let in_deadline = repeat.deadline.is_none_or(|deadline| resumed < deadline);
        (in_time && in_deadline).then_some(delay)
    }

    /// Doubles with each attempt; half of it is chance, so that many clients do not return at once.
    fn backoff(&self, attempt: u32) -> Duration {
        let full = FIRST_DELAY
            .saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)))
            .min(LONGEST_DELAY);
        full.mul_f64(0.5 + self.random.fraction() / 2.0)
    }
}

/// One try that has ended.
struct Trial<'a> {
    attempt: u32,
    begun: &'a Timestamp,
    outcome: Outcome,
    retry_after: Option<Duration>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Answered(u16),
    /// The connection broke: the request may have arrived.
    Dropped,
    /// There was no connection: nothing has arrived.
    Unreachable,
    /// Trying again gives the same.
    Hopeless,
}

impl Outcome {
    fn of(result: &PolicyResult) -> Self {
        match result {
            Ok(response) => Self::Answered(response.status().into()),
            // A server that is not to be trusted stays so, and waiting would hide the reason.
            Err(error) if untrusted(error).is_some() => Self::Hopeless,
            Err(error) => match error.kind() {
                ErrorKind::Connection => Self::Unreachable,
                ErrorKind::Io => Self::Dropped,
                _ => Self::Hopeless,
            },
        }
    }
}

#[async_trait]
impl Policy for Retry {
    async fn send(
        &self,
        context: &Context,
        request: &mut Request,
        next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        let (policy, rest) = first(next)?;
        let repeat = context.value::<Repeat>().cloned().unwrap_or_default();
        let begun = self.clock.now();
        request.insert_header(USER_AGENT, self.user_agent.clone());
        request.insert_header(RETURN_CLIENT_REQUEST_ID, "true");
        let mut attempt = 0;
        loop {
            attempt += 1;
            request.insert_header(CLIENT_REQUEST_ID, self.random.uuid().to_string());
            let result = policy.send(context, request, rest).await;
            let outcome = Outcome::of(&result);
            let retry_after = result.as_ref().ok().and_then(|response| {
                let header = |name: &str| {
                    response
                        .headers()
                        .get_optional_str(&HeaderName::from(name.to_owned()))
                };
                retry_after(header, self.clock.now())
            });
            let trial = Trial {
                attempt,
                begun: &begun,
                outcome,
                retry_after,
            };
            let Some(delay) = self.next(&trial, &repeat) else {
                return result;
            };
            tracing::warn!(
                http.method = %request.method(),
                resource.id = request.url().path(),
                outcome = ?outcome,
                attempt,
                delay_ms = u64::try_from(delay.as_millis()).unwrap_or(u64::MAX),
                "A request to Azure did not succeed and is sent again"
            );
            tokio::select! {
                () = self.clock.sleep(delay) => {}
                () = repeat.last_try.cancelled() => return result,
            }
        }
    }
}

/// The next policy of a pipeline and those after it.
#[expect(
    clippy::type_complexity,
    reason = "it is what a pipeline hands to each policy, split"
)]
pub(crate) fn first(
    next: &[Arc<dyn Policy>],
) -> azure_core::Result<(&Arc<dyn Policy>, &[Arc<dyn Policy>])> {
    next.split_first().ok_or_else(|| {
        azure_core::Error::with_message(ErrorKind::Other, "the pipeline has no transport")
    })
}
