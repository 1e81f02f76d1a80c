//! An in-memory network for tests: answers in a given order, and a record of what was asked.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::headers::Headers;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode};
use serde_json::Value;

use super::clock::ManualClock;
use super::random::Random;
use super::wire::Wire;

/// A network that answers what it was told to.
#[derive(Debug, Clone)]
pub(crate) struct Scripted {
    state: Arc<Mutex<State>>,
    pub(crate) clock: ManualClock,
}

#[derive(Debug)]
struct State {
    answers: VecDeque<Answer>,
    requests: Vec<Sent>,
}

/// One request as it left.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sent {
    pub(crate) line: String,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: String,
}

/// What the network does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Respond {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    Drop,
    Refuse(&'static str),
    /// Shows a certificate that is not trusted.
    Distrust,
    Hang,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::text(status, body.to_string())
    }

    pub(crate) fn text(status: u16, body: impl Into<String>) -> Self {
        Self::Respond {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Self::Respond { headers, .. } = &mut self {
            headers.push((name, value.to_owned()));
        }
        self
    }
}

impl Scripted {
    pub(crate) fn new(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::at("2026-11-21T12:00:00Z".parse().unwrap(), answers)
    }

    pub(crate) fn at(now: jiff::Timestamp, answers: impl IntoIterator<Item = Answer>) -> Self {
        let state = State {
            answers: answers.into_iter().collect(),
            requests: Vec::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            clock: ManualClock::new(now),
        }
    }

    pub(crate) fn wire(&self) -> Wire {
        Wire {
            http: Arc::new(self.clone()),
            clock: Arc::new(self.clock.clone()),
            random: Arc::new(Random::seeded(1)),
            user_agent: "terraform-provider-secureaks/test".into(),
            correlation_id: uuid::Uuid::from_u128(7),
        }
    }

    pub(crate) fn requests(&self) -> Vec<Sent> {
        self.state.lock().unwrap().requests.clone()
    }

    /// Methods and addresses of what was asked.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.requests().into_iter().map(|sent| sent.line).collect()
    }
}

#[async_trait]
impl HttpClient for Scripted {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let answer = {
            let mut state = self.state.lock().unwrap();
            let headers = request.headers().iter();
            state.requests.push(Sent {
                line: format!("{} {}", request.method(), request.url()),
                headers: headers
                    .map(|(name, value)| (name.as_str().into(), value.as_str().into()))
                    .collect(),
                body: String::from_utf8(azure_core::Bytes::from(request.body()).to_vec()).unwrap(),
            });
            state.answers.pop_front()
        };
        // What a network does takes a moment, in which others go on.
        tokio::task::yield_now().await;
        match answer {
            Some(Answer::Respond {
                status,
                headers,
                body,
            }) => {
                let mut map = Headers::new();
                for (name, value) in headers {
                    map.insert(name, value);
                }
                Ok(AsyncRawResponse::from_bytes(
                    StatusCode::from(status),
                    map,
                    body,
                ))
            }
            Some(Answer::Drop) => Err(azure_core::Error::with_message(
                ErrorKind::Io,
                "connection reset",
            )),
            Some(Answer::Refuse(reason)) => Err(azure_core::Error::with_message(
                ErrorKind::Connection,
                reason,
            )),
            Some(Answer::Distrust) => {
                let found = rustls::CertificateError::UnknownIssuer;
                let error = std::io::Error::other(rustls::Error::InvalidCertificate(found));
                Err(azure_core::Error::with_error(
                    ErrorKind::Connection,
                    error,
                    "no connection",
                ))
            }
            Some(Answer::Hang) => std::future::pending().await,
            None => panic!(
                "nothing was to be asked: {} {}",
                request.method(),
                request.url()
            ),
        }
    }
}
