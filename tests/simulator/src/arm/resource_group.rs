//! Resource groups. Deleting one takes everything in it along, and a while.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::{empty, gateway_error, ok, resource_group_not_found};
use super::exchange::{Moment, Request, Response};
use super::region::{REGIONS, normalize};
use crate::random::letters;

/// Simulated seconds until an empty group is gone, and what each resource in it adds at most.
const DELETION: i64 = 45;
const DELETION_OF_CONTENTS: i64 = 195;

/// Seconds between polls the service asks for (recorded in `credentials_and_delete`).
const RETRY_AFTER: &str = "15";

/// The groups, by name in lower case, and the deletions by the token of their result.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ResourceGroups {
    groups: BTreeMap<String, Group>,
    deletions: BTreeMap<String, Timestamp>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Group {
    document: Value,
    gone: Option<Timestamp>,
}

impl ResourceGroups {
    pub(super) fn seed(&mut self, subscription: &str, name: &str, location: &str) {
        let body = json!({ "location": location });
        let document = document(subscription, name, location, &body);
        self.groups.insert(
            name.to_lowercase(),
            Group {
                document,
                gone: None,
            },
        );
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        self.groups.contains_key(&name.to_lowercase())
    }

    pub(super) fn is_deleting(&self, name: &str) -> bool {
        self.groups
            .get(&name.to_lowercase())
            .is_some_and(|group| group.gone.is_some())
    }

    /// Removes the groups whose deletion has ended, and names them.
    pub(super) fn settle(&mut self, now: Timestamp) -> Vec<String> {
        let ended = |group: &Group| group.gone.is_some_and(|end| end <= now);
        let names = self
            .groups
            .values()
            .filter(|group| ended(group))
            .filter_map(|group| Some(group.document.get("name")?.as_str()?.to_owned()))
            .collect();
        self.groups.retain(|_, group| !ended(group));
        names
    }

    pub(super) fn handle(
        &mut self,
        request: &Request,
        path: &[&str],
        contents: &[String],
        moment: &mut Moment<'_>,
    ) -> Option<Response> {
        let name = request.segments.get(3).map(String::as_str);
        match (request.method.as_str(), path, name) {
            ("GET", [_, _, _], _) => {
                let all: Vec<Value> = self
                    .groups
                    .values()
                    .map(|one| one.document.clone())
                    .collect();
                Some(ok(200, json!({ "value": all })))
            }
            ("GET", [_, _, _, key], Some(name)) => Some(match self.groups.get(*key) {
                Some(group) => ok(200, group.document.clone()),
                None => resource_group_not_found(name),
            }),
            ("HEAD", [_, _, _, key], _) => Some(empty(if self.groups.contains_key(*key) {
                204
            } else {
                404
            })),
            ("PUT", [_, _, _, _], Some(name)) => Some(self.put(request, name)),
            ("PATCH", [_, _, _, key], Some(name)) => Some(self.patch(request, key, name)),
            ("DELETE", [_, _, _, key], Some(name)) => {
                Some(self.delete(request, key, name, contents, moment))
            }
            ("GET", [_, _, _, key, "resources"], Some(name)) => Some(if self.exists(key) {
                ok(
                    200,
                    json!({ "value": contents.iter().map(|id| listed(id)).collect::<Vec<_>>() }),
                )
            } else {
                resource_group_not_found(name)
            }),
            _ => None,
        }
    }

    fn put(&mut self, request: &Request, name: &str) -> Response {
        let key = name.to_lowercase();
        let body = request.body.clone().unwrap_or_default();
        let Some(location) = body.get("location").and_then(Value::as_str) else {
            let text = "The location property is required for this definition.";
            return gateway_error(400, "LocationRequired", text);
        };
        let region = normalize(location);
        if !REGIONS.contains(&region.as_str()) {
            let text = format!(
                "The provided location '{location}' is not available for resource group. List of \
                 available regions is '{}'.",
                REGIONS.join(",")
            );
            return gateway_error(400, "LocationNotAvailableForResourceGroup", text);
        }
        if self.is_deleting(name) {
            return being_deleted(name);
        }
        let existing = self.groups.get(&key).map(|group| group.document.clone());
        let found = existing
            .as_ref()
            .and_then(|group| group.get("location")?.as_str());
        if let Some(found) = found.filter(|found| *found != region) {
            let text = format!(
                "Invalid resource group location '{location}'. The Resource group already exists \
                 in location '{found}'."
            );
            return gateway_error(409, "InvalidResourceGroupLocation", text);
        }
        // An existing group keeps the spelling of its name.
        let kept = existing
            .as_ref()
            .and_then(|group| group.get("name")?.as_str());
        let subscription = request.segments.get(1).map_or("", String::as_str);
        let document = document(subscription, kept.unwrap_or(name), &region, &body);
        let status = if existing.is_some() { 200 } else { 201 };
        self.groups.insert(
            key,
            Group {
                document: document.clone(),
                gone: None,
            },
        );
        ok(status, document)
    }

    fn patch(&mut self, request: &Request, key: &str, name: &str) -> Response {
        let Some(group) = self.groups.get_mut(key) else {
            return resource_group_not_found(name);
        };
        let tags = request
            .body
            .as_ref()
            .and_then(|body| body.get("tags"))
            .cloned();
        if let (Some(tags), Some(document)) = (tags, group.document.as_object_mut()) {
            document.insert("tags".into(), tags);
        }
        ok(200, group.document.clone())
    }

    fn delete(
        &mut self,
        request: &Request,
        key: &str,
        name: &str,
        contents: &[String],
        moment: &mut Moment<'_>,
    ) -> Response {
        let Some(group) = self.groups.get_mut(key) else {
            return resource_group_not_found(name);
        };
        let seconds = if contents.is_empty() {
            DELETION
        } else {
            DELETION + DELETION_OF_CONTENTS
        };
        let end = moment
            .now
            .saturating_add(SignedDuration::from_secs(seconds));
        let end = *group.gone.get_or_insert(end.unwrap_or(Timestamp::MAX));
        if let Some(state) = group.document.pointer_mut("/properties/provisioningState") {
            *state = json!("Deleting");
        }
        let location = group
            .document
            .get("location")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let job = json!({
            "jobId": format!(
                "RESOURCEGROUPDELETIONJOB-{}-{}-{}",
                name.to_uppercase(),
                location.to_uppercase(),
                letters(moment.random, 6).to_uppercase()
            ),
            "jobLocation": location,
        });
        let token = URL_SAFE_NO_PAD.encode(job.to_string());
        self.deletions.insert(token.to_lowercase(), end);
        let subscription = request.segments.get(1).map_or("", String::as_str);
        let version = request.query.get("api-version").map_or("", String::as_str);
        let address = format!(
            "{}/subscriptions/{subscription}/operationresults/{token}?api-version={version}",
            moment.resource_manager
        );
        empty(202)
            .with("location", address)
            .with("retry-after", RETRY_AFTER)
    }

    /// The result of a deletion: 202 with the same address until it is through, then 200.
    pub(super) fn operation_result(
        &self,
        request: &Request,
        token: &str,
        moment: &Moment<'_>,
    ) -> Option<Response> {
        if request.method != "GET" {
            return None;
        }
        let Some(end) = self.deletions.get(token) else {
            let text = "The operation result could not be found.";
            return Some(gateway_error(404, "OperationResultNotFound", text));
        };
        if *end <= moment.now {
            return Some(empty(200));
        }
        let version = request.query.get("api-version").map_or("", String::as_str);
        let path = request.segments.join("/");
        let address = format!("{}/{path}?api-version={version}", moment.resource_manager);
        Some(
            empty(202)
                .with("location", address)
                .with("retry-after", RETRY_AFTER),
        )
    }

    pub(super) fn document(&self, id: &str) -> Option<Value> {
        Some(self.groups.get(&name_in(id)?)?.document.clone())
    }

    pub(super) fn change(&mut self, id: &str, edit: &mut dyn FnMut(&mut Value)) -> bool {
        let group = name_in(id).and_then(|name| self.groups.get_mut(&name));
        group.map(|group| edit(&mut group.document)).is_some()
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.groups
            .values()
            .filter_map(|group| Some(group.document.get("id")?.as_str()?.to_owned()))
            .collect()
    }
}

fn being_deleted(name: &str) -> Response {
    let text = format!(
        "The resource group '{name}' is in deprovisioning state and cannot perform this operation."
    );
    gateway_error(409, "ResourceGroupBeingDeleted", text)
}

fn document(subscription: &str, name: &str, location: &str, body: &Value) -> Value {
    let mut document = json!({
        "id": format!("/subscriptions/{subscription}/resourceGroups/{name}"),
        "name": name,
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
    });
    if let Some(document) = document.as_object_mut() {
        for optional in ["tags", "managedBy"] {
            if let Some(value) = body.get(optional).filter(|value| !value.is_null()) {
                document.insert(optional.into(), value.clone());
            }
        }
        document.insert(
            "properties".into(),
            json!({ "provisioningState": "Succeeded" }),
        );
    }
    document
}

/// An entry of the list of a group's resources.
fn listed(id: &str) -> Value {
    let parts: Vec<&str> = id.split('/').collect();
    let name = parts.last().copied().unwrap_or_default();
    let kind = parts.get(6..8).unwrap_or_default().join("/");
    json!({ "id": id, "name": name, "type": kind })
}

/// The name in lower case, if the id is a resource group's.
fn name_in(id: &str) -> Option<String> {
    let parts: Vec<&str> = id.split('/').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [_, _, kind, name] if kind.eq_ignore_ascii_case("resourceGroups") => {
            Some(name.to_lowercase())
        }
        _ => None,
    }
}
