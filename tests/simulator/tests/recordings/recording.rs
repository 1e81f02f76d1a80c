//! Reading the recordings: each is one run of a client against Azure, of which some exchanges were kept.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use serde_json::Value;

/// One run of a client.
pub(crate) struct Recording {
    pub(crate) scenario: String,
    pub(crate) exchanges: Vec<Recorded>,
}

impl Recording {
    /// The minor version of Kubernetes that its cluster has first.
    pub(crate) fn minor(&self) -> Option<u32> {
        self.exchanges.iter().find_map(|exchange| {
            let version = exchange.response.pointer("/properties/kubernetesVersion");
            let numbers = version?.as_str()?.strip_prefix("1.")?;
            numbers.split('.').next()?.parse().ok()
        })
    }

    /// The day of an exchange, or of the first here that has one.
    pub(crate) fn day_of(&self, recorded: &Recorded) -> String {
        let own = recorded.day();
        if !own.is_empty() {
            return own;
        }
        let all = self.exchanges.iter().map(Recorded::day);
        all.filter(|day| !day.is_empty())
            .min()
            .unwrap_or_else(|| UNDATED.to_owned())
    }
}

/// The one recording of a cluster without dates: its signed addresses say when they were signed (`t=638351699539450464`).
const UNDATED: &str = "2023-11-08";

/// A request and Azure's answer.
pub(crate) struct Recorded {
    pub(crate) number: u64,
    /// Some recordings were stripped of it.
    pub(crate) date: Option<Timestamp>,
    /// Whether the recorder kept `Retry-After`; most take it out, so that replays are fast.
    pub(crate) keeps_retry_after: bool,
    pub(crate) method: String,
    pub(crate) host: String,
    /// Without the query, percent-encoding taken away.
    pub(crate) path: String,
    /// The API version that the client asked AKS with; that in the address for others.
    pub(crate) api_version: String,
    /// Whether it asks for a later page of a list.
    pub(crate) continued: bool,
    pub(crate) request: Option<Value>,
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// `Null` when there was none.
    pub(crate) response: Value,
}

/// A folder or file named by an environment variable; these tests fail where it is missing.
#[expect(
    clippy::disallowed_methods,
    reason = "where the records lie is said by the environment"
)]
pub(crate) fn place(variable: &str, what: &str) -> PathBuf {
    let path = std::env::var_os(variable).map(PathBuf::from);
    path.filter(|path| path.exists()).unwrap_or_else(|| {
        panic!("set {variable} to {what}, which this test reads and the repository does not hold")
    })
}

/// All recordings, in the order of their index.
pub(crate) fn all() -> Vec<Recording> {
    let folder = place("SECUREAKS_RECORDINGS", "the folder of recorded traffic");
    let index = std::fs::read_to_string(folder.join("INDEX.json")).unwrap();
    let index: Vec<Value> = serde_json::from_str(&index).unwrap();
    index
        .iter()
        .flat_map(|entry| {
            let scenario = entry["scenario"].as_str().unwrap();
            let lines = std::fs::read_to_string(folder.join(format!("{scenario}.jsonl"))).unwrap();
            split(scenario, &lines)
        })
        .collect()
}

/// A scenario may have been recorded several times, from a different client or with a different aim.
fn split(scenario: &str, lines: &str) -> Vec<Recording> {
    let mut recordings: Vec<(String, Recording)> = Vec::new();
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let file = line["file"].as_str().unwrap_or_default().to_owned();
        let exchange = exchange(scenario, &line);
        match recordings.iter_mut().find(|(own, _)| *own == file) {
            Some((_, recording)) => recording.exchanges.push(exchange),
            None => recordings.push((
                file,
                Recording {
                    scenario: scenario.to_owned(),
                    exchanges: vec![exchange],
                },
            )),
        }
    }
    recordings
        .into_iter()
        .map(|(_, recording)| recording)
        .collect()
}

fn exchange(scenario: &str, line: &Value) -> Recorded {
    let url = line["url"].as_str().unwrap();
    let (host, path) = url
        .strip_prefix("https://")
        .and_then(|rest| rest.split_once('/'))
        .unwrap();
    let path = path.split('?').next().unwrap_or_default();
    let path = percent_encoding::percent_decode_str(path).decode_utf8_lossy();
    let headers = line["response_headers"].as_object();
    // The recorder of the service operator keeps what the others rewrite.
    let kept = line["source"]
        .as_str()
        .is_some_and(|source| source.starts_with("aso"));
    Recorded {
        number: line["seq"].as_u64().unwrap(),
        date: line["date"].as_str().and_then(|date| date.parse().ok()),
        keeps_retry_after: kept,
        method: line["method"].as_str().unwrap().to_owned(),
        host: host.to_owned(),
        api_version: version(
            scenario,
            line["request_headers"]["User-Agent"]
                .as_str()
                .unwrap_or_default(),
            url,
        ),
        continued: url.contains("skipToken="),
        path: format!("/{}", path.trim_start_matches('/')),
        request: Some(document(&line["request_body"])).filter(|body| !body.is_null()),
        status: u16::try_from(line["status"].as_u64().unwrap()).unwrap(),
        headers: headers
            .into_iter()
            .flatten()
            .map(|(name, value)| {
                let value = value.get(0).unwrap_or(value);
                let value = value.as_str().unwrap_or_default().to_owned();
                (name.to_lowercase(), value)
            })
            .collect(),
        response: document(&line["response_body"]),
    }
}

/// The API version of a request. Recorders of the Azure CLI write that of a later release over it; which one a release
/// asked with is in its own table (azure-cli-core, `profiles/_shared.py`), and which its extension for previews had at
/// most is the newest published before the day of the recording.
const CLIENTS: [(&str, &str, &str); 14] = [
    ("2.41.0", "2022-07-01", ""),
    ("2.49.0", "2023-04-01", ""),
    ("2.50.0", "2023-05-01", ""),
    ("2.51.0", "2023-06-01", ""),
    ("2.53.0", "2023-07-01", ""),
    ("2.55.0", "2023-10-01", ""),
    ("2.59.0", "2024-01-01", ""),
    ("2.62.0", "2024-02-01", ""),
    ("2.63.0", "2024-05-01", "2024-07-02-preview"),
    ("2.66.0", "2024-08-01", ""),
    ("2.71.0", "2025-01-01", ""),
    ("2.73.0", "2025-02-01", "2025-04-02-preview"),
    ("2.74.0", "2025-03-01", ""),
    ("2.75.0", "2025-04-01", ""),
];

/// Recordings made from sources that were ahead of their release: their answers have members that its version has not,
/// and the version is the first stable one whose models have them.
const AHEAD: [(&str, &str, &str); 4] = [
    ("upgrade_kubernetes_version", "2.41.0", "2022-09-01"),
    ("network_acns", "2.66.0", "2024-09-01"),
    ("apiserver_vnet_integration", "2.71.0", "2025-03-01"),
    ("run_command", "2.75.0", "2025-05-01"),
];

fn version(scenario: &str, agent: &str, url: &str) -> String {
    let asked = url.split("api-version=").nth(1);
    let asked = asked
        .and_then(|rest| rest.split('&').next())
        .unwrap_or_default();
    let of_aks = url.contains("/Microsoft.ContainerService/");
    let release = agent.split("AZURECLI/").nth(1).filter(|_| of_aks);
    let release = release.and_then(|rest| rest.split(' ').next());
    let ahead = AHEAD
        .iter()
        .find(|(own, of, _)| *own == scenario && Some(*of) == release);
    if let Some((.., ahead)) = ahead {
        return (*ahead).to_owned();
    }
    let known = CLIENTS.iter().find(|(own, ..)| Some(*own) == release);
    match known {
        Some((release, _, preview)) if asked.ends_with("-preview") => {
            assert!(!preview.is_empty(), "which preview had {release}?");
            (*preview).to_owned()
        }
        Some((_, stable, _)) => (*stable).to_owned(),
        None => asked.to_owned(),
    }
}

/// Bodies were kept as documents, or as texts that may hold one.
fn document(body: &Value) -> Value {
    match body {
        Value::String(text) if text.trim().is_empty() => Value::Null,
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| body.clone()),
        other => other.clone(),
    }
}

impl Recorded {
    /// The day, or the empty text.
    pub(crate) fn day(&self) -> String {
        self.date
            .map_or_else(String::new, |date| date.strftime("%Y-%m-%d").to_string())
    }

    /// The path in lower case, as Resource Manager compares it.
    pub(crate) fn key(&self) -> String {
        self.path.to_lowercase()
    }

    /// The operation whose address this is.
    pub(crate) fn polled(&self) -> Option<&str> {
        operation_in(&self.path)
    }

    /// The operations an answer names, by header.
    pub(crate) fn begun(&self) -> impl Iterator<Item = (&'static str, &str)> {
        ["azure-asyncoperation", "location"]
            .into_iter()
            .filter_map(|header| Some((header, operation_in(self.headers.get(header)?)?)))
    }

    /// `Succeeded` and the like, in the body of a resource.
    pub(crate) fn state(&self) -> Option<&str> {
        self.response
            .pointer("/properties/provisioningState")
            .and_then(Value::as_str)
    }
}

fn operation_in(address: &str) -> Option<&str> {
    let address = address.split('?').next()?;
    let mut segments = address.rsplit('/');
    let id = segments.next()?;
    let kind = segments.next()?;
    let known = ["operations", "operationresults"];
    known
        .iter()
        .any(|known| known.eq_ignore_ascii_case(kind))
        .then_some(id)
}
