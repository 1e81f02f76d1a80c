//! Why and how fast the process ends. Only the host's call, a request to terminate and the
//! host's death end it; an interrupt does not.

use std::future::pending;
use std::io;
use std::time::Duration;

use super::orphan::Parent;

/// Why the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The host is done.
    ShutdownCall,
    /// Somebody wants it to.
    Terminated,
    /// The host is dead.
    ParentGone,
}

impl Ending {
    /// How long calls under way may go on. A host that is done waits for none of them; one that
    /// lives needs the answers of an apply, or the objects it made are lost.
    pub(super) fn grace(self) -> Duration {
        match self {
            Self::ShutdownCall => Duration::from_millis(80),
            Self::Terminated => Duration::from_secs(10),
            Self::ParentGone => Duration::from_secs(2),
        }
    }
}

/// The operating system's requests to end, taken over from its defaults.
pub(super) struct Signals {
    interrupt: Interrupt,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
type Interrupt = tokio::signal::unix::Signal;
#[cfg(windows)]
type Interrupt = tokio::signal::windows::CtrlC;

impl Signals {
    /// Takes the signals over. From here on an interrupt does nothing by itself: a terminal sends
    /// it to the host and its plugins alike, and the host decides what happens then
    /// (go-plugin `server.go`).
    #[cfg(unix)]
    pub(super) fn take_over() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};

        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Takes the signal over. From here on an interrupt does nothing by itself.
    #[cfg(windows)]
    pub(super) fn take_over() -> io::Result<Self> {
        Ok(Self {
            interrupt: tokio::signal::windows::ctrl_c()?,
        })
    }

    /// Returns when the process is to end. One that waits to be attached to has no `host` that
    /// decides: an interrupt ends it, and the shell it was started from may go.
    pub(super) async fn ending(mut self, host: Option<Parent>) -> Ending {
        let has_host = host.is_some();
        let orphaned = async {
            match host {
                Some(host) => host.gone().await,
                None => pending().await,
            }
        };
        #[cfg(unix)]
        let terminated = self.terminate.recv();
        #[cfg(windows)]
        let terminated = pending::<Option<()>>();
        tokio::select! {
            _ = terminated => Ending::Terminated,
            _ = self.interrupt.recv(), if !has_host => Ending::Terminated,
            () = orphaned => Ending::ParentGone,
        }
    }
}
