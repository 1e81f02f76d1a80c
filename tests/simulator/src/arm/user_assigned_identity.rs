//! User-assigned managed identities.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::{empty, ok, resource_not_found};
use super::exchange::{Moment, Request, Response};
use super::path::Address;
use crate::entra::{Directory, Principal, PrincipalKind};
use crate::random::guid;

const TYPE: &str = "Microsoft.ManagedIdentity/userAssignedIdentities";

/// The identities, by id in lower case.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Identities {
    documents: BTreeMap<String, Value>,
}

impl Identities {
    pub(super) fn handle(
        &mut self,
        request: &Request,
        address: &Address,
        directory: &mut Directory,
        moment: &mut Moment<'_>,
    ) -> Option<Response> {
        if !address.is(&["userAssignedIdentities"]) {
            return None;
        }
        if address.is_collection() {
            let under = format!("{}/", address.scope.to_lowercase());
            let value: Vec<&Value> = self
                .documents
                .iter()
                .filter(|(id, _)| id.starts_with(&under))
                .map(|(_, document)| document)
                .collect();
            return (request.method == "GET").then(|| ok(200, json!({ "value": value })));
        }
        let id = id(address);
        let key = id.to_lowercase();
        match request.method.as_str() {
            "PUT" => Some(self.put(request, &id, address.name(0), directory, moment)),
            "GET" => Some(match self.documents.get(&key) {
                Some(document) => ok(200, document.clone()),
                None => resource_not_found(TYPE, address.name(0), address.group()),
            }),
            "PATCH" => {
                let tags = request
                    .body
                    .as_ref()
                    .and_then(|body| body.get("tags"))
                    .cloned();
                Some(
                    match self.documents.get_mut(&key).and_then(Value::as_object_mut) {
                        Some(document) => {
                            if let Some(tags) = tags {
                                document.insert("tags".into(), tags);
                            }
                            ok(200, Value::Object(document.clone()))
                        }
                        None => resource_not_found(TYPE, address.name(0), address.group()),
                    },
                )
            }
            "DELETE" => Some(match self.documents.remove(&key) {
                Some(document) => {
                    directory.remove(text(&document, "/properties/principalId"));
                    empty(200)
                }
                None => empty(204),
            }),
            _ => None,
        }
    }

    /// A recreated identity is another principal, although its id is the same.
    fn put(
        &mut self,
        request: &Request,
        id: &str,
        name: &str,
        directory: &mut Directory,
        moment: &mut Moment<'_>,
    ) -> Response {
        let existing = self.documents.get(&id.to_lowercase());
        let status = if existing.is_some() { 200 } else { 201 };
        let body = request.body.clone().unwrap_or_default();
        let properties = existing.and_then(|one| one.get("properties")).cloned().unwrap_or_else(|| {
            let (principal, client) = (guid(moment.random), guid(moment.random));
            directory.put(Principal {
                object_id: principal.clone(),
                kind: PrincipalKind::ServicePrincipal,
                app_id: Some(client.clone()),
                display_name: name.to_owned(),
                created: moment.now,
                ..Principal::default()
            });
            json!({ "tenantId": moment.tenant_id, "principalId": principal, "clientId": client })
        });
        let mut properties = properties;
        // From where the identity may be used (API 2025-01-31-preview, `isolationScope`); azurerm plans by it.
        if let (Some(properties), Some(scope)) = (
            properties.as_object_mut(),
            body.pointer("/properties/isolationScope"),
        ) {
            properties.insert("isolationScope".into(), scope.clone());
        }
        let document = json!({
            "location": body.get("location"),
            "tags": body.get("tags").cloned().unwrap_or_else(|| json!({})),
            "id": id,
            "name": name,
            "type": TYPE,
            "properties": properties,
        });
        self.documents.insert(id.to_lowercase(), document.clone());
        let response = ok(status, document);
        if status == 201 {
            response.with("location", id)
        } else {
            response
        }
    }

    pub(super) fn document(&self, id: &str) -> Option<Value> {
        self.documents.get(&id.to_lowercase()).cloned()
    }

    pub(super) fn change(&mut self, id: &str, edit: &mut dyn FnMut(&mut Value)) -> bool {
        self.documents
            .get_mut(&id.to_lowercase())
            .map(edit)
            .is_some()
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.documents
            .values()
            .map(|document| text(document, "/id").to_owned())
            .collect()
    }

    pub(super) fn delete_under(&mut self, group: &str) {
        let prefix = format!("{}/", group.to_lowercase());
        self.documents.retain(|id, _| !id.starts_with(&prefix));
    }
}

/// The service writes `resourcegroups` in lower case (recorded).
fn id(address: &Address) -> String {
    format!(
        "/subscriptions/{}/resourcegroups/{}/providers/{TYPE}/{}",
        address.subscription.as_deref().unwrap_or_default(),
        address.group(),
        address.name(0)
    )
}

fn text<'a>(document: &'a Value, pointer: &str) -> &'a str {
    document
        .pointer(pointer)
        .and_then(Value::as_str)
        .unwrap_or_default()
}
