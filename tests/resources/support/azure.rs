//! The simulated Azure of a test, and what is made and seen there past the provider.

use std::time::Duration;

use secureaks_simulator::{Host, Options, Simulator};
use serde_json::{Value as Json, json};

const GROUP: &str = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo";

/// A simulated Azure with the default seed; when its test fails, the seed is in the output.
pub(crate) fn azure() -> Simulator {
    azure_with(Options::default())
}

/// One in which a cluster is created in a tenth of a second.
pub(crate) fn fast_azure() -> Simulator {
    azure_with(Options {
        speed: 5000.0,
        ..Options::default()
    })
}

/// One in which a cluster is created in five seconds.
pub(crate) fn slow_azure() -> Simulator {
    azure_with(Options {
        speed: 60.0,
        ..Options::default()
    })
}

fn azure_with(options: Options) -> Simulator {
    println!("simulator seed: {}", options.seed);
    Simulator::start(options).expect("the simulator starts")
}

/// Fails when the simulator met something it does not know.
#[track_caller]
pub(crate) fn assert_understood(azure: &Simulator) {
    assert_eq!(
        azure.unknown_requests(),
        Vec::<String>::new(),
        "requests the simulator does not know"
    );
}

/// The ids of all clusters.
pub(crate) fn clusters(azure: &Simulator) -> Vec<String> {
    azure
        .resource_ids()
        .into_iter()
        .filter(|id| id.contains("managedClusters") && !id.contains("agentPools"))
        .collect()
}

/// The requests that were to change a cluster or what belongs to it.
pub(crate) fn writes(azure: &Simulator) -> Vec<String> {
    let exchanges = azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.host == Host::Arm && exchange.method != "GET");
    exchanges
        .map(|exchange| format!("{} {}", exchange.method, exchange.path))
        .collect()
}

/// Makes a user-assigned identity; its id.
pub(crate) fn identity(azure: &Simulator, name: &str) -> String {
    let id = format!("{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}");
    make(azure, &id, json!({ "location": "westeurope" }));
    id
}

/// Makes a network with one subnet; the subnet's id.
pub(crate) fn subnet(azure: &Simulator, network: &str) -> String {
    let id = format!("{GROUP}/providers/Microsoft.Network/virtualNetworks/{network}");
    let subnet = json!({ "name": "nodes", "properties": { "addressPrefix": "10.10.0.0/22" } });
    let space = json!({ "addressPrefixes": ["10.10.0.0/16"] });
    let properties = json!({ "addressSpace": space, "subnets": [subnet] });
    make(
        azure,
        &id,
        json!({ "location": "westeurope", "properties": properties }),
    );
    format!("{id}/subnets/nodes")
}

/// Makes a resource past the provider, and lets an hour pass in which Azure does it.
pub(crate) fn make(azure: &Simulator, id: &str, body: Json) {
    let status = azure.put(id, body);
    assert!((200..300).contains(&status), "{status} for {id}");
    azure.advance(Duration::from_hours(1));
}
