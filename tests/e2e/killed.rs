//! `kill -9` at every exchange of a cluster's life: whatever is killed, and whenever, running the
//! same command again comes to the same end, with one cluster or none.

use std::{collections::BTreeMap, sync::Mutex};

use secureaks_simulator::{Action, Fault, Matches, Simulator};
use serde_json::Value;

use crate::support::{
    Client, Workspace, any_client, assert_understood, clients,
    killing::{Moment, Verb, Victim, run_again, side_by_side},
    trouble::{birth, clusters, held, hung_up, patient_azure, strike, wait_until, writes},
};

#[test]
fn whatever_is_killed_at_any_exchange_the_next_run_converges() {
    let client = any_client();
    let lengths = exchanges(client);
    let longest = lengths.values().copied().max().unwrap_or_default();
    let mut lives = Vec::new();
    for (victim, moment) in Kill::ALL {
        lives.extend((1..=longest).map(|position| Life {
            victim,
            moment,
            positions: within(&lengths, position),
        }));
    }
    for victim in [Victim::Plugin, Victim::Group] {
        lives.push(Life {
            victim,
            moment: Moment::Unsaved,
            positions: lengths.clone(),
        });
    }

    let converged = live_all(client, lives);

    let mut total = 0;
    let mut short = Vec::new();
    for ((verb, victim, moment), positions) in &converged {
        let wanted = if *moment == Moment::Unsaved {
            1
        } else {
            lengths[verb]
        };
        let count = u64::try_from(positions.len()).expect("a count");
        println!("{verb}, {victim} killed {moment}: exchanges: {wanted}, converged: {count}");
        total += count;
        if count != wanted {
            short.push((verb, victim, moment));
        }
    }
    let wanted: u64 = lengths.values().map(|length| length * 4 + 2).sum();
    println!("exchanges: {wanted}, converged: {total}");
    assert_eq!((short, total), (vec![], wanted));
}

#[test]
fn other_clients_converge_where_it_matters_most() {
    for client in clients().iter().filter(|client| *client != any_client()) {
        let lengths = exchanges(client);
        // The PUT or DELETE is followed by two polls and a read.
        let positions: BTreeMap<Verb, u64> = lengths
            .iter()
            .map(|(verb, length)| (*verb, length - 3))
            .collect();
        let lives = Kill::ALL.map(|(victim, moment)| Life {
            victim,
            moment,
            positions: positions.clone(),
        });

        let converged = live_all(client, lives.into());

        let count: usize = converged.values().map(Vec::len).sum();
        println!(
            "{} {}: exchanges: 12, converged: {count}",
            client.name, client.version
        );
        assert_eq!(count, 12);
    }
}

struct Kill;

impl Kill {
    const ALL: [(Victim, Moment); 4] = [
        (Victim::Plugin, Moment::Before),
        (Victim::Plugin, Moment::After),
        (Victim::Group, Moment::Before),
        (Victim::Group, Moment::After),
    ];
}

/// A cluster's life in which each verb is struck once, at a position of its own.
struct Life {
    victim: Victim,
    moment: Moment,
    positions: BTreeMap<Verb, u64>,
}

type Converged = BTreeMap<(Verb, Victim, Moment), Vec<u64>>;

/// How many exchanges each verb has when nothing is killed.
fn exchanges(client: &Client) -> BTreeMap<Verb, u64> {
    let (azure, workspace) = begin(client);
    let count = |verb: Verb| {
        set_pace(&azure);
        workspace.run(&verb.arguments()).succeeds();
        let exchanges = azure.journal().len() as u64;
        (verb, exchanges)
    };
    Verb::ALL.into_iter().map(count).collect()
}

fn within(lengths: &BTreeMap<Verb, u64>, position: u64) -> BTreeMap<Verb, u64> {
    let reached = lengths.iter().filter(|(_, length)| position <= **length);
    reached.map(|(verb, _)| (*verb, position)).collect()
}

/// Lives all of them, some at a time.
fn live_all(client: &Client, lives: Vec<Life>) -> Converged {
    let converged = Mutex::new(Converged::new());
    side_by_side(lives, |life| live(client, life, &converged));
    converged.into_inner().expect("the results")
}

fn live(client: &Client, life: &Life, converged: &Mutex<Converged>) {
    let (azure, workspace) = begin(client);
    for verb in Verb::ALL {
        set_pace(&azure);
        let Some(position) = life.positions.get(&verb) else {
            workspace.run(&verb.arguments()).succeeds();
            continue;
        };
        let place = format!(
            "{verb}, {} killed {} exchange {position}",
            life.victim, life.moment
        );
        kill_at(&azure, &workspace, verb, life, *position);
        let (born, accepted) = (birth(&azure), writes(&azure));
        set_pace(&azure);
        let rerun = run_again(&workspace, verb, &place);

        assert!(
            !rerun.flat().contains("exists already"),
            "{place}: {}",
            rerun.text
        );
        let creations = writes(&azure)
            .into_iter()
            .filter(|(method, status)| method == "PUT" && *status == Some(201))
            .count();
        assert_eq!(
            creations,
            usize::from(verb == Verb::Create && born.is_null()),
            "{place}: {accepted:?}, then {:?}",
            writes(&azure)
        );
        if verb == Verb::Delete {
            assert_eq!(
                (clusters(&azure), workspace.cluster()),
                (vec![], Value::Null),
                "{place}"
            );
        } else {
            assert_eq!(clusters(&azure).len(), 1, "{place}");
            assert!(
                born.is_null() || born == birth(&azure),
                "{place}: another cluster was made"
            );
            let plan = workspace.run(&verb.plan());
            assert_eq!(plan.code, 0, "{place}: {}", plan.text);
        }
        let mut converged = converged.lock().expect("the results");
        converged
            .entry((verb, life.victim, life.moment))
            .or_default()
            .push(*position);
    }
    assert_understood(&azure);
}

fn begin(client: &Client) -> (Simulator, Workspace) {
    let azure = patient_azure();
    let mut workspace = Workspace::of_cluster(client, &azure);
    workspace.set("SECUREAKS_POLL_INTERVAL", "10ms");
    (azure, workspace)
}

/// A new count of exchanges, in which operations end at their second poll, and at the third look
/// at the cluster when there is no operation to poll.
fn set_pace(azure: &Simulator) {
    azure.clear_faults();
    azure.clear_journal();
    strike(
        azure,
        "GET",
        "/operations/",
        2,
        2,
        Action::Advance { seconds: 1500.0 },
    );
    strike(
        azure,
        "GET",
        "/managedClusters/",
        4,
        2,
        Action::Advance { seconds: 1500.0 },
    );
}

fn kill_at(azure: &Simulator, workspace: &Workspace, verb: Verb, life: &Life, position: u64) {
    azure.clear_faults();
    let matches = Matches {
        exchange: Some(position),
        ..Matches::default()
    };
    azure.add_fault(Fault {
        name: "kill".to_owned(),
        matches,
        action: life.moment.hold(),
    });
    strike(
        azure,
        "GET",
        "/operations/",
        2,
        2,
        Action::Advance { seconds: 1500.0 },
    );

    let running = workspace.start(&verb.arguments());
    let exchange = held(azure);
    assert_eq!(exchange.number, position);
    if life.moment == Moment::Unsaved {
        running.freeze_client();
        azure.release_held();
        wait_until("the last exchange is answered", || {
            azure
                .journal()
                .iter()
                .all(|exchange| exchange.status.is_some())
        });
    }
    life.victim.kill(&running);
    running.thaw_client();
    let outcome = running.finish();
    hung_up(azure);
    assert!(
        life.moment == Moment::Unsaved || outcome.code != 0,
        "{}",
        outcome.text
    );
}
