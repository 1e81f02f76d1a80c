//! Faults: what goes wrong on purpose, for which requests and how often.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::message::{Host, Message, Reply};

/// A fault and the requests it strikes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fault {
    /// Shown in the journal beside the exchanges it struck.
    pub name: String,
    /// Which requests it strikes.
    #[serde(default)]
    pub matches: Matches,
    /// What happens to them.
    pub action: Action,
}

/// Which requests a [`Fault`] strikes. Absent conditions hold for every request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Matches {
    /// The service asked.
    pub host: Option<Host>,
    /// Resource id of the cluster asked.
    pub cluster: Option<String>,
    /// HTTP method.
    pub method: Option<String>,
    /// Part of path and query, whatever its case.
    pub path_contains: Option<String>,
    /// The exchange's number in the journal.
    pub exchange: Option<u64>,
    /// The first match to strike, counted from 1; earlier ones pass.
    pub nth: Option<u64>,
    /// How many matches to strike; one when absent.
    pub times: Option<u64>,
}

/// What a [`Fault`] does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Action {
    /// The request is answered so, and takes no effect.
    Status(Answer),
    /// The request takes effect, and is answered so.
    StatusAfter(Answer),
    /// The connection is closed before the request takes effect.
    DropBefore,
    /// The connection is closed after the request took effect.
    DropAfter,
    /// The request waits to be released before it takes effect.
    HoldBefore,
    /// The request takes effect, and its answer waits to be released.
    HoldAfter,
    /// The request is handled this much simulated time later.
    Delay {
        /// Simulated seconds.
        seconds: f64,
    },
    /// The simulated clock moves forward before the request is handled, as if its client had taken
    /// that long.
    Advance {
        /// Simulated seconds.
        seconds: f64,
    },
}

/// The answer a fault gives instead of the service's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// HTTP status code.
    pub code: u16,
    /// Headers; `retry-after` is in simulated seconds.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// A JSON value, or a string sent as it is.
    #[serde(default)]
    pub body: Value,
}

impl Action {
    /// The action of a preset: `throttled`, `html_503`, `bad_gateway`, `gateway_timeout` or
    /// `dropped`; of a cluster `too_many_requests`, `unavailable` or `etcd_timeout`.
    pub fn preset(name: &str) -> Option<Self> {
        Some(match name {
            "throttled" => Self::throttled(),
            "html_503" => Self::html_503(),
            "bad_gateway" => Self::bad_gateway(),
            "gateway_timeout" => Self::gateway_timeout(),
            "dropped" => Self::DropBefore,
            "too_many_requests" => Self::Status(too_many_requests()),
            "unavailable" => Self::Status(unavailable()),
            "etcd_timeout" => Self::StatusAfter(etcd_timeout()),
            _ => return None,
        })
    }

    /// 429 as the AKS resource provider throttles (AKS docs, quotas-skus-regions).
    pub fn throttled() -> Self {
        Self::Status(Answer {
            code: 429,
            headers: vec![json_type(), ("retry-after".into(), "20".into())],
            body: json!({
                "code": "Throttled",
                "details": null,
                "message": "The request was throttled. Please try again after 20 seconds.",
                "subcode": "",
            }),
        })
    }

    /// 503 with the HTML page Azure Front Door answers when Resource Manager is unreachable
    /// (recorded in `nodepool_max_unavailable`, shortened by its styles).
    pub fn html_503() -> Self {
        Self::Status(Answer {
            code: 503,
            headers: vec![
                ("content-type".into(), "text/html".into()),
                (
                    "x-azure-externalerror".into(),
                    "0x80072ee2,OriginTimeout".into(),
                ),
            ],
            body: Value::String(HTML_503.into()),
        })
    }

    /// 502 as the gateway answers when it loses the resource provider (recorded).
    pub fn bad_gateway() -> Self {
        Self::Status(gateway_answer(
            502,
            "BadGatewayConnection",
            "The network connectivity issue encountered for 'Microsoft.ContainerService'; cannot \
             fulfill the request.",
        ))
    }

    /// 504 as the gateway answers when the resource provider is silent (recorded).
    pub fn gateway_timeout() -> Self {
        Self::Status(gateway_answer(
            504,
            "GatewayTimeout",
            "The gateway did not receive a response from 'Microsoft.ContainerService' within the \
             specified time period.",
        ))
    }
}

fn gateway_answer(code: u16, error: &str, message: &str) -> Answer {
    Answer {
        code,
        headers: vec![json_type(), ("x-ms-failure-cause".into(), "service".into())],
        body: json!({ "error": { "code": error, "message": message } }),
    }
}

/// What API priority and fairness answers to too many requests at once.
fn too_many_requests() -> Answer {
    let message = "Too many requests, please try again later.";
    let mut answer = kubernetes_answer(429, "TooManyRequests", message);
    answer.headers.push(("retry-after".into(), "1".into()));
    answer
}

/// What an API server answers while it starts or loses its way to etcd.
fn unavailable() -> Answer {
    kubernetes_answer(
        503,
        "ServiceUnavailable",
        "the server is currently unable to handle the request",
    )
}

/// What an API server answers to a write of which it does not know whether it was made.
fn etcd_timeout() -> Answer {
    kubernetes_answer(500, "", "etcdserver: request timed out")
}

fn kubernetes_answer(code: u16, reason: &str, message: &str) -> Answer {
    Answer {
        code,
        headers: vec![("content-type".into(), "application/json".into())],
        body: json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            "reason": reason,
            "code": code,
        }),
    }
}

fn json_type() -> (String, String) {
    (
        "content-type".into(),
        "application/json; charset=utf-8".into(),
    )
}

const HTML_503: &str = "<!DOCTYPE html PUBLIC '-//W3C//DTD XHTML 1.0 Transitional//EN' \
    'http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd'>\
    <html xmlns='http://www.w3.org/1999/xhtml'><head><title>AzureResourceManager</title></head>\
    <body><div id='content'><div id='message'><h2>Our services aren't available right now</h2>\
    </div></div></body></html>";

impl Answer {
    pub(crate) fn reply(&self) -> Reply {
        Reply {
            status: self.code,
            headers: self.headers.clone(),
            body: match &self.body {
                Value::Null => Vec::new(),
                Value::String(text) => text.clone().into_bytes(),
                value => value.to_string().into_bytes(),
            },
        }
    }
}

/// The faults in force.
#[derive(Debug)]
pub(crate) struct Faults {
    armed: Vec<Armed>,
    chaos: f64,
    random: StdRng,
}

#[derive(Debug)]
struct Armed {
    fault: Fault,
    seen: u64,
}

impl Faults {
    /// No faults but random ones: `chaos` is the share of exchanges to strike, of Resource
    /// Manager's and of clusters'.
    pub(crate) fn new(chaos: f64, seed: u64) -> Self {
        Self {
            armed: Vec::new(),
            chaos,
            random: StdRng::seed_from_u64(seed),
        }
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.armed.push(Armed { fault, seen: 0 });
    }

    pub(crate) fn clear(&mut self) {
        self.armed.clear();
    }

    pub(crate) fn list(&self) -> Vec<Fault> {
        self.armed.iter().map(|armed| armed.fault.clone()).collect()
    }

    /// The fault that strikes this exchange. Every armed fault counts it; the first added wins.
    pub(crate) fn strike(
        &mut self,
        host: Host,
        cluster: Option<&str>,
        message: &Message,
        number: u64,
    ) -> Option<Fault> {
        let mut struck = None;
        for one in &mut self.armed {
            if one.hits(host, cluster, message, number) && struck.is_none() {
                struck = Some(one.fault.clone());
            }
        }
        struck.or_else(|| self.chance(host))
    }

    fn chance(&mut self, host: Host) -> Option<Fault> {
        let dropped = [
            ("dropped before", Action::DropBefore),
            ("dropped after", Action::DropAfter),
        ];
        let answered = match host {
            Host::Arm => vec![
                ("throttled", Action::throttled()),
                ("html_503", Action::html_503()),
                ("bad_gateway", Action::bad_gateway()),
                ("gateway_timeout", Action::gateway_timeout()),
            ],
            Host::Kubernetes => vec![
                ("too_many_requests", Action::Status(too_many_requests())),
                ("unavailable", Action::Status(unavailable())),
                ("etcd_timeout", Action::StatusAfter(etcd_timeout())),
            ],
            Host::Login | Host::Graph => return None,
        };
        if self.chaos <= 0.0 || self.random.random::<f64>() >= self.chaos {
            return None;
        }
        let actions: Vec<_> = answered.into_iter().chain(dropped).collect();
        let (name, action) = actions.choose(&mut self.random)?;
        Some(Fault {
            name: format!("chaos: {name}"),
            matches: Matches::default(),
            action: action.clone(),
        })
    }
}

impl Armed {
    fn hits(&mut self, host: Host, cluster: Option<&str>, message: &Message, number: u64) -> bool {
        let matches = &self.fault.matches;
        let address = format!("{}?{}", message.path, message.query).to_lowercase();
        let asked = cluster.unwrap_or_default();
        let all_hold = matches.host.is_none_or(|wanted| wanted == host)
            && matches
                .cluster
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(asked))
            && matches
                .method
                .as_ref()
                .is_none_or(|wanted| wanted.eq_ignore_ascii_case(&message.method))
            && matches
                .path_contains
                .as_ref()
                .is_none_or(|part| address.contains(&part.to_lowercase()))
            && matches.exchange.is_none_or(|wanted| wanted == number);
        if !all_hold {
            return false;
        }
        self.seen += 1;
        let first = matches.nth.unwrap_or(1);
        (first..first.saturating_add(matches.times.unwrap_or(1))).contains(&self.seen)
    }
}

/// A duration given in seconds that may come from outside: nonsense counts as none.
pub(crate) fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn get(path: &str) -> Message {
        Message {
            method: "GET".into(),
            path: path.into(),
            ..Message::default()
        }
    }

    fn strikes(faults: &mut Faults, path: &str, number: u64) -> bool {
        faults.strike(Host::Arm, None, &get(path), number).is_some()
    }

    #[test]
    fn a_fault_strikes_from_its_nth_match_as_often_as_asked() {
        let mut faults = Faults::new(0.0, 0);
        faults.add(Fault {
            name: "second and third".into(),
            matches: Matches {
                path_contains: Some("CLUSTERS".into()),
                nth: Some(2),
                times: Some(2),
                ..Matches::default()
            },
            action: Action::DropBefore,
        });

        let paths = ["/clusters", "/other", "/clusters", "/clusters", "/clusters"];
        let struck: Vec<bool> = (1..)
            .zip(paths)
            .map(|(number, path)| strikes(&mut faults, path, number))
            .collect();

        assert_eq!(struck, [false, false, true, true, false]);
    }

    #[test]
    fn a_fault_can_name_the_exchange() {
        let mut faults = Faults::new(0.0, 0);
        faults.add(Fault {
            name: "third".into(),
            matches: Matches {
                exchange: Some(3),
                ..Matches::default()
            },
            action: Action::HoldAfter,
        });

        let struck: Vec<bool> = (1..=4)
            .map(|number| strikes(&mut faults, "/", number))
            .collect();

        assert_eq!(struck, [false, false, true, false]);
    }

    #[test]
    fn chaos_depends_on_the_seed_only() {
        let run = |seed| -> Vec<Option<String>> {
            let mut faults = Faults::new(0.5, seed);
            (1..=20)
                .map(|number| Some(faults.strike(Host::Arm, None, &get("/"), number)?.name))
                .collect()
        };

        assert_eq!(run(7), run(7));
        assert_ne!(run(7), run(8));
    }
}
