//! Follows an operation to its end, through everything AKS is known to answer on the way.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use url::Url;

use super::status::{self, State};
use super::{Ending, Kind, Operation};
use crate::azure::call::Call;
use crate::azure::client::Client;
use crate::azure::clock::later;
use crate::azure::error::{Error, OperationFailure};
use crate::azure::request::Request;
use crate::azure::response::Response;

/// How long an operation's address may answer 404: it is replicated a moment after the operation was accepted
/// (go-azure-sdk, `resourcemanager/poller_lro.go`).
const REPLICATION: Duration = Duration::from_mins(2);
/// How long the service may answer nothing useful before we stop believing in it.
const OUTAGE: Duration = Duration::from_mins(15);
/// How often a resource that its operation left `Failed` is looked at again before it counts as failed: two
/// minutes at the usual interval. A cluster given up too early is tainted, and made anew by the next apply.
pub(super) const SECOND_CHANCES: u32 = 12;
/// How often a resource that is to be gone is looked at once its deletion has succeeded.
const AFTERLIFE: u32 = 20;

/// Waits until `operation` has ended.
pub(crate) async fn wait(
    client: &Client,
    operation: &Operation,
    call: &Call,
) -> Result<Ending, Error> {
    let mut poller = Poller {
        client,
        operation,
        call,
        begun: client.clock().now(),
        silent_since: None,
    };
    let report = poller.follow().await?;
    match operation.kind {
        Kind::Write => poller.settle_write(report).await,
        Kind::Delete => poller.settle_deletion(report).await,
        Kind::Action => match report {
            Report::Succeeded => Ok(Ending::Finished),
            Report::Failed(failure) => Err(Error::OperationFailed(failure)),
            Report::Lost(error) => Err(error),
        },
    }
}

struct Poller<'a> {
    client: &'a Client,
    operation: &'a Operation,
    call: &'a Call,
    begun: Timestamp,
    /// Since when there has been nothing but outages.
    silent_since: Option<Timestamp>,
}

/// What an operation says of itself at its end.
enum Report {
    Succeeded,
    Failed(Box<OperationFailure>),
    /// Its address is gone, so only the resource can tell.
    Lost(Error),
}

/// What one look at an address shows.
enum Sight {
    Answer {
        response: Response,
        body: Value,
    },
    Missing(Error),
    /// An outage; the operation goes on without us (recorded: 502, 504 and HTML 503 between polls).
    Silence,
}

impl Poller<'_> {
    /// Follows the operation's own address until it says how it ended.
    async fn follow(&mut self) -> Result<Report, Error> {
        let by_status = self.operation.status_url.is_some();
        let mut next = self
            .operation
            .status_url
            .clone()
            .or_else(|| self.operation.result_url.clone());
        while let Some(address) = next.clone() {
            let sight = self
                .look(&Request::get_url(parse(&address)?), is_missing_operation)
                .await?;
            let report = match &sight {
                Sight::Answer { response, body } if by_status => self.judge(response, body),
                Sight::Answer { response, .. } if response.status == 202 => {
                    // Each answer signs a new address.
                    next = response
                        .header("location")
                        .map_or(next, |fresh| Some(fresh.to_owned()));
                    None
                }
                Sight::Answer { .. } => Some(Report::Succeeded),
                Sight::Missing(error) if !self.is_young() => Some(Report::Lost(error.clone())),
                Sight::Missing(_) | Sight::Silence => None,
            };
            match report {
                Some(report) => return Ok(report),
                None => self.pause(&sight).await?,
            }
        }
        Ok(Report::Succeeded)
    }

    /// How the operation ended, if it did.
    fn judge(&self, response: &Response, body: &Value) -> Option<Report> {
        match status::operation_state(body) {
            Some(State::Succeeded) => Some(Report::Succeeded),
            Some(State::Working(word)) => {
                tracing::debug!(
                    resource.id = self.operation.resource,
                    status = word,
                    "An operation goes on"
                );
                None
            }
            Some(state) => {
                let mut failure = status::operation_failure(&state, body, &self.operation.resource);
                failure
                    .correlation_id
                    .clone_from(&self.operation.correlation_id);
                Some(Report::Failed(Box::new(failure)))
            }
            // Nothing left to say means done (go-azure-sdk, `resourcemanager/poller_lro.go`).
            None => response.body().is_empty().then_some(Report::Succeeded),
        }
    }

    /// Waits for the written resource to come to rest; it has the last word.
    ///
    /// AKS works on after an operation: the resource may be `Updating` after success, and may succeed after
    /// failure.
    async fn settle_write(&mut self, report: Report) -> Result<Ending, Error> {
        let reported = match report {
            Report::Failed(failure) => Some(failure),
            Report::Succeeded | Report::Lost(_) => None,
        };
        let mut chances = if reported.is_some() {
            SECOND_CHANCES
        } else {
            0
        };
        loop {
            let sight = self
                .look(&self.operation.read_resource(), Error::is_not_found)
                .await?;
            match &sight {
                Sight::Answer { body, .. } => {
                    match status::resource_state(body).unwrap_or(State::Succeeded) {
                        State::Succeeded => {
                            return Ok(Ending::Resource {
                                body: body.clone(),
                                disputed: reported,
                            });
                        }
                        State::Working(word) => {
                            tracing::debug!(
                                resource.id = self.operation.resource,
                                status = word,
                                "A resource is at work"
                            );
                        }
                        State::Failed if chances > 0 => chances -= 1,
                        state => {
                            let own = || self.resource_failure(&state, body);
                            return Err(Error::OperationFailed(reported.unwrap_or_else(own)));
                        }
                    }
                }
                Sight::Missing(error) => match reported {
                    Some(failure) => return Err(Error::OperationFailed(failure)),
                    None if !self.is_young() => return Err(error.clone()),
                    None => {}
                },
                Sight::Silence => {}
            }
            self.pause(&sight).await?;
        }
    }

    /// Waits for the deleted resource to be gone.
    async fn settle_deletion(&mut self, report: Report) -> Result<Ending, Error> {
        let mut resting = 0;
        loop {
            let sight = self
                .look(&self.operation.read_resource(), Error::is_not_found)
                .await?;
            match &sight {
                Sight::Missing(_) => return Ok(Ending::Deleted),
                Sight::Answer { body, .. } => {
                    let state = status::resource_state(body).unwrap_or(State::Succeeded);
                    resting += u32::from(state.is_terminal());
                    match &report {
                        Report::Failed(failure) if state.is_terminal() => {
                            return Err(Error::OperationFailed(failure.clone()));
                        }
                        _ if resting > AFTERLIFE => {
                            return Err(Error::OperationFailed(
                                self.resource_failure(&state, body),
                            ));
                        }
                        _ => {}
                    }
                }
                Sight::Silence => {}
            }
            self.pause(&sight).await?;
        }
    }

    async fn look(
        &mut self,
        request: &Request,
        missing: fn(&Error) -> bool,
    ) -> Result<Sight, Error> {
        let error = match self.client.send(request, self.call).await {
            Ok(response) if response.body().is_empty() => {
                self.silent_since = None;
                return Ok(Sight::Answer {
                    response,
                    body: Value::Null,
                });
            }
            Ok(response) => match response.json() {
                Ok(body) => {
                    self.silent_since = None;
                    return Ok(Sight::Answer { response, body });
                }
                Err(error) => error,
            },
            Err(error) if missing(&error) => {
                self.silent_since = None;
                return Ok(Sight::Missing(error));
            }
            Err(error) => error,
        };
        let silent_since = *self.silent_since.get_or_insert(self.client.clock().now());
        if is_outage(&error) && self.client.clock().now() < later(silent_since, OUTAGE) {
            Ok(Sight::Silence)
        } else {
            Err(error)
        }
    }

    /// Waits before the next look.
    async fn pause(&self, sight: &Sight) -> Result<(), Error> {
        let clock = self.client.clock();
        let asked = match sight {
            Sight::Answer { response, .. } => response.retry_after(clock.now()),
            Sight::Missing(_) | Sight::Silence => None,
        };
        let delay = asked.unwrap_or(self.client.poll_interval());
        self.call
            .guard(clock, async {
                clock.sleep(delay).await;
                Ok(())
            })
            .await
    }

    fn resource_failure(&self, state: &State, body: &Value) -> Box<OperationFailure> {
        let mut failure = status::resource_failure(state, body, &self.operation.resource);
        failure
            .correlation_id
            .clone_from(&self.operation.correlation_id);
        Box::new(failure)
    }

    fn is_young(&self) -> bool {
        self.client.clock().now() < later(self.begun, REPLICATION)
    }
}

fn parse(address: &str) -> Result<Url, Error> {
    Url::parse(address).map_err(|error| Error::Address {
        address: address.split('?').next().unwrap_or_default().to_owned(),
        reason: error.to_string(),
    })
}

fn is_missing_operation(error: &Error) -> bool {
    error
        .refusal()
        .is_some_and(|refusal| matches!(refusal.status, 404 | 410))
}

/// Whether the service may answer better in a moment.
fn is_outage(error: &Error) -> bool {
    match error {
        Error::Http(refusal) => matches!(refusal.status, 429 | 500 | 502 | 503 | 504),
        Error::Connection { .. } | Error::Decode { .. } => true,
        _ => false,
    }
}
