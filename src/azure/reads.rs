//! Equal reads at the same time become one request.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};

use super::error::Error;
use super::response::Response;

type Answer = BoxFuture<'static, Result<Response, Error>>;

/// The reads under way. None of them is kept alive by this: a read ends with its last reader.
#[derive(Default)]
pub(crate) struct Reads(Mutex<BTreeMap<String, WeakShared<Answer>>>);

impl Reads {
    /// Joins the read under way for `key`, or begins it.
    pub(crate) fn join(&self, key: String, begin: impl FnOnce() -> Answer) -> Shared<Answer> {
        let mut reads = self.reads();
        if let Some(read) = reads
            .get(&key)
            .and_then(WeakShared::upgrade)
            .filter(|read| read.peek().is_none())
        {
            return read;
        }
        reads.retain(|_, read| read.upgrade().is_some_and(|read| read.peek().is_none()));
        let read = begin().shared();
        if let Some(weak) = read.downgrade() {
            reads.insert(key, weak);
        }
        read
    }

    /// Lets nobody join the reads under way any more: something is being written that they may not show.
    pub(crate) fn forget(&self) {
        self.reads().clear();
    }

    fn reads(&self) -> MutexGuard<'_, BTreeMap<String, WeakShared<Answer>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Reads {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.reads().keys()).finish()
    }
}
