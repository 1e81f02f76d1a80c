//! Trouble: faults spelled briefly, and what the simulated Azure saw of it.

use std::time::Duration;

use secureaks_simulator::{Action, Exchange, Fault, Host, Matches, Options, Simulator};
use serde_json::Value;

pub(crate) use super::process::wait_until;
use super::{Workspace, person::Server, process::PATIENCE};

/// The id of the one cluster of the stories, as the provider writes it.
pub(crate) const CLUSTER: &str = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-demo";

/// A simulated Azure in which no operation ends before a story says so: time stands all but still.
pub(crate) fn patient_azure() -> Simulator {
    super::azure_with(Options {
        speed: 1.0,
        ..Options::default()
    })
}

/// Strikes requests of `method` whose address contains `path`, from the `nth` on and `times` often.
pub(crate) fn strike(
    azure: &Simulator,
    method: &str,
    path: &str,
    nth: u64,
    times: u64,
    action: Action,
) {
    let matches = Matches {
        host: Some(Host::Arm),
        method: Some(method.to_owned()),
        path_contains: Some(path.to_owned()),
        nth: Some(nth),
        times: Some(times),
        ..Matches::default()
    };
    azure.add_fault(Fault {
        name: format!("{method} {path} {nth}"),
        matches,
        action,
    });
}

/// Waits until an exchange is held.
#[track_caller]
pub(crate) fn held(azure: &Simulator) -> Exchange {
    azure
        .wait_held(PATIENCE)
        .expect("an exchange comes to be held")
}

/// Waits until Azure knows that whoever was held has hung up: what was held before it took effect
/// never takes any.
#[track_caller]
pub(crate) fn hung_up(azure: &Simulator) {
    wait_until("the connections are closed", || {
        azure.wait_held(Duration::ZERO).is_none()
    });
}

/// The clusters there are.
pub(crate) fn clusters(azure: &Simulator) -> Vec<String> {
    let is_cluster = |id: &String| {
        let id = id.to_ascii_lowercase();
        id.contains("managedclusters")
            && !id.contains("/agentpools/")
            && !id.contains("/roleassignments/")
    };
    azure
        .resource_ids()
        .into_iter()
        .filter(is_cluster)
        .collect()
}

/// Destroys what a story made, and fails when anything of a cluster is left, a role assignment at it included.
#[track_caller]
pub(crate) fn leaves_nothing(azure: &Simulator, workspace: &Workspace) {
    workspace.destroy().succeeds();
    let of_a_cluster = |id: &String| id.to_ascii_lowercase().contains("/managedclusters/");
    let left: Vec<String> = azure
        .resource_ids()
        .into_iter()
        .filter(of_a_cluster)
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

/// The id of a cluster of that name, beside the one of the stories.
pub(crate) fn cluster_called(name: &str) -> String {
    CLUSTER.replace("aks-demo", name)
}

/// The API server of a cluster.
pub(crate) fn api_server(azure: &Simulator, cluster: &str) -> Server {
    let (address, authority) = azure.api_server(cluster).expect("a cluster");
    Server { address, authority }
}

/// What tells a cluster from another of the same name; null when there is none.
pub(crate) fn birth(azure: &Simulator) -> Value {
    azure.resource(CLUSTER).map_or(Value::Null, |cluster| {
        cluster["properties"]["resourceUID"].clone()
    })
}

/// The requests so far that would change a cluster, as method and status.
pub(crate) fn writes(azure: &Simulator) -> Vec<(String, Option<u16>)> {
    let of_cluster = |exchange: &Exchange| {
        exchange.method != "GET" && exchange.path.contains("/managedClusters/")
    };
    azure
        .journal()
        .into_iter()
        .filter(of_cluster)
        .map(|exchange| (exchange.method, exchange.status))
        .collect()
}
