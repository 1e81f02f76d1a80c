//! The kinds that are questions and not objects: what somebody may do, and who one is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::attributes::{Attributes, ResourceAttributes, Target};
use super::authorization::{Memory, authorize, azure, rbac};
use super::kind::Kind;
use super::status::{Cause, Status, quoted};
use super::store::text;
use super::user::User;
use super::view::View;

/// The answer to a review, which is the review with its status.
pub(crate) fn answer(
    view: &View<'_>,
    memory: &mut Memory,
    user: &User,
    kind: &Kind,
    namespace: &str,
    mut review: Value,
) -> Result<Value, Status> {
    let spec = review.get("spec").cloned().unwrap_or_default();
    let status = match kind.resource {
        "selfsubjectreviews" => json!({ "userInfo": user_info(user) }),
        "selfsubjectaccessreviews" => {
            let attributes = attributes(kind, &spec)?;
            access(view, memory, user, &attributes)
        }
        "subjectaccessreviews" => {
            let (subject, attributes) = (subject(kind, &spec)?, attributes(kind, &spec)?);
            access(view, memory, &subject, &attributes)
        }
        "localsubjectaccessreviews" => {
            let asked = text(&spec, "/resourceAttributes/namespace");
            if asked != namespace {
                return Err(wrong(
                    kind,
                    "FieldValueInvalid",
                    "spec.resourceAttributes.namespace",
                    &format!(
                        "Invalid value: {}: must match metadata.namespace",
                        quoted(asked)
                    ),
                ));
            }
            let (subject, attributes) = (subject(kind, &spec)?, attributes(kind, &spec)?);
            access(view, memory, &subject, &attributes)
        }
        "selfsubjectrulesreviews" => {
            let asked = text(&spec, "/namespace");
            if asked.is_empty() {
                return Err(Status::bad_request("no namespace on request"));
            }
            rules(view, user, asked)
        }
        _ => return Err(Status::method_not_allowed()),
    };
    if let Some(members) = review.as_object_mut() {
        members.insert("status".into(), status);
    }
    Ok(review)
}

/// Who somebody is, as the server says it; parts that are empty are left out.
fn user_info(user: &User) -> Value {
    let mut info = Map::new();
    info.insert("username".into(), json!(user.name));
    if !user.uid.is_empty() {
        info.insert("uid".into(), json!(user.uid));
    }
    info.insert("groups".into(), json!(user.groups));
    if !user.extra.is_empty() {
        info.insert("extra".into(), json!(user.extra));
    }
    Value::Object(info)
}

fn access(view: &View<'_>, memory: &mut Memory, user: &User, asked: &Attributes) -> Value {
    let decision = authorize(view, memory, user, asked);
    let mut status = Map::new();
    status.insert("allowed".into(), json!(decision.allowed));
    if decision.denied {
        status.insert("denied".into(), json!(true));
    }
    if !decision.reason.is_empty() {
        status.insert("reason".into(), json!(decision.reason));
    }
    Value::Object(status)
}

/// What is asked about: a resource or a path, and not both.
pub(super) fn attributes(kind: &Kind, spec: &Value) -> Result<Attributes, Status> {
    let part = |name: &str| spec.get(name).filter(|part| part.is_object());
    match (part("resourceAttributes"), part("nonResourceAttributes")) {
        (Some(resource), None) => {
            let own = |name: &str| text(resource, &format!("/{name}")).to_owned();
            Ok(Attributes {
                verb: own("verb"),
                target: Target::Resource(ResourceAttributes {
                    group: own("group"),
                    version: own("version"),
                    resource: own("resource"),
                    subresource: own("subresource"),
                    namespace: own("namespace"),
                    name: own("name"),
                }),
            })
        }
        (None, Some(path)) => Ok(Attributes {
            verb: text(path, "/verb").to_owned(),
            target: Target::Path(text(path, "/path").to_owned()),
        }),
        (Some(_), Some(_)) => Err(wrong(
            kind,
            "FieldValueInvalid",
            "spec.nonResourceAttributes",
            "Invalid value: cannot be specified in combination with resourceAttributes",
        )),
        (None, None) => Err(wrong(
            kind,
            "FieldValueInvalid",
            "spec.resourceAttributes",
            "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must \
             be specified",
        )),
    }
}

/// Whom is asked about.
pub(super) fn subject(kind: &Kind, spec: &Value) -> Result<User, Status> {
    let list = |value: &Value| -> Vec<String> {
        let list = value.as_array().into_iter().flatten();
        list.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let groups: BTreeSet<String> = spec.get("groups").map(list).into_iter().flatten().collect();
    let extra = spec.get("extra").and_then(Value::as_object);
    let extra: BTreeMap<String, Vec<String>> = extra
        .into_iter()
        .flatten()
        .map(|(key, values)| (key.to_lowercase(), list(values)))
        .collect();
    let name = text(spec, "/user").to_owned();
    if name.is_empty() && groups.is_empty() {
        return Err(wrong(
            kind,
            "FieldValueInvalid",
            "spec.user",
            "Invalid value: \"\": at least one of user or group must be specified",
        ));
    }
    Ok(User {
        name,
        uid: text(spec, "/uid").to_owned(),
        groups,
        extra,
    })
}

fn wrong(kind: &Kind, reason: &'static str, field: &str, message: &str) -> Status {
    // The server names no kind here.
    Status::invalid_as(kind.group, "", "", vec![Cause::new(reason, field, message)])
}

/// All rules somebody has in a namespace. What Azure grants cannot be listed.
fn rules(view: &View<'_>, user: &User, namespace: &str) -> Value {
    let rules = rbac::rules(view.store, user, namespace);
    let (mut resources, mut paths) = (Vec::new(), Vec::new());
    for held in &rules.held {
        let document = held.rule.document();
        if held.rule.non_resource_urls.is_empty() {
            resources.push(document);
        } else {
            paths.push(document);
        }
    }
    let mut status = json!({
        "resourceRules": resources,
        "nonResourceRules": paths,
        "incomplete": false,
    });
    let mut errors = rules.missing;
    if azure::is_asked(view) {
        errors.push("webhook authorizer does not support user rule resolution".into());
    }
    if !errors.is_empty()
        && let Some(members) = status.as_object_mut()
    {
        members.insert("incomplete".into(), json!(true));
        members.insert("evaluationError".into(), json!(errors.join(", ")));
    }
    status
}
