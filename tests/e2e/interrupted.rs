//! Ctrl-C while Azure works: nothing is lost, nothing is tainted, and the next run sees it through.

use std::time::Duration;

use secureaks_simulator::{Action, Simulator};
use serde_json::Value;

use crate::support::{
    Client, Outcome, Workspace, assert_understood, clients,
    trouble::{
        CLUSTER, birth, clusters, held, hung_up, leaves_nothing, patient_azure, strike, writes,
    },
};

const APPLY: [&str; 4] = ["apply", "-auto-approve", "-input=false", "-no-color"];
const SCALE: [&str; 5] = [
    "apply",
    "-auto-approve",
    "-input=false",
    "-no-color",
    "-var=node_count=4",
];
const DESTROY: [&str; 4] = ["destroy", "-auto-approve", "-input=false", "-no-color"];

#[test]
fn an_interrupted_create_is_finished_by_the_next_apply() {
    for client in clients() {
        let (azure, workspace) = a_cluster(client);

        let interrupted = interrupt_at(&azure, &workspace, &APPLY, "GET", "/operations/");
        let (half_made, pending, tainted) = (
            birth(&azure),
            workspace.private()["pending"].clone(),
            workspace.is_tainted(),
        );
        let id = workspace.cluster()["id"].clone();
        azure.advance(HOUR);
        workspace.apply().succeeds();

        interrupted.fails_with(&["Interrupted", "run apply again to see it through"]);
        assert_eq!((id, tainted), (Value::from(CLUSTER), false));
        assert!(
            pending
                .as_str()
                .is_some_and(|kept| kept.contains("/operations/")),
            "{pending}"
        );
        assert_eq!(
            (workspace.cluster()["id"].as_str(), birth(&azure)),
            (Some(CLUSTER), half_made)
        );
        assert_eq!(writes(&azure), [put(201)]);
        assert_eq!(workspace.private()["pending"], Value::Null);
        workspace.assert_no_changes();
        pass_time(&azure);
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

#[test]
fn a_create_that_azure_is_just_accepting_is_not_lost() {
    for client in clients() {
        let (azure, workspace) = a_cluster(client);
        strike(&azure, "PUT", "/managedClusters/", 1, 1, Action::HoldAfter);

        let running = workspace.start(&APPLY);
        held(&azure);
        running.interrupt();
        running.says("Gracefully shutting down");
        azure.release_held();
        let interrupted = running.finish();
        let (id, tainted) = (workspace.cluster()["id"].clone(), workspace.is_tainted());
        azure.advance(HOUR);
        workspace.apply().succeeds();

        assert_ne!(interrupted.code, 0, "{}", interrupted.text);
        assert_eq!((id, tainted), (Value::from(CLUSTER), false));
        assert_eq!(writes(&azure), [put(201)]);
        workspace.assert_no_changes();
        pass_time(&azure);
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

#[test]
fn an_interrupt_before_anything_is_asked_for_leaves_nothing() {
    for client in clients() {
        let (azure, workspace) = a_cluster(client);
        strike(&azure, "GET", "/managedClusters/", 2, 1, Action::HoldBefore);

        let running = workspace.start(&APPLY);
        held(&azure);
        running.interrupt();
        let interrupted = running.finish();
        hung_up(&azure);

        assert_ne!(interrupted.code, 0, "{}", interrupted.text);
        assert_eq!(
            (workspace.cluster(), clusters(&azure), writes(&azure)),
            (Value::Null, vec![], vec![])
        );
        assert_understood(&azure);
    }
}

#[test]
fn an_interrupted_update_is_finished_by_the_next_apply() {
    for client in clients() {
        let (azure, workspace) = a_cluster(client);
        pass_time(&azure);
        workspace.apply().succeeds();
        let before = birth(&azure);
        azure.clear_journal();
        azure.clear_faults();

        let interrupted = interrupt_at(&azure, &workspace, &SCALE, "GET", "/operations/");
        let tainted = workspace.is_tainted();
        azure.advance(HOUR);
        workspace.run(&SCALE).succeeds();

        interrupted.fails_with(&["Interrupted"]);
        assert_eq!((tainted, birth(&azure)), (false, before));
        assert_eq!(writes(&azure), [put(200)]);
        assert_eq!(workspace.cluster()["system_pool"]["node_count"], 4);
        let plan = workspace.run(&[
            "plan",
            "-detailed-exitcode",
            "-input=false",
            "-no-color",
            "-var=node_count=4",
        ]);
        assert_eq!(plan.code, 0, "{}", plan.text);
        pass_time(&azure);
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

#[test]
fn an_interrupted_destroy_is_finished_by_the_next_one() {
    for client in clients() {
        let (azure, workspace) = a_cluster(client);
        pass_time(&azure);
        workspace.apply().succeeds();
        azure.clear_journal();
        azure.clear_faults();

        let interrupted = interrupt_at(&azure, &workspace, &DESTROY, "GET", "/operations/");
        let kept = workspace.cluster()["id"].clone();
        azure.advance(HOUR);
        workspace.destroy().succeeds();

        interrupted.fails_with(&["Interrupted"]);
        assert_eq!((kept, clusters(&azure)), (Value::from(CLUSTER), vec![]));
        assert_eq!(writes(&azure), [("DELETE".to_owned(), Some(202))]);
        assert_eq!(workspace.cluster(), Value::Null);
        assert_understood(&azure);
    }
}

const HOUR: Duration = Duration::from_hours(1);

fn a_cluster(client: &Client) -> (Simulator, Workspace) {
    let azure = patient_azure();
    let mut workspace = Workspace::of_cluster(client, &azure);
    workspace.set("SECUREAKS_POLL_INTERVAL", "10ms");
    (azure, workspace)
}

/// Whoever polls finds that an hour has passed.
fn pass_time(azure: &Simulator) {
    strike(
        azure,
        "GET",
        "/operations/",
        2,
        1,
        Action::Advance { seconds: 3600.0 },
    );
}

/// Runs a command and interrupts it while Azure keeps it waiting for an answer of the given kind.
fn interrupt_at(
    azure: &Simulator,
    workspace: &Workspace,
    arguments: &[&str],
    method: &str,
    path: &str,
) -> Outcome {
    strike(azure, method, path, 2, 1, Action::HoldAfter);
    let running = workspace.start(arguments);
    held(azure);
    running.interrupt();
    let outcome = running.finish();
    hung_up(azure);
    outcome
}

fn put(status: u16) -> (String, Option<u16>) {
    ("PUT".to_owned(), Some(status))
}
