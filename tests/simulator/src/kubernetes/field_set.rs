//! Sets of field paths (`fieldpath.Set` of structured-merge-diff), in the form `managedFields`
//! writes them: `f:` a field, `k:` an item by its keys, `v:` an item by its value.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::shape::{Form, Shape};
use super::status::quoted;

/// A set of paths below some point of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct FieldSet {
    /// Whether the point itself is in the set; written as `.`.
    own: bool,
    below: BTreeMap<String, FieldSet>,
}

impl FieldSet {
    /// The paths of everything an object says (`ToFieldSet`).
    pub(crate) fn of(object: &Value, shape: Shape) -> Self {
        let mut set = Self::default();
        set.collect(object, shape, false);
        set
    }

    /// The same, with maps and objects as paths of their own where that is how a write of the
    /// whole object books them.
    pub(crate) fn of_update(object: &Value, shape: Shape) -> Self {
        let mut set = Self::default();
        set.collect(object, shape, true);
        set
    }

    fn collect(&mut self, value: &Value, shape: Shape, whole: bool) {
        match (shape.form(), value) {
            (Form::Object(fields), Value::Object(members)) => {
                for (name, member) in members
                    .iter()
                    .filter(|(name, _)| fields.contains_key(*name))
                {
                    if let Some(own) = shape.member(name) {
                        let child = self.child(format!("f:{name}"));
                        child.collect(member, own, whole);
                        child.own |= is_nothing(member);
                    }
                }
            }
            (Form::Map(values), Value::Object(members)) => {
                self.own |= whole;
                for (name, member) in members {
                    let child = self.child(format!("f:{name}"));
                    child.collect(member, values, whole);
                    child.own = true;
                }
            }
            (Form::Set, Value::Array(items)) => {
                self.own |= whole;
                for item in items {
                    self.child(format!("v:{item}")).own = true;
                }
            }
            (Form::Keyed(keys, items), Value::Array(list)) => {
                self.own |= whole;
                for item in list {
                    let child = self.child(key(item, keys));
                    child.collect(item, items, whole);
                    child.own = true;
                }
            }
            _ => self.own = true,
        }
    }

    /// The paths at which two objects both say something, and not the same.
    pub(crate) fn modified(old: &Value, new: &Value, shape: Shape) -> Self {
        let mut set = Self::default();
        match (shape.form(), old, new) {
            (Form::Object(_) | Form::Map(_), Value::Object(old), Value::Object(new)) => {
                for (name, after) in new {
                    if let (Some(before), Some(own)) = (old.get(name), shape.member(name)) {
                        set.add(format!("f:{name}"), Self::modified(before, after, own));
                    }
                }
            }
            (Form::Keyed(keys, items), Value::Array(old), Value::Array(new)) => {
                let old: BTreeMap<String, &Value> =
                    old.iter().map(|item| (key(item, keys), item)).collect();
                for after in new {
                    let element = key(after, keys);
                    if let Some(before) = old.get(&element) {
                        set.add(element, Self::modified(before, after, items));
                    }
                }
            }
            (Form::Set, Value::Array(_), Value::Array(_)) => {}
            _ => set.own = old != new,
        }
        set
    }

    fn add(&mut self, element: String, child: Self) {
        if !child.is_empty() {
            self.below.insert(element, child);
        }
    }

    fn child(&mut self, element: String) -> &mut Self {
        self.below.entry(element).or_default()
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.own && self.below.values().all(Self::is_empty)
    }

    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut result = self.clone();
        result.own |= other.own;
        for (element, theirs) in &other.below {
            let ours = result.below.entry(element.clone()).or_default();
            *ours = ours.union(theirs);
        }
        result
    }

    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let below = self.below.iter().filter_map(|(element, ours)| {
            let both = ours.intersection(other.below.get(element)?);
            (!both.is_empty()).then(|| (element.clone(), both))
        });
        Self {
            own: self.own && other.own,
            below: below.collect(),
        }
    }

    pub(crate) fn difference(&self, other: &Self) -> Self {
        let below = self.below.iter().filter_map(|(element, ours)| {
            let left = match other.below.get(element) {
                Some(theirs) => ours.difference(theirs),
                None => ours.clone(),
            };
            (!left.is_empty()).then(|| (element.clone(), left))
        });
        Self {
            own: self.own && !other.own,
            below: below.collect(),
        }
    }

    /// Without the paths at and below a field.
    pub(crate) fn without(&self, path: &[&str]) -> Self {
        let mut result = self.clone();
        result.cut(path);
        result
    }

    fn cut(&mut self, path: &[&str]) {
        match path {
            [] => {}
            [last] => {
                self.below.remove(*last);
            }
            [first, rest @ ..] => {
                if let Some(child) = self.below.get_mut(*first) {
                    child.cut(rest);
                    if child.is_empty() {
                        self.below.remove(*first);
                    }
                }
            }
        }
    }

    /// The point itself is in the set.
    pub(crate) fn has_own(&self) -> bool {
        self.own
    }

    /// What is in the set below one element.
    pub(crate) fn at(&self, element: &str) -> Option<&Self> {
        self.below.get(element)
    }

    /// Every path in the set, as conflicts name them: `.spec.ports[port=80,protocol="TCP"].name`.
    pub(crate) fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.name("", &mut paths);
        paths
    }

    fn name(&self, so_far: &str, paths: &mut Vec<String>) {
        if self.own && !so_far.is_empty() {
            paths.push(so_far.to_owned());
        }
        for (element, child) in &self.below {
            child.name(&format!("{so_far}{}", readable(element)), paths);
        }
    }

    /// As `fieldsV1`.
    pub(crate) fn write(&self) -> Value {
        let mut members = Map::new();
        if self.own && !self.below.is_empty() {
            members.insert(".".into(), Value::Object(Map::new()));
        }
        for (element, child) in &self.below {
            members.insert(element.clone(), child.write());
        }
        Value::Object(members)
    }

    /// From `fieldsV1`.
    pub(crate) fn read(fields: &Value) -> Self {
        let mut set = Self::read_child(fields);
        set.own = false;
        set
    }

    fn read_child(fields: &Value) -> Self {
        let members = fields.as_object();
        let own = members.is_none_or(|members| members.is_empty() || members.contains_key("."));
        let below = members.into_iter().flatten();
        Self {
            own,
            below: below
                .filter(|(element, _)| *element != ".")
                .map(|(element, child)| (element.clone(), Self::read_child(child)))
                .collect(),
        }
    }
}

/// The element of a list item that is told apart by keys.
pub(crate) fn key(item: &Value, keys: &[Value]) -> String {
    let sorted: BTreeMap<&str, Value> = keys
        .iter()
        .filter_map(Value::as_str)
        .filter_map(|name| {
            let own = item.get(name).cloned().or_else(|| default_of_key(name))?;
            Some((name, own))
        })
        .collect();
    let members: Map<String, Value> = sorted
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    format!("k:{}", Value::Object(members))
}

/// The one key that may be left out (`default: TCP` in the schema of ports).
fn default_of_key(name: &str) -> Option<Value> {
    (name == "protocol").then(|| "TCP".into())
}

fn is_nothing(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(Map::is_empty)
}

/// An element as conflicts and errors name it: `.name`, `[name="x"]`, `[="x"]`.
pub(crate) fn readable(element: &str) -> String {
    match element.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some(("v", value)) => format!("[={value}]"),
        Some(("k", keys)) => {
            let keys: Map<String, Value> = serde_json::from_str(keys).unwrap_or_default();
            let keys: Vec<String> = keys
                .iter()
                .map(|(name, value)| match value {
                    Value::String(text) => format!("{name}={}", quoted(text)),
                    other => format!("{name}={other}"),
                })
                .collect();
            format!("[{}]", keys.join(","))
        }
        _ => element.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kind;
    use super::*;

    fn shape(group: &str, resource: &str) -> Shape {
        Shape::of(kind::of_resource(group, resource).unwrap()).unwrap()
    }

    #[test]
    fn an_object_becomes_the_fields_it_says() {
        let service = json!({
            "metadata": { "labels": { "a": "1" }, "finalizers": ["x/y"], "annotations": {} },
            "spec": { "selector": { "app": "web" }, "ports": [{ "port": 80, "name": "http" }] },
        });

        let set = FieldSet::of(&service, shape("", "services"));

        let expected = json!({
            "f:metadata": {
                "f:annotations": {},
                "f:finalizers": { "v:\"x/y\"": {} },
                "f:labels": { "f:a": {} },
            },
            "f:spec": {
                "f:ports": {
                    "k:{\"port\":80,\"protocol\":\"TCP\"}": {
                        ".": {},
                        "f:name": {},
                        "f:port": {},
                    },
                },
                "f:selector": {},
            },
        });
        assert_eq!(set.write(), expected);
        assert_eq!(FieldSet::read(&expected), set);
    }

    #[test]
    fn paths_are_named_as_conflicts_name_them() {
        let fields = json!({
            "f:spec": { "f:ports": { "k:{\"port\":80,\"protocol\":\"TCP\"}": { "f:name": {} } } },
            "f:metadata": { "f:finalizers": { "v:\"x\"": {} } },
        });

        let paths = FieldSet::read(&fields).paths();

        let expected = [
            ".metadata.finalizers[=\"x\"]",
            ".spec.ports[port=80,protocol=\"TCP\"].name",
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn sets_are_joined_cut_and_compared() {
        let one = FieldSet::read(&json!({ "f:a": { "f:b": {}, "f:c": {} } }));
        let other = FieldSet::read(&json!({ "f:a": { "f:c": {}, "f:d": {} } }));

        let union = one.union(&other).write();
        let both = one.intersection(&other).write();
        let left = one.difference(&other).write();

        assert_eq!(union, json!({ "f:a": { "f:b": {}, "f:c": {}, "f:d": {} } }));
        assert_eq!(both, json!({ "f:a": { "f:c": {} } }));
        assert_eq!(left, json!({ "f:a": { "f:b": {} } }));
        assert!(one.difference(&one).is_empty());
    }
}
