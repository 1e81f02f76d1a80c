//! `kill -9` at every exchange of the quickstart's life, to Azure, Microsoft Graph, sign-in and the cluster's
//! API server: the same command again comes to the same end, with each thing there once or not at all.

use std::{collections::BTreeMap, sync::Mutex};

use secureaks_simulator::{Exchange, Fault, Matches};

use crate::support::{
    Client, any_client, assert_understood,
    chance::{choose, seed},
    killing::{Moment, Verb, Victim, run_again, side_by_side},
    story::{Story, Undisturbed},
    trouble::{birth, hung_up, wait_until},
};

/// One of so many exchanges has the plugin killed before it, by a seed; all other kills are at every exchange.
const SAMPLE: usize = 6;

#[test]
fn whatever_is_killed_at_any_exchange_of_the_quickstart_the_next_run_converges() {
    let (client, seed) = (any_client(), seed());
    let undisturbed = Undisturbed::live(client);
    let longest = undisturbed
        .lengths
        .values()
        .copied()
        .max()
        .unwrap_or_default();
    let mut lives = Vec::new();
    for position in 1..=longest {
        let mut kills = vec![
            (Victim::Group, Moment::Before),
            (Victim::Group, Moment::After),
            (Victim::Plugin, Moment::After),
        ];
        if choose(seed, &format!("plugin before {position}"), SAMPLE) == 0 {
            kills.push((Victim::Plugin, Moment::Before));
        }
        lives.extend(kills.into_iter().map(|(victim, moment)| Life {
            victim,
            moment,
            position,
        }));
    }
    let tallies = Mutex::new(Tallies::new());

    side_by_side(lives, |life| live(client, life, &undisturbed, &tallies));

    let tallies = tallies.into_inner().expect("the tallies");
    for ((verb, victim, moment), tally) in &tallies {
        println!(
            "{verb}, {victim} killed {moment}: exchanges: {}, converged: {}",
            tally.reached, tally.converged
        );
    }
    let reached: u64 = tallies.values().map(|tally| tally.reached).sum();
    let converged: u64 = tallies.values().map(|tally| tally.converged).sum();
    println!("exchanges: {reached}, converged: {converged}");
    assert_eq!(converged, reached, "SECUREAKS_TEST_SEED={seed}");
    // What is done at the same time makes a run some exchanges shorter now and then.
    let whole: u64 = undisturbed.lengths.values().map(|length| length * 3).sum();
    assert!(reached * 10 >= whole * 9, "{reached} of {whole}");
}

/// A life in which each verb is struck once, at the same position.
struct Life {
    victim: Victim,
    moment: Moment,
    position: u64,
}

/// How often it came to a kill, and how often to the end that was wanted after it.
#[derive(Default)]
struct Tally {
    reached: u64,
    converged: u64,
}

type Tallies = BTreeMap<(Verb, Victim, Moment), Tally>;

fn live(client: &Client, life: &Life, undisturbed: &Undisturbed, tallies: &Mutex<Tallies>) {
    let story = Story::begin(client);
    let tally = |verb: Verb, count: fn(&mut Tally)| {
        let mut tallies = tallies.lock().expect("the tallies");
        count(tallies.entry((verb, life.victim, life.moment)).or_default());
    };
    for verb in Verb::ALL {
        let wanted = &undisturbed.footprints[&verb];
        story.prepare(verb);
        let Some(exchange) = kill_at(&story, verb, life) else {
            continue;
        };
        tally(verb, |tally| tally.reached += 1);
        let place = format!(
            "{verb}, {} killed {} exchange {}, {} {}",
            life.victim, life.moment, life.position, exchange.method, exchange.path
        );
        let born = birth(&story.azure);
        story.set_pace([]);
        let rerun = run_again(&story.workspace, verb, &place);

        story.assert_converged(verb, wanted, &place);
        if verb != Verb::Delete && !born.is_null() {
            assert_eq!(
                birth(&story.azure),
                born,
                "{place}: another cluster was made: {}",
                rerun.text
            );
        }
        tally(verb, |tally| tally.converged += 1);
    }
    assert_understood(&story.azure);
}

/// Runs the verb and kills at the life's position; `None` when the run ended before it came that far.
fn kill_at(story: &Story, verb: Verb, life: &Life) -> Option<Exchange> {
    story.set_pace([Fault {
        name: "kill".to_owned(),
        matches: Matches {
            exchange: Some(life.position),
            ..Matches::default()
        },
        action: life.moment.hold(),
    }]);
    let mut running = story.workspace.start(&verb.arguments());
    let mut held = None;
    wait_until("an exchange is held or the client ends", || {
        held = story.azure.wait_held(std::time::Duration::ZERO);
        held.is_some() || running.has_ended()
    });
    if held.is_none() {
        running.finish().succeeds();
        return None;
    }
    if life.victim == Victim::Group {
        // Clients do not write their state at once: half a file would be their loss, not ours.
        wait_until("the state on disk is whole", || {
            running.freeze_client();
            let whole = verb == Verb::Create || story.workspace.state().is_object();
            if !whole {
                running.thaw_client();
            }
            whole
        });
    }
    life.victim.kill(&running);
    let outcome = running.finish();
    hung_up(&story.azure);
    assert_ne!(outcome.code, 0, "{}", outcome.text);
    held
}
