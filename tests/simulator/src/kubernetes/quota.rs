//! What resource quotas count, and the objects they keep out (Kubernetes, `pkg/quota/v1` and the
//! admission plugin `ResourceQuota`).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::admission::Write;
use super::kind::{self, Kind};
use super::quantity::Quantity;
use super::status::Status;
use super::store::{Store, name, namespace, text};

/// Amounts by the name a quota has for them, such as `requests.cpu`.
type Amounts = BTreeMap<String, Quantity>;

/// Refuses a new object for which a quota of its namespace has no room.
pub(crate) fn admit(store: &Store, write: &Write<'_>) -> Result<(), Status> {
    let (Some(new), None, false) = (write.new, write.old, write.namespace.is_empty()) else {
        return Ok(());
    };
    for quota in quotas(store, write.namespace) {
        if !concerns(quota, write.kind, new) {
            continue;
        }
        let hard = hard(quota);
        let wanted = weight(write.kind, new, &hard);
        let missing = unspecified(write.kind, new, &hard);
        let refuse = |why: String| Err(Status::forbidden(write.kind, write.name, &why));
        if !missing.is_empty() {
            let missing = missing.join("; ");
            return refuse(format!(
                "failed quota: {}: must specify {missing}",
                name(quota)
            ));
        }
        let used = used(store, quota, &hard);
        let over: Vec<&String> = wanted
            .iter()
            .filter(|(name, wanted)| {
                let room = hard.get(*name).copied().unwrap_or_default();
                used.get(*name).copied().unwrap_or_default() + **wanted > room
            })
            .map(|(name, _)| name)
            .collect();
        if !over.is_empty() {
            let listed = |amounts: &Amounts| {
                let parts = over.iter().map(|name| {
                    let amount = amounts.get(*name).copied().unwrap_or_default();
                    format!("{name}={amount}")
                });
                parts.collect::<Vec<_>>().join(",")
            };
            return refuse(format!(
                "exceeded quota: {}, requested: {}, used: {}, limited: {}",
                name(quota),
                listed(&wanted),
                listed(&used),
                listed(&hard)
            ));
        }
    }
    Ok(())
}

/// The quotas whose status no longer tells what is there: namespace, name and the status.
pub(crate) fn outdated(store: &Store) -> Vec<(String, String, Value)> {
    quotas(store, "")
        .filter_map(|quota| {
            let hard = hard(quota);
            let used = used(store, quota, &hard);
            let shown: Map<String, Value> = hard
                .keys()
                .map(|name| {
                    let amount = used.get(name).copied().unwrap_or_default();
                    (name.clone(), json!(amount.to_string()))
                })
                .collect();
            let spec = quota.pointer("/spec/hard").cloned();
            let status = json!({ "hard": spec.unwrap_or_else(|| json!({})), "used": shown });
            (quota.get("status") != Some(&status))
                .then(|| (namespace(quota).to_owned(), name(quota).to_owned(), status))
        })
        .collect()
}

fn quotas<'a>(store: &'a Store, place: &'a str) -> impl Iterator<Item = &'a Value> {
    kind::of_resource("", "resourcequotas")
        .into_iter()
        .flat_map(move |kind| store.objects(kind, place))
}

fn hard(quota: &Value) -> Amounts {
    let hard = quota.pointer("/spec/hard").and_then(Value::as_object);
    hard.into_iter()
        .flatten()
        .filter_map(|(name, amount)| Some((name.clone(), amount_of(amount)?)))
        .collect()
}

fn amount_of(amount: &Value) -> Option<Quantity> {
    match amount {
        Value::String(text) => Quantity::parse(text),
        Value::Number(number) => Quantity::parse(&number.to_string()),
        _ => None,
    }
}

/// What is used of a quota's amounts.
fn used(store: &Store, quota: &Value, hard: &Amounts) -> Amounts {
    let mut used = Amounts::new();
    for kind in kind::KINDS
        .iter()
        .filter(|kind| kind.namespaced && kind.is_stored())
    {
        for object in store.objects(kind, namespace(quota)) {
            if concerns(quota, kind, object) {
                for (name, amount) in weight(kind, object, hard) {
                    let sum = used.entry(name).or_default();
                    *sum = *sum + amount;
                }
            }
        }
    }
    used
}

/// Whether an object falls under the scopes of a quota, which only pods have.
fn concerns(quota: &Value, kind: &Kind, object: &Value) -> bool {
    let scopes = quota.pointer("/spec/scopes").and_then(Value::as_array);
    let Some(scopes) = scopes.filter(|scopes| !scopes.is_empty()) else {
        return true;
    };
    let ends = object.pointer("/spec/activeDeadlineSeconds").is_some();
    let best_effort = containers(object).all(|container| {
        ["requests", "limits"].iter().all(|part| {
            let amounts = container.pointer(&format!("/resources/{part}"));
            amounts.and_then(Value::as_object).is_none_or(Map::is_empty)
        })
    });
    kind.resource == "pods"
        && scopes.iter().all(|scope| match scope.as_str() {
            Some("Terminating") => ends,
            Some("NotTerminating") => !ends,
            Some("BestEffort") => best_effort,
            Some("NotBestEffort") => !best_effort,
            _ => false,
        })
}

/// What an object takes of the amounts a quota limits.
fn weight(kind: &Kind, object: &Value, hard: &Amounts) -> Amounts {
    if kind.resource == "pods" && is_over(object) {
        return Amounts::new();
    }
    let limited = hard.keys().filter_map(|name| {
        let amount = if is_count_of(name, kind, object) {
            Quantity::count(1)
        } else if kind.resource == "pods" {
            let (part, resource) = measured(name)?;
            containers(object)
                .filter_map(|container| asked(container, part, resource))
                .sum()
        } else {
            return None;
        };
        Some((name.clone(), amount))
    });
    limited.collect()
}

/// Whether an amount is the number of objects of a kind.
fn is_count_of(name: &str, kind: &Kind, object: &Value) -> bool {
    if let Some(counted) = name.strip_prefix("count/") {
        return counted == kind.qualified();
    }
    let service = kind.group.is_empty() && kind.resource == "services";
    match name {
        "services.loadbalancers" => service && text(object, "/spec/type") == "LoadBalancer",
        "services.nodeports" => {
            service && ["NodePort", "LoadBalancer"].contains(&text(object, "/spec/type"))
        }
        _ => kind.group.is_empty() && kind.resource == name,
    }
}

/// What of a container an amount measures: `requests` or `limits`, and of what.
fn measured(name: &str) -> Option<(&'static str, &str)> {
    if let Some(resource) = name.strip_prefix("limits.") {
        return Some(("limits", resource));
    }
    let resource = name.strip_prefix("requests.").unwrap_or(name);
    ["cpu", "memory", "ephemeral-storage"]
        .contains(&resource)
        .then_some(("requests", resource))
}

/// The limited amounts of computing that the containers of a pod do not specify.
fn unspecified(kind: &Kind, object: &Value, hard: &Amounts) -> Vec<String> {
    if kind.resource != "pods" {
        return Vec::new();
    }
    let limited = hard.keys().filter_map(|name| {
        let (part, resource) = measured(name)?;
        if resource == "ephemeral-storage" {
            return None;
        }
        let silent: Vec<&str> = containers(object)
            .filter(|container| asked(container, part, resource).is_none())
            .map(|container| text(container, "/name"))
            .collect();
        (!silent.is_empty()).then(|| format!("{name} for: {}", silent.join(",")))
    });
    limited.collect()
}

/// What a container asks for. Who limits something without requesting it requests the limit.
fn asked(container: &Value, part: &str, resource: &str) -> Option<Quantity> {
    let amounts = |part: &str| container.pointer("/resources")?.get(part)?.get(resource);
    let own = amounts(part).or_else(|| match part {
        "requests" => amounts("limits"),
        _ => None,
    });
    own.and_then(amount_of)
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    containers.into_iter().flatten()
}

fn is_over(pod: &Value) -> bool {
    ["Succeeded", "Failed"].contains(&text(pod, "/status/phase"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(hard: &Value) -> Store {
        let mut store = Store::default();
        put(
            &mut store,
            "resourcequotas",
            json!({
                "metadata": { "name": "team", "namespace": "n" },
                "spec": { "hard": hard },
            }),
        );
        store
    }

    fn put(store: &mut Store, resource: &str, object: Value) {
        store.put(kind::of_resource("", resource).unwrap(), object);
    }

    fn pod(name: &str, resources: &Value) -> Value {
        json!({
            "metadata": { "name": name, "namespace": "n" },
            "spec": { "containers": [{ "name": "main", "resources": resources }] },
        })
    }

    fn refusal(store: &Store, new: &Value) -> Option<String> {
        let write = Write {
            kind: kind::of_resource("", "pods").unwrap(),
            namespace: "n",
            name: name(new),
            new: Some(new),
            old: None,
        };
        admit(store, &write).err().map(|status| status.message)
    }

    #[test]
    fn a_full_quota_keeps_pods_out_and_says_how_full_it_is() {
        let mut store = store(&json!({ "pods": "1", "requests.cpu": "1" }));
        put(
            &mut store,
            "pods",
            pod("a", &json!({ "requests": { "cpu": "500m" } })),
        );

        let message = refusal(&store, &pod("b", &json!({ "limits": { "cpu": "600m" } })));

        assert_eq!(
            message.unwrap(),
            "pods \"b\" is forbidden: exceeded quota: team, requested: pods=1,requests.cpu=600m, \
             used: pods=1,requests.cpu=500m, limited: pods=1,requests.cpu=1"
        );
    }

    #[test]
    fn what_is_limited_must_be_specified() {
        let store = store(&json!({ "limits.memory": "1Gi" }));

        let message = refusal(&store, &pod("a", &json!({})));

        assert_eq!(
            message.unwrap(),
            "pods \"a\" is forbidden: failed quota: team: must specify limits.memory for: main"
        );
    }

    #[test]
    fn the_status_counts_what_is_there() {
        let mut store = store(&json!({ "count/configmaps": "3", "pods": "2" }));
        for name in ["a", "b"] {
            let object = json!({ "metadata": { "name": name, "namespace": "n" } });
            put(&mut store, "configmaps", object);
        }

        let (place, name, status) = outdated(&store).remove(0);

        assert_eq!((place.as_str(), name.as_str()), ("n", "team"));
        assert_eq!(
            status["used"],
            json!({ "count/configmaps": "2", "pods": "0" })
        );
    }
}
