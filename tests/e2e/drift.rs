//! What others do to a cluster: deleted, it is planned anew; what they add to it is left alone.

use std::time::Duration;

use secureaks_simulator::{Action, Simulator};
use serde_json::{Value, json};

use crate::support::{
    Workspace, any_client, assert_understood, azure,
    trouble::{CLUSTER, birth, clusters, held, leaves_nothing, patient_azure, strike, writes},
};

#[test]
fn a_cluster_that_was_deleted_is_planned_anew() {
    let azure = azure();
    let workspace = Workspace::of_cluster(any_client(), &azure);
    workspace.apply().succeeds();
    let first = birth(&azure);

    assert_eq!(azure.delete(CLUSTER), 202);
    azure.advance(HOUR);
    let plan = workspace.plan();
    workspace.apply().succeeds();

    assert_eq!(plan.code, 2, "{}", plan.text);
    assert!(
        plan.flat()
            .contains("Plan: 1 to add, 0 to change, 0 to destroy"),
        "{}",
        plan.text
    );
    assert!(birth(&azure) != first && clusters(&azure).len() == 1);
    workspace.assert_no_changes();
    leaves_nothing(&azure, &workspace);
    assert_understood(&azure);
}

#[test]
fn a_cluster_whose_group_was_deleted_is_planned_anew() {
    const GROUP: &str =
        "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo";
    let azure = azure();
    let workspace = Workspace::of_cluster(any_client(), &azure);
    workspace.apply().succeeds();

    assert_eq!(azure.delete(GROUP), 202);
    azure.advance(HOUR);
    let plan = workspace.plan();
    let refused = workspace.apply();
    assert_eq!(azure.put(GROUP, json!({ "location": "westeurope" })), 201);
    workspace.apply().succeeds();

    assert!(
        plan.flat()
            .contains("Plan: 1 to add, 0 to change, 0 to destroy"),
        "{}",
        plan.text
    );
    refused.fails_with(&["Resource group does not exist", "az group create"]);
    assert_eq!(clusters(&azure).len(), 1);
    workspace.assert_no_changes();
    assert_understood(&azure);
}

#[test]
fn a_cluster_deleted_while_it_is_changed_is_told_and_planned_anew() {
    let azure = patient_azure();
    let mut workspace = Workspace::of_cluster(any_client(), &azure);
    workspace.set("SECUREAKS_POLL_INTERVAL", "10ms");
    pass_time(&azure);
    workspace.apply().succeeds();
    pass_time(&azure);
    let scale = [
        "apply",
        "-auto-approve",
        "-input=false",
        "-no-color",
        "-var=node_count=4",
    ];
    strike(&azure, "GET", "/managedClusters/", 2, 1, Action::HoldBefore);

    let running = workspace.start(&scale);
    held(&azure);
    assert_eq!(azure.delete(CLUSTER), 202);
    azure.advance(HOUR);
    azure.release_held();
    let refused = running.finish();
    workspace.run(&scale).succeeds();

    refused.fails_with(&["Cluster is gone", "Run apply again to create it anew"]);
    assert_eq!(clusters(&azure).len(), 1);
    assert_understood(&azure);
}

#[test]
fn a_pool_that_others_made_stays_as_it_is() {
    let azure = azure();
    let workspace = Workspace::of_cluster(any_client(), &azure);
    workspace.apply().succeeds();
    let pool = format!("{CLUSTER}/agentPools/theirs");
    let body = json!({ "properties": {
        "mode": "User", "vmSize": "Standard_D8ds_v5", "count": 2, "osSKU": "Ubuntu", "availabilityZones": ["2"],
        "nodeLabels": { "team": "blue" }, "nodeTaints": ["gpu=yes:NoSchedule"], "tags": { "made": "by others" },
        "enableAutoScaling": true, "minCount": 1, "maxCount": 4, "maxPods": 60,
    } });
    assert_eq!(azure.put(&pool, body), 201);
    azure.advance(HOUR);
    let before = theirs(&azure, &pool);

    workspace.assert_no_changes();
    workspace
        .run(&[
            "apply",
            "-auto-approve",
            "-input=false",
            "-no-color",
            "-var=node_count=4",
        ])
        .succeeds();

    assert_eq!(theirs(&azure, &pool), before);
    assert_eq!(before["properties"]["nodeLabels"]["team"], "blue");
    assert_eq!(
        writes(&azure),
        [("PUT".to_owned(), Some(201)), ("PUT".to_owned(), Some(200))]
    );
    workspace.destroy().succeeds();
    assert_eq!(clusters(&azure), Vec::<String>::new());
    assert_understood(&azure);
}

const HOUR: Duration = Duration::from_hours(1);

/// A pool but for its version tag, which every operation on the cluster renews.
fn theirs(azure: &Simulator, pool: &str) -> Value {
    let mut pool = azure.resource(pool).expect("the pool");
    pool["properties"]
        .as_object_mut()
        .expect("properties")
        .remove("eTag");
    pool
}

fn pass_time(azure: &Simulator) {
    azure.clear_faults();
    strike(
        azure,
        "GET",
        "/operations/",
        2,
        1,
        Action::Advance { seconds: 3600.0 },
    );
}
