//! The paths that are no resources: which groups, versions and kinds there are, `OpenAPI`, the
//! version, health.

use serde_json::{Value, json};

use super::exchange::{Answer, json as reply};
use super::kind::{KINDS, Kind};
use super::openapi;
use super::status::Status;
use super::store::text;
use crate::message::{Message, Reply};

/// The form of discovery that says everything at once.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Answers a path that is no resource.
pub(crate) fn answer(path: &str, message: &Message, cluster: &Value) -> Result<Answer, Status> {
    if message.method != "GET" && message.method != "HEAD" {
        return Err(Status::method_not_allowed());
    }
    let segments: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let aggregated = wants_aggregated(message);
    let body = match segments.as_slice() {
        ["healthz" | "livez" | "readyz", ..] => {
            return Ok(Reply {
                status: 200,
                headers: vec![("content-type".into(), "text/plain; charset=utf-8".into())],
                body: b"ok".to_vec(),
            }
            .into());
        }
        ["version"] => version(cluster),
        ["api"] if aggregated => return Ok(all_at_once(|kind| kind.group.is_empty())),
        ["apis"] if aggregated => return Ok(all_at_once(|kind| !kind.group.is_empty())),
        ["api"] => json!({ "kind": "APIVersions", "versions": ["v1"] }),
        ["apis"] => json!({
            "kind": "APIGroupList",
            "apiVersion": "v1",
            "groups": groups().into_iter().map(group).collect::<Value>(),
        }),
        ["api", "v1"] => resources(""),
        ["apis", name] if groups().contains(name) => {
            let mut body = json!({ "kind": "APIGroup", "apiVersion": "v1" });
            if let (Some(body), Value::Object(mut own)) = (body.as_object_mut(), group(name)) {
                body.append(&mut own);
            }
            body
        }
        ["apis", name, "v1"] if groups().contains(name) => resources(name),
        ["openapi", rest @ ..] => {
            return openapi::answer(rest, message).ok_or_else(Status::no_such_path);
        }
        [] => json!({ "paths": ["/api", "/api/v1", "/apis", "/openapi/v3", "/version"] }),
        _ => return Err(Status::no_such_path()),
    };
    Ok(reply(200, &body).into())
}

/// A client that prefers aggregated discovery names it before plain JSON.
fn wants_aggregated(message: &Message) -> bool {
    let accept = message.header("accept").unwrap_or_default();
    accept.split(',').any(|one| {
        let one: Vec<&str> = one.split(';').map(str::trim).collect();
        AGGREGATED.split(';').all(|part| one.contains(&part))
    })
}

fn version(cluster: &Value) -> Value {
    let own = text(cluster, "/properties/currentKubernetesVersion");
    let mut parts = own.split('.');
    json!({
        "major": parts.next().unwrap_or_default(),
        "minor": parts.next().unwrap_or_default(),
        "gitVersion": format!("v{own}"),
        "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean",
        "buildDate": "2026-01-01T00:00:00Z",
        "goVersion": "go1.24.0",
        "compiler": "gc",
        "platform": "linux/amd64",
    })
}

/// The groups but the core one, in the order of their kinds.
pub(crate) fn groups() -> Vec<&'static str> {
    let mut groups: Vec<&str> = Vec::new();
    for kind in KINDS {
        if !kind.group.is_empty() && !groups.contains(&kind.group) {
            groups.push(kind.group);
        }
    }
    groups
}

fn group(name: &str) -> Value {
    let version = json!({ "groupVersion": format!("{name}/v1"), "version": "v1" });
    json!({ "name": name, "versions": [version], "preferredVersion": version })
}

fn of_group(group: &str) -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().filter(move |kind| kind.group == group)
}

fn resources(group: &str) -> Value {
    let mut resources = Vec::new();
    for kind in of_group(group) {
        let mut own = json!({
            "name": kind.resource,
            "singularName": singular(kind),
            "namespaced": kind.namespaced,
            "kind": kind.kind,
            "verbs": kind.verbs(),
        });
        if let Some(members) = own.as_object_mut() {
            if !kind.short_names.is_empty() {
                members.insert("shortNames".into(), json!(kind.short_names));
            }
            if !kind.categories.is_empty() {
                members.insert("categories".into(), json!(kind.categories));
            }
        }
        resources.push(own);
        for subresource in kind.subresources {
            let mut own = json!({
                "name": format!("{}/{subresource}", kind.resource),
                "singularName": "",
                "namespaced": kind.namespaced,
                "kind": kind.kind,
                "verbs": subresource_verbs(subresource),
            });
            if *subresource == "scale"
                && let Some(members) = own.as_object_mut()
            {
                members.insert("group".into(), "autoscaling".into());
                members.insert("version".into(), "v1".into());
                members.insert("kind".into(), "Scale".into());
            }
            resources.push(own);
        }
    }
    let version = if group.is_empty() {
        "v1".to_owned()
    } else {
        format!("{group}/v1")
    };
    json!({
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": version,
        "resources": resources,
    })
}

fn all_at_once(wanted: impl Fn(&Kind) -> bool) -> Answer {
    let mut names: Vec<&str> = Vec::new();
    for kind in KINDS.iter().filter(|kind| wanted(kind)) {
        if !names.contains(&kind.group) {
            names.push(kind.group);
        }
    }
    let items: Value = names
        .into_iter()
        .map(|group| {
            let resources: Value = of_group(group).map(aggregated).collect();
            let mut metadata = json!({ "creationTimestamp": null });
            if let Some(members) = metadata.as_object_mut()
                && !group.is_empty()
            {
                members.insert("name".into(), group.into());
            }
            json!({
                "metadata": metadata,
                "versions": [
                    { "version": "v1", "resources": resources, "freshness": "Current" },
                ],
            })
        })
        .collect();
    let body = json!({
        "kind": "APIGroupDiscoveryList",
        "apiVersion": "apidiscovery.k8s.io/v2",
        "metadata": {},
        "items": items,
    });
    let mut reply = reply(200, &body);
    reply.headers = vec![("content-type".into(), AGGREGATED.into())];
    reply.into()
}

fn aggregated(kind: &'static Kind) -> Value {
    let response =
        |group: &str, name: &str| json!({ "group": group, "version": "v1", "kind": name });
    let mut own = json!({
        "resource": kind.resource,
        "responseKind": response(kind.group, kind.kind),
        "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": singular(kind),
        "verbs": kind.verbs(),
    });
    if let Some(members) = own.as_object_mut() {
        if !kind.short_names.is_empty() {
            members.insert("shortNames".into(), json!(kind.short_names));
        }
        if !kind.categories.is_empty() {
            members.insert("categories".into(), json!(kind.categories));
        }
        if !kind.subresources.is_empty() {
            let subresources: Value = kind
                .subresources
                .iter()
                .map(|subresource| {
                    let kind = match *subresource {
                        "scale" => response("autoscaling", "Scale"),
                        _ => response(kind.group, kind.kind),
                    };
                    json!({
                        "subresource": subresource,
                        "responseKind": kind,
                        "verbs": subresource_verbs(subresource),
                    })
                })
                .collect();
            members.insert("subresources".into(), subresources);
        }
    }
    own
}

fn subresource_verbs(subresource: &str) -> &'static [&'static str] {
    match subresource {
        "finalize" => &["update"],
        _ => &["get", "patch", "update"],
    }
}

fn singular(kind: &Kind) -> String {
    kind.kind.to_lowercase()
}
