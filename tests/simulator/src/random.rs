//! Identifiers drawn from the run's seeded randomness.

use rand::Rng;
use rand::rngs::StdRng;

/// A random (version 4) GUID in the form Azure writes.
pub(crate) fn guid(random: &mut StdRng) -> String {
    uuid::Builder::from_random_bytes(random.random())
        .into_uuid()
        .to_string()
}

/// Random letters and digits.
pub(crate) fn letters(random: &mut StdRng, length: usize) -> String {
    random
        .sample_iter(rand::distr::Alphanumeric)
        .take(length)
        .map(char::from)
        .collect()
}
