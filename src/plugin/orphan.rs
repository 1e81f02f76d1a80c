//! Noticing that the host died without a word: nobody else would ever end this process.

use std::time::Duration;

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(1);

/// Returns when the process that started this one is gone.
#[cfg(unix)]
pub(super) async fn parent_gone() {
    parent_changed(std::os::unix::process::parent_id).await;
}

/// Never returns: Windows hosts hold their plugins in a job that ends with them.
#[cfg(windows)]
pub(super) async fn parent_gone() {
    std::future::pending().await
}

/// An orphan gets another parent. The kernel's signal for that is no use: it comes when the
/// parent's *thread* ends, and Go moves its work between threads.
#[cfg(unix)]
async fn parent_changed(parent: impl Fn() -> u32) {
    let first = parent();
    while parent() == first {
        tokio::time::sleep(INTERVAL).await;
    }
}

#[cfg(all(test, unix))]
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

        parent_changed(parent).await;

        assert_eq!(looks.get(), 4);
    }
}
