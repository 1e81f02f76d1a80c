//! Strategic merge patches: merge patches that know which items of lists belong together.

use serde_json::{Map, Value};

use super::kind::Kind;
use super::metadata::members;
use super::shape::Shape;
use super::status::Status;

/// Lays a patch over an object.
pub(crate) fn merge(object: &mut Value, patch: &Value, kind: &Kind) -> Result<(), Status> {
    let Value::Object(patch) = patch else {
        return Err(Status::bad_request("the patch is not an object"));
    };
    lay(members(object), patch, Shape::of(kind));
    Ok(())
}

fn lay(object: &mut Map<String, Value>, patch: &Map<String, Value>, shape: Option<Shape>) {
    match patch.get("$patch").and_then(Value::as_str) {
        Some("replace") => {
            *object = plain(patch);
            return;
        }
        Some("delete") => {
            object.clear();
            return;
        }
        _ => {}
    }
    if let Some(kept) = patch.get("$retainKeys").and_then(Value::as_array) {
        object.retain(|name, _| kept.iter().any(|own| own == name));
    }
    for (directive, wanted) in patch {
        if let Some(name) = directive.strip_prefix("$deleteFromPrimitiveList/")
            && let (Some(list), Some(wanted)) = (
                object.get_mut(name).and_then(Value::as_array_mut),
                wanted.as_array(),
            )
        {
            list.retain(|item| !wanted.contains(item));
        }
    }
    for (name, change) in patch.iter().filter(|(name, _)| !name.starts_with('$')) {
        let field = shape.and_then(|shape| shape.member(name));
        if change.is_null() {
            object.shift_remove(name);
            continue;
        }
        let merges = field.is_some_and(|field| {
            field
                .extension("x-kubernetes-patch-strategy")
                .split(',')
                .any(|strategy| strategy == "merge")
        });
        match (change, object.get_mut(name)) {
            (Value::Object(change), Some(Value::Object(own))) => lay(own, change, field),
            (Value::Object(change), _) => {
                let mut own = Map::new();
                lay(&mut own, change, field);
                object.insert(name.clone(), Value::Object(own));
            }
            (Value::Array(change), own) if merges => {
                let mut list = match own {
                    Some(Value::Array(list)) => std::mem::take(list),
                    _ => Vec::new(),
                };
                let order = patch.get(&format!("$setElementOrder/{name}"));
                lay_list(&mut list, change, order.and_then(Value::as_array), field);
                object.insert(name.clone(), Value::Array(list));
            }
            (change, _) => {
                object.insert(name.clone(), change.clone());
            }
        }
    }
    // An order for a list without changes to it.
    for (directive, order) in patch {
        if let Some(name) = directive.strip_prefix("$setElementOrder/")
            && !patch.contains_key(name)
            && let (Some(list), Some(order)) = (
                object.get_mut(name).and_then(Value::as_array_mut),
                order.as_array(),
            )
        {
            let field = shape.and_then(|shape| shape.member(name));
            sort(list, order, key_of(field));
        }
    }
}

fn lay_list(
    list: &mut Vec<Value>,
    change: &[Value],
    order: Option<&Vec<Value>>,
    field: Option<Shape>,
) {
    let key = key_of(field);
    let items = field.and_then(Shape::items);
    if change
        .iter()
        .any(|item| item.get("$patch").is_some_and(|own| own == "replace"))
    {
        list.clear();
    }
    for item in change {
        let Value::Object(members) = item else {
            if !list.contains(item) {
                list.push(item.clone());
            }
            continue;
        };
        let directive = members.get("$patch").and_then(Value::as_str);
        if directive == Some("replace") && members.len() == 1 {
            continue;
        }
        let own = members.get(key);
        let position = list.iter().position(|other| other.get(key) == own);
        match (directive, position) {
            (Some("delete"), Some(position)) => {
                list.remove(position);
            }
            (Some("delete"), None) => {}
            (_, Some(position)) => {
                if let Some(Value::Object(existing)) = list.get_mut(position) {
                    lay(existing, members, items);
                }
            }
            (_, None) => {
                let mut added = Map::new();
                lay(&mut added, &plain(members), items);
                list.push(Value::Object(added));
            }
        }
    }
    if let Some(order) = order {
        sort(list, order, key);
    }
}

fn key_of(field: Option<Shape>) -> &'static str {
    field.map_or("", |field| field.extension("x-kubernetes-patch-merge-key"))
}

/// Items that are named come in the order given; the others keep their place behind them.
fn sort(list: &mut [Value], order: &[Value], key: &str) {
    let place = |item: &Value| {
        order
            .iter()
            .position(|wanted| {
                if key.is_empty() {
                    wanted == item
                } else {
                    wanted.get(key) == item.get(key)
                }
            })
            .unwrap_or(order.len())
    };
    list.sort_by_key(place);
}

/// Without directives.
fn plain(patch: &Map<String, Value>) -> Map<String, Value> {
    patch
        .iter()
        .filter(|(name, _)| !name.starts_with('$'))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kind;
    use super::*;

    #[test]
    fn items_are_merged_by_key_deleted_and_ordered() {
        let mut pod = json!({
            "metadata": { "finalizers": ["a", "b"], "labels": { "x": "1", "y": "1" } },
            "spec": {
                "containers": [
                    { "name": "one", "image": "i:1", "command": ["c"] },
                    { "name": "two", "image": "i:1" },
                ],
            },
        });

        merge(
            &mut pod,
            &json!({
                "metadata": {
                    "$deleteFromPrimitiveList/finalizers": ["a"],
                    "labels": { "x": null },
                },
                "spec": {
                    "$setElementOrder/containers": [{ "name": "three" }, { "name": "one" }],
                    "containers": [
                        { "name": "one", "image": "i:2", "command": ["d"] },
                        { "name": "two", "$patch": "delete" },
                        { "name": "three", "image": "i:3" },
                    ],
                },
            }),
            kind::of_resource("", "pods").unwrap(),
        )
        .unwrap();

        assert_eq!(
            pod,
            json!({
                "metadata": { "finalizers": ["b"], "labels": { "y": "1" } },
                "spec": {
                    "containers": [
                        { "name": "three", "image": "i:3" },
                        { "name": "one", "image": "i:2", "command": ["d"] },
                    ],
                },
            })
        );
    }
}
