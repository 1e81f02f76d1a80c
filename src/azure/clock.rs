//! Time as an argument: the system's clock, and one that a test moves by hand.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures::task::AtomicWaker;
use jiff::Timestamp;

/// The future returned by [`Clock::sleep`].
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Tells the time and waits. Everything below `azure` that needs either is given one.
pub trait Clock: Debug + Send + Sync {
    /// The present moment.
    fn now(&self) -> Timestamp;

    /// Resolves once `duration` has passed.
    fn sleep(&self, duration: Duration) -> Sleep;
}

/// `moment` plus `duration`, or the last representable moment.
pub(crate) fn later(moment: Timestamp, duration: Duration) -> Timestamp {
    moment.checked_add(duration).unwrap_or(Timestamp::MAX)
}

/// The time from `from` until `until`, zero when that has passed.
pub(crate) fn between(from: Timestamp, until: Timestamp) -> Duration {
    Duration::try_from(until.duration_since(from)).unwrap_or(Duration::ZERO)
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// A clock that stands still until it is moved, so that tests wait for hours in no time.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<Mutex<Hands>>);

#[derive(Debug)]
struct Hands {
    now: Timestamp,
    sleepers: BTreeMap<(Timestamp, u64), Waker>,
    slept: Vec<Duration>,
    next: u64,
}

impl ManualClock {
    /// A clock that stands at `now`.
    pub fn new(now: Timestamp) -> Self {
        Self(Arc::new(Mutex::new(Hands {
            now,
            sleepers: BTreeMap::new(),
            slept: Vec::new(),
            next: 0,
        })))
    }

    /// Moves time forward and wakes whoever waited for it.
    pub fn advance(&self, duration: Duration) {
        let woken = {
            let mut hands = self.hands();
            hands.now = later(hands.now, duration);
            let after = later(hands.now, Duration::from_nanos(1));
            let rest = hands.sleepers.split_off(&(after, 0));
            std::mem::replace(&mut hands.sleepers, rest)
        };
        woken.into_values().for_each(Waker::wake);
    }

    /// Runs `work`, moving time to the earliest sleeper whenever nothing else can go on.
    pub async fn drive<F: Future>(&self, work: F) -> F::Output {
        let mut work = std::pin::pin!(work);
        let alarm = Arc::new(Alarm::default());
        let waker = Waker::from(Arc::clone(&alarm));
        loop {
            alarm.rung.store(false, Ordering::SeqCst);
            if let Poll::Ready(output) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                return output;
            }
            // The runtime delivers some wake-ups only after a task has given way.
            tokio::task::yield_now().await;
            if !alarm.has_rung() && !self.leap() {
                std::future::poll_fn(|context| {
                    alarm.outer.register(context.waker());
                    if alarm.has_rung() {
                        Poll::Ready(())
                    } else {
                        Poll::Pending
                    }
                })
                .await;
            }
        }
    }

    /// The sleeps begun so far, in order.
    pub fn slept(&self) -> Vec<Duration> {
        self.hands().slept.clone()
    }

    fn leap(&self) -> bool {
        let distance = {
            let hands = self.hands();
            hands
                .sleepers
                .keys()
                .next()
                .map(|(moment, _)| between(hands.now, *moment))
        };
        if let Some(distance) = distance {
            self.advance(distance);
        }
        distance.is_some()
    }

    fn hands(&self) -> MutexGuard<'_, Hands> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        self.hands().now
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut hands = self.hands();
        hands.slept.push(duration);
        hands.next += 1;
        let key = (later(hands.now, duration), hands.next);
        Box::pin(Sleeper {
            clock: self.clone(),
            key,
        })
    }
}

/// Wakes the task around [`ManualClock::drive`] and remembers that there is something to do.
#[derive(Default)]
struct Alarm {
    rung: AtomicBool,
    outer: AtomicWaker,
}

impl Alarm {
    fn has_rung(&self) -> bool {
        self.rung.load(Ordering::SeqCst)
    }
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::SeqCst);
        self.outer.wake();
    }
}

struct Sleeper {
    clock: ManualClock,
    key: (Timestamp, u64),
}

impl Future for Sleeper {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut hands = self.clock.hands();
        if self.key.0 <= hands.now {
            return Poll::Ready(());
        }
        hands.sleepers.insert(self.key, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.clock.hands().sleepers.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> ManualClock {
        ManualClock::new("2026-11-21T12:00:00Z".parse().unwrap())
    }

    #[tokio::test]
    async fn driving_moves_time_to_each_sleeper_in_turn() {
        let clock = clock();
        let work = async {
            clock.sleep(Duration::from_hours(1)).await;
            clock.sleep(Duration::from_secs(30)).await;
            clock.now()
        };

        let end = clock.drive(work).await;

        assert_eq!(end, "2026-11-21T13:00:30Z".parse().unwrap());
    }

    #[tokio::test]
    async fn an_abandoned_sleep_moves_nothing() {
        let clock = clock();
        let work = async {
            tokio::select! {
                () = clock.sleep(Duration::from_mins(1)) => "short",
                () = clock.sleep(Duration::from_hours(1)) => "long",
            }
        };

        let first = clock.drive(work).await;

        assert_eq!(
            (first, clock.now()),
            ("short", "2026-11-21T12:01:00Z".parse().unwrap())
        );
    }

    #[tokio::test]
    async fn advancing_wakes_only_those_whose_time_has_come() {
        let clock = clock();
        let mut sleep = clock.sleep(Duration::from_secs(10));

        clock.advance(Duration::from_secs(9));
        let before = futures::poll!(&mut sleep).is_ready();
        clock.advance(Duration::from_secs(1));
        let after = futures::poll!(&mut sleep).is_ready();

        assert_eq!((before, after), (false, true));
    }
}
