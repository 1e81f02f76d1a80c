//! The objects of one cluster, under one counter of versions, with the changes a watch follows.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::kind::Kind;

/// How many changes are kept for those who watch; older ones are gone, as after a compaction.
const HISTORY: usize = 20_000;

/// Everything a cluster keeps.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    revision: u64,
    /// By `resource.group` and then by namespace and name, which are joined by a slash.
    objects: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(skip)]
    history: VecDeque<Change>,
}

/// A change of one object.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) revision: u64,
    pub(crate) kind: &'static Kind,
    pub(crate) event: Event,
    /// The object after the change; of a deletion, as it was last.
    pub(crate) object: Value,
    /// The object before it; a selector may have matched only that.
    pub(crate) before: Option<Value>,
}

/// What happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Added,
    Modified,
    Deleted,
}

impl Store {
    /// The version of the last change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// One object; the namespace is empty where the kind has none.
    pub(crate) fn object(&self, kind: &Kind, namespace: &str, name: &str) -> Option<&Value> {
        self.objects
            .get(&kind.qualified())?
            .get(&key(namespace, name))
    }

    /// The objects of a kind, of all namespaces when none is given, in order of namespace and name.
    pub(crate) fn objects<'a>(
        &'a self,
        kind: &Kind,
        namespace: &'a str,
    ) -> impl Iterator<Item = &'a Value> {
        let prefix = format!("{namespace}/");
        self.objects
            .get(&kind.qualified())
            .into_iter()
            .flatten()
            .filter(move |(key, _)| namespace.is_empty() || key.starts_with(&prefix))
            .map(|(_, object)| object)
    }

    /// What every object is called: `resource.group namespace/name`, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (kind, objects) in &self.objects {
            names.extend(objects.keys().map(|key| format!("{kind} {key}")));
        }
        names
    }

    /// Keeps an object under a new version, and gives it back with that version.
    pub(crate) fn put(&mut self, kind: &'static Kind, mut object: Value) -> Value {
        self.revision += 1;
        set_version(&mut object, self.revision);
        let key = key(namespace(&object), name(&object));
        let before = self
            .objects
            .entry(kind.qualified())
            .or_default()
            .insert(key, object.clone());
        let event = if before.is_some() {
            Event::Modified
        } else {
            Event::Added
        };
        self.note(kind, event, object.clone(), before);
        object
    }

    /// Takes an object away; as it was, under the version of its deletion.
    pub(crate) fn remove(
        &mut self,
        kind: &'static Kind,
        namespace: &str,
        name: &str,
    ) -> Option<Value> {
        let mut object = self
            .objects
            .get_mut(&kind.qualified())?
            .remove(&key(namespace, name))?;
        self.revision += 1;
        set_version(&mut object, self.revision);
        self.note(kind, Event::Deleted, object.clone(), Some(object.clone()));
        Some(object)
    }

    /// The changes after a version; `None` when they are not all there any more.
    pub(crate) fn changes_after(&self, revision: u64) -> Option<impl Iterator<Item = &Change>> {
        // The counter moves by one with each change, so the first kept one tells what is missing.
        let first = self
            .history
            .front()
            .map_or(self.revision + 1, |change| change.revision);
        (revision + 1 >= first).then(|| {
            self.history
                .iter()
                .filter(move |change| change.revision > revision)
        })
    }

    fn note(&mut self, kind: &'static Kind, event: Event, object: Value, before: Option<Value>) {
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(Change {
            revision: self.revision,
            kind,
            event,
            object,
            before,
        });
    }
}

/// An object's name.
pub(crate) fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// An object's namespace; empty where it has none.
pub(crate) fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

/// A text in an object; empty where there is none.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn set_version(object: &mut Value, revision: u64) {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("resourceVersion".into(), revision.to_string().into());
    }
}

fn key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kind;
    use super::*;

    fn config_map(name: &str) -> Value {
        json!({ "metadata": { "name": name, "namespace": "n" } })
    }

    #[test]
    fn every_change_has_a_version_of_its_own() {
        let kind = kind::of_resource("", "configmaps").unwrap();
        let mut store = Store::default();

        store.put(kind, config_map("a"));
        store.put(kind, config_map("b"));
        store.put(kind, config_map("a"));
        store.remove(kind, "n", "b");

        let changes: Vec<(u64, Event)> = store
            .changes_after(1)
            .unwrap()
            .map(|change| (change.revision, change.event))
            .collect();
        assert_eq!(
            changes,
            [(2, Event::Added), (3, Event::Modified), (4, Event::Deleted)]
        );
    }

    #[test]
    fn changes_from_before_a_restart_are_gone() {
        let kind = kind::of_resource("", "configmaps").unwrap();
        let mut store = Store::default();
        store.put(kind, config_map("a"));
        store.put(kind, config_map("b"));
        let text = serde_json::to_string(&store).unwrap();

        let restarted: Store = serde_json::from_str(&text).unwrap();

        assert!(restarted.changes_after(1).is_none());
        assert!(restarted.changes_after(2).is_some());
    }
}
