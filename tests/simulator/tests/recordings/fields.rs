//! An answer taken apart into fields: the status, the headers of long operations, and every leaf of the body.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::shape::{generated, shape};

/// Fields by name; a missing one is absent.
pub(crate) type Fields = BTreeMap<String, Value>;

/// Name of the field that holds the status.
pub(crate) const STATUS: &str = "(status)";

/// The headers whose presence is compared; their values are addresses.
const HEADERS: [&str; 3] = ["azure-asyncoperation", "location", "retry-after"];

/// Takes an answer apart. What Azure generates is replaced by its shape.
pub(crate) fn of_answer(status: u16, headers: &BTreeMap<String, String>, body: &Value) -> Fields {
    let mut fields = Fields::from([(STATUS.to_owned(), json!(status))]);
    for name in HEADERS {
        if headers.contains_key(name) {
            fields.insert(format!("({name})"), json!("present"));
        }
    }
    if !body.is_null() {
        leaves(&summary(body), "", &mut fields);
    }
    fields
}

fn leaves(value: &Value, path: &str, fields: &mut Fields) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let joint = if path.is_empty() { "" } else { "." };
                // Some maps have ids for keys.
                let name = if name.starts_with('/') {
                    generated(name)
                } else {
                    name.clone()
                };
                leaves(member, &format!("{path}{joint}{name}"), fields);
            }
        }
        Value::Array(elements) if !elements.is_empty() => {
            for (index, element) in elements.iter().enumerate() {
                let key = element
                    .get("name")
                    .and_then(Value::as_str)
                    .map_or_else(|| index.to_string(), str::to_owned);
                leaves(element, &format!("{path}[{key}]"), fields);
            }
        }
        leaf => {
            fields.insert(path.to_owned(), shape(path, leaf));
        }
    }
}

/// A field's name without the keys of its lists, as tables name it.
pub(crate) fn general(path: &str) -> String {
    let mut general = String::new();
    let mut depth = 0;
    for letter in path.chars() {
        match letter {
            '[' => {
                depth += 1;
                if depth == 1 {
                    general.push_str("[]");
                }
            }
            ']' => depth -= 1,
            other if depth == 0 => general.push(other),
            _ => {}
        }
    }
    general
}

/// The versions on offer are those of a day: of a list of them only the form of its entries is compared. An error
/// beside an operation that has not failed is one of its inner retries': which one is chance, so that it is one field,
/// present or not.
fn summary(body: &Value) -> Value {
    let mut body = body.clone();
    let has_not_failed = body["status"]
        .as_str()
        .is_some_and(|status| status != "Failed");
    if has_not_failed && body["error"].is_object() {
        body["error"] = json!("{retried}");
    }
    if let Some(offers) = body.get_mut("values").and_then(Value::as_array_mut)
        && offers
            .iter()
            .all(|offer| offer.get("patchVersions").is_some())
    {
        let mut form = together(offers);
        if let Some(patches) = form.get_mut("patchVersions").and_then(Value::as_object_mut) {
            let all: Vec<Value> = patches.values().cloned().collect();
            let upgrades: Vec<Value> = all
                .iter()
                .filter_map(|patch| patch["upgrades"].as_array())
                .flatten()
                .take(1)
                .cloned()
                .collect();
            *patches = Map::from_iter([("version".to_owned(), json!({ "upgrades": upgrades }))]);
        }
        *offers = vec![form];
    }
    for pointer in ["/properties/controlPlaneProfile", "/properties"] {
        if let Some(upgrades) = body
            .pointer_mut(&format!("{pointer}/upgrades"))
            .and_then(Value::as_array_mut)
        {
            *upgrades = vec![together(upgrades)];
        }
    }
    body
}

/// All members that any of the entries has.
fn together(entries: &[Value]) -> Value {
    let mut all = json!({});
    for entry in entries {
        join(&mut all, entry);
    }
    all
}

/// Adds the members that are missing; of two lists the longer one stays.
fn join(all: &mut Value, entry: &Value) {
    match (all, entry) {
        (Value::Object(all), Value::Object(members)) => {
            for (name, member) in members {
                match all.get_mut(name) {
                    Some(own) => join(own, member),
                    None => drop(all.insert(name.clone(), member.clone())),
                }
            }
        }
        (Value::Array(all), Value::Array(elements)) if all.len() < elements.len() => {
            all.clone_from(elements);
        }
        _ => {}
    }
}
