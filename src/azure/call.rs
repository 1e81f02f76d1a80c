//! What bounds one piece of work: Terraform's Stop and the user's timeout.

use std::future::Future;

use jiff::Timestamp;
use tokio::sync::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

use super::clock::{Clock, between};
use super::error::Error;

/// Ends every wait below it when it is cancelled or when its deadline passes.
#[derive(Debug, Clone, Default)]
pub struct Call {
    /// Cancelled when Terraform says Stop.
    pub cancelled: CancellationToken,
    /// The moment the user's timeout ends; none waits for as long as it takes.
    pub deadline: Option<Timestamp>,
    /// Once cancelled, a request on its way is still answered but none is begun, nor sent again:
    /// for writes whose answer must not be lost.
    pub last_try: CancellationToken,
}

impl Call {
    /// Runs `work` until it ends, the call is cancelled or the deadline passes.
    ///
    /// A result that is ready wins over a Stop that came at the same time: it may hold the address of an
    /// operation that Azure has accepted.
    pub(crate) async fn guard<T>(
        &self,
        clock: &dyn Clock,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.check(clock)?;
        let expiry = async {
            match self.deadline {
                Some(deadline) => clock.sleep(between(clock.now(), deadline)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            result = work => result,
            () = self.cancelled.cancelled() => Err(Error::Cancelled),
            () = expiry => Err(Error::TimedOut),
        }
    }

    /// Waits for its turn at `mutex`, no longer than the call lasts: whoever holds it may have more time.
    pub(crate) async fn lock<'m, T>(
        &self,
        clock: &dyn Clock,
        mutex: &'m Mutex<T>,
    ) -> Result<MutexGuard<'m, T>, Error> {
        self.guard(clock, async { Ok(mutex.lock().await) }).await
    }

    /// Refuses to begin something new once the call is over.
    fn check(&self, clock: &dyn Clock) -> Result<(), Error> {
        if self.cancelled.is_cancelled() {
            return Err(Error::Cancelled);
        }
        match self.deadline {
            Some(deadline) if deadline <= clock.now() => Err(Error::TimedOut),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::azure::clock::{ManualClock, later};

    fn clock() -> ManualClock {
        ManualClock::new("2026-11-21T12:00:00Z".parse().unwrap())
    }

    #[tokio::test]
    async fn work_that_hangs_ends_at_the_deadline() {
        let clock = clock();
        let deadline = later(clock.now(), Duration::from_secs(90));
        let call = Call {
            deadline: Some(deadline),
            ..Call::default()
        };

        let result = clock
            .drive(call.guard::<()>(&clock, std::future::pending()))
            .await;

        assert_eq!((result, clock.now()), (Err(Error::TimedOut), deadline));
    }

    #[tokio::test]
    async fn work_that_hangs_ends_when_it_is_cancelled() {
        let clock = clock();
        let call = Call::default();
        let stop = async {
            tokio::task::yield_now().await;
            call.cancelled.cancel();
        };

        let (result, ()) = tokio::join!(call.guard::<()>(&clock, std::future::pending()), stop);

        assert_eq!(result, Err(Error::Cancelled));
    }

    #[tokio::test]
    async fn whoever_waits_for_a_turn_waits_no_longer_than_their_own_deadline() {
        let clock = clock();
        let deadline = later(clock.now(), Duration::from_secs(90));
        let call = Call {
            deadline: Some(deadline),
            ..Call::default()
        };
        let mutex = Mutex::new(());
        let _held = mutex.lock().await;

        let result = clock.drive(call.lock(&clock, &mutex)).await.map(drop);

        assert_eq!((result, clock.now()), (Err(Error::TimedOut), deadline));
    }

    #[tokio::test]
    async fn nothing_begins_after_a_stop() {
        let clock = clock();
        let call = Call::default();
        call.cancelled.cancel();

        let result = call.guard(&clock, async { Ok("sent") }).await;

        assert_eq!(result, Err(Error::Cancelled));
    }

    #[tokio::test]
    async fn an_answer_that_came_with_the_stop_is_kept() {
        let clock = clock();
        let call = Call::default();

        let result = call
            .guard(&clock, async {
                call.cancelled.cancel();
                Ok("operation url")
            })
            .await;

        assert_eq!(result, Ok("operation url"));
    }
}
