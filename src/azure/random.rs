//! Randomness from a given seed, for jitter and request ids: same seed, same run.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

/// A stream of numbers that only its seed decides. It is not fit for keys.
#[derive(Debug)]
pub struct Random(AtomicU64);

impl Random {
    /// A stream that begins at `seed`.
    pub fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number from 0 up to, but without, 1.
    pub(crate) fn fraction(&self) -> f64 {
        f64::from(u32::try_from(self.next() >> 32).unwrap_or(0)) / 4_294_967_296.0
    }

    /// An id for one request.
    pub(crate) fn uuid(&self) -> Uuid {
        let bytes = (u128::from(self.next()) << 64) | u128::from(self.next());
        uuid::Builder::from_random_bytes(bytes.to_be_bytes()).into_uuid()
    }

    /// The next number of the `SplitMix64` sequence (Steele, Lea, Flood: "Fast splittable pseudorandom number generators").
    fn next(&self) -> u64 {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut number = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_ids_and_another_seed_others() {
        let (first, again, other) = (Random::seeded(1), Random::seeded(1), Random::seeded(2));

        let ids = [first.uuid(), again.uuid(), other.uuid()];

        assert_eq!(ids[0], ids[1]);
        assert_ne!(ids[0], ids[2]);
        assert_eq!(ids[0].get_version_num(), 4);
    }

    #[test]
    fn fractions_stay_below_one_and_spread() {
        let random = Random::seeded(7);

        let fractions: Vec<f64> = (0..1000).map(|_| random.fraction()).collect();

        assert!(
            fractions
                .iter()
                .all(|fraction| (0.0..1.0).contains(fraction))
        );
        let mean = fractions.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "mean {mean}");
    }
}
