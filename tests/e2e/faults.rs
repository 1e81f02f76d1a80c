//! Azure not at its best while a cluster is created: refusals, outages, lost answers. Apply gets
//! through all of it, makes one cluster, and the next plan is empty.

use secureaks_simulator::{Action, Answer, Exchange, Options, Simulator, aks::Quirks};
use serde_json::json;

use crate::support::{
    Workspace, any_client, assert_understood, azure, azure_with,
    trouble::{clusters, strike, writes},
};

const CLUSTERS: &str = "/managedClusters/";
const OPERATIONS: &str = "/operations/";

#[test]
fn a_429_is_retried_after_its_delay() {
    let azure = azure();
    strike(&azure, "PUT", CLUSTERS, 1, 1, Action::throttled());
    strike(&azure, "GET", OPERATIONS, 1, 1, Action::throttled());

    converges(&azure);

    assert_eq!(writes(&azure), [put(429), put(201)]);
    let puts = exchanges(&azure, "PUT", CLUSTERS);
    let waited = puts[1].time.duration_since(puts[0].time).as_secs();
    assert!(
        waited >= 20,
        "Retry-After was 20 seconds, and {waited} have passed"
    );
}

#[test]
fn pages_in_html_are_outages() {
    let azure = azure();
    strike(&azure, "GET", CLUSTERS, 2, 1, Action::html_503());
    strike(&azure, "PUT", CLUSTERS, 1, 1, Action::html_503());
    strike(&azure, "GET", OPERATIONS, 2, 1, Action::html_503());

    converges(&azure);

    assert_eq!(writes(&azure), [put(503), put(201)]);
}

#[test]
fn a_request_that_never_arrived_is_sent_again() {
    let azure = azure();
    strike(&azure, "GET", CLUSTERS, 2, 1, Action::DropBefore);
    strike(&azure, "PUT", CLUSTERS, 1, 1, Action::DropBefore);
    strike(&azure, "GET", OPERATIONS, 1, 1, Action::DropBefore);

    converges(&azure);

    assert_eq!(writes(&azure), [lost(), put(201)]);
}

#[test]
fn a_create_whose_answer_is_lost_is_known_again() {
    let azure = azure();
    strike(&azure, "PUT", CLUSTERS, 1, 1, Action::DropAfter);

    converges(&azure);

    // The second finds that the first has arrived: `If-None-Match: *`.
    assert_eq!(writes(&azure), [lost(), put(412)]);
}

#[test]
fn a_create_that_took_effect_behind_a_gateway_error_is_known_again() {
    let azure = azure();
    let Action::Status(timeout) = Action::gateway_timeout() else {
        unreachable!("a status")
    };
    strike(&azure, "PUT", CLUSTERS, 1, 1, Action::StatusAfter(timeout));

    converges(&azure);

    assert_eq!(writes(&azure), [put(504), put(412)]);
}

#[test]
fn outages_while_polling_are_waited_out() {
    let azure = azure();
    strike(&azure, "GET", OPERATIONS, 1, 1, Action::bad_gateway());
    strike(&azure, "GET", OPERATIONS, 3, 1, Action::gateway_timeout());
    strike(&azure, "GET", OPERATIONS, 5, 1, Action::DropAfter);

    converges(&azure);

    assert_eq!(writes(&azure), [put(201)]);
}

#[test]
fn an_operation_that_is_not_known_at_first_is_waited_for() {
    let azure = azure();
    azure.set_quirks(Quirks {
        operations_appear_late: true,
        ..Quirks::default()
    });

    converges(&azure);

    let polls = exchanges(&azure, "GET", OPERATIONS);
    assert_eq!(polls[0].status, Some(404));
    assert_eq!(writes(&azure), [put(201)]);
}

/// The phases of recorded `async_status_named_phases_2025`, and an error that is no failure while
/// the operation goes on (693 recorded polls).
#[test]
fn words_nobody_documented_mean_that_an_operation_goes_on() {
    let azure = azure();
    let statuses = [
        "ProvisioningControlPlane",
        "ReconcilingDNS",
        "CreatingAgentPools: 0/3 nodes completed",
        "ReconcilingAddons",
    ];
    for (nth, status) in (1..).zip(statuses) {
        let body = json!({
            "name": "25846a8e-292f-45dd-9edd-6754c520ba83",
            "status": status,
            "startTime": "2026-10-01T10:00:00.8059684Z",
            "error": { "code": "ReconcileControlPlaneCertificatesError", "message": "key pool is empty" },
        });
        let answer = Answer {
            code: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
        };
        strike(
            &azure,
            "GET",
            OPERATIONS,
            nth,
            1,
            Action::StatusAfter(answer),
        );
    }

    converges(&azure);

    assert!(exchanges(&azure, "GET", OPERATIONS).len() > statuses.len());
    assert_eq!(writes(&azure), [put(201)]);
}

/// Recorded create_2026-05-01: `Updating` for minutes after the operation had succeeded.
#[test]
fn a_cluster_that_works_on_after_its_operation_is_waited_for() {
    let azure = azure();
    azure.set_quirks(Quirks {
        reconciles_after_success: true,
        ..Quirks::default()
    });

    let workspace = converges(&azure);
    let id = workspace.cluster()["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    let state =
        azure.resource(&id).expect("the cluster")["properties"]["provisioningState"].clone();
    workspace
        .run(&[
            "apply",
            "-auto-approve",
            "-input=false",
            "-no-color",
            "-var=node_count=4",
        ])
        .succeeds();

    assert_eq!(state, "Succeeded");
    assert_eq!(writes(&azure), [put(201), put(200)]);
}

#[test]
fn chaos_is_survived() {
    std::thread::scope(|scope| {
        for seed in 1..=5 {
            scope.spawn(move || {
                let azure = azure_with(Options {
                    seed,
                    chaos: 0.2,
                    ..Options::default()
                });

                converges(&azure);

                let struck = azure
                    .journal()
                    .iter()
                    .filter(|exchange| exchange.fault.is_some())
                    .count();
                println!(
                    "seed {seed}: {struck} of {} exchanges struck",
                    azure.journal().len()
                );
            });
        }
    });
}

/// Applies a cluster under whatever goes wrong, and finds one cluster and nothing to change.
fn converges(azure: &Simulator) -> Workspace {
    let workspace = Workspace::of_cluster(any_client(), azure);

    let applied = workspace.apply().succeeds();

    let warnings: Vec<&str> = applied
        .text
        .lines()
        .filter(|line| line.contains("Warning: "))
        .collect();
    assert!(
        warnings
            .iter()
            .all(|line| line.contains("development overrides")),
        "{}",
        applied.text
    );
    assert_eq!(clusters(azure).len(), 1);
    workspace.assert_no_changes();
    assert_understood(azure);
    workspace
}

fn exchanges(azure: &Simulator, method: &str, path: &str) -> Vec<Exchange> {
    azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.method == method && exchange.path.contains(path))
        .collect()
}

fn put(status: u16) -> (String, Option<u16>) {
    ("PUT".to_owned(), Some(status))
}

fn lost() -> (String, Option<u16>) {
    ("PUT".to_owned(), None)
}
