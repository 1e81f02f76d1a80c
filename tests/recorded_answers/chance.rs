//! What these tests leave to chance, by a seed with which they can be run again.

use secureaks_simulator::Action;

/// The seed: `SECUREAKS_TEST_SEED`, or always the same.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs a test again says with which seed"
)]
pub(crate) fn seed() -> u64 {
    let given = std::env::var("SECUREAKS_TEST_SEED");
    let seed = given.map_or(1, |text| {
        text.parse().expect("SECUREAKS_TEST_SEED is a number")
    });
    println!("SECUREAKS_TEST_SEED={seed}");
    seed
}

/// Chooses one of `count`, by the seed and what it is for, whatever was chosen before.
pub(crate) fn choose(seed: u64, what: &str, count: usize) -> usize {
    use sha2::{Digest as _, Sha256};

    let digest = Sha256::digest(format!("{seed} {what}"));
    let number = digest
        .iter()
        .take(4)
        .fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
    number % count
}

/// What a gateway answers in place of a service it does not reach.
pub(crate) fn outages() -> [(&'static str, Action); 3] {
    [
        ("502", Action::bad_gateway()),
        ("503", Action::html_503()),
        ("504", Action::gateway_timeout()),
    ]
}
