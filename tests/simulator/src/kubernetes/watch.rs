//! Watches: answers that go on with the changes of a cluster's objects.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::call::{Call, Place};
use super::exchange::Answer;
use super::form::Form;
use super::kind::Kind;
use super::namespace;
use super::selector::Selector;
use super::status::Status;
use super::store::{self, Change, Event, Store};
use crate::shared::Shared;

/// Real seconds between looks at the store when nothing says that it changed: a moved clock and
/// a deleted cluster are noticed by then.
const LOOK: Duration = Duration::from_millis(500);

/// Real seconds a watch lasts when its client does not say.
const LONGEST: u64 = 1800;

/// A watch under way.
pub(crate) struct Watch {
    kind: &'static Kind,
    namespace: String,
    selector: Selector,
    form: Form,
    /// The version of the last change told.
    seen: u64,
    /// When it is over.
    ends: Instant,
    /// Events that wait to be sent.
    waiting: VecDeque<Value>,
    /// It was told that it cannot go on.
    failed: bool,
}

impl Call<'_> {
    pub(super) fn watch(&mut self, place: Place<'_>) -> Result<Answer, Status> {
        let selector = Selector::of(self.request)?;
        let form = Form::of(self.message);
        let version = self.request.parameter("resourceversion");
        let mut waiting = VecDeque::new();
        let initial = self.request.parameter("sendinitialevents");
        let seen = match version.parse::<u64>() {
            Ok(version) if version > 0 && initial != "true" => version,
            Err(_) if !version.is_empty() => {
                return Err(Status::bad_request(format!(
                    "invalid resource version \"{version}\""
                )));
            }
            _ => {
                let found = self
                    .store
                    .objects(place.kind, place.namespace)
                    .filter(|object| initial != "false" && selector.matches(object));
                for object in found {
                    let object = form.object(place.kind, object, self.around.now);
                    waiting.push_back(json!({ "type": "ADDED", "object": object }));
                }
                self.store.revision()
            }
        };
        if initial == "true" {
            waiting.push_back(bookmark(place.kind, seen, true));
        }
        let seconds = self.request.number("timeoutseconds").unwrap_or(LONGEST);
        Ok(Answer::Watch(Box::new(Watch {
            kind: place.kind,
            namespace: place.namespace.to_owned(),
            selector,
            form,
            seen,
            ends: Instant::now() + Duration::from_secs(seconds.min(LONGEST)),
            waiting,
            failed: false,
        })))
    }
}

impl Watch {
    /// The next event as it goes over the wire; `None` when the watch is over.
    pub(crate) async fn next(&mut self, instance: &str, shared: &Arc<Shared>) -> Option<Bytes> {
        loop {
            // Made before looking: a change between look and wait must not be missed.
            let changed = shared.changed.notified();
            let pause = shared.watch(instance, |store, clock| {
                let now = clock.now();
                namespace::settle(store, now);
                self.look(store, now);
                let due = namespace::next(store)?;
                Duration::try_from(due.duration_since(now))
                    .ok()
                    .map(|simulated| clock.real(simulated) + Duration::from_millis(1))
            })?;
            if let Some(event) = self.waiting.pop_front() {
                let mut line = event.to_string();
                line.push('\n');
                return Some(Bytes::from(line));
            }
            if self.failed {
                return None;
            }
            let wake = Instant::now() + pause.unwrap_or(LOOK).min(LOOK);
            tokio::select! {
                () = changed => {}
                () = tokio::time::sleep_until(wake.min(self.ends)) => {}
            }
            if Instant::now() >= self.ends {
                return None;
            }
        }
    }

    /// Notes what has changed since the last look.
    fn look(&mut self, store: &Store, now: Timestamp) {
        if self.failed {
            return;
        }
        let Some(changes) = store.changes_after(self.seen) else {
            let text = format!(
                "too old resource version: {} ({})",
                self.seen,
                store.revision()
            );
            let status = Status::expired(text).body();
            self.waiting
                .push_back(json!({ "type": "ERROR", "object": status }));
            self.failed = true;
            return;
        };
        let events: Vec<Value> = changes
            .filter(|change| std::ptr::eq(change.kind, self.kind))
            .filter_map(|change| self.event(change, now))
            .collect();
        self.waiting.extend(events);
        self.seen = store.revision().max(self.seen);
    }

    /// A change as this watch sees it: what comes to match is added, what ceases to is deleted.
    fn event(&self, change: &Change, now: Timestamp) -> Option<Value> {
        let inside = |object: &Value| {
            (self.namespace.is_empty() || store::namespace(object) == self.namespace)
                && self.selector.matches(object)
        };
        let before = change.before.as_ref().is_some_and(inside);
        let after = change.event != Event::Deleted && inside(&change.object);
        let what = match (before, after) {
            (false, false) => return None,
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
        };
        let object = self.form.object(self.kind, &change.object, now);
        Some(json!({ "type": what, "object": object }))
    }
}

fn bookmark(kind: &Kind, version: u64, ends_initial: bool) -> Value {
    let mut metadata = json!({ "resourceVersion": version.to_string() });
    if ends_initial && let Some(members) = metadata.as_object_mut() {
        let annotation = json!({ "k8s.io/initial-events-end": "true" });
        members.insert("annotations".into(), annotation);
    }
    json!({
        "type": "BOOKMARK",
        "object": {
            "kind": kind.kind,
            "apiVersion": kind.api_version(),
            "metadata": metadata,
        },
    })
}
