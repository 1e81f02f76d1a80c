//! A pod as the checks of the Pod Security Standards look at it, and how they name its parts.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::super::store::text;

/// A pod, or the template of one.
#[derive(Clone, Copy)]
pub(super) struct Pod<'a> {
    annotations: Option<&'a Map<String, Value>>,
    spec: &'a Value,
}

impl<'a> Pod<'a> {
    pub(super) fn of(object: &'a Value) -> Self {
        let annotations = object.pointer("/metadata/annotations");
        Self {
            annotations: annotations.and_then(Value::as_object),
            spec: object.get("spec").unwrap_or(&Value::Null),
        }
    }

    /// All containers, in the order in which the server names them.
    pub(super) fn containers(self) -> impl Iterator<Item = &'a Value> {
        ["initContainers", "containers", "ephemeralContainers"]
            .into_iter()
            .flat_map(move |list| self.items(list))
    }

    /// The members of a list of the specification.
    pub(super) fn items(self, list: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        let items = self.spec.get(list).and_then(Value::as_array);
        items.into_iter().flatten()
    }

    /// The names of the containers that something is true of.
    pub(super) fn names(self, is_bad: impl Fn(&'a Value) -> bool) -> Vec<&'a str> {
        self.containers()
            .filter(|container| is_bad(container))
            .map(|container| text(container, "/name"))
            .collect()
    }

    /// A value in the security context of the whole pod.
    pub(super) fn secured(self, pointer: &str) -> Option<&'a Value> {
        secured(self.spec, pointer)
    }

    /// Who set the values of a pointer in the security contexts, the pod's and the containers', that are bad.
    pub(super) fn setters(self, pointer: &str, is_bad: impl Fn(&Value) -> bool) -> Vec<String> {
        let is_bad = |owner: &Value| secured(owner, pointer).is_some_and(&is_bad);
        let mut setters = Vec::new();
        if is_bad(self.spec) {
            setters.push("pod".to_owned());
        }
        let containers = self.names(is_bad);
        if !containers.is_empty() {
            setters.push(the("container", &containers));
        }
        setters
    }

    /// All values of a pointer in the security contexts.
    pub(super) fn values(self, pointer: &str) -> impl Iterator<Item = &'a Value> {
        let owners = std::iter::once(self.spec).chain(self.containers());
        owners.filter_map(move |owner| secured(owner, pointer))
    }

    pub(super) fn is_true(self, member: &str) -> bool {
        self.spec.get(member) == Some(&Value::Bool(true))
    }

    /// Whether its users are none of the host's.
    pub(super) fn has_own_users(self) -> bool {
        self.spec.get("hostUsers") == Some(&Value::Bool(false))
    }

    pub(super) fn is_for_windows(self) -> bool {
        text(self.spec, "/os/name") == "windows"
    }

    pub(super) fn annotations(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let annotations = self.annotations.into_iter().flatten();
        annotations.map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()))
    }
}

/// A value in the security context of a container or a pod's specification. Null is as good as nothing.
pub(super) fn secured<'a>(owner: &'a Value, pointer: &str) -> Option<&'a Value> {
    owner
        .get("securityContext")?
        .pointer(pointer)
        .filter(|value| !value.is_null())
}

/// `container "a"`, or `containers "a", "b"`.
pub(super) fn the(what: &str, names: &[&str]) -> String {
    format!("{} {}", plural(what, names.len()), quoted(names))
}

/// A word for one thing or for several.
pub(super) fn plural(what: &str, count: usize) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{what}{ending}")
}

/// `"a", "b"`
pub(super) fn quoted<'a>(
    items: impl IntoIterator<Item = &'a (impl AsRef<str> + 'a + ?Sized)>,
) -> String {
    let items = items
        .into_iter()
        .map(|item| format!("\"{}\"", item.as_ref()));
    items.collect::<Vec<_>>().join(", ")
}

/// The texts among values, each once and in order.
pub(super) fn texts<'a>(values: impl Iterator<Item = &'a Value>) -> BTreeSet<&'a str> {
    values.filter_map(Value::as_str).collect()
}
