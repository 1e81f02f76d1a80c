//! Panics: those of a call become an answer, those that end the process are shown by the host.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io::Write;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, set_hook};
use std::pin::pin;
use std::task::Poll;
use std::{fmt, io, thread};

use crate::value::printable;

thread_local! {
    /// Whether a panic on this thread will be caught by [`catch`].
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// Where the last panic of this thread that will be caught happened.
    static PLACE: Cell<Option<String>> = const { Cell::new(None) };
}

/// A panic that was caught.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Panic {
    message: String,
    place: Option<String>,
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{} ({place})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// Runs `work`, and says so if it panics instead of taking the caller along.
pub(super) async fn catch<T>(work: impl Future<Output = T>) -> Result<T, Panic> {
    let mut work = pin!(work);
    poll_fn(|context| {
        let outer = CAUGHT.replace(true);
        // What `work` left half done is dropped and never looked at again.
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        CAUGHT.set(outer);
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
            Err(payload) => Poll::Ready(Err(Panic {
                message: message(&*payload),
                place: PLACE.take(),
            })),
        }
    })
    .await
}

/// Makes the process tell of its panics in the host's own terms from now on.
pub(super) fn install_hook() {
    set_hook(Box::new(|panic| {
        if CAUGHT.get() {
            PLACE.set(panic.location().map(ToString::to_string));
        } else if thread::current().name() == Some("main") {
            crash(panic);
        } else {
            // A task's panic ends the task, not the process.
            tracing::error!(
                place = panic.location().map(tracing::field::display),
                "A task failed: {}",
                message(panic.payload())
            );
        }
    }));
}

/// Prints what hosts show as a crash: a line that starts with `panic: `
/// (Terraform `internal/logging/panic.go`).
fn crash(panic: &PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map(|place| format!("\nat {place}\n"))
        .unwrap_or_default();
    let trace = Backtrace::capture();
    let trace = match trace.status() {
        BacktraceStatus::Captured => trace.to_string(),
        _ => String::new(),
    };
    // Nobody is left to be told that this failed.
    let _ = write!(
        io::stderr().lock(),
        "panic: {}\n{place}{trace}",
        printable(&message(panic.payload()))
    );
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no reason given")
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_and_does_not_spread() {
        let outcome = catch(async {
            tokio::task::yield_now().await;
            assert!(std::hint::black_box(false), "no pools");
        })
        .await;

        assert_eq!(
            outcome.map_err(|panic| panic.message),
            Err("no pools".to_owned())
        );
    }

    #[tokio::test]
    async fn a_value_passes_through() {
        let outcome = catch(async { 7 }).await;

        assert_eq!(outcome, Ok(7));
    }
}
