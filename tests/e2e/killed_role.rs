//! `kill -9` around the role that a cluster's identity gets on a subnet: it is granted once, known
//! as ours again, and taken away with the cluster, or said to be left.

use secureaks_simulator::{Action, Simulator};
use serde_json::Value;

use crate::{
    examples::own_network,
    support::{
        Workspace, any_client, assert_understood,
        trouble::{clusters, held, hung_up, patient_azure, strike},
    },
};

#[test]
fn a_role_whose_grant_is_killed_is_ours_all_the_same() {
    for action in [Action::HoldBefore, Action::HoldAfter] {
        let (azure, workspace) = begin();
        kill_at(&azure, &workspace, APPLY, "PUT", action);

        workspace.apply().succeeds();
        workspace.assert_no_changes();
        let assignments = assignments(&azure);
        let kept = workspace.cluster()["role_assignment_ids"].clone();
        set_pace(&azure);
        workspace.destroy().succeeds();

        assert_eq!(
            (assignments.len(), &kept),
            (1, &Value::from(assignments.clone()))
        );
        assert!(!exists(&azure, &assignments[0]));
        assert_eq!(clusters(&azure), Vec::<String>::new());
        assert_understood(&azure);
    }
}

/// The cluster is gone, and only the state tells of the role.
#[test]
fn a_role_that_is_left_by_a_killed_destroy_is_taken_away_by_the_next_destroy_or_apply() {
    for next in [DESTROY, APPLY] {
        let (azure, workspace) = begin();
        workspace.apply().succeeds();
        let assignment = assignments(&azure).remove(0);
        kill_at(&azure, &workspace, DESTROY, "DELETE", Action::HoldBefore);

        let planned = workspace.plan();
        workspace
            .run(&[next, "-auto-approve", "-input=false", "-no-color"])
            .succeeds();

        let text = planned.flat();
        assert!(
            text.contains("a role assignment is left"),
            "{}",
            planned.text
        );
        if next == APPLY {
            // The identity is one of its own, so that the new cluster is given the very same.
            workspace.assert_no_changes();
        } else {
            assert!(!exists(&azure, &assignment));
        }
        set_pace(&azure);
        workspace.destroy().succeeds();
        assert_eq!(clusters(&azure), Vec::<String>::new());
        assert_understood(&azure);
    }
}

#[test]
fn a_role_that_a_killed_destroy_took_away_is_not_told() {
    let (azure, workspace) = begin();
    workspace.apply().succeeds();
    let assignment = assignments(&azure).remove(0);
    kill_at(&azure, &workspace, DESTROY, "DELETE", Action::HoldAfter);

    let planned = workspace.plan();
    workspace.destroy().succeeds();

    assert!(
        !planned.flat().contains("role assignment is left"),
        "{}",
        planned.text
    );
    assert!(!exists(&azure, &assignment));
    assert_understood(&azure);
}

const APPLY: &str = "apply";
const DESTROY: &str = "destroy";
const ROLES: &str = "/roleAssignments/";

fn begin() -> (Simulator, Workspace) {
    let azure = patient_azure();
    let variables = own_network(&azure);
    let mut workspace = Workspace::of_example(any_client(), &azure, "own-network");
    workspace.set("SECUREAKS_POLL_INTERVAL", "10ms");
    for (name, value) in variables {
        workspace.set(&format!("TF_VAR_{name}"), &value);
    }
    set_pace(&azure);
    (azure, workspace)
}

/// Operations end at their second poll.
fn set_pace(azure: &Simulator) {
    azure.clear_faults();
    strike(
        azure,
        "GET",
        "/operations/",
        2,
        1,
        Action::Advance { seconds: 1500.0 },
    );
}

/// Kills client and plugin at the first exchange about a role, and lets the next run go its way.
fn kill_at(azure: &Simulator, workspace: &Workspace, command: &str, method: &str, action: Action) {
    set_pace(azure);
    strike(azure, method, ROLES, 1, 1, action);
    let running = workspace.start(&[command, "-auto-approve", "-input=false", "-no-color"]);
    held(azure);
    running.kill_group();
    running.finish();
    hung_up(azure);
    set_pace(azure);
}

/// The assignments that were asked for.
fn assignments(azure: &Simulator) -> Vec<String> {
    let mut paths: Vec<String> = azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.method == "PUT" && exchange.path.contains(ROLES))
        .filter_map(|exchange| Some(exchange.path.split_once('?')?.0.to_owned()))
        .collect();
    paths.dedup();
    paths
}

/// Whether an assignment is there; it is gone afterwards. Deleting none is a 204 (recorded).
fn exists(azure: &Simulator, assignment: &str) -> bool {
    azure.delete(assignment) == 200
}
