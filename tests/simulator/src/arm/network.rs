//! Virtual networks and their subnets, as far as clusters live in them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::error::{empty, ok, resource_not_found, service_error};
use super::exchange::{Moment, Request, Response};
use super::path::Address;
use super::subnet::{bad_prefix, is_named, misplaced, subnet_document};
use crate::random::guid;

const TYPE: &str = "Microsoft.Network/virtualNetworks";

/// Simulated seconds a write and a deletion take.
const WRITE: i64 = 4;
const DELETION: i64 = 11;

/// The networks, by id in lower case, and the operations on them by their id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Networks {
    networks: BTreeMap<String, Network>,
    operations: BTreeMap<String, Timestamp>,
}

/// The settings of a network that mean nothing here and are answered as they were sent, such as its DNS servers, flow
/// timeout and encryption. That private endpoints have no policies is told since API 2025-01-01, which azurerm plans by;
/// recorded answers of 2024-11-01 do not tell it.
fn kept(body: &Value, request: &Request) -> Map<String, Value> {
    let sent = body.get("properties").and_then(Value::as_object).cloned();
    let mut kept = sent.unwrap_or_default();
    // Never answered (recorded network_byo_subnet_role_assignment and identity_user_assigned_control_plane).
    kept.shift_remove("enableVmProtection");
    kept.entry("enableDdosProtection").or_insert(false.into());
    let version = request.query.get("api-version").map(String::as_str);
    if version.is_some_and(|version| version >= "2025-01-01") {
        kept.entry("privateEndpointVNetPolicies")
            .or_insert("Disabled".into());
    }
    kept
}

/// A network with its subnets inside, as GET answers it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Network {
    document: Value,
    busy_until: Timestamp,
    /// What is removed when the operation under way ends.
    leaving: Option<Leaving>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Leaving {
    Network,
    Subnet(String),
}

impl Networks {
    pub(super) fn handle(
        &mut self,
        request: &Request,
        address: &Address,
        clusters: &[Value],
        moment: &mut Moment<'_>,
    ) -> Option<Response> {
        let method = request.method.as_str();
        if address.is(&["locations", "operations"]) {
            return (method == "GET").then(|| self.operation(address.name(1), moment));
        }
        if address.is(&["locations", "operationResults"]) {
            return (method == "GET").then(|| self.operation_result(address.name(1), moment));
        }
        let subnet = address.is(&["virtualNetworks", "subnets"]);
        if !subnet && !address.is(&["virtualNetworks"]) {
            return None;
        }
        let id = network_id(address);
        let key = id.to_lowercase();
        match (method, subnet, address.is_collection()) {
            ("GET", false, true) => {
                let under = format!("{}/", address.scope.to_lowercase());
                let value: Vec<&Value> = self
                    .networks
                    .iter()
                    .filter(|(id, _)| id.starts_with(&under))
                    .map(|(_, network)| &network.document)
                    .collect();
                Some(ok(200, json!({ "value": value })))
            }
            ("GET", true, true) => Some(match self.networks.get(&key) {
                Some(network) => ok(200, json!({ "value": network.subnets() })),
                None => not_found(address),
            }),
            ("GET", false, false) => Some(match self.networks.get(&key) {
                Some(network) => tagged(ok(200, network.document.clone()), &network.document),
                None => not_found(address),
            }),
            ("GET", true, false) => Some(match self.networks.get(&key) {
                None => not_found(address),
                Some(network) => match network.subnet(address.name(1)) {
                    Some(subnet) => tagged(ok(200, subnet.clone()), subnet),
                    None => subnet_not_found(&id, address.name(1)),
                },
            }),
            ("PUT", false, false) => Some(self.put_network(request, address, moment)),
            ("PUT", true, false) => Some(self.put_subnet(request, address, moment)),
            ("DELETE", _, false) => Some(self.delete(address, subnet, clusters, moment)),
            _ => None,
        }
    }

    fn put_network(
        &mut self,
        request: &Request,
        address: &Address,
        moment: &mut Moment<'_>,
    ) -> Response {
        let id = network_id(address);
        let existing = self.networks.get(&id.to_lowercase());
        if let Some(refusal) = existing.and_then(|network| network.busy(moment)) {
            return refusal;
        }
        let body = request.body.clone().unwrap_or_default();
        let prefixes = body.pointer("/properties/addressSpace/addressPrefixes");
        let prefixes = prefixes.cloned().unwrap_or_else(|| json!([]));
        if let Some(refusal) = bad_prefix(&prefixes, address.name(0)) {
            return refusal;
        }
        let etag = format!("W/\"{}\"", guid(moment.random));
        let sent = body
            .pointer("/properties/subnets")
            .and_then(Value::as_array);
        let mut subnets = Vec::new();
        for subnet in sent.into_iter().flatten() {
            let name = subnet
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let subnet = subnet_document(&id, name, subnet, &etag);
            if let Some(refusal) = misplaced(&subnet, &prefixes, &subnets, address.name(0)) {
                return refusal;
            }
            subnets.push(subnet);
        }
        let known = existing.and_then(|one| one.document.pointer("/properties/resourceGuid"));
        let resource_guid = known.cloned().unwrap_or_else(|| json!(guid(moment.random)));
        let status = if existing.is_some() { 200 } else { 201 };
        let mut document = json!({
            "name": address.name(0),
            "id": id,
            "etag": etag,
            "type": TYPE,
            "location": body.get("location"),
        });
        if let (Some(document), Some(tags)) = (document.as_object_mut(), body.get("tags")) {
            document.insert("tags".into(), tags.clone());
        }
        if let Some(document) = document.as_object_mut() {
            let mut properties = kept(&body, request);
            properties.extend([
                ("provisioningState".into(), "Updating".into()),
                ("resourceGuid".into(), resource_guid),
                (
                    "addressSpace".into(),
                    json!({ "addressPrefixes": prefixes }),
                ),
                ("subnets".into(), subnets.into()),
                ("virtualNetworkPeerings".into(), json!([])),
            ]);
            document.insert("properties".into(), Value::Object(properties));
        }
        let busy_until = after(moment.now, WRITE);
        let network = Network {
            document: document.clone(),
            busy_until,
            leaving: None,
        };
        self.networks.insert(id.to_lowercase(), network);
        self.started(ok(status, document), address, busy_until, request, moment)
            .with("retry-after", "3")
    }

    fn put_subnet(
        &mut self,
        request: &Request,
        address: &Address,
        moment: &mut Moment<'_>,
    ) -> Response {
        let id = network_id(address);
        let name = address.name(1);
        let Some(network) = self.networks.get_mut(&id.to_lowercase()) else {
            return not_found(address);
        };
        if let Some(refusal) = network.busy(moment) {
            return refusal;
        }
        let etag = format!("W/\"{}\"", guid(moment.random));
        let body = request.body.clone().unwrap_or_default();
        let subnet = subnet_document(&id, name, &body, &etag);
        let prefixes = network
            .document
            .pointer("/properties/addressSpace/addressPrefixes");
        let prefixes = prefixes.cloned().unwrap_or_default();
        let mut subnets = network.subnets();
        let before = subnets.len();
        subnets.retain(|one| !is_named(one, name));
        let status = if subnets.len() < before { 200 } else { 201 };
        if let Some(refusal) = misplaced(&subnet, &prefixes, &subnets, address.name(0)) {
            return refusal;
        }
        subnets.push(subnet.clone());
        network.set_subnets(subnets);
        network.busy_until = after(moment.now, WRITE);
        let end = network.busy_until;
        self.started(ok(status, subnet), address, end, request, moment)
            .with("retry-after", "3")
    }

    fn delete(
        &mut self,
        address: &Address,
        subnet: bool,
        clusters: &[Value],
        moment: &mut Moment<'_>,
    ) -> Response {
        let id = network_id(address);
        let Some(network) = self.networks.get_mut(&id.to_lowercase()) else {
            return if subnet {
                not_found(address)
            } else {
                empty(204)
            };
        };
        if subnet && network.subnet(address.name(1)).is_none() {
            return empty(204);
        }
        if let Some(refusal) = network.busy(moment) {
            return refusal;
        }
        let wanted = if subnet {
            format!("{id}/subnets/{}", address.name(1))
        } else {
            format!("{id}/")
        };
        let text = wanted.to_lowercase();
        let user = clusters
            .iter()
            .find(|cluster| cluster.to_string().to_lowercase().contains(&text));
        if let Some(user) = user.and_then(|user| user.get("id")?.as_str()) {
            let name = if subnet {
                address.name(1)
            } else {
                address.name(0)
            };
            let text = format!(
                "Subnet {name} is in use by {user} and cannot be deleted. In order to delete the \
                 subnet, delete all the resources within the subnet."
            );
            return service_error(400, "InUseSubnetCannotBeDeleted", text);
        }
        network.busy_until = after(moment.now, DELETION);
        network.leaving = Some(if subnet {
            Leaving::Subnet(address.name(1).to_lowercase())
        } else {
            Leaving::Network
        });
        let end = network.busy_until;
        let location = network.location();
        let operation = self.begin(end, moment);
        let base = operations_base(address, &location, moment);
        empty(202)
            .with(
                "azure-asyncoperation",
                format!("{base}/operations/{operation}?api-version=2022-01-01"),
            )
            .with(
                "location",
                format!("{base}/operationResults/{operation}?api-version=2022-01-01"),
            )
            .with("azure-asyncnotification", "Enabled")
            .with("retry-after", "10")
    }

    fn started(
        &mut self,
        response: Response,
        address: &Address,
        end: Timestamp,
        request: &Request,
        moment: &mut Moment<'_>,
    ) -> Response {
        let id = network_id(address).to_lowercase();
        let location = self
            .networks
            .get(&id)
            .map(Network::location)
            .unwrap_or_default();
        let operation = self.begin(end, moment);
        let version = request.query.get("api-version").map_or("", String::as_str);
        let base = operations_base(address, &location, moment);
        response
            .with(
                "azure-asyncoperation",
                format!("{base}/operations/{operation}?api-version={version}"),
            )
            .with("azure-asyncnotification", "Enabled")
    }

    /// Starts an operation that ends then; its id.
    pub(super) fn begin(&mut self, end: Timestamp, moment: &mut Moment<'_>) -> String {
        let operation = guid(moment.random);
        self.operations.insert(operation.clone(), end);
        operation
    }

    fn operation(&self, id: &str, moment: &Moment<'_>) -> Response {
        match self.operations.get(&id.to_lowercase()) {
            Some(end) if *end <= moment.now => ok(200, json!({ "status": "Succeeded" })),
            Some(_) => ok(200, json!({ "status": "InProgress" })).with("retry-after", "10"),
            None => operation_not_found(id),
        }
    }

    fn operation_result(&self, id: &str, moment: &Moment<'_>) -> Response {
        match self.operations.get(&id.to_lowercase()) {
            Some(end) if *end <= moment.now => empty(204),
            Some(_) => empty(202).with("retry-after", "10"),
            None => operation_not_found(id),
        }
    }

    /// Ends the operations whose time has come.
    pub(super) fn settle(&mut self, now: Timestamp) {
        self.networks.retain(|_, network| {
            if network.busy_until > now {
                return true;
            }
            match network.leaving.take() {
                Some(Leaving::Network) => return false,
                Some(Leaving::Subnet(name)) => {
                    let mut subnets = network.subnets();
                    subnets.retain(|one| !is_named(one, &name));
                    network.set_subnets(subnets);
                }
                None => {}
            }
            network.succeed();
            true
        });
    }

    /// A subnet by its id.
    pub(super) fn subnet(&self, id: &str) -> Option<Value> {
        let id = id.to_lowercase();
        let (network, name) = id.rsplit_once("/subnets/")?;
        self.networks.get(network)?.subnet(name).cloned()
    }

    /// The id of a subnet that names a resource, such as its route table.
    pub(super) fn subnet_with(&self, id: &str) -> Option<String> {
        let wanted = format!("\"{}\"", id.to_lowercase());
        let subnets = self.networks.values().flat_map(Network::subnets);
        let mut users = subnets.filter(|one| one.to_string().to_lowercase().contains(&wanted));
        Some(users.next()?.get("id")?.as_str()?.to_owned())
    }

    /// A network or subnet by its id.
    pub(super) fn document(&self, id: &str) -> Option<Value> {
        let network = self.networks.get(&id.to_lowercase());
        network
            .map(|network| network.document.clone())
            .or_else(|| self.subnet(id))
    }

    pub(super) fn change(&mut self, id: &str, edit: &mut dyn FnMut(&mut Value)) -> bool {
        let network = self.networks.get_mut(&id.to_lowercase());
        network.map(|network| edit(&mut network.document)).is_some()
    }

    pub(super) fn ids(&self) -> Vec<String> {
        self.networks
            .values()
            .filter_map(|network| Some(network.document.get("id")?.as_str()?.to_owned()))
            .collect()
    }

    pub(super) fn delete_under(&mut self, group: &str) {
        let prefix = format!("{}/", group.to_lowercase());
        self.networks.retain(|id, _| !id.starts_with(&prefix));
    }
}

impl Network {
    fn subnets(&self) -> Vec<Value> {
        let subnets = self
            .document
            .pointer("/properties/subnets")
            .and_then(Value::as_array);
        subnets.cloned().unwrap_or_default()
    }

    fn subnet(&self, name: &str) -> Option<&Value> {
        let subnets = self.document.pointer("/properties/subnets")?.as_array()?;
        subnets.iter().find(|one| is_named(one, name))
    }

    fn set_subnets(&mut self, subnets: Vec<Value>) {
        if let Some(all) = self.document.pointer_mut("/properties/subnets") {
            *all = Value::Array(subnets);
        }
    }

    fn location(&self) -> String {
        self.document
            .get("location")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }

    fn succeed(&mut self) {
        let succeed = |document: &mut Value| {
            if let Some(state) = document.pointer_mut("/properties/provisioningState") {
                *state = json!("Succeeded");
            }
        };
        succeed(&mut self.document);
        let subnets = self.document.pointer_mut("/properties/subnets");
        subnets
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .for_each(succeed);
    }

    /// Writes to one network exclude each other.
    fn busy(&self, moment: &Moment<'_>) -> Option<Response> {
        (self.busy_until > moment.now).then(|| {
            let text = "Another operation on this or dependent resource is in progress.";
            service_error(429, "AnotherOperationInProgress", text).with("retry-after", "10")
        })
    }
}

fn network_id(address: &Address) -> String {
    format!(
        "/subscriptions/{}/resourceGroups/{}/providers/{TYPE}/{}",
        address.subscription.as_deref().unwrap_or_default(),
        address.group(),
        address.name(0)
    )
}

pub(super) fn operations_base(address: &Address, location: &str, moment: &Moment<'_>) -> String {
    format!(
        "{}/subscriptions/{}/providers/Microsoft.Network/locations/{location}",
        moment.resource_manager,
        address.subscription.as_deref().unwrap_or_default()
    )
}

fn tagged(response: Response, document: &Value) -> Response {
    let etag = document
        .get("etag")
        .and_then(Value::as_str)
        .unwrap_or_default();
    response.with("etag", etag)
}

fn not_found(address: &Address) -> Response {
    resource_not_found(TYPE, address.name(0), address.group())
}

fn subnet_not_found(network: &str, name: &str) -> Response {
    service_error(
        404,
        "NotFound",
        format!("Resource {network}/subnets/{name} not found."),
    )
}

fn operation_not_found(id: &str) -> Response {
    service_error(404, "NotFound", format!("Operation {id} not found."))
}

pub(super) fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
