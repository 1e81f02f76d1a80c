//! Whether an object is one the API server would store.

use serde_json::Value;

use super::kind::Kind;
use super::status::Cause;

/// What is wrong with an object; `old` is what is stored under its name.
pub(crate) fn validate(kind: &Kind, new: &Value, _old: Option<&Value>) -> Vec<Cause> {
    let named = new
        .pointer("/metadata/name")
        .and_then(Value::as_str)
        .is_some_and(|name| !name.is_empty());
    if named || !kind.is_stored() {
        return Vec::new();
    }
    vec![Cause::new(
        "FieldValueRequired",
        "metadata.name",
        "Required value: name or generateName is required",
    )]
}
