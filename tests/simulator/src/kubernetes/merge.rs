//! Merging by schema (`typed` of structured-merge-diff): laying what a manager wants over an object,
//! and taking out what nobody wants any more.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::field_set::{FieldSet, key, readable};
use super::shape::{Form, Shape};

/// Lays what a manager wants over an object: lists and maps are joined where several may own parts.
pub(crate) fn merge(object: &mut Value, config: &Value, shape: Shape) {
    match (shape.form(), &mut *object, config) {
        (Form::Object(_) | Form::Map(_), Value::Object(own), Value::Object(config)) => {
            for (name, wanted) in config {
                match (own.get_mut(name), shape.member(name)) {
                    (Some(own), Some(shape)) if !own.is_null() => merge(own, wanted, shape),
                    _ if wanted.is_null() => {
                        own.shift_remove(name);
                    }
                    _ => {
                        own.insert(name.clone(), wanted.clone());
                    }
                }
            }
        }
        (Form::Set, Value::Array(own), Value::Array(config)) => {
            for item in config {
                if !own.contains(item) {
                    own.push(item.clone());
                }
            }
        }
        (Form::Keyed(keys, items), Value::Array(own), Value::Array(config)) => {
            for item in config {
                let element = key(item, keys);
                match own.iter_mut().find(|other| key(other, keys) == element) {
                    Some(own) => merge(own, item, items),
                    None => own.push(item.clone()),
                }
            }
        }
        _ => *object = config.clone(),
    }
}

/// Removes what is in a set from an object, except for what is kept by somebody.
pub(crate) fn remove(value: &mut Value, set: &FieldSet, kept: &FieldSet, shape: Shape) {
    match (shape.form(), value) {
        (Form::Object(_) | Form::Map(_), Value::Object(members)) => {
            let names: Vec<String> = members.keys().cloned().collect();
            for name in names {
                let element = format!("f:{name}");
                let (Some(set), Some(shape)) = (set.at(&element), shape.member(&name)) else {
                    continue;
                };
                let kept = kept.at(&element);
                let Some(member) = members.get_mut(&name) else {
                    continue;
                };
                if goes(set, kept) {
                    members.shift_remove(&name);
                    continue;
                }
                remove(member, set, kept.unwrap_or(&FieldSet::default()), shape);
                // What has lost all it had goes as well.
                if member.as_object().is_some_and(Map::is_empty)
                    || member.as_array().is_some_and(Vec::is_empty)
                {
                    members.shift_remove(&name);
                }
            }
        }
        (Form::Set, Value::Array(items)) => items.retain(|item| {
            let element = format!("v:{item}");
            !set.at(&element)
                .is_some_and(|set| goes(set, kept.at(&element)))
        }),
        (Form::Keyed(keys, shape), Value::Array(list)) => {
            list.retain_mut(|item| {
                let element = key(item, keys);
                let Some(set) = set.at(&element) else {
                    return true;
                };
                let kept = kept.at(&element);
                if goes(set, kept) {
                    return false;
                }
                remove(item, set, kept.unwrap_or(&FieldSet::default()), shape);
                true
            });
        }
        _ => {}
    }
}

fn goes(set: &FieldSet, kept: Option<&FieldSet>) -> bool {
    set.has_own() && kept.is_none_or(FieldSet::is_empty)
}

/// The first item that is twice in a list whose items are told apart.
pub(crate) fn duplicate(value: &Value, shape: Shape, path: &str) -> Option<String> {
    let among = |items: &[Value], element: &dyn Fn(&Value) -> String| {
        let mut seen = BTreeSet::new();
        let twice = items
            .iter()
            .map(element)
            .find(|own| !seen.insert(own.clone()));
        twice.map(|own| format!("{path}: duplicate entries for key {}", readable(&own)))
    };
    match (shape.form(), value) {
        (Form::Object(_) | Form::Map(_), Value::Object(members)) => {
            members.iter().find_map(|(name, member)| {
                duplicate(member, shape.member(name)?, &format!("{path}.{name}"))
            })
        }
        (Form::Set, Value::Array(items)) => among(items, &|item| format!("v:{item}")),
        (Form::Keyed(keys, shape), Value::Array(items)) => among(items, &|item| key(item, keys))
            .or_else(|| {
                items.iter().find_map(|item| {
                    let path = format!("{path}{}", readable(&key(item, keys)));
                    duplicate(item, shape, &path)
                })
            }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kind;
    use super::*;

    fn deployments() -> Shape {
        Shape::of(kind::of_resource("apps", "deployments").unwrap()).unwrap()
    }

    fn of_containers(containers: &Value) -> Value {
        json!({ "spec": { "template": { "spec": { "containers": containers } } } })
    }

    #[test]
    fn maps_and_keyed_lists_are_joined_and_the_rest_is_replaced() {
        let mut object = of_containers(&json!([
            { "name": "a", "image": "i:1", "args": ["x", "y"], "resources": {} },
        ]));
        let config = of_containers(&json!([
            { "name": "a", "image": "i:2", "args": ["z"] },
            { "name": "b", "image": "i:1" },
        ]));

        merge(&mut object, &config, deployments());

        let expected = of_containers(&json!([
            { "name": "a", "image": "i:2", "args": ["z"], "resources": {} },
            { "name": "b", "image": "i:1" },
        ]));
        assert_eq!(object, expected);
    }

    #[test]
    fn what_goes_takes_along_what_nobody_keeps() {
        let containers = json!([
            { "name": "a", "image": "i" },
            { "name": "b", "image": "i", "tty": true },
        ]);
        let mut object = of_containers(&containers);
        let shape = deployments();
        let all = FieldSet::of(&object, shape);
        let kept = of_containers(&json!([{ "name": "b", "tty": true }]));
        let kept = FieldSet::of(&kept, shape);

        remove(&mut object, &all.difference(&kept), &kept, shape);

        let expected = of_containers(&json!([{ "name": "b", "tty": true }]));
        assert_eq!(object, expected);
    }

    #[test]
    fn an_item_that_is_twice_is_named() {
        let config = of_containers(&json!([{ "name": "a" }, { "name": "a" }]));

        let text = duplicate(&config, deployments(), "");

        assert_eq!(
            text.as_deref(),
            Some(".spec.template.spec.containers: duplicate entries for key [name=\"a\"]")
        );
    }
}
