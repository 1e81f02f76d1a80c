//! A name that is taken: a cluster of somebody else's is refused, a half-made one of ours resumed.

use std::time::Duration;

use secureaks_simulator::{Action, Simulator};
use serde_json::Value;

use crate::support::{
    Client, Workspace, any_client, assert_understood, azure, clients,
    trouble::{CLUSTER, birth, clusters, held, hung_up, patient_azure, strike, writes},
};

const APPLY: [&str; 4] = ["apply", "-auto-approve", "-input=false", "-no-color"];

#[test]
fn a_foreign_cluster_is_refused_with_the_command_that_takes_it_over() {
    for client in clients() {
        let azure = azure();
        Workspace::of_cluster(client, &azure).apply().succeeds();
        let before = azure.resource(CLUSTER);
        let ours = Workspace::of_cluster(client, &azure);
        azure.clear_journal();

        let import = format!("terraform import secureaks_cluster.NAME '{CLUSTER}'");
        ours.apply()
            .fails_with(&["Cluster exists already", &import, "Nothing was changed."]);
        let (written, state) = (writes(&azure), ours.cluster());
        ours.run(&[
            "import",
            "-input=false",
            "-no-color",
            "secureaks_cluster.main",
            CLUSTER,
        ])
        .succeeds();

        assert_eq!((written, state), (vec![], Value::Null));
        assert_eq!(azure.resource(CLUSTER), before);
        ours.assert_no_changes();
        assert_understood(&azure);
    }
}

#[test]
fn with_an_owner_a_half_made_cluster_is_resumed_from_anywhere() {
    let azure = patient_azure();
    half_make(any_client(), &azure, Some("platform"));
    let (first, elsewhere) = (
        birth(&azure),
        folder(any_client(), &azure, Some("platform")),
    );
    azure.advance(HOUR);
    azure.clear_journal();

    let advance = Action::Advance { seconds: 1500.0 };
    strike(&azure, "GET", "/operations/", 1, 1, advance);
    let planned = elsewhere.plan();
    elsewhere.apply().succeeds();

    assert!(
        planned
            .flat()
            .contains("Continues a cluster that an interrupted run began"),
        "{}",
        planned.text
    );
    assert_eq!(
        (birth(&azure), clusters(&azure).len(), writes(&azure)),
        // The last request of a create tells other machines that a state holds the cluster.
        (first, 1, vec![("PATCH".to_owned(), Some(200))])
    );
    elsewhere.assert_no_changes();
    assert_understood(&azure);
}

#[test]
fn without_an_owner_a_half_made_cluster_is_resumed_from_its_folder_only() {
    let azure = patient_azure();
    let here = half_make(any_client(), &azure, None);
    let (first, elsewhere) = (birth(&azure), folder(any_client(), &azure, None));
    azure.advance(HOUR);

    elsewhere.apply().fails_with(&["Cluster exists already"]);
    here.apply().succeeds();

    assert_eq!((birth(&azure), elsewhere.cluster()), (first, Value::Null));
    here.assert_no_changes();
    assert_understood(&azure);
}

#[test]
fn another_owner_is_refused() {
    let azure = patient_azure();
    half_make(any_client(), &azure, Some("platform"));
    let theirs = folder(any_client(), &azure, Some("others"));
    azure.advance(HOUR);

    theirs.apply().fails_with(&["Cluster exists already"]);

    assert_eq!(theirs.cluster(), Value::Null);
    assert_understood(&azure);
}

const HOUR: Duration = Duration::from_hours(1);

fn folder(client: &Client, azure: &Simulator, owner: Option<&str>) -> Workspace {
    let mut workspace = Workspace::of_cluster(client, azure);
    workspace.set("SECUREAKS_POLL_INTERVAL", "10ms");
    if let Some(owner) = owner {
        workspace.set("SECUREAKS_OWNER", owner);
        workspace.set("SECUREAKS_OWNER_SECRET", "known to all runs of the owner");
    }
    workspace
}

/// Kills everything when Azure has accepted the cluster, and before anybody hears of it.
fn half_make(client: &Client, azure: &Simulator, owner: Option<&str>) -> Workspace {
    let workspace = folder(client, azure, owner);
    strike(azure, "PUT", "/managedClusters/", 1, 1, Action::HoldAfter);
    let running = workspace.start(&APPLY);
    held(azure);
    running.kill_group();
    running.finish();
    hung_up(azure);
    assert_eq!(
        (clusters(azure).len(), workspace.cluster()),
        (1, Value::Null)
    );
    workspace
}
