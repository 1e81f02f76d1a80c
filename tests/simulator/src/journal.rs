//! What was asked and answered, for tests to look at. Secrets never get in: token requests
//! leave no body, and headers are kept by an allow-list.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::message::{Host, Message};

/// One request and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exchange {
    /// Position since the start or the last clearing; the first is 1.
    pub number: u64,
    /// The service asked.
    pub host: Host,
    /// Resource id of the cluster, when the service asked is the Kubernetes API of one.
    #[serde(default)]
    pub cluster: Option<String>,
    /// HTTP method; `CONNECT` for a connection that was closed before it could bring a request.
    pub method: String,
    /// Path and query, as sent, with secret parameters blanked.
    pub path: String,
    /// Status answered; `None` while under way and when the connection was closed instead.
    pub status: Option<u16>,
    /// Object id of the principal whose token was accepted; at a cluster, the user's name.
    pub caller: Option<String>,
    /// The request's headers that are on the allow-list; names in lower case.
    pub headers: BTreeMap<String, String>,
    /// Body of a request to Resource Manager.
    pub body: Option<Value>,
    /// Name of the fault applied, or why a connection was closed.
    pub fault: Option<String>,
    /// Simulated time of arrival.
    pub time: Timestamp,
}

const KEPT_HEADERS: [&str; 5] = [
    "if-match",
    "if-none-match",
    "user-agent",
    "x-ms-client-request-id",
    "x-ms-correlation-request-id",
];

/// The exchanges so far, in order of arrival.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    exchanges: Vec<Exchange>,
    /// How many connections were made to each cluster, by its id in lower case.
    connections: BTreeMap<String, u64>,
    cleared: u64,
    /// A file that takes the writes to Resource Manager when they are forgotten here.
    writes: Option<PathBuf>,
}

/// Names one exchange for good, also when the journal was cleared meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry {
    generation: u64,
    index: usize,
}

impl Journal {
    /// Notes an arrival.
    pub(crate) fn begin(
        &mut self,
        host: Host,
        cluster: Option<&str>,
        message: &Message,
        time: Timestamp,
    ) -> Entry {
        let index = self.exchanges.len();
        self.exchanges.push(Exchange {
            number: index as u64 + 1,
            host,
            cluster: cluster.map(str::to_owned),
            method: message.method.clone(),
            path: visible_path(message),
            status: None,
            caller: None,
            headers: KEPT_HEADERS
                .iter()
                .filter_map(|name| Some(((*name).to_owned(), message.headers.get(*name)?.clone())))
                .collect(),
            body: (host == Host::Arm)
                .then(|| serde_json::from_slice(&message.body).ok())
                .flatten(),
            fault: None,
            time,
        });
        Entry {
            generation: self.cleared,
            index,
        }
    }

    /// The exchange of an entry, unless the journal was cleared since.
    pub(crate) fn exchange(&mut self, entry: Entry) -> Option<&mut Exchange> {
        (entry.generation == self.cleared)
            .then(|| self.exchanges.get_mut(entry.index))
            .flatten()
    }

    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.exchanges.clone()
    }

    /// Counts a connection to a cluster.
    pub(crate) fn connected(&mut self, cluster: &str) {
        *self.connections.entry(cluster.to_lowercase()).or_default() += 1;
    }

    /// How many connections were made to a cluster.
    pub(crate) fn connections(&self, cluster: &str) -> u64 {
        let count = self.connections.get(&cluster.to_lowercase());
        count.copied().unwrap_or_default()
    }

    /// Adds the writes to Resource Manager to a file in a folder before they are forgotten.
    pub(crate) fn keep_writes_in(&mut self, folder: &Path) {
        self.writes = Some(folder.join(format!("{}.jsonl", uuid::Uuid::new_v4())));
    }

    fn keep_writes(&self) {
        let Some(path) = &self.writes else {
            return;
        };
        let lines: String = self
            .exchanges
            .iter()
            .filter(|exchange| matches!(exchange.method.as_str(), "PUT" | "PATCH"))
            .filter_map(|exchange| {
                let body = exchange.body.as_ref()?;
                let line = json!({
                    "method": exchange.method,
                    "path": exchange.path,
                    "client": exchange.headers.get("user-agent"),
                    "status": exchange.status,
                    "body": body,
                });
                Some(format!("{line}\n"))
            })
            .collect();
        if lines.is_empty() {
            return;
        }
        let file = OpenOptions::new().create(true).append(true).open(path);
        // Whoever reads the folder fails when there is nothing.
        let _ = file.and_then(|mut file| file.write_all(lines.as_bytes()));
    }

    /// Forgets everything; the next exchange is number 1 again.
    pub(crate) fn clear(&mut self) {
        self.keep_writes();
        self.exchanges.clear();
        self.connections.clear();
        self.cleared += 1;
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.keep_writes();
    }
}

fn visible_path(message: &Message) -> String {
    if message.query.is_empty() {
        return message.path.clone();
    }
    let parameters: Vec<String> = message
        .query
        .split('&')
        .map(|parameter| {
            let name = parameter.split('=').next().unwrap_or_default();
            let secret = ["client_secret", "client_assertion", "code", "token"];
            if secret.contains(&name.to_lowercase().as_str()) {
                format!("{name}=REDACTED")
            } else {
                parameter.to_owned()
            }
        })
        .collect();
    format!("{}?{}", message.path, parameters.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(path: &str, query: &str) -> Message {
        Message {
            method: "POST".into(),
            path: path.into(),
            query: query.into(),
            headers: BTreeMap::from([
                ("authorization".to_owned(), "Bearer secret".to_owned()),
                ("if-match".to_owned(), "abc".to_owned()),
            ]),
            body: br#"{"a":1}"#.to_vec(),
        }
    }

    #[test]
    fn secrets_stay_out() {
        let mut journal = Journal::default();
        let time = Timestamp::UNIX_EPOCH;

        journal.begin(
            Host::Login,
            None,
            &message("/t/token", "client_secret=x&b=1"),
            time,
        );

        let expected = Exchange {
            number: 1,
            host: Host::Login,
            cluster: None,
            method: "POST".into(),
            path: "/t/token?client_secret=REDACTED&b=1".into(),
            status: None,
            caller: None,
            headers: BTreeMap::from([("if-match".to_owned(), "abc".to_owned())]),
            body: None,
            fault: None,
            time,
        };
        assert_eq!(journal.exchanges(), [expected]);
    }

    #[test]
    fn writes_to_resource_manager_outlive_the_journal_where_they_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut journal = Journal::default();
        journal.keep_writes_in(folder.path());
        let put = Message {
            method: "PUT".into(),
            ..message("/a", "")
        };
        journal.begin(Host::Arm, None, &put, Timestamp::UNIX_EPOCH);
        journal.begin(Host::Arm, None, &message("/b", ""), Timestamp::UNIX_EPOCH);

        drop(journal);

        let file = std::fs::read_dir(folder.path()).unwrap().next().unwrap();
        let kept = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let kept: Value = serde_json::from_str(&kept).unwrap();
        let expected = json!({
            "method": "PUT", "path": "/a", "client": null, "status": null, "body": { "a": 1 },
        });
        assert_eq!(kept, expected);
    }

    #[test]
    fn clearing_restarts_the_numbers_and_orphans_entries() {
        let mut journal = Journal::default();
        let old = journal.begin(Host::Arm, None, &message("/a", ""), Timestamp::UNIX_EPOCH);

        journal.clear();
        let new = journal.begin(Host::Arm, None, &message("/b", ""), Timestamp::UNIX_EPOCH);

        assert_eq!(journal.exchange(old), None);
        assert_eq!(
            journal.exchange(new).map(|exchange| exchange.number),
            Some(1)
        );
    }
}
