//! `OpenAPI` as clients read it: version 3, one document for each group and version, and version 2.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::discovery::groups;
use super::exchange::{Answer, json as reply};
use super::kind::{Handling, KINDS, Kind};
use super::openapi_v2;
use super::schema::{REFERENCE, closure, definitions};
use crate::message::{Message, Reply};

/// Answers what follows `/openapi`; `None` when nothing is served there.
pub(crate) fn answer(path: &[&str], message: &Message) -> Option<Answer> {
    let body = match path {
        ["v3"] => index(),
        ["v3", "api", "v1"] => document(""),
        ["v3", "apis", group, "v1"] if groups().contains(group) => document(group),
        ["v2"] if accepts(message, &[openapi_v2::MEDIA_TYPE]) => {
            let media_type = (
                "content-type".to_owned(),
                openapi_v2::CONTENT_TYPE.to_owned(),
            );
            let reply = Reply {
                status: 200,
                headers: vec![media_type],
                body: openapi_v2::protobuf(),
            };
            return Some(reply.into());
        }
        ["v2"] if accepts(message, &["application/json", "*/*", "application/*"]) => {
            openapi_v2::document()
        }
        _ => return None,
    };
    Some(reply(200, &body).into())
}

fn accepts(message: &Message, media_types: &[&str]) -> bool {
    let accept = message.header("accept").unwrap_or("*/*");
    accept
        .split(',')
        .filter_map(|one| one.split(';').next())
        .any(|one| media_types.contains(&one.trim()))
}

fn index() -> Value {
    let mut paths = Map::new();
    let mut add = |path: String| {
        // A constant stands for the hash: the documents do not change while a client runs.
        let address = format!("/openapi/v3/{path}?hash=simulated");
        paths.insert(path, json!({ "serverRelativeURL": address }));
    };
    add("api/v1".into());
    for group in groups() {
        add(format!("apis/{group}/v1"));
    }
    json!({ "paths": paths })
}

fn document(group: &str) -> Value {
    let mut paths = Map::new();
    for kind in KINDS.iter().filter(|kind| kind.group == group) {
        paths.extend(paths_of(kind));
    }
    let start = KINDS
        .iter()
        .filter(|kind| kind.group == group)
        .map(Kind::definition)
        .chain([DELETE_OPTIONS, STATUS].map(str::to_owned));
    json!({
        "openapi": "3.0.0",
        "info": { "title": "Kubernetes", "version": "v1.33.0" },
        "paths": paths,
        "components": { "schemas": schemas(&closure(start)) },
    })
}

pub(crate) const DELETE_OPTIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";
const STATUS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";

fn schemas(names: &BTreeSet<String>) -> Map<String, Value> {
    names
        .iter()
        .filter_map(|name| Some((name.clone(), definitions().get(name)?.clone())))
        .collect()
}

fn paths_of(kind: &Kind) -> Vec<(String, Value)> {
    let root = if kind.group.is_empty() {
        "/api/v1".to_owned()
    } else {
        format!("/apis/{}/v1", kind.group)
    };
    let resource = kind.resource;
    let collection = if kind.namespaced {
        format!("{root}/namespaces/{{namespace}}/{resource}")
    } else {
        format!("{root}/{resource}")
    };
    let create = (
        "post",
        operation(kind, "post", &["dryRun", "fieldManager", "fieldValidation"]),
    );
    if kind.handling == Handling::Review {
        return vec![(collection, item([create]))];
    }
    let list = (
        "get",
        operation(kind, "list", &["labelSelector", "fieldSelector", "watch"]),
    );
    let write = &["dryRun", "fieldManager", "fieldValidation"];
    let get = ("get", operation(kind, "get", &[]));
    let one = format!("{collection}/{{name}}");
    if kind.handling == Handling::Derived {
        return vec![(collection, item([list])), (one, item([get]))];
    }
    let put = ("put", operation(kind, "put", write));
    let patch_parameters = ["dryRun", "fieldManager", "fieldValidation", "force"];
    let patch = ("patch", operation(kind, "patch", &patch_parameters));
    let delete = ("delete", operation(kind, "delete", &["dryRun"]));
    let clear = ("delete", operation(kind, "deletecollection", &["dryRun"]));
    vec![
        (collection, item([list, create, clear])),
        (one, item([get, put, patch, delete])),
    ]
}

fn item<const N: usize>(operations: [(&str, Value); N]) -> Value {
    let operations = operations.into_iter();
    Value::Object(
        operations
            .map(|(method, operation)| (method.to_owned(), operation))
            .collect(),
    )
}

fn operation(kind: &Kind, action: &str, parameters: &[&str]) -> Value {
    let parameters: Value = parameters
        .iter()
        .map(|name| json!({ "name": name, "in": "query", "schema": { "type": "string" } }))
        .collect();
    let reference = format!("{REFERENCE}{}", kind.definition());
    json!({
        "tags": [kind.package],
        "parameters": parameters,
        "responses": {
            "200": {
                "description": "OK",
                "content": { "application/json": { "schema": { "$ref": reference } } },
            },
        },
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {
            "group": kind.group,
            "kind": kind.kind,
            "version": kind.version,
        },
    })
}
