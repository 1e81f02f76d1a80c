//! What was asked of Azure and clusters, as shapes: texts that were put in stand as `*`.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use secureaks_simulator::Simulator;
use serde_json::Value as Json;

/// A network that notes what Microsoft Graph is asked: the simulator's journal has no bodies of it.
#[derive(Clone, Debug)]
pub(crate) struct Noting {
    network: reqwest::Client,
    batches: Arc<Mutex<Vec<Json>>>,
}

impl Noting {
    pub(crate) fn new(network: reqwest::Client) -> Self {
        Self {
            network,
            batches: Arc::default(),
        }
    }
}

#[async_trait]
impl HttpClient for Noting {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        if request.url().path().ends_with("$batch") {
            let body = azure_core::Bytes::from(request.body());
            let batch = serde_json::from_slice(&body).expect("a batch");
            self.batches.lock().expect("the notes").push(batch);
        }
        self.network.execute_request(request).await
    }
}

/// The shapes of all that was asked since the last time.
pub(crate) fn shapes(azure: &Simulator, network: &Noting, texts: &Texts) -> BTreeSet<String> {
    let exchanges = azure.journal().into_iter();
    let sent = exchanges.map(|exchange| {
        let host = format!("{:?}", exchange.host);
        shape(&host, &exchange.method, &exchange.path, texts)
    });
    let batches = std::mem::take(&mut *network.batches.lock().expect("the notes"));
    let steps = batches.iter().flat_map(|batch| {
        let steps = batch["requests"].as_array().expect("requests");
        steps.iter().map(|step| {
            let [method, url] = ["method", "url"].map(|name| step[name].as_str().expect("text"));
            shape("Graph step", method, url, texts)
        })
    });
    let all = sent.chain(steps).collect();
    azure.clear_journal();
    all
}

/// The texts that may stand in an address, in lower case.
#[derive(Clone, Default)]
pub(crate) struct Texts(BTreeSet<String>);

impl Texts {
    /// The texts of a configuration, and the parts of ids in it.
    pub(crate) fn of(config: &Json) -> Self {
        let mut texts = Self::default();
        texts.add_all(config);
        texts
    }

    pub(crate) fn add(&mut self, text: &str) {
        let text = text.to_lowercase();
        // An id names each of its parts, in their places.
        if text.starts_with("/subscriptions/") {
            let words = ["subscriptions", "resourcegroups", "providers", ""];
            let parts = text.split('/').filter(|part| !words.contains(part));
            self.0.extend(parts.map(str::to_owned));
        }
        self.0.insert(text);
    }

    fn add_all(&mut self, config: &Json) {
        match config {
            Json::String(text) => self.add(text),
            Json::Array(items) => items.iter().for_each(|item| self.add_all(item)),
            Json::Object(members) => members.iter().for_each(|(key, value)| {
                self.add(key);
                self.add_all(value);
            }),
            _ => {}
        }
    }
}

/// `Kubernetes GET /api/v1/namespaces/*?limit`: method and path with the names of the query.
fn shape(host: &str, method: &str, address: &str, texts: &Texts) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let segments = path.split('/').map(|segment| {
        let segment = decoded(segment);
        let drawn = uuid::Uuid::parse_str(&segment).is_ok();
        if drawn || texts.0.contains(&segment.to_lowercase()) && !is_a_word(&segment) {
            "*".to_owned()
        } else {
            format!("{segment:?}").trim_matches('"').to_owned()
        }
    });
    let path = segments.collect::<Vec<_>>().join("/");
    let names = query
        .split('&')
        .map(|one| one.split('=').next().unwrap_or_default());
    let names: BTreeSet<_> = names.map(decoded).collect();
    let names = names.into_iter().collect::<Vec<_>>().join("&");
    format!("{host} {method} {path}?{names}").to_lowercase()
}

/// Whether a segment of an id is a word of Azure's own, which stays.
fn is_a_word(segment: &str) -> bool {
    let word = segment.to_lowercase();
    word.starts_with("microsoft.") || word == "managedclusters" || word == "namespaces"
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let code = after.get(..2).filter(|_| *byte == b'%');
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        if let Some(code) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            bytes.push(code);
            rest = &after[2..];
        } else {
            bytes.push(*byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
