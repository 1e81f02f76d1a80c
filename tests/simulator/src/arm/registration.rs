//! Resource providers and whether the subscription is registered to use them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::{gateway_error, ok};
use super::exchange::{Moment, Request, Response};
use super::region::REGIONS;

/// Simulated seconds a registration takes ("minutes", ARM docs, resource-providers-and-types).
const REGISTRATION: i64 = 60;

/// Namespaces, and the types of each that the simulator can serve.
const PROVIDERS: [(&str, &[&str]); 12] = [
    (
        "Microsoft.Authorization",
        &["roleAssignments", "roleDefinitions"],
    ),
    (
        "Microsoft.Compute",
        &["capacityReservationGroups", "proximityPlacementGroups"],
    ),
    (
        "Microsoft.ContainerService",
        &[
            "managedClusters",
            "locations/operations",
            "locations/kubernetesVersions",
            "locations/orchestrators",
        ],
    ),
    ("Microsoft.ContainerRegistry", &[]),
    ("Microsoft.Insights", &[]),
    ("Microsoft.KeyVault", &[]),
    ("Microsoft.ManagedIdentity", &["userAssignedIdentities"]),
    (
        "Microsoft.Network",
        &[
            "virtualNetworks",
            "routeTables",
            "publicIPAddresses",
            "publicIPPrefixes",
            "natGateways",
            "networkSecurityGroups",
            "applicationSecurityGroups",
        ],
    ),
    ("Microsoft.OperationalInsights", &["workspaces"]),
    ("Microsoft.PolicyInsights", &[]),
    ("Microsoft.Resources", &["resourceGroups", "subscriptions"]),
    ("Microsoft.Security", &[]),
];

/// Namespaces the subscription is not, or not yet, registered for. By name in lower case.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Registrations {
    missing: BTreeMap<String, Missing>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Missing {
    NotRegistered,
    RegisteringUntil(Timestamp),
    Unregistering,
}

impl Registrations {
    /// Takes a registration away. False when there is no such provider.
    pub(crate) fn unregister(&mut self, namespace: &str) -> bool {
        let Some((name, _)) = provider(namespace) else {
            return false;
        };
        self.missing
            .insert(name.to_lowercase(), Missing::NotRegistered);
        true
    }

    /// The namespace in its proper spelling, if the subscription may not use it.
    pub(super) fn unregistered(&self, namespace: &str) -> Option<&'static str> {
        let (name, _) = provider(namespace)?;
        self.missing
            .contains_key(&name.to_lowercase())
            .then_some(name)
    }

    pub(super) fn settle(&mut self, now: Timestamp) {
        self.missing
            .retain(|_, missing| !matches!(missing, Missing::RegisteringUntil(end) if *end <= now));
    }

    pub(super) fn handle(
        &mut self,
        request: &Request,
        path: &[&str],
        moment: &Moment<'_>,
    ) -> Option<Response> {
        let subscription = request.segments.get(1)?;
        match (request.method.as_str(), path) {
            ("GET", [_, _, "providers"]) => {
                let all = PROVIDERS.iter();
                let all = all.map(|(name, types)| self.document(subscription, name, types));
                Some(ok(200, json!({ "value": all.collect::<Vec<Value>>() })))
            }
            ("GET", [_, _, "providers", namespace]) => {
                Some(self.one(subscription, namespace, request))
            }
            ("POST", [_, _, "providers", namespace, verb]) => {
                if let Some((name, _)) = provider(namespace) {
                    self.turn(&name.to_lowercase(), verb, moment.now);
                }
                Some(self.one(subscription, namespace, request))
            }
            _ => None,
        }
    }

    fn turn(&mut self, name: &str, verb: &str, now: Timestamp) {
        if verb == "unregister" {
            self.missing.insert(name.to_owned(), Missing::Unregistering);
        } else if let Some(missing) = self.missing.get_mut(name)
            && !matches!(missing, Missing::RegisteringUntil(_))
        {
            let end = now.saturating_add(SignedDuration::from_secs(REGISTRATION));
            *missing = Missing::RegisteringUntil(end.unwrap_or(Timestamp::MAX));
        }
    }

    fn one(&self, subscription: &str, namespace: &str, request: &Request) -> Response {
        if let Some((name, types)) = provider(namespace) {
            return ok(200, self.document(subscription, name, types));
        }
        let sent = request.segments.get(3).map_or(namespace, String::as_str);
        let text = format!("The resource namespace '{sent}' is invalid.");
        gateway_error(404, "InvalidResourceNamespace", text)
    }

    fn document(&self, subscription: &str, name: &str, types: &[&str]) -> Value {
        let state = match self.missing.get(&name.to_lowercase()) {
            None => "Registered",
            Some(Missing::NotRegistered) => "NotRegistered",
            Some(Missing::RegisteringUntil(_)) => "Registering",
            Some(Missing::Unregistering) => "Unregistering",
        };
        let types: Vec<Value> = types
            .iter()
            .map(|kind| {
                json!({
                    "resourceType": kind,
                    "locations": REGIONS,
                    "apiVersions": ["2026-05-01"],
                    "capabilities": "None",
                })
            })
            .collect();
        json!({
            "id": format!("/subscriptions/{subscription}/providers/{name}"),
            "namespace": name,
            "resourceTypes": types,
            "registrationState": state,
            "registrationPolicy": "RegistrationRequired",
        })
    }
}

fn provider(namespace: &str) -> Option<(&'static str, &'static [&'static str])> {
    PROVIDERS
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(namespace))
}
