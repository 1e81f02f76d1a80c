//! What was recorded of clusters is played to the provider: it creates, changes and destroys one of the simulator's,
//! and its write and its polls are answered as they were then. It must follow them to success after exactly these polls.
//! The look that comes after is at the simulator's cluster; recorded looks are played in `operations.rs`.

use std::collections::BTreeMap;

use secureaks_simulator::{Action, Answer, Exchange, Fault, Host, Matches, Simulator};
use serde_json::json;

use crate::chance::{choose, seed};
use crate::figures::report;
use crate::outages::outages;
use crate::support::{CLUSTER, Kept, Provider, cluster, fast_azure, told};
use crate::wire;
use crate::writes::{End, Write, writes};

/// Most of the time is spent waiting before a question is asked again.
const AT_ONCE: usize = 8;

/// What of the provider is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Create,
    Update,
    Destroy,
}

#[test]
fn the_provider_follows_every_recorded_operation_on_a_cluster_to_success() {
    let seed = seed();
    let of_clusters: Vec<Write> = writes()
        .into_iter()
        .filter(is_operation_on_cluster)
        .collect();
    let playable: Vec<(Verb, &Write)> = of_clusters
        .iter()
        .filter_map(|write| Some((verb(write)?, write)))
        .collect();
    // By whether their recording breaks off.
    let mut left: BTreeMap<bool, Vec<&str>> = BTreeMap::new();
    for write in of_clusters.iter().filter(|write| verb(write).is_none()) {
        let broken_off = write.end == End::BrokenOff;
        left.entry(broken_off).or_default().push(&write.name);
    }

    std::thread::scope(|scope| {
        for first in 0..AT_ONCE {
            let own = playable.iter().skip(first).step_by(AT_ONCE);
            scope.spawn(move || {
                let mut stage = Stage::new();
                for (verb, write) in own {
                    stage.play(*verb, write, seed);
                }
            });
        }
    });

    let count = |wanted| playable.iter().filter(|(verb, _)| *verb == wanted).count();
    let counts = [Verb::Create, Verb::Update, Verb::Destroy].map(count);
    assert_eq!(counts, [39, 32, 2]);
    // What they are is said in `operations.rs`.
    assert_eq!(left.remove(&true).unwrap_or_default().len(), 27);
    // Its client looked at nothing but the cluster; the provider asks the operation.
    let not_asked = vec!["create_default_2025_nowait 2 PUT"];
    assert_eq!(left, BTreeMap::from([(false, not_asked)]));
    let [created, updated, destroyed] = counts;
    let line = format!(
        "recorded operations on clusters: {0} played to the provider ({created} creations, {updated} changes, {destroyed} deletions), {0} followed to success after exactly the recorded polls, with 502, 503 and 504 in between",
        playable.len()
    );
    report("recorded-verbs", &[line], &[]);
}

/// Whether a write began an operation on a cluster itself.
fn is_operation_on_cluster(write: &Write) -> bool {
    let kind = write.url.path().split_once("/providers/");
    let kind: Vec<&str> = kind.map_or(Vec::new(), |(_, kind)| kind.split('/').collect());
    let is_cluster = matches!(
        kind.as_slice(),
        ["Microsoft.ContainerService", "managedClusters", _]
    );
    is_cluster && !matches!(write.end, End::Refused | End::AtOnce)
}

/// What of the provider an operation was, if it was followed to its end.
fn verb(write: &Write) -> Option<Verb> {
    if write.polls.is_empty() {
        return None;
    }
    match (&write.end, write.method.as_str(), write.answer.status) {
        (End::Resource(_), "PUT", 201) => Some(Verb::Create),
        (End::Resource(_), "PUT", 200) => Some(Verb::Update),
        (End::Gone, "DELETE", _) => Some(Verb::Destroy),
        _ => None,
    }
}

/// One Azure, and the cluster that is there.
struct Stage {
    azure: Simulator,
    there: Option<Kept>,
    number: usize,
}

impl Stage {
    fn new() -> Self {
        Self {
            azure: fast_azure(),
            there: None,
            number: 0,
        }
    }

    fn play(&mut self, verb: Verb, write: &Write, seed: u64) {
        // A provider of its own: one asks about operations only twice a second after the first two hundred times.
        let provider = Provider::of(&self.azure);
        self.prepare(verb, &provider);
        self.number += 1;
        let prior = self.there.take().unwrap_or_else(Kept::nothing);
        let tags = json!({ "tags": { "number": self.number.to_string() } });
        let config = match verb {
            Verb::Create | Verb::Update => provider.value(&cluster(&tags)),
            Verb::Destroy => Kept::nothing().value,
        };
        let plan = provider.plan(&prior, &config);
        assert_eq!(told(&plan.diagnostics), "", "{}", write.name);
        let polls = polls(write, seed);
        self.arm(verb, write, &polls);

        let (kept, diagnostics) = provider.carry_out(&prior, &config, &plan);

        let name = &write.name;
        assert_eq!(told(&diagnostics), "", "{name}");
        assert_eq!(kept == Kept::nothing(), verb == Verb::Destroy, "{name}");
        assert_eq!(
            self.azure.resource(CLUSTER).is_some(),
            verb != Verb::Destroy,
            "{name}"
        );
        let asked = self.asked_since_the_write(&write.method);
        assert_eq!(asked.len(), polls.len() + 1, "{name}: {asked:#?}");
        self.azure.clear_faults();
        self.there = Some(kept).filter(|_| verb != Verb::Destroy);
    }

    /// Nothing to create, and something to change or destroy.
    fn prepare(&mut self, verb: Verb, provider: &Provider) {
        match (verb, self.there.take()) {
            (Verb::Create, Some(there)) => {
                let (_, diagnostics) = provider.destroy(&there);
                assert_eq!(told(&diagnostics), "");
            }
            (Verb::Update | Verb::Destroy, None) => {
                self.there = Some(provider.create(&provider.value(&cluster(&json!({})))));
            }
            (_, there) => self.there = there,
        }
        self.azure.clear_journal();
    }

    /// Has the simulator answer as was recorded, from the write on.
    fn arm(&self, verb: Verb, write: &Write, polls: &[Answer]) {
        let here = |method: &str, part: &str, nth: u64, action: Action| {
            self.azure.add_fault(Fault {
                name: write.name.clone(),
                matches: Matches {
                    host: Some(Host::Arm),
                    method: Some(method.to_owned()),
                    path_contains: Some(part.to_owned()),
                    nth: Some(nth),
                    ..Matches::default()
                },
                action,
            });
        };
        let part = "/managedClusters/aks-demo";
        for (nth, refusal) in (1..).zip(&write.refusals) {
            here(
                &write.method,
                part,
                nth,
                Action::Status(self.answer(refusal)),
            );
        }
        let nth = (1..).nth(write.refusals.len()).expect("a number");
        let taken = Action::StatusAfter(self.answer(&write.answer));
        here(&write.method, part, nth, taken);
        for (nth, poll) in (1..).zip(polls) {
            here("GET", "/operations/", nth, Action::Status(poll.clone()));
        }
        // The simulator has its own idea of how long it takes; by the look that follows it has long ended.
        // Whoever creates or changes looks at the cluster before, too.
        let looks_before = u64::from(verb != Verb::Destroy);
        let long = Action::Advance { seconds: 7200.0 };
        here("GET", part, looks_before + 1, long);
    }

    /// A recorded answer, with addresses of the simulator in place of Azure's.
    fn answer(&self, recorded: &wire::Answer) -> Answer {
        let origin = &self.azure.environment()["ARM_METADATA_HOSTNAME"];
        let subscription = CLUSTER.split('/').nth(2).expect("a subscription");
        let mut answer = plain(recorded);
        for (_, value) in &mut answer.headers {
            *value = value
                .replace(
                    "https://management.azure.com/",
                    &format!("https://{origin}/"),
                )
                .replace("00000000-0000-0000-0000-000000000000", subscription);
        }
        answer
    }

    /// What was asked of Resource Manager after the write was accepted.
    fn asked_since_the_write(&self, method: &str) -> Vec<String> {
        let arm = |exchange: &Exchange| exchange.host == Host::Arm && exchange.status != Some(401);
        let journal: Vec<Exchange> = self.azure.journal().into_iter().filter(arm).collect();
        let write = journal
            .iter()
            .rposition(|exchange| exchange.method == method)
            .expect("a write");
        let after = journal.iter().skip(write + 1);
        after
            .map(|exchange| format!("{} {}", exchange.method, exchange.path))
            .collect()
    }
}

/// A recorded answer as the simulator gives it; what says how the bytes travelled is its own.
fn plain(recorded: &wire::Answer) -> Answer {
    let of_transport = ["content-length", "content-encoding", "transfer-encoding"];
    let headers = recorded.headers.iter();
    Answer {
        code: recorded.status,
        headers: headers
            .filter(|(name, _)| !of_transport.contains(&name.as_str()))
            .cloned()
            .collect(),
        body: recorded.body.clone(),
    }
}

/// The answers to its polls, with an outage of each kind in between, by the seed.
fn polls(write: &Write, seed: u64) -> Vec<Answer> {
    let mut polls: Vec<Answer> = write.polls.iter().map(|(_, poll)| plain(poll)).collect();
    for (kind, action) in outages() {
        let place = choose(seed, &format!("{} {kind}", write.name), polls.len());
        if let Action::Status(answer) = action {
            polls.insert(place, answer);
        }
    }
    polls
}
