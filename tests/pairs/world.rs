//! The simulated Azure of one pair, with a network and identities, and what there is in it.

use std::{collections::BTreeSet, time::Duration};

use secureaks_simulator::{Action, Fault, Host, Matches, Options, Simulator};
use serde_json::{Value as Json, json};

use crate::trouble::Strike;

const GROUP: &str = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo";
const CLUSTER: &str = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-demo";

/// The objects in the cluster that the configuration makes, one for each resource.
const OBJECTS: [&str; 3] = [
    "/api/v1/namespaces/shop",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings/developers",
    "/apis/networking.k8s.io/v1/namespaces/shop/networkpolicies/web-from-ingress",
];

/// A simulated Azure in which every look at an operation takes two minutes: how many exchanges a life has does not
/// depend on how busy the machine is.
pub(crate) struct World {
    pub(crate) azure: Simulator,
    pub(crate) subnet: String,
    pub(crate) identities: [String; 2],
    /// Whether the cluster begins with the identity that Azure makes for it.
    pub(crate) system_assigned: bool,
    before: BTreeSet<String>,
}

impl World {
    pub(crate) fn begin(system_assigned: bool) -> Self {
        let azure = Simulator::start(Options {
            speed: 500.0,
            ..Options::default()
        })
        .expect("the simulator starts");
        let network = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/vnet");
        let nodes = json!({ "name": "nodes", "properties": { "addressPrefix": "10.10.0.0/22" } });
        let properties =
            json!({ "addressSpace": { "addressPrefixes": ["10.10.0.0/16"] }, "subnets": [nodes] });
        put(&azure, &network, &properties);
        let identities = ["first", "second"].map(|name| {
            let identity = format!(
                "{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}"
            );
            put(&azure, &identity, &Json::Null);
            identity
        });
        azure.advance(Duration::from_hours(1));
        let before = azure.resource_ids().into_iter().collect();
        let world = Self {
            subnet: format!("{network}/subnets/nodes"),
            identities,
            system_assigned,
            before,
            azure,
        };
        world.let_go_wrong(&[]);
        world
    }

    /// Lets things go wrong, by the numbers that exchanges have from now on.
    pub(crate) fn let_go_wrong(&self, strikes: &[Strike]) {
        self.azure.clear_journal();
        self.azure.clear_faults();
        for strike in strikes {
            strike.arm(&self.azure);
        }
        self.azure.add_fault(Fault {
            name: "look".to_owned(),
            matches: Matches {
                host: Some(Host::Arm),
                method: Some("GET".to_owned()),
                path_contains: Some("/operations/".to_owned()),
                times: Some(u64::MAX),
                ..Matches::default()
            },
            action: Action::Advance { seconds: 120.0 },
        });
    }

    /// What was not there from the start.
    pub(crate) fn left(&self) -> Vec<String> {
        let is_new = |id: &String| !self.before.contains(id);
        self.azure
            .resource_ids()
            .into_iter()
            .filter(is_new)
            .collect()
    }

    /// Which object each resource has made; null for none.
    pub(crate) fn births(&self) -> Vec<Json> {
        let cluster = self.azure.resource(CLUSTER).unwrap_or_default();
        let mut births = vec![cluster["properties"]["resourceUID"].clone()];
        births.extend(OBJECTS.iter().map(|path| {
            let object = self.azure.kubernetes_object(CLUSTER, path);
            object.unwrap_or_default()["metadata"]["uid"].clone()
        }));
        births
    }

    /// Everything that the configuration decides, without what Azure and the provider draw.
    pub(crate) fn picture(&self) -> Json {
        let cluster = self.azure.resource(CLUSTER).unwrap_or_default();
        let own = cluster["identity"]["principalId"].as_str();
        let mut tags = cluster["tags"].clone();
        if let Some(tags) = tags.as_object_mut() {
            tags.remove("hidden-secureaks");
        }
        let objects = OBJECTS.iter().map(|path| {
            let object = self.azure.kubernetes_object(CLUSTER, path);
            let object = object.unwrap_or_default();
            let parts = ["spec", "subjects", "roleRef"].map(|part| object[part].clone());
            json!({ "labels": object["metadata"]["labels"], "parts": parts })
        });
        let names = self.azure.kubernetes_names(CLUSTER).into_iter();
        // Azure draws the names of nodes, and nothing of the rest of the system is the provider's.
        let names = names.filter(|name| {
            !name.starts_with("nodes ") && !name.contains("kube-") && !name.contains("system:")
        });
        json!({
            "assignments": self.assignments(own),
            "identity": cluster["identity"]["type"],
            "tags": tags,
            "state": cluster["properties"]["provisioningState"],
            "names": names.collect::<Vec<String>>(),
            "objects": objects.collect::<Vec<Json>>(),
        })
    }

    /// The role assignments that were not there from the start: whose, which role, and where.
    fn assignments(&self, own: Option<&str>) -> Vec<[String; 3]> {
        let made = self.left().into_iter();
        let made = made.filter(|id| id.to_lowercase().contains("/roleassignments/"));
        let mut assignments: Vec<[String; 3]> = made
            .filter_map(|id| self.azure.resource(&id))
            .map(|one| {
                ["principalId", "roleDefinitionId", "scope"].map(|name| {
                    let text = one["properties"][name].as_str().unwrap_or_default();
                    let text = if own == Some(text) {
                        "the cluster"
                    } else {
                        text
                    };
                    let last = text.rsplit('/').next().unwrap_or_default();
                    last.to_lowercase()
                })
            })
            .collect();
        assignments.sort();
        assignments
    }
}

fn put(azure: &Simulator, id: &str, properties: &Json) {
    let status = azure.put(
        id,
        json!({ "location": "westeurope", "properties": properties }),
    );
    assert!((200..300).contains(&status), "{status} for {id}");
}
