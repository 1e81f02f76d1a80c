//! Where the clients work: the simulator's resource group, and clusters that are there before they come.

use std::time::Duration;

use secureaks_simulator::Simulator;
use serde_json::{Value, json};

/// The subscription there is.
pub(crate) const SUBSCRIPTION: &str = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365";

/// The resource group there is.
pub(crate) const GROUP: &str = "rg-demo";

/// The id of a cluster in the resource group.
pub(crate) fn cluster(name: &str) -> String {
    format!(
        "{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.ContainerService/managedClusters/{name}"
    )
}

/// Makes a cluster, which is at rest afterwards; its id.
pub(crate) fn make_cluster(simulator: &Simulator, name: &str) -> String {
    let id = cluster(name);
    let pool = json!({
        "name": "system", "mode": "System", "vmSize": "Standard_D4ds_v5", "count": 1,
    });
    let body = json!({
        "location": "westeurope",
        "identity": { "type": "SystemAssigned" },
        "properties": { "dnsPrefix": name, "agentPoolProfiles": [pool] },
    });
    assert_eq!(simulator.put(&id, body), 201);
    simulator.advance(Duration::from_hours(1));
    id
}

/// The properties of what there is under an id.
pub(crate) fn properties(simulator: &Simulator, id: &str) -> Value {
    simulator.resource(id).unwrap()["properties"].clone()
}

/// Fails when a client asked for something the simulator does not know.
pub(crate) fn assert_understood(simulator: &Simulator) {
    assert_eq!(simulator.unknown_requests(), Vec::<String>::new());
}
