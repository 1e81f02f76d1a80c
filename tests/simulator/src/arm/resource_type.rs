//! Resources of ordinary types: what was sent is kept, what the service computes is added. The types are rows of a
//! table.

mod table;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::{empty, ok, resource_not_found, service_error};
use super::exchange::{Moment, Request, Response};
use super::network::{Networks, after, operations_base};
use super::path::Address;
use crate::random::guid;
use table::{ResourceType, TYPES, Writes};

/// Simulated seconds a write and a deletion take, where they are operations.
const WRITE: i64 = 4;
const DELETION: i64 = 11;

/// The resources, by id in lower case.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Resources {
    resources: BTreeMap<String, Resource>,
}

/// A resource as GET answers it, its children inside.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Resource {
    document: Value,
    busy_until: Timestamp,
    /// It is removed when the operation under way ends.
    leaving: bool,
}

impl Resources {
    /// `None` when the type is not in the table, or nothing of its kind is asked for.
    pub(super) fn handle(
        &mut self,
        request: &Request,
        address: &Address,
        networks: &mut Networks,
        moment: &mut Moment<'_>,
    ) -> Option<Response> {
        let kind = TYPES.iter().find(|kind| {
            let [first, deeper @ ..] = address.types.as_slice() else {
                return false;
            };
            let known = |wanted: &String| {
                let mut children = kind.children.iter();
                children.any(|own| own.eq_ignore_ascii_case(wanted))
            };
            kind.namespace.eq_ignore_ascii_case(&address.namespace)
                && kind.name.eq_ignore_ascii_case(first)
                && deeper.len() < 2
                && deeper.iter().all(known)
        })?;
        let child = kind.children.iter().find(|child| {
            let named = address.types.get(1);
            named.is_some_and(|named| named.eq_ignore_ascii_case(child))
        });
        let method = request.method.as_str();
        if child.is_none() && address.is_collection() {
            return (method == "GET").then(|| self.list(kind, address));
        }
        if let Some(child) = child {
            return (method == "GET").then(|| self.children(kind, child, address));
        }
        let key = id(kind, address).to_lowercase();
        match method {
            "GET" => Some(match self.resources.get(&key) {
                Some(resource) => ok(200, resource.document.clone()),
                None => not_found(kind, address),
            }),
            "PUT" => Some(self.put(kind, request, address, networks, moment)),
            "PATCH" => Some(self.patch(kind, request, address)),
            "DELETE" => Some(self.delete(kind, address, networks, moment)),
            "POST" => {
                let verb = address.action.as_deref()?;
                let mut actions = kind.actions.iter();
                let action = actions.find(|action| action.verb.eq_ignore_ascii_case(verb))?;
                Some(match self.resources.get(&key) {
                    Some(resource) => {
                        let member = kind.ids.first().copied().unwrap_or_default();
                        let own = resource.document["properties"][member].as_str();
                        ok(200, (action.answer)(own.unwrap_or_default()))
                    }
                    None => not_found(kind, address),
                })
            }
            _ => None,
        }
    }

    fn list(&self, kind: &ResourceType, address: &Address) -> Response {
        let under = format!("{}/", address.scope.to_lowercase());
        let middle = format!("/providers/{}/{}/", kind.namespace, kind.name).to_lowercase();
        let value: Vec<&Value> = self
            .resources
            .iter()
            .filter(|(id, _)| id.starts_with(&under) && id.contains(&middle))
            .map(|(_, resource)| &resource.document)
            .collect();
        ok(200, json!({ "value": value }))
    }

    fn children(&self, kind: &ResourceType, child: &str, address: &Address) -> Response {
        let id = id(kind, address);
        let Some(resource) = self.resources.get(&id.to_lowercase()) else {
            return not_found(kind, address);
        };
        let all = &resource.document["properties"][child];
        if address.is_collection() {
            return ok(200, json!({ "value": all }));
        }
        let name = address.name(1);
        let named = |one: &&Value| {
            let own = one.get("name").and_then(Value::as_str);
            own.is_some_and(|own| own.eq_ignore_ascii_case(name))
        };
        let one = all.as_array().and_then(|all| all.iter().find(named));
        one.map_or_else(
            || {
                let text = format!("Resource {id}/{child}/{name} not found.");
                service_error(404, "NotFound", text)
            },
            |one| ok(200, one.clone()),
        )
    }

    fn put(
        &mut self,
        kind: &ResourceType,
        request: &Request,
        address: &Address,
        networks: &mut Networks,
        moment: &mut Moment<'_>,
    ) -> Response {
        let id = id(kind, address);
        let existing = self.resources.get(&id.to_lowercase());
        if let Some(refusal) = existing.and_then(|one| one.busy(moment)) {
            return refusal;
        }
        let body = request.body.as_ref().and_then(Value::as_object).cloned();
        let mut document = body.unwrap_or_default();
        let mut properties = match (kind.defaults)() {
            Value::Object(defaults) => defaults,
            _ => Map::new(),
        };
        if let Some(Value::Object(sent)) = document.remove("properties") {
            properties.extend(sent);
        }
        for member in kind.ids {
            let known = existing.and_then(|one| one.document["properties"].get(*member));
            let own = known.cloned().unwrap_or_else(|| guid(moment.random).into());
            properties.insert((*member).to_owned(), own);
        }
        for child in kind.children {
            let all = properties.get_mut(*child).and_then(Value::as_array_mut);
            for one in all.into_iter().flatten().filter_map(Value::as_object_mut) {
                let name = one.get("name").and_then(Value::as_str).unwrap_or_default();
                let own = format!("{id}/{child}/{name}");
                one.insert("id".into(), own.into());
                let of = format!("{}/{}/{child}", kind.namespace, kind.name);
                one.insert("type".into(), of.into());
                if let Some(Value::Object(properties)) = one.get_mut("properties") {
                    properties.insert("provisioningState".into(), "Succeeded".into());
                }
            }
        }
        let state = match kind.writes {
            Writes::Operation => Some("Updating"),
            Writes::AtOnce => Some("Succeeded"),
            Writes::Stateless => None,
        };
        if let Some(state) = state {
            properties.insert("provisioningState".into(), state.into());
        }
        document.insert("name".into(), address.name(0).into());
        document.insert("id".into(), id.clone().into());
        let of = format!("{}/{}", kind.namespace, kind.name);
        document.insert("type".into(), of.into());
        document.insert("properties".into(), properties.into());
        let document = Value::Object(document);
        let status = if existing.is_some() { 200 } else { 201 };
        let answer = ok(status, document.clone());
        let (busy_until, answer) = if kind.writes == Writes::Operation {
            let end = after(moment.now, WRITE);
            let version = request.query.get("api-version").map_or("", String::as_str);
            let operation = networks.begin(end, moment);
            let base = operations_base(address, location(&document), moment);
            let poll = format!("{base}/operations/{operation}?api-version={version}");
            (end, answer.with("azure-asyncoperation", poll))
        } else {
            (moment.now, answer)
        };
        let resource = Resource {
            document,
            busy_until,
            leaving: false,
        };
        self.resources.insert(id.to_lowercase(), resource);
        answer
    }

    /// Tags are all that a PATCH of these types changes.
    fn patch(&mut self, kind: &ResourceType, request: &Request, address: &Address) -> Response {
        let key = id(kind, address).to_lowercase();
        let Some(resource) = self.resources.get_mut(&key) else {
            return not_found(kind, address);
        };
        let tags = request.body.as_ref().and_then(|body| body.get("tags"));
        if let (Some(tags), Some(document)) = (tags, resource.document.as_object_mut()) {
            document.insert("tags".into(), tags.clone());
        }
        ok(200, resource.document.clone())
    }

    fn delete(
        &mut self,
        kind: &ResourceType,
        address: &Address,
        networks: &mut Networks,
        moment: &mut Moment<'_>,
    ) -> Response {
        let id = id(kind, address);
        let key = id.to_lowercase();
        let Some(resource) = self.resources.get_mut(&key) else {
            return empty(204);
        };
        if let Some(refusal) = resource.busy(moment) {
            return refusal;
        }
        if let Some((code, what)) = kind.in_use
            && let Some(user) = networks.subnet_with(&id)
        {
            let text = format!(
                "{what} {} cannot be deleted because it is in use by the following resources: \
                 {user}.",
                address.name(0)
            );
            return service_error(400, code, text);
        }
        if kind.writes != Writes::Operation {
            self.resources.remove(&key);
            return empty(200);
        }
        resource.busy_until = after(moment.now, DELETION);
        resource.leaving = true;
        let end = resource.busy_until;
        let base = operations_base(address, location(&resource.document), moment);
        let operation = networks.begin(end, moment);
        let at = |what: &str| format!("{base}/{what}/{operation}?api-version=2022-01-01");
        empty(202)
            .with("azure-asyncoperation", at("operations"))
            .with("location", at("operationResults"))
            .with("retry-after", "10")
    }

    /// Ends the operations whose time has come.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.resources.retain(|_, resource| {
            if resource.busy_until > now {
                return true;
            }
            if let Some(state) = resource
                .document
                .pointer_mut("/properties/provisioningState")
            {
                *state = json!("Succeeded");
            }
            !resource.leaving
        });
    }

    pub(super) fn document(&self, id: &str) -> Option<Value> {
        let resource = self.resources.get(&id.to_lowercase())?;
        Some(resource.document.clone())
    }

    pub(super) fn change(&mut self, id: &str, edit: &mut dyn FnMut(&mut Value)) -> bool {
        let resource = self.resources.get_mut(&id.to_lowercase());
        resource.map(|one| edit(&mut one.document)).is_some()
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.resources
            .values()
            .filter_map(|one| Some(one.document.get("id")?.as_str()?.to_owned()))
            .collect()
    }

    pub(super) fn delete_under(&mut self, group: &str) {
        let prefix = format!("{}/", group.to_lowercase());
        self.resources.retain(|id, _| !id.starts_with(&prefix));
    }
}

impl Resource {
    /// Writes to one resource exclude each other.
    fn busy(&self, moment: &Moment<'_>) -> Option<Response> {
        (self.busy_until > moment.now).then(|| {
            let text = "Another operation on this or dependent resource is in progress.";
            service_error(429, "AnotherOperationInProgress", text).with("retry-after", "10")
        })
    }
}

fn id(kind: &ResourceType, address: &Address) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/{}/{}/{}",
        address.subscription.as_deref().unwrap_or_default(),
        address.group(),
        kind.namespace,
        kind.name,
        address.name(0)
    )
}

fn location(document: &Value) -> &str {
    let location = document.get("location").and_then(Value::as_str);
    location.unwrap_or_default()
}

fn not_found(kind: &ResourceType, address: &Address) -> Response {
    let of = format!("{}/{}", kind.namespace, kind.name);
    resource_not_found(&of, address.name(0), address.group())
}
