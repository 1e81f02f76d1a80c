//! Sends what was recorded to a simulator and hands out what Azure, the simulator and the echo answered.

use std::collections::BTreeSet;

use secureaks_simulator::aks::Quirks;
use secureaks_simulator::{Options, Simulator};
use serde_json::{Value, json};

use crate::client::Client;
use crate::echo::Echo;
use crate::fields::{Fields, of_answer};
use crate::reason;
use crate::recording::{Recorded, Recording};
use crate::request::Rewriting;
use crate::time::{Addresses, Time};

/// Three answers to one request, or why it was not sent.
pub(crate) enum Comparison<'a> {
    Answers {
        recorded: &'a Recorded,
        azure: Fields,
        ours: Fields,
        echo: Fields,
    },
    LeftOut {
        reason: &'static str,
    },
}

/// Replays one recording into a fresh simulator.
pub(crate) fn replay(recording: &Recording, see: &mut dyn FnMut(Comparison<'_>)) {
    // Time stands nearly still: it is moved to each exchange.
    let simulator = Simulator::start(Options {
        speed: 0.001,
        ..Options::default()
    })
    .unwrap();
    simulator.set_quirks(Quirks {
        // Its clusters went back to work after they had been created, which AKS does now and then.
        reconciles_after_success: recording.scenario == "create_2026-05-01_aso_excerpt",
        defaults_of_minor: recording.minor(),
        ..Quirks::default()
    });
    let client = Client::new(simulator.environment());
    let offers = format!(
        "{}/providers/Microsoft.ContainerService/locations/westus2/kubernetesVersions",
        client.subscription()
    );
    let offers = client.get(&offers).json();
    let subscription = client.variable("ARM_SUBSCRIPTION_ID").to_owned();
    let exchanges = &recording.exchanges;
    let mut rewriting = Rewriting::new(&subscription, exchanges, &offers);
    set_up(exchanges, &client);
    let mut time = Time::new(exchanges);
    let mut addresses = Addresses::default();
    let mut echo = Echo::default();
    for (index, recorded) in exchanges.iter().enumerate() {
        if let Some(reason) = reason::left_out(&recording.scenario, recorded) {
            see(Comparison::LeftOut { reason });
            continue;
        }
        let own = || {
            let path = rewriting.path(&recorded.path);
            format!(
                "{}{path}?api-version={}",
                client.arm(),
                recorded.api_version
            )
        };
        let address = match recorded.polled() {
            Some(_) => addresses.of(recorded).cloned(),
            None => Some(own()),
        };
        let Some(address) = address else {
            let reason = "the request that began the operation was left out";
            see(Comparison::LeftOut { reason });
            continue;
        };
        time.reach(index, &simulator);
        let mut answer = client
            .raw(&recorded.method, &address, rewriting.body(recorded))
            .unwrap();
        let body = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
        if recorded.begun().next().is_some() {
            addresses.note(recorded, &answer.headers);
            time.began(index, &simulator);
        }
        if matches!(recorded.method.as_str(), "GET" | "PUT") && recorded.status < 300 {
            rewriting.remember(recorded, &body);
        }
        if !recorded.keeps_retry_after {
            answer.headers.remove("retry-after");
        }
        empower(recorded, &body, &simulator);
        see(Comparison::Answers {
            recorded,
            azure: of_answer(recorded.status, &recorded.headers, &recorded.response),
            ours: of_answer(answer.status, &answer.headers, &body),
            echo: echo.answer(recorded),
        });
    }
}

/// Makes the resource groups that a recording finds there, as it reads them.
fn set_up(exchanges: &[Recorded], client: &Client) {
    let mut made = BTreeSet::new();
    for recorded in exchanges {
        let segments: Vec<&str> = recorded.path.split('/').collect();
        let Some(name) = segments
            .iter()
            .position(|segment| segment.eq_ignore_ascii_case("resourceGroups"))
            .and_then(|at| segments.get(at + 1))
        else {
            continue;
        };
        let own: Vec<&Recorded> = exchanges
            .iter()
            .filter(|other| {
                other
                    .key()
                    .ends_with(&format!("/resourcegroups/{}", name.to_lowercase()))
            })
            .collect();
        if !made.insert(name.to_lowercase()) || own.iter().any(|other| other.method == "PUT") {
            continue;
        }
        let read = own
            .iter()
            .find(|other| other.method == "GET" && other.status == 200);
        let location = exchanges
            .iter()
            .find_map(|other| other.request.as_ref()?.get("location")?.as_str())
            .unwrap_or("westeurope");
        let mut body = json!({ "location": location });
        if let Some(read) = read {
            for member in ["location", "tags"] {
                if let Some(value) = read.response.get(member) {
                    body[member] = value.clone();
                }
            }
        }
        let path = client.id(&format!("/resourcegroups/{name}"));
        let answer = client.put(&path, body);
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
}

/// The rights of identities were given by requests that were not kept.
fn empower(recorded: &Recorded, body: &Value, simulator: &Simulator) {
    let is_identity = recorded.key().contains("/userassignedidentities/");
    if recorded.method != "PUT" || !is_identity {
        return;
    }
    let (Some(principal), Some(id)) = (
        body.pointer("/properties/principalId")
            .and_then(Value::as_str),
        body["id"].as_str(),
    ) else {
        return;
    };
    let group = id.split("/providers/").next().unwrap_or_default();
    for role in ["Network Contributor", "Managed Identity Operator"] {
        assert!(simulator.grant(principal, role, group), "{role}");
    }
}
