//! What tests leave to chance, by a seed with which they can be run again.

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

/// The seed of what a test leaves to chance: `SECUREAKS_TEST_SEED`, or always the same.
pub(crate) fn seed() -> u64 {
    #[expect(
        clippy::disallowed_methods,
        reason = "whoever runs a test again says with which seed"
    )]
    let given = std::env::var("SECUREAKS_TEST_SEED");
    let seed = given.map_or(1, |text| {
        text.parse().expect("SECUREAKS_TEST_SEED is a number")
    });
    println!("SECUREAKS_TEST_SEED={seed}");
    seed
}
