//! Reading and changing JSON documents by path.

use serde_json::{Map, Value};

/// The text at a JSON pointer; the empty text counts as absent, as it does for the service.
pub(crate) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value
        .pointer(pointer)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// The text at a JSON pointer, or the empty text.
pub(crate) fn owned(value: &Value, pointer: &str) -> String {
    text(value, pointer).unwrap_or_default().to_owned()
}

/// Whether the flag at a JSON pointer is on.
pub(crate) fn on(value: &Value, pointer: &str) -> bool {
    value.pointer(pointer).and_then(Value::as_bool) == Some(true)
}

/// The whole number at a JSON pointer.
pub(crate) fn integer(value: &Value, pointer: &str) -> Option<i64> {
    value.pointer(pointer).and_then(Value::as_i64)
}

/// The elements of the array at a JSON pointer.
pub(crate) fn items<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The value as an object, made one if it is none.
pub(crate) fn object(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("made an object above"),
    }
}

/// The object under a key, made if missing.
pub(crate) fn child<'a>(value: &'a mut Value, key: &str) -> &'a mut Value {
    object(value)
        .entry(key)
        .or_insert_with(|| Value::Object(Map::new()))
}

/// Writes a value under a key.
pub(crate) fn put(value: &mut Value, key: &str, content: impl Into<Value>) {
    object(value).insert(key.to_owned(), content.into());
}

/// Writes a value under a key that has none; an empty text counts as none.
pub(crate) fn fill(value: &mut Value, key: &str, content: impl Into<Value>) {
    let map = object(value);
    let missing = match map.get(key) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(_) => false,
    };
    if missing {
        map.insert(key.to_owned(), content.into());
    }
}

/// Removes a key; keeps the order of the others.
pub(crate) fn remove(value: &mut Value, key: &str) -> Option<Value> {
    value.as_object_mut().and_then(|map| map.shift_remove(key))
}

/// Removes a key whose value the service never answers.
pub(crate) fn remove_if(value: &mut Value, key: &str, unwanted: impl Fn(&Value) -> bool) {
    if value.get(key).is_some_and(unwanted) {
        remove(value, key);
    }
}

/// Whether an object or array holds nothing.
pub(crate) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// Drops every null member: to the service null and absent are equal.
pub(crate) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .filter(|(_, member)| !member.is_null())
            .map(|(key, member)| (key.clone(), without_nulls(member)))
            .collect(),
        Value::Array(list) => list.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// The members of an object in the given order; members the order does not name are dropped,
/// as the service drops what its schema does not know.
pub(crate) fn ordered(value: &Value, order: &[&str]) -> Value {
    order
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), value.get(key)?.clone())))
        .collect()
}

/// Gives a body an eTag it never had.
pub(crate) fn renew_etag(value: &mut Value) {
    let next = super::random::next_etag(&owned(value, "/eTag"));
    put(value, "eTag", next);
}
