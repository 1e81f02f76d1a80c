//! What one LIST of a kind says, kept for the reads that follow: a refresh of a thousand objects asks once.

use std::{
    any::Any,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{Error, Object};
use crate::azure::{Call, clock::Clock};

/// How long a list is taken for true: about as long as one refresh.
const FRESH: Duration = Duration::from_mins(1);

/// Objects of one kind by namespace and name.
pub type Found<K> = BTreeMap<(Option<String>, String), K>;

type Kept = Option<(Timestamp, Result<Arc<dyn Any + Send + Sync>, Error>)>;
type Slot = Arc<tokio::sync::Mutex<Kept>>;

/// The lists of one cluster, by kind.
#[derive(Default)]
pub(super) struct Lists(Mutex<BTreeMap<String, Slot>>);

impl Lists {
    /// The objects of a kind, from the list of a moment ago or by `ask`. Whoever wants the same meanwhile
    /// waits for the one request; that it was refused is kept like an answer.
    pub(super) async fn of<K: Object>(
        &self,
        clock: &dyn Clock,
        call: &Call,
        ask: impl AsyncFnOnce() -> Result<Vec<K>, Error>,
    ) -> Result<Arc<Found<K>>, Error> {
        let slot = self.slot::<K>();
        let mut slot = call.lock(clock, &slot).await?;
        let now = clock.now();
        let fresh = slot
            .as_ref()
            .filter(|(begun, _)| now.duration_since(*begun).unsigned_abs() < FRESH);
        if let Some((_, kept)) = fresh
            && let Ok(found) = kept.clone()?.downcast::<Found<K>>()
        {
            return Ok(found);
        }
        let answer = ask().await.map(|objects| {
            let named = objects.into_iter().filter_map(|object| {
                let meta = object.meta();
                Some(((meta.namespace.clone(), meta.name.clone()?), object))
            });
            Arc::new(named.collect::<Found<K>>())
        });
        let is_passing = |error: &Error| {
            matches!(error, Error::Cancelled | Error::TimedOut) || error.is_contradicted()
        };
        if !answer.as_ref().err().is_some_and(is_passing) {
            let kept = answer
                .clone()
                .map(|found| found as Arc<dyn Any + Send + Sync>);
            *slot = Some((now, kept));
        }
        answer
    }

    /// Forgets the list of a kind: something of it is being written.
    pub(super) fn forget<K: Object>(&self) {
        self.slots().remove(&kind::<K>());
    }

    fn slot<K: Object>(&self) -> Slot {
        Arc::clone(self.slots().entry(kind::<K>()).or_default())
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<String, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lists {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.slots().keys()).finish()
    }
}

fn kind<K: Object>() -> String {
    format!("{}/{}", K::api_version(&()), K::plural(&()))
}
