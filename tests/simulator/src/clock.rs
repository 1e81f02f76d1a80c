//! The simulated clock: it runs faster than the real one and can be moved forward by hand.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::state::State;

/// Turns real time into simulated time. Services are evaluated as of [`Clock::now`]; nothing
/// ever waits for it in the background.
#[derive(Debug)]
pub(crate) struct Clock {
    simulated_origin: Timestamp,
    real_origin: Timestamp,
    started: Instant,
    speed: f64,
    /// By how much it was moved forward.
    advanced: Duration,
    /// By how much it was moved forward before a restart: the simulated time it began with has it.
    advanced_before: Duration,
}

impl Clock {
    /// A clock that starts at the real time.
    fn start(speed: f64) -> Self {
        let real_origin = Timestamp::now();
        Self {
            simulated_origin: real_origin,
            real_origin,
            started: Instant::now(),
            speed,
            advanced: Duration::ZERO,
            advanced_before: Duration::ZERO,
        }
    }

    /// A clock that goes on where that of an earlier run stopped, if there was one.
    pub(crate) fn after(earlier: Option<&State>, speed: f64) -> Self {
        earlier.map_or_else(
            || Self::start(speed),
            |state| Self::resume(state.now, state.advanced, speed),
        )
    }

    fn resume(now: Timestamp, advanced: Duration, speed: f64) -> Self {
        Self {
            simulated_origin: now,
            advanced_before: advanced,
            ..Self::start(speed)
        }
    }

    /// The simulated time.
    pub(crate) fn now(&self) -> Timestamp {
        let elapsed = self.started.elapsed().mul_f64(self.speed);
        later(self.simulated_origin, elapsed + self.advanced)
    }

    /// The time access tokens live by: it passes at the real pace, because clients measure
    /// `expires_in` with their own clocks, but moving the simulated clock moves it as well.
    pub(crate) fn token_time(&self) -> Timestamp {
        later(self.real_origin, self.started.elapsed() + self.advanced())
    }

    /// By how much both times were moved forward, also before a restart.
    pub(crate) fn advanced(&self) -> Duration {
        self.advanced_before + self.advanced
    }

    /// Moves both times forward.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.advanced += by;
    }

    /// How long a simulated duration takes in reality.
    pub(crate) fn real(&self, simulated: Duration) -> Duration {
        simulated.div_f64(self.speed)
    }
}

/// `timestamp` moved forward; times beyond what can be represented stay at the last one.
fn later(timestamp: Timestamp, by: Duration) -> Timestamp {
    SignedDuration::try_from(by)
        .ok()
        .and_then(|by| timestamp.checked_add(by).ok())
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_the_clock_moves_simulated_and_token_time() {
        let origin: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let mut clock = Clock::resume(origin, Duration::ZERO, 1.0);
        let tokens_before = clock.token_time();

        clock.advance(Duration::from_hours(1));

        let simulated = clock.now().duration_since(origin).as_secs();
        let tokens = clock.token_time().duration_since(tokens_before).as_secs();
        assert!((3600..3660).contains(&simulated), "{simulated}");
        assert!((3600..3660).contains(&tokens), "{tokens}");
    }

    #[test]
    fn a_clock_that_goes_on_is_as_far_ahead_for_tokens_as_before() {
        let stopped_at: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let mut clock = Clock::resume(stopped_at, Duration::from_hours(2), 1.0);

        clock.advance(Duration::from_hours(1));

        let simulated = clock.now().duration_since(stopped_at).as_secs();
        let tokens = clock
            .token_time()
            .duration_since(Timestamp::now())
            .as_secs();
        assert_eq!(clock.advanced(), Duration::from_hours(3));
        assert!((3600..3660).contains(&simulated), "{simulated}");
        assert!((10740..=10800).contains(&tokens), "{tokens}");
    }

    #[test]
    fn a_simulated_duration_shrinks_by_the_speed() {
        let clock = Clock::start(600.0);

        assert_eq!(
            clock.real(Duration::from_mins(5)),
            Duration::from_millis(500)
        );
    }
}
