//! The Azure SDK for Python: a cluster from its creation to its deletion, as a script of ours asks for it.

use secureaks_simulator::{Options, Simulator};
use serde_json::json;

use crate::figures;
use crate::place::{GROUP, assert_understood, cluster};
use crate::python::run;

#[test]
fn a_cluster_is_created_polled_listed_and_deleted() {
    let simulator = Simulator::start(Options::default()).unwrap();
    let mut environment = simulator.environment();
    let authority = environment["SSL_CERT_FILE"].clone();
    environment.insert("REQUESTS_CA_BUNDLE".to_owned(), authority);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/azure_clients/sdk.py");

    let mut told = run(&[script, GROUP, "aks-sdk"], &environment).json();

    let version = told["version"].take();
    // AKS spells the word so in what it answers.
    let id = cluster("aks-sdk").replace("resourceGroups", "resourcegroups");
    assert_eq!(
        told,
        json!({
            "created": { "id": id, "state": "Succeeded", "count": 1 },
            "polls": "InProgress",
            "listed": [id],
            "pools": ["system"],
            "deleted": "Succeeded",
            "left": [],
            "refused": ["ResourceNotFoundError", "ResourceNotFound"],
            "version": null,
        })
    );
    assert_eq!(simulator.resource(&id), None);
    assert_understood(&simulator);
    let cell = figures::cell(
        "Azure SDK for Python",
        version.as_str().unwrap(),
        "create, poll, list, delete",
        "passes",
    );
    figures::leave("sdk", "Clients of the simulator", &[cell]);
}
