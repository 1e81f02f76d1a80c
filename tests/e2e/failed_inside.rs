//! Each exchange of the quickstart's life fails once, before it took effect or after: apply and destroy get
//! through it, and each thing is there once or not at all.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use secureaks_simulator::{Action, Answer, Fault, Matches};
use serde_json::json;

use crate::support::{
    Client, any_client, assert_understood,
    chance::{choose, seed},
    killing::{Moment, Verb, side_by_side},
    story::{Story, Undisturbed},
};

/// Exchanges from one that fails to the next: a request is sent again and its answer used in between.
const STRIDE: u64 = 6;

#[test]
fn whatever_fails_once_at_any_exchange_of_the_quickstart_apply_gets_through() {
    let (client, seed) = (any_client(), seed());
    let undisturbed = Undisturbed::live(client);
    let mut lives = Vec::new();
    for moment in [Moment::Before, Moment::After] {
        lives.extend((1..=STRIDE).map(|offset| Life {
            moment,
            offset,
            seed,
        }));
    }
    let wanted = lives.len() * Verb::ALL.len();
    let tallies = Mutex::new(Tallies::new());

    side_by_side(lives, |life| live(client, life, &undisturbed, &tallies));

    let tallies = tallies.into_inner().expect("the tallies");
    let mut converged = 0;
    let mut missed = Vec::new();
    for ((verb, moment), tally) in &tallies {
        println!(
            "{verb}, failing {moment}: exchanges: {}, runs: {STRIDE}, converged: {}",
            tally.struck.len(),
            tally.converged
        );
        converged += tally.converged;
        let all = 1..=undisturbed.lengths[verb];
        missed.extend(
            all.filter(|number| !tally.struck.contains(number))
                .map(|number| (*verb, *moment, number)),
        );
    }
    assert_eq!(converged, wanted, "SECUREAKS_TEST_SEED={seed}");
    assert_eq!(missed, []);
}

/// A life in which every exchange whose number is the offset plus so many strides fails.
struct Life {
    moment: Moment,
    offset: u64,
    seed: u64,
}

#[derive(Default)]
struct Tally {
    /// The numbers of the exchanges that failed.
    struck: BTreeSet<u64>,
    /// How many runs came to the end that was wanted.
    converged: usize,
}

type Tallies = BTreeMap<(Verb, Moment), Tally>;

fn live(client: &Client, life: &Life, undisturbed: &Undisturbed, tallies: &Mutex<Tallies>) {
    let story = Story::begin(client);
    for verb in Verb::ALL {
        let wanted = &undisturbed.footprints[&verb];
        let place = format!(
            "{verb}, failing {} at {} and every {STRIDE}th after it, SECUREAKS_TEST_SEED={}",
            life.moment, life.offset, life.seed
        );
        story.prepare(verb);
        story.set_pace(life.faults(verb, undisturbed.lengths[&verb]));

        let outcome = story.workspace.run(&verb.arguments());

        let struck: Vec<_> = story
            .azure
            .journal()
            .into_iter()
            .filter(|exchange| {
                exchange
                    .fault
                    .as_deref()
                    .is_some_and(|name| name.starts_with(FAILURE))
            })
            .collect();
        {
            let mut tallies = tallies.lock().expect("the tallies");
            let tally = tallies.entry((verb, life.moment)).or_default();
            tally
                .struck
                .extend(struck.iter().map(|exchange| exchange.number));
        }
        let told: Vec<String> = struck
            .iter()
            .map(|exchange| {
                format!(
                    "{}: {} {} {:?}",
                    exchange.number, exchange.method, exchange.path, exchange.fault
                )
            })
            .collect();
        assert_eq!(outcome.code, 0, "{place}: {}\n{told:#?}", outcome.text);
        story.set_pace([]);
        story.assert_converged(verb, wanted, &place);
        tallies
            .lock()
            .expect("the tallies")
            .entry((verb, life.moment))
            .or_default()
            .converged += 1;
    }
    assert_understood(&story.azure);
}

const FAILURE: &str = "failure: ";

impl Life {
    /// What fails, and how: each exchange in a way of its own.
    fn faults(&self, verb: Verb, length: u64) -> Vec<Fault> {
        let numbers =
            (self.offset..=length + 4 * STRIDE).step_by(usize::try_from(STRIDE).expect("small"));
        numbers
            .map(|number| {
                let mut actions = match self.moment {
                    Moment::Before => before(),
                    Moment::After | Moment::Unsaved => after(),
                };
                let what = format!("{verb} {} {number}", self.moment);
                let (name, action) = actions.swap_remove(choose(self.seed, &what, actions.len()));
                Fault {
                    name: format!("{FAILURE}{name}"),
                    matches: Matches {
                        exchange: Some(number),
                        ..Matches::default()
                    },
                    action,
                }
            })
            .collect()
    }
}

fn before() -> Vec<(&'static str, Action)> {
    let mut throttled = Action::throttled();
    if let Action::Status(answer) = &mut throttled {
        answer.headers.retain(|(name, _)| name != "retry-after");
        answer
            .headers
            .push(("retry-after".to_owned(), "1".to_owned()));
    }
    vec![
        ("503", Action::html_503()),
        ("429", throttled),
        ("500", Action::Status(broken())),
        ("dropped", Action::DropBefore),
    ]
}

fn after() -> Vec<(&'static str, Action)> {
    let Action::Status(unavailable) = Action::html_503() else {
        unreachable!("a status")
    };
    vec![
        ("503", Action::StatusAfter(unavailable)),
        ("500", Action::StatusAfter(broken())),
        ("dropped", Action::DropAfter),
        ("dropped again", Action::DropAfter),
    ]
}

/// What any service answers that has stumbled.
fn broken() -> Answer {
    Answer {
        code: 500,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: json!({ "error": { "code": "InternalServerError", "message": "Encountered internal server error." } }),
    }
}
