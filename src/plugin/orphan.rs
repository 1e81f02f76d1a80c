//! Noticing that the host died without a word: nobody else would ever end this process.

#[cfg(unix)]
use std::os::unix::process::parent_id;
#[cfg(unix)]
use std::time::Duration;

/// How often to look.
#[cfg(unix)]
const INTERVAL: Duration = Duration::from_secs(1);

/// The process that started this one.
pub(super) struct Parent {
    #[cfg(unix)]
    process: u32,
}

#[cfg(unix)]
impl Parent {
    /// The parent as it is now. To be asked for before a host is told anything: one that dies
    /// afterwards must not be taken for its heir.
    pub(super) fn now() -> Self {
        Self {
            process: parent_id(),
        }
    }

    /// Returns when it is gone.
    pub(super) async fn gone(self) {
        self.differs_from(parent_id).await;
    }

    /// An orphan gets another parent. The kernel's signal for that is no use: it comes when the
    /// parent's *thread* ends, and Go moves its work between threads.
    async fn differs_from(self, parent: impl Fn() -> u32) {
        while parent() == self.process {
            tokio::time::sleep(INTERVAL).await;
        }
    }
}

#[cfg(windows)]
impl Parent {
    /// The parent as it is now.
    pub(super) fn now() -> Self {
        Self {}
    }

    /// Never returns: there, a process does not get another parent.
    pub(super) async fn gone(self) {
        std::future::pending().await
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn another_parent_means_that_the_first_is_gone() {
        let looks = Cell::new(0);
        let parent = || {
            looks.set(looks.get() + 1);
            if looks.get() < 4 { 100 } else { 1 }
        };

        Parent { process: 100 }.differs_from(parent).await;

        assert_eq!(looks.get(), 4);
    }
}
