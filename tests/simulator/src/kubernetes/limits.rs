//! What limit ranges add to new pods, and the pods they keep out (Kubernetes, admission plugin
//! `LimitRanger`).

use serde_json::{Map, Value, json};

use super::admission::Write;
use super::kind;
use super::quantity::Quantity;
use super::status::Status;
use super::store::{Store, text};

/// Gives the containers of a new pod the requests and limits of its namespace's limit ranges.
pub(crate) fn complete(store: &Store, namespace: &str, pod: &mut Value) {
    let limits: Vec<Value> = limits(store, namespace, "Container").cloned().collect();
    let containers = pod
        .pointer_mut("/spec/containers")
        .and_then(Value::as_array_mut);
    for container in containers.into_iter().flatten() {
        for limit in &limits {
            for (part, amounts) in [("limits", defaults(limit)), ("requests", requests(limit))] {
                for (name, amount) in amounts {
                    fill(container, part, &name, &amount);
                }
            }
        }
    }
}

/// Refuses a new pod whose containers ask for less or more than they may.
pub(crate) fn admit(store: &Store, write: &Write<'_>) -> Result<(), Status> {
    let (Some(pod), None, "pods") = (write.new, write.old, write.kind.resource) else {
        return Ok(());
    };
    let mut problems = Vec::new();
    for limit in limits(store, write.namespace, "Container") {
        let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
        for container in containers.into_iter().flatten() {
            let own = |part: &str, name: &str| {
                let amount = container.pointer("/resources")?.get(part)?.get(name)?;
                amount.as_str().map(str::to_owned)
            };
            for (name, least) in amounts(limit, "min") {
                match own("requests", &name) {
                    None => problems.push(format!(
                        "minimum {name} usage per Container is {least}.  No request is specified"
                    )),
                    Some(asked) if Quantity::parse(&asked) < Quantity::parse(&least) => {
                        problems.push(format!(
                            "minimum {name} usage per Container is {least}, but request is {asked}"
                        ));
                    }
                    Some(_) => {}
                }
            }
            for (name, most) in amounts(limit, "max") {
                match own("limits", &name) {
                    None => problems.push(format!(
                        "maximum {name} usage per Container is {most}.  No limit is specified"
                    )),
                    Some(asked) if Quantity::parse(&asked) > Quantity::parse(&most) => {
                        problems.push(format!(
                            "maximum {name} usage per Container is {most}, but limit is {asked}"
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
    }
    let why = match problems.as_slice() {
        [] => return Ok(()),
        [one] => one.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    Err(Status::forbidden(write.kind, write.name, &why))
}

fn limits<'a>(
    store: &'a Store,
    namespace: &'a str,
    wanted: &'a str,
) -> impl Iterator<Item = &'a Value> {
    kind::of_resource("", "limitranges")
        .into_iter()
        .flat_map(move |kind| store.objects(kind, namespace))
        .filter_map(|range| range.pointer("/spec/limits")?.as_array())
        .flatten()
        .filter(move |limit| text(limit, "/type") == wanted)
}

/// The limits a container gets: what the range says, or else the most it may have.
fn defaults(limit: &Value) -> Vec<(String, String)> {
    let mut amounts_of = amounts(limit, "default");
    add_missing(&mut amounts_of, amounts(limit, "max"));
    amounts_of
}

/// The requests it gets: what the range says, or else its limit, or the least it may ask for.
fn requests(limit: &Value) -> Vec<(String, String)> {
    let mut amounts_of = amounts(limit, "defaultRequest");
    add_missing(&mut amounts_of, defaults(limit));
    add_missing(&mut amounts_of, amounts(limit, "min"));
    amounts_of
}

fn add_missing(amounts: &mut Vec<(String, String)>, others: Vec<(String, String)>) {
    for (name, amount) in others {
        if !amounts.iter().any(|(own, _)| *own == name) {
            amounts.push((name, amount));
        }
    }
}

fn amounts(limit: &Value, part: &str) -> Vec<(String, String)> {
    let amounts = limit.get(part).and_then(Value::as_object);
    amounts
        .into_iter()
        .flatten()
        .map(|(name, amount)| {
            let amount = amount.as_str().map(str::to_owned);
            (name.clone(), amount.unwrap_or_default())
        })
        .collect()
}

/// Sets an amount that a container does not name. Who names a limit alone requests the limit.
fn fill(container: &mut Value, part: &str, name: &str, amount: &str) {
    let limit = container
        .pointer("/resources/limits")
        .and_then(|limits| limits.get(name))
        .cloned();
    let Some(members) = container.as_object_mut() else {
        return;
    };
    let resources = members.entry("resources").or_insert_with(|| json!({}));
    let Some(resources) = resources.as_object_mut() else {
        return;
    };
    let amounts = resources
        .entry(part)
        .or_insert_with(|| Value::Object(Map::new()));
    if let Some(amounts) = amounts.as_object_mut()
        && !amounts.contains_key(name)
    {
        let limit = limit.filter(|_| part == "requests");
        amounts.insert(name.to_owned(), limit.unwrap_or_else(|| json!(amount)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::name;
    use super::*;

    fn store() -> Store {
        let mut store = Store::default();
        let range = json!({
            "metadata": { "name": "team", "namespace": "n" },
            "spec": { "limits": [{
                "type": "Container",
                "default": { "cpu": "500m" },
                "defaultRequest": { "cpu": "100m" },
                "max": { "memory": "1Gi" },
            }]},
        });
        store.put(kind::of_resource("", "limitranges").unwrap(), range);
        store
    }

    fn pod(resources: &Value) -> Value {
        json!({
            "metadata": { "name": "p", "namespace": "n" },
            "spec": { "containers": [{ "name": "main", "resources": resources }] },
        })
    }

    #[test]
    fn containers_get_what_they_do_not_ask_for() {
        let mut pod = pod(&json!({ "requests": { "cpu": "200m" } }));

        complete(&store(), "n", &mut pod);

        assert_eq!(
            pod["spec"]["containers"][0]["resources"],
            json!({
                "requests": { "cpu": "200m", "memory": "1Gi" },
                "limits": { "cpu": "500m", "memory": "1Gi" },
            })
        );
    }

    #[test]
    fn more_than_the_most_is_refused() {
        let pod = pod(&json!({ "limits": { "memory": "2Gi" } }));
        let write = Write {
            kind: kind::of_resource("", "pods").unwrap(),
            namespace: "n",
            name: name(&pod),
            new: Some(&pod),
            old: None,
        };

        let refused = admit(&store(), &write).unwrap_err();

        assert_eq!(
            refused.message,
            "pods \"p\" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi"
        );
    }
}
