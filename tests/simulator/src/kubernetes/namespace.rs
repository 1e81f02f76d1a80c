//! The end of namespaces: what the namespace controller has done by a moment.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::kind::{self, KINDS, Kind};
use super::metadata::{self, finalizers, is_being_deleted, time};
use super::store::{Store, name, text};

/// Simulated seconds a namespace takes to go when nothing holds it: those of an empty one.
const EMPTYING: i64 = 6;

/// Whether nothing holds an object that is to be deleted.
pub(crate) fn may_go(kind: &Kind, object: &Value) -> bool {
    let held_by_contents = kind.resource == kind::NAMESPACES
        && object
            .pointer("/spec/finalizers")
            .and_then(Value::as_array)
            .is_some_and(|finalizers| !finalizers.is_empty());
    !held_by_contents && finalizers(object).is_empty()
}

/// When the next namespace has gone as far as it can; `None` when nothing waits for time to pass.
pub(crate) fn next(store: &Store) -> Option<Timestamp> {
    let namespaces = kind::of_resource("", kind::NAMESPACES)?;
    store
        .objects(namespaces, "")
        .filter(|namespace| namespace.pointer("/status/conditions").is_none())
        .filter_map(emptied)
        .min()
}

/// Empties the namespaces whose time has come, and takes away those that are empty.
pub(crate) fn settle(store: &mut Store, now: Timestamp) {
    let Some(namespaces) = kind::of_resource("", kind::NAMESPACES) else {
        return;
    };
    let due: Vec<Value> = store
        .objects(namespaces, "")
        .filter(|namespace| emptied(namespace).is_some_and(|when| when <= now))
        .cloned()
        .collect();
    for namespace in due {
        empty(store, name(&namespace), now);
        finish(store, namespaces, namespace, now);
    }
}

fn emptied(namespace: &Value) -> Option<Timestamp> {
    let deleted: Timestamp = text(namespace, "/metadata/deletionTimestamp")
        .parse()
        .ok()?;
    deleted
        .checked_add(SignedDuration::from_secs(EMPTYING))
        .ok()
}

fn stored() -> impl Iterator<Item = &'static Kind> {
    KINDS
        .iter()
        .filter(|kind| kind.is_stored() && kind.namespaced)
}

fn empty(store: &mut Store, namespace: &str, now: Timestamp) {
    for kind in stored() {
        let contents: Vec<Value> = store.objects(kind, namespace).cloned().collect();
        for mut object in contents {
            if may_go(kind, &object) {
                let name = name(&object).to_owned();
                store.remove(kind, namespace, &name);
            } else if !is_being_deleted(&object) {
                let metadata = metadata::of(&mut object);
                metadata.insert("deletionTimestamp".into(), time(now).into());
                metadata.insert("deletionGracePeriodSeconds".into(), 0.into());
                store.put(kind, object);
            }
        }
    }
}

fn finish(store: &mut Store, namespaces: &'static Kind, mut namespace: Value, now: Timestamp) {
    let own = name(&namespace).to_owned();
    let held = held(store, &own);
    if held.is_empty() {
        if let Some(left) = namespace
            .pointer_mut("/spec/finalizers")
            .and_then(Value::as_array_mut)
        {
            left.retain(|finalizer| finalizer != "kubernetes");
        }
        if may_go(namespaces, &namespace) {
            store.remove(namespaces, "", &own);
            return;
        }
    }
    let conditions = conditions(&held, now);
    let before = namespace.pointer("/status/conditions");
    if before.is_none_or(|before| !same_conditions(before, &conditions)) {
        let status = metadata::members(&mut namespace)
            .entry("status")
            .or_insert(json!({}));
        metadata::members(status).insert("conditions".into(), conditions);
        store.put(namespaces, namespace);
    }
}

/// Whether conditions say the same, at whatever time they came.
pub(super) fn same_conditions(before: &Value, after: &Value) -> bool {
    let plain = |value: &Value| {
        let list = value.as_array().into_iter().flatten();
        let texts = list.map(|condition| text(condition, "/message").to_owned());
        texts.collect::<Vec<_>>()
    };
    plain(before) == plain(after)
}

/// What is still in a namespace: resources with the number of their objects, and finalizers with
/// the number of objects they hold.
#[derive(Default)]
pub(super) struct Held {
    resources: std::collections::BTreeMap<String, usize>,
    finalizers: std::collections::BTreeMap<String, usize>,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.resources.is_empty()
    }

    /// Counts an object that is still there, of a resource such as `deployments.apps`.
    pub(super) fn count(&mut self, resource: &str, finalizers: &[Value]) {
        *self.resources.entry(resource.to_owned()).or_default() += 1;
        for finalizer in finalizers {
            let finalizer = finalizer.as_str().unwrap_or_default().to_owned();
            *self.finalizers.entry(finalizer).or_default() += 1;
        }
    }
}

fn held(store: &Store, namespace: &str) -> Held {
    let mut held = Held::default();
    for kind in stored() {
        for object in store.objects(kind, namespace) {
            held.count(&kind.qualified(), finalizers(object));
        }
    }
    held
}

/// Texts of `pkg/controller/namespace/deletion/status_condition_utils.go`.
pub(super) fn conditions(held: &Held, now: Timestamp) -> Value {
    let condition = |kind: &str, reason: &str, status: bool, message: String| {
        json!({
            "type": kind,
            "status": if status { "True" } else { "False" },
            "lastTransitionTime": time(now),
            "reason": reason,
            "message": message,
        })
    };
    let resources: Vec<String> = held
        .resources
        .iter()
        .map(|(resource, count)| {
            let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
            format!("{resource}.{group} has {count} resource instances")
        })
        .collect();
    let finalizers: Vec<String> = held
        .finalizers
        .iter()
        .map(|(finalizer, count)| format!("{finalizer} in {count} resource instances"))
        .collect();
    json!([
        condition(
            "NamespaceDeletionDiscoveryFailure",
            "ResourcesDiscovered",
            false,
            "All resources successfully discovered".into()
        ),
        condition(
            "NamespaceDeletionGroupVersionParsingFailure",
            "ParsedGroupVersions",
            false,
            "All legacy kube types successfully parsed".into()
        ),
        condition(
            "NamespaceDeletionContentFailure",
            "ContentDeleted",
            false,
            "All content successfully deleted, may be waiting on finalization".into()
        ),
        if resources.is_empty() {
            condition(
                "NamespaceContentRemaining",
                "ContentRemoved",
                false,
                "All content successfully removed".into(),
            )
        } else {
            condition(
                "NamespaceContentRemaining",
                "SomeResourcesRemain",
                true,
                format!("Some resources are remaining: {}", resources.join(", ")),
            )
        },
        if finalizers.is_empty() {
            condition(
                "NamespaceFinalizersRemaining",
                "ContentHasNoFinalizers",
                false,
                "All content-preserving finalizers finished".into(),
            )
        } else {
            condition(
                "NamespaceFinalizersRemaining",
                "SomeFinalizersRemain",
                true,
                format!(
                    "Some content in the namespace has finalizers remaining: {}",
                    finalizers.join(", ")
                ),
            )
        },
    ])
}
