//! Identifiers and draws from the run's one source of randomness.

use rand::Rng as _;
use rand::rngs::StdRng;

/// A random GUID.
pub(crate) fn guid(random: &mut StdRng) -> String {
    uuid::Builder::from_random_bytes(random.random())
        .into_uuid()
        .to_string()
}

/// The eTag that follows another when nothing random is at hand.
pub(crate) fn next_etag(previous: &str) -> String {
    uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, previous.as_bytes()).to_string()
}

/// Text of lower-case letters and digits, as in API server names.
pub(crate) fn alphanumeric(random: &mut StdRng, length: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
    (0..length)
        .filter_map(|_| LETTERS.get(random.random_range(0..LETTERS.len())))
        .map(|letter| char::from(*letter))
        .collect()
}

/// Text of hexadecimal digits.
pub(crate) fn hexadecimal(random: &mut StdRng, length: usize) -> String {
    (0..length)
        .filter_map(|_| char::from_digit(random.random_range(0..16), 16))
        .collect()
}

/// A number of seconds drawn from a distribution given by its quantiles, each a share of all cases
/// and the seconds that share stays below.
pub(crate) fn seconds(random: &mut StdRng, quantiles: &[(f64, f64)]) -> f64 {
    let draw: f64 = random.random();
    for pair in quantiles.windows(2) {
        if let [(low, from), (high, to)] = pair
            && draw <= *high
        {
            return from + (to - from) * (draw - low).max(0.0) / (high - low);
        }
    }
    quantiles.last().map_or(0.0, |(_, most)| *most)
}
