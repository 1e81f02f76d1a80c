//! One call of a verb, and what it has learnt.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde_json::Value as Json;
use tokio_util::sync::CancellationToken;

use super::{
    Block, Diagnostic, Diagnostics, Origin,
    serve_resource::{REPLACES, WHOLE},
};
use crate::value::Value;

/// What travels with a resource's state and nobody reads but us, by name.
pub type PrivateState = BTreeMap<String, Json>;

/// One call of a verb: the client, when to stop, and what is known so far.
pub struct Call<C> {
    /// What the provider hands to each call.
    pub client: Arc<C>,
    /// Ends when Terraform asks to stop.
    pub cancelled: CancellationToken,
    /// How long the user lets it take; `None` when they do not say.
    pub timeout: Option<Duration>,
    /// The planned state that is applied; null in other calls.
    pub(super) planned: Value,
    record: Arc<Mutex<Record>>,
}

/// What a call has learnt so far; it outlives the call, whatever becomes of that.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub(super) outputs: Option<Value>,
    pub(super) planned_outputs: Option<Value>,
    pub(super) private: PrivateState,
    pub(super) warnings: Vec<Diagnostic>,
}

impl<C> Call<C> {
    pub(super) fn new(client: Arc<C>, cancelled: CancellationToken, private: PrivateState) -> Self {
        let record = Record {
            private,
            ..Record::default()
        };
        Self {
            client,
            cancelled,
            timeout: None,
            planned: Value::Null,
            record: Arc::new(Mutex::new(record)),
        }
    }

    /// Keeps what the service said so far: whatever happens from here on, it is in the state.
    pub fn keep(&self, outputs: &impl Block) {
        self.with(|record| record.outputs = Some(outputs.encode()));
    }

    /// Whether something of the object is in the state, however the call ends.
    pub fn has_kept(&self) -> bool {
        self.with(|record| record.outputs.is_some())
    }

    /// Says in a plan which outputs are known already: those of `outputs` that are not unknown
    /// take the place of those that the plan does not know. Terraform holds apply to them, and to
    /// the same in the plan that it makes again just before, so they must follow from what does not
    /// change in between. While work is pending, one output must stay unknown: without a
    /// difference Terraform does not apply.
    pub fn plan_outputs(&self, outputs: &impl Block) {
        self.with(|record| record.planned_outputs = Some(outputs.encode()));
    }

    /// The outputs as they were planned, for an apply to keep to; unknown where the plan did not
    /// know them.
    pub fn planned_outputs<O: Block>(&self) -> O {
        O::from_value(&self.planned, Origin::Service, &mut Diagnostics::default())
    }

    /// Adds a warning to the answer, once.
    pub fn warn(&self, warning: Diagnostic) {
        self.with(|record| {
            if !record.warnings.contains(&warning) {
                record.warnings.push(warning);
            }
        });
    }

    /// Keeps a value beside the state; it comes back with the next call.
    pub fn keep_private(&self, name: &str, value: Json) {
        self.with(|record| record.private.insert(name.to_owned(), value));
    }

    /// Drops a value kept beside the state.
    pub fn drop_private(&self, name: &str) {
        self.with(|record| record.private.remove(name));
    }

    /// A value kept beside the state.
    pub fn private(&self, name: &str) -> Option<Json> {
        self.with(|record| record.private.get(name).cloned())
    }

    /// Which object a create takes the place of, by its [`Resource::instance`](super::Resource::instance); empty where that is not known, and
    /// `None` where the create is no half of a replacement.
    pub fn predecessor(&self) -> Option<String> {
        let replaced = self.private(REPLACES)?;
        Some(replaced.as_str().unwrap_or_default().to_owned())
    }

    /// Whether what stood beside the state was lost, or never was: after an import, or when the provider died in an
    /// update. Something may have been done then that no state tells of.
    pub fn has_forgotten(&self) -> bool {
        self.private(WHOLE).is_none()
    }

    pub(super) fn record(&self) -> Record {
        self.with(|record| record.clone())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        change(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
