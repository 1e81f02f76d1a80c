//! Two things that go wrong in one life of the quickstart with a subnet of one's own: kills of the client, of the
//! provider alone, interrupts, faults, lost private state. Whatever they meet, the next applies come to what is
//! wanted, and a destroy leaves nothing.
//!
//! `SECUREAKS_PAIRS` says how many pairs are lived, and `SECUREAKS_TEST_SEED` with which seed they begin.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says what is missing"
)]
#![expect(
    clippy::print_stdout,
    reason = "a test says with which seed it can be run again"
)]

#[path = "../e2e/support/chance.rs"]
mod chance;
mod client;
#[path = "../resources/support/network.rs"]
mod network;
mod objects;
mod pair;
mod process;
mod trouble;
mod world;

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Mutex,
};

use pair::{Lived, Pair, Verb, quiet};

/// The pairs that every run of all tests lives.
const SHARE: u64 = 100;

#[test]
fn after_any_two_things_that_go_wrong_all_is_as_wanted_and_nothing_is_left() {
    let (first, count) = (chance::seed(), count());
    let known: BTreeMap<(Verb, bool), pair::Quiet> = Verb::ALL
        .into_iter()
        .flat_map(|verb| [(verb, false), (verb, true)])
        .map(|kind| (kind, quiet(kind.0, kind.1)))
        .collect();
    let seeds = Mutex::new(first..first + count);
    let results = Mutex::new(Results::default());

    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let next = seeds.lock().expect("the seeds").next();
                    let Some(seed) = next else { break };
                    let pair = Pair::of(seed, |verb, system| known[&(verb, system)].exchanges());
                    let quiet = &known[&(pair.verb, pair.system_assigned)];
                    let lived = catch_unwind(AssertUnwindSafe(|| pair.live(quiet)));
                    let mut results = results.lock().expect("the results");
                    if !results.take(lived) {
                        println!("{pair}: SECUREAKS_PAIRS=1 SECUREAKS_TEST_SEED={seed}");
                    }
                }
            });
        }
    });

    let results = results.into_inner().expect("the results");
    println!(
        "pairs: {count}, converged: {}, orphans: {}, struck twice: {}",
        results.converged, results.orphans, results.struck_twice
    );
    assert_eq!((results.converged, results.orphans), (count, 0));
}

/// How many pairs are lived side by side: they wait most of the time.
const AT_A_TIME: usize = 6;

#[derive(Default)]
struct Results {
    converged: u64,
    orphans: usize,
    struck_twice: u64,
}

impl Results {
    /// Counts what came of a pair; whether all is well.
    fn take(&mut self, lived: std::thread::Result<Lived>) -> bool {
        let Ok(lived) = lived else { return false };
        self.converged += u64::from(lived.orphans == 0);
        self.orphans += lived.orphans;
        self.struck_twice += u64::from(lived.is_struck_twice);
        lived.orphans == 0
    }
}

/// `SECUREAKS_PAIRS`, or the usual share.
fn count() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever runs the test says how many"
    )]
    let given = std::env::var("SECUREAKS_PAIRS");
    given.map_or(SHARE, |text| {
        text.parse().expect("SECUREAKS_PAIRS is a number")
    })
}
