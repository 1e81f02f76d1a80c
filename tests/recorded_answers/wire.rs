//! A network that answers as recorded, question after question, and notices when it is asked anything else.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use azure_core::http::{AsyncRawResponse, HttpClient, Request, StatusCode, Url, headers::Headers};
use secureaks::azure::{
    Client, Cloud, CloudSource, ManualClock, Options, Secret, Wire, auth::Settings, random::Random,
};
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;

/// One answer as it was recorded.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// A text where it is no JSON.
    pub(crate) body: Json,
}

impl Answer {
    /// That of a recorded exchange.
    pub(crate) fn of(exchange: &Json) -> Self {
        let status = exchange["status"].as_u64().expect("a status");
        let headers = exchange["response_headers"].as_object();
        let headers = headers.into_iter().flatten();
        Self {
            status: u16::try_from(status).expect("a status"),
            headers: headers
                .filter_map(|(name, value)| {
                    Some((name.to_ascii_lowercase(), value.as_str()?.to_owned()))
                })
                .collect(),
            body: exchange["response_body"].clone(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map(|(_, value)| value.as_str())
    }

    fn bytes(&self) -> Vec<u8> {
        match &self.body {
            Json::Null => Vec::new(),
            Json::String(text) => text.clone().into_bytes(),
            value => value.to_string().into_bytes(),
        }
    }
}

/// A question that is expected, and its answer.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) method: String,
    pub(crate) url: Url,
    pub(crate) answer: Answer,
}

/// The network.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    state: Arc<Mutex<State>>,
    /// Cancelled once something is asked that was not expected.
    pub(crate) over: CancellationToken,
    /// Stands still but for what the client waits.
    pub(crate) clock: ManualClock,
}

#[derive(Debug)]
struct State {
    lines: VecDeque<Line>,
    beyond: Vec<String>,
}

impl Recording {
    pub(crate) fn new(lines: impl IntoIterator<Item = Line>) -> Self {
        let state = State {
            lines: lines.into_iter().collect(),
            beyond: Vec::new(),
        };
        Self {
            state: Arc::new(Mutex::new(state)),
            over: CancellationToken::new(),
            clock: ManualClock::new("2026-11-21T12:00:00Z".parse().expect("a moment")),
        }
    }

    /// How many expected questions were not asked.
    pub(crate) fn left(&self) -> usize {
        self.state().lines.len()
    }

    /// What was asked and not expected; the client is left without an answer.
    pub(crate) fn beyond(&self) -> Vec<String> {
        self.state().beyond.clone()
    }

    /// A client of Azure's public cloud over this network.
    pub(crate) fn client(&self, subscription: &str) -> Client {
        let wire = Wire {
            http: Arc::new(self.clone()),
            clock: Arc::new(self.clock.clone()),
            random: Arc::new(Random::seeded(1)),
            user_agent: "terraform-provider-secureaks/test".to_owned(),
            correlation_id: uuid::Uuid::from_u128(7),
        };
        let cloud = CloudSource::known(Cloud::public());
        let settings = Settings {
            tenant_id: Some(uuid::Uuid::from_u128(1).to_string()),
            client_id: Some(uuid::Uuid::from_u128(2).to_string()),
            client_secret: Some(Secret::new("secret")),
            ..Settings::default()
        };
        let credential = settings.credential(&cloud, &wire).expect("a credential");
        Client::new(Options {
            wire,
            cloud,
            credential,
            subscription_id: subscription.to_owned(),
            poll_interval: Duration::from_secs(30),
            cluster_api_version: None,
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer to a question, if it was expected now.
    fn answer(&self, method: &str, url: &Url) -> Option<Answer> {
        let mut state = self.state();
        let expected = |line: &Line| line.method == method && line.url == *url;
        if state.lines.front().is_some_and(expected) {
            return state.lines.pop_front().map(|line| line.answer);
        }
        state.beyond.push(format!("{method} {url}"));
        None
    }
}

#[async_trait]
impl HttpClient for Recording {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let url = request.url();
        let answer = if url.host_str() == Some("login.microsoftonline.com") {
            let day = Duration::from_hours(24).as_secs();
            Answer {
                status: 200,
                headers: Vec::new(),
                body: json!({ "access_token": "token", "token_type": "Bearer", "expires_in": day }),
            }
        } else {
            let Some(answer) = self.answer(request.method().as_str(), url) else {
                self.over.cancel();
                return std::future::pending().await;
            };
            answer
        };
        // What a network does takes a moment, in which others go on.
        tokio::task::yield_now().await;
        let mut headers = Headers::new();
        for (name, value) in &answer.headers {
            headers.insert(name.clone(), value.clone());
        }
        Ok(AsyncRawResponse::from_bytes(
            StatusCode::from(answer.status),
            headers,
            answer.bytes(),
        ))
    }
}
