//! The simulated clock: it runs faster than the real one and can be moved forward by hand.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

/// Turns real time into simulated time. Services are evaluated as of [`Clock::now`]; nothing
/// ever waits for it in the background.
#[derive(Debug)]
pub(crate) struct Clock {
    simulated_origin: Timestamp,
    real_origin: Timestamp,
    started: Instant,
    speed: f64,
    advanced: Duration,
}

impl Clock {
    /// A clock that starts at `simulated_origin`, or at the real time when that is absent.
    pub(crate) fn start(simulated_origin: Option<Timestamp>, speed: f64) -> Self {
        let real_origin = Timestamp::now();
        Self {
            simulated_origin: simulated_origin.unwrap_or(real_origin),
            real_origin,
            started: Instant::now(),
            speed,
            advanced: Duration::ZERO,
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
        later(self.real_origin, self.started.elapsed() + self.advanced)
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
        let mut clock = Clock::start(Some(origin), 1.0);
        let tokens_before = clock.token_time();

        clock.advance(Duration::from_hours(1));

        let simulated = clock.now().duration_since(origin).as_secs();
        let tokens = clock.token_time().duration_since(tokens_before).as_secs();
        assert!((3600..3660).contains(&simulated), "{simulated}");
        assert!((3600..3660).contains(&tokens), "{tokens}");
    }

    #[test]
    fn a_simulated_duration_shrinks_by_the_speed() {
        let clock = Clock::start(None, 600.0);

        assert_eq!(
            clock.real(Duration::from_mins(5)),
            Duration::from_millis(500)
        );
    }
}
