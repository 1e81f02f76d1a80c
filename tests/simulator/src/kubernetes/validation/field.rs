//! What can be wrong with a field, in the words of `apimachinery/pkg/util/validation/field`.

use serde_json::Value;

use super::super::status::{Cause, quoted};

/// Where a field is, such as `spec.ingress[0].ports`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path(String);

impl Path {
    pub(super) fn new(path: &str) -> Self {
        Self(path.to_owned())
    }

    pub(super) fn child(&self, name: &str) -> Self {
        if self.0.is_empty() {
            Self::new(name)
        } else {
            Self(format!("{}.{name}", self.0))
        }
    }

    pub(super) fn index(&self, index: usize) -> Self {
        Self(format!("{}[{index}]", self.0))
    }

    pub(super) fn key(&self, key: &str) -> Self {
        Self(format!("{}[{key}]", self.0))
    }

    pub(super) fn required(&self, detail: &str) -> Cause {
        self.cause("FieldValueRequired", "Required value", detail)
    }

    pub(super) fn forbidden(&self, detail: &str) -> Cause {
        self.cause("FieldValueForbidden", "Forbidden", detail)
    }

    pub(super) fn invalid(&self, value: &Value, detail: &str) -> Cause {
        let what = format!("Invalid value: {value}");
        self.cause("FieldValueInvalid", &what, detail)
    }

    pub(super) fn invalid_text(&self, value: &str, detail: &str) -> Cause {
        self.invalid(&Value::from(value), detail)
    }

    pub(super) fn duplicate(&self, value: &str) -> Cause {
        let what = format!("Duplicate value: {}", quoted(value));
        self.cause("FieldValueDuplicate", &what, "")
    }

    pub(super) fn too_long(&self, most: usize) -> Cause {
        let detail = format!("may not be more than {most} bytes");
        self.cause("FieldValueTooLong", "Too long", &detail)
    }

    pub(super) fn not_supported(&self, value: &str, supported: &[&str]) -> Cause {
        let supported: Vec<String> = supported.iter().map(|value| quoted(value)).collect();
        let what = format!("Unsupported value: {}", quoted(value));
        let detail = format!("supported values: {}", supported.join(", "));
        self.cause("FieldValueNotSupported", &what, &detail)
    }

    fn cause(&self, reason: &'static str, what: &str, detail: &str) -> Cause {
        let message = if detail.is_empty() {
            what.to_owned()
        } else {
            format!("{what}: {detail}")
        };
        Cause::new(reason, self.0.clone(), message)
    }
}

/// The items of a list; none when it is no list.
pub(super) fn items<'a>(object: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let list = object.get(name).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// The members of a map; none when it is no map.
pub(super) fn members<'a>(
    object: &'a Value,
    name: &str,
) -> impl Iterator<Item = (&'a String, &'a Value)> {
    let map = object.get(name).and_then(Value::as_object);
    map.into_iter().flatten()
}

/// A text, or an empty one.
pub(super) fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}
