//! Who owns which field (`metadata.managedFields`), and how a write that is no apply changes it.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::field_set::FieldSet;
use super::kind::Kind;
use super::metadata::{self, time};
use super::shape::Shape;
use super::store::text;

/// How a manager came to own its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Apply,
    Update,
}

/// One manager and what it owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) manager: String,
    pub(crate) operation: Operation,
    pub(crate) subresource: String,
    pub(crate) api_version: String,
    /// Empty for a manager that has changed nothing yet.
    pub(crate) time: String,
    pub(crate) fields: FieldSet,
}

impl Entry {
    pub(crate) fn is(&self, manager: &str, operation: Operation, subresource: &str) -> bool {
        self.manager == manager && self.operation == operation && self.subresource == subresource
    }

    fn read(own: &Value) -> Self {
        let text = |pointer: &str| text(own, pointer).to_owned();
        Self {
            manager: text("/manager"),
            operation: if text("/operation") == "Apply" {
                Operation::Apply
            } else {
                Operation::Update
            },
            subresource: text("/subresource"),
            api_version: text("/apiVersion"),
            time: text("/time"),
            fields: FieldSet::read(own.get("fieldsV1").unwrap_or(&Value::Null)),
        }
    }

    fn write(&self) -> Value {
        let mut own = json!({
            "manager": self.manager,
            "operation": match self.operation {
                Operation::Apply => "Apply",
                Operation::Update => "Update",
            },
            "apiVersion": self.api_version,
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": self.fields.write(),
        });
        if self.time.is_empty() {
            metadata::members(&mut own).shift_remove("time");
        }
        if !self.subresource.is_empty() {
            metadata::members(&mut own)
                .insert("subresource".into(), self.subresource.as_str().into());
        }
        own
    }
}

/// The entries of an object.
pub(crate) fn entries(object: &Value) -> Vec<Entry> {
    object
        .pointer("/metadata/managedFields")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(Entry::read)
        // `fieldsV1` of nothing reads as an empty set, which nobody owns.
        .filter(|entry| !entry.fields.is_empty())
        .collect()
}

/// Writes entries into an object, applies first, then by time and name (`sortEncodedManagedFields`).
pub(crate) fn keep(object: &mut Value, mut entries: Vec<Entry>) {
    entries.retain(|entry| !entry.fields.is_empty());
    entries.sort_by(|one, other| {
        let key = |entry: &Entry| {
            let applied = entry.operation == Operation::Apply;
            (!applied, entry.time.clone(), entry.manager.clone())
        };
        key(one).cmp(&key(other))
    });
    let metadata = metadata::of(object);
    metadata.shift_remove("managedFields");
    if !entries.is_empty() {
        let entries: Value = entries.iter().map(Entry::write).collect();
        metadata.insert("managedFields".into(), entries);
    }
}

/// Whether two versions of an object differ in nothing but when its managers wrote.
pub(crate) fn same_but_for_times(old: &Value, new: &Value) -> bool {
    let timeless = |object: &Value| {
        let mut object = object.clone();
        let entries = object.pointer_mut("/metadata/managedFields");
        for entry in entries.and_then(Value::as_array_mut).into_iter().flatten() {
            metadata::members(entry).shift_remove("time");
        }
        object
    };
    timeless(old) == timeless(new)
}

/// Without what only the server writes, and without the status where it has an owner of its own
/// (`stripMeta`, `ResetFields`).
pub(crate) fn ownable(set: &FieldSet, kind: &Kind, subresource: &str) -> FieldSet {
    const STRIPPED: [&str; 9] = [
        "f:name",
        "f:namespace",
        "f:creationTimestamp",
        "f:deletionTimestamp",
        "f:deletionGracePeriodSeconds",
        "f:uid",
        "f:generation",
        "f:managedFields",
        "f:resourceVersion",
    ];
    let mut set = set.without(&["f:apiVersion"]).without(&["f:kind"]);
    for field in STRIPPED {
        set = set.without(&["f:metadata", field]);
    }
    if metadata::has_status(kind) && subresource != "status" {
        set = set.without(&["f:status"]);
    }
    set
}

/// How two versions of an object differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Comparison {
    /// What is new, or other than it was.
    pub(crate) changed: FieldSet,
    pub(crate) removed: FieldSet,
}

impl Comparison {
    pub(crate) fn of(old: Option<&Value>, new: &Value, shape: Shape) -> Self {
        let after = FieldSet::of_update(new, shape);
        let Some(old) = old else {
            return Self {
                changed: after,
                removed: FieldSet::default(),
            };
        };
        let before = FieldSet::of_update(old, shape);
        let modified = FieldSet::modified(old, new, shape);
        Self {
            changed: after.difference(&before).union(&modified),
            removed: before.difference(&after),
        }
    }

    fn is_nothing(&self) -> bool {
        self.changed.is_empty() && self.removed.is_empty()
    }
}

/// Books a write that is no apply: the writer owns what it changed, and nobody else does.
pub(crate) fn track(
    kind: &Kind,
    old: Option<&Value>,
    new: &mut Value,
    manager: &str,
    subresource: &str,
    now: Timestamp,
) {
    let Some(shape) = Shape::of(kind) else {
        return;
    };
    // A client may write the list itself, as kubectl does when it takes over its older fields.
    let sent = entries(new);
    let mut entries = match old {
        Some(old) if sent.is_empty() => entries(old),
        _ => sent,
    };
    let Comparison { changed, removed } = Comparison::of(old, new, shape);
    let comparison = Comparison {
        changed: ownable(&changed, kind, subresource),
        removed: ownable(&removed, kind, subresource),
    };
    if !comparison.is_nothing() {
        book(&mut entries, &comparison, kind, manager, subresource, now);
    }
    keep(new, entries);
}

fn book(
    entries: &mut Vec<Entry>,
    comparison: &Comparison,
    kind: &Kind,
    manager: &str,
    subresource: &str,
    now: Timestamp,
) {
    let is_own = |entry: &Entry| entry.is(manager, Operation::Update, subresource);
    if !entries.iter().any(is_own) {
        entries.push(Entry {
            manager: manager.to_owned(),
            operation: Operation::Update,
            subresource: subresource.to_owned(),
            api_version: kind.api_version(),
            time: String::new(),
            fields: FieldSet::default(),
        });
    }
    for entry in entries.iter_mut() {
        let fields = if is_own(entry) {
            entry.fields.union(&comparison.changed)
        } else {
            entry.fields.difference(&comparison.changed)
        };
        let fields = fields.difference(&comparison.removed);
        if is_own(entry) && fields != entry.fields {
            entry.time = time(now);
        }
        entry.fields = fields;
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind;
    use super::*;

    #[test]
    fn a_writer_owns_what_it_changed_and_takes_it_from_others() {
        let kind = kind::of_resource("", "configmaps").unwrap();
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let mut first = json!({ "metadata": { "name": "c" }, "data": { "a": "1", "b": "1" } });
        track(kind, None, &mut first, "one", "", now);
        let mut second = first.clone();
        second["data"] = json!({ "b": "2", "c": "2" });

        track(kind, Some(&first), &mut second, "two", "", now);

        let owned: Vec<(String, Value)> = entries(&second)
            .into_iter()
            .map(|entry| (entry.manager, entry.fields.write()))
            .collect();
        assert_eq!(
            owned,
            [
                ("one".to_owned(), json!({ "f:data": {} })),
                (
                    "two".to_owned(),
                    json!({ "f:data": { "f:b": {}, "f:c": {} } })
                ),
            ]
        );
    }
}
