//! The engine as a client meets it: requests in, answers out, and a clock that tests move.

mod create;
mod delete;
mod failure;
mod filled;
mod older;
mod pools;
mod read;
mod update;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::{Engine, World, document};
use crate::arm::exchange::{Body, Caller, Moment, Request, Response};

const TENANT: &str = "11111111-1111-1111-1111-111111111111";
const GROUP: &str = "/subscriptions/s1/resourceGroups/Rg";
const CLUSTER: &str =
    "/subscriptions/s1/resourceGroups/Rg/providers/Microsoft.ContainerService/managedClusters/main";
const CLUSTER_ID: &str =
    "/subscriptions/s1/resourcegroups/Rg/providers/Microsoft.ContainerService/managedClusters/main";
const SUBNET: &str =
    "/subscriptions/s1/resourceGroups/Rg/providers/Microsoft.Network/virtualNetworks/v/subnets/n";

/// An engine with a clock, and the little of Azure around it that clusters use.
struct Azure {
    engine: Engine,
    now: Timestamp,
    random: StdRng,
    /// Who may do anything, by object id.
    trusted: RefCell<BTreeSet<String>>,
}

impl Azure {
    fn new() -> Self {
        Self::seeded(7)
    }

    fn seeded(seed: u64) -> Self {
        Self {
            engine: Engine::default(),
            now: "2026-09-18T15:36:04Z".parse().unwrap(),
            random: StdRng::seed_from_u64(seed),
            trusted: RefCell::new(BTreeSet::from(["caller".to_owned()])),
        }
    }

    /// Moves the clock.
    fn wait(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    fn send(&mut self, method: &str, path: &str, body: Value) -> Response {
        self.send_with(method, path, body, &[])
    }

    fn send_with(
        &mut self,
        method: &str,
        address: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> Response {
        let address = address.trim_start_matches("https://management.test");
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let request = Request {
            method: method.to_owned(),
            segments: path
                .split('/')
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .collect(),
            query: [("api-version", "2026-05-01")]
                .into_iter()
                .chain(query.split('&').filter_map(|pair| pair.split_once('=')))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect::<BTreeMap<_, _>>(),
            headers: headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            body: (!body.is_null()).then_some(body),
            caller: Caller {
                object_id: "caller".to_owned(),
                app_id: "app".to_owned(),
                tenant_id: TENANT.to_owned(),
            },
        };
        let mut moment = Moment {
            now: self.now,
            random: &mut self.random,
            resource_manager: "https://management.test",
            tenant_id: TENANT,
        };
        let trusted = &self.trusted;
        let subnet = |id: &str| {
            (id == SUBNET)
                .then(|| json!({ "name": "n", "properties": { "addressPrefix": "10.1.0.0/24" } }))
        };
        let identity = |id: &str| {
            id.ends_with("/known")
                .then(|| json!({ "properties": { "clientId": "ic", "principalId": "io" } }))
        };
        let has_role = |principal: &str, _: &str, _: &str| trusted.borrow().contains(principal);
        let world = World {
            subnet: &subnet,
            identity: &identity,
            has_role: &has_role,
        };
        self.engine.handle(&request, &mut moment, &world).unwrap()
    }

    fn get(&mut self, path: &str) -> Value {
        let response = self.send("GET", path, Value::Null);
        assert_eq!(response.status, 200, "{response:?}");
        body(&response)
    }

    fn resource(&mut self, id: &str) -> Option<Value> {
        let mut moment = Moment {
            now: self.now,
            random: &mut self.random,
            resource_manager: "https://management.test",
            tenant_id: TENANT,
        };
        self.engine.resource(id, &mut moment)
    }

    /// Polls an accepted operation until it ends; its last body.
    fn finish(&mut self, accepted: &Response) -> Value {
        let address = header(accepted, "azure-asyncoperation");
        for _ in 0..200 {
            let operation = self.get(&address);
            if operation.get("endTime").is_some() {
                return operation;
            }
            self.wait(30);
        }
        panic!("the operation never ended");
    }

    /// Creates the default cluster and waits for it.
    fn with_cluster() -> Self {
        let mut azure = Self::new();
        let accepted = azure.send("PUT", CLUSTER, secure());
        assert_eq!(accepted.status, 201, "{accepted:?}");
        let operation = azure.finish(&accepted);
        assert_eq!(operation["status"], "Succeeded", "{operation}");
        azure
    }
}

/// A small secure cluster, as a client would send it.
fn secure() -> Value {
    json!({
        "location": "westeurope",
        "identity": { "type": "SystemAssigned" },
        "properties": {
            "dnsPrefix": "demo",
            "disableLocalAccounts": true,
            "aadProfile": { "managed": true, "enableAzureRBAC": true },
            "apiServerAccessProfile": { "authorizedIPRanges": ["20.50.0.0/24"] },
            "networkProfile": { "networkPolicy": "cilium", "networkDataplane": "cilium" },
            "agentPoolProfiles": [{
                "name": "system", "mode": "System", "count": 3, "vmSize": "Standard_D4ds_v5",
                "availabilityZones": ["1", "2", "3"],
            }],
        },
    })
}

fn body(response: &Response) -> Value {
    match &response.body {
        Body::Provider(value) | Body::Gateway(value) => value.clone(),
        Body::Empty => Value::Null,
        Body::Html(page) => json!(page),
    }
}

fn header(response: &Response, name: &str) -> String {
    response
        .headers
        .iter()
        .find(|(own, _)| own == name)
        .map(|(_, value)| value.clone())
        .unwrap()
}

fn header_names(response: &Response) -> Vec<&str> {
    response
        .headers
        .iter()
        .map(|(name, _)| name.as_str())
        .collect()
}

/// Status, code and target of a refusal.
fn refusal(response: &Response) -> (u16, Value, Value) {
    let body = body(response);
    let error = body.get("error").unwrap_or(&body);
    (
        response.status,
        error["code"].clone(),
        error["target"].clone(),
    )
}
