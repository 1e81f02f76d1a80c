//! The state file: what survives a restart.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secureaks_simulator::{Options, Simulator};

use crate::client::{Client, body, cluster};
use crate::kubernetes::wait_until;

/// Reads the simulated time, which keeps nothing.
fn clock(simulator: &Simulator) -> impl Fn() -> Timestamp + use<> {
    let client = Client::new(simulator.environment());
    let address = format!("{}/clock", simulator.control_address());
    move || {
        let answer = client.raw("GET", &address, None).unwrap().json();
        answer["now"].as_str().unwrap().parse().unwrap()
    }
}

#[test]
fn a_restarted_simulator_goes_on_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options {
        speed: 0.001,
        state: Some(folder.path().join("state.json")),
        directory: Some(folder.path().join("files")),
        ..Options::default()
    };
    let first = Simulator::start(options()).unwrap();
    let environment = first.environment();
    let client = Client::new(environment.clone());
    let path = cluster(&client);
    let created = client.put(&path, body());
    let before = client.get(&path).json();
    drop(first);

    let second = Simulator::start(options()).unwrap();
    // A new client: the old one's connections went with the first simulator.
    let mut new = Client::new(second.environment());
    new.token.clone_from(&client.token);
    let after = new.get(&path);
    second.advance(Duration::from_mins(30));
    let operation = new
        .raw("GET", created.header("azure-asyncoperation"), None)
        .unwrap();

    assert_eq!(second.environment(), environment);
    assert_eq!((after.status, after.json()), (200, before));
    assert_eq!(operation.json()["status"], "Succeeded");
}

#[test]
fn what_time_has_ended_stays_ended_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = |speed| Options {
        speed,
        state: Some(folder.path().join("state.json")),
        directory: Some(folder.path().join("files")),
        ..Options::default()
    };
    let first = Simulator::start(options(5000.0)).unwrap();
    let client = Client::new(first.environment());
    let path = cluster(&client);
    client.put(&path, body());
    first.advance(Duration::from_hours(1));
    let deleted = client.call("DELETE", &path, None);
    // Time alone ends the deletion; nothing is written any more.
    wait_until("the cluster is gone", || client.get(&path).status == 404);
    drop(first);

    let second = Simulator::start(options(0.001)).unwrap();
    let mut new = Client::new(second.environment());
    new.token.clone_from(&client.token);
    let after = new.get(&path);

    assert_eq!((deleted.status, after.status), (202, 404), "{after:?}");
}

#[test]
fn time_that_passes_without_requests_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let options = |speed| Options {
        speed,
        state: Some(folder.path().join("state.json")),
        ..Options::default()
    };
    let first = Simulator::start(options(5_000_000.0)).unwrap();
    let now = clock(&first);
    let later = now() + SignedDuration::from_hours(100);
    wait_until("a hundred hours have passed", || now() > later);
    drop(first);

    let second = Simulator::start(options(0.001)).unwrap();

    assert!(clock(&second)() > later);
}

#[test]
fn a_file_that_is_no_state_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.json");
    std::fs::write(&path, "[]").unwrap();

    let started = Simulator::start(Options {
        state: Some(path.clone()),
        ..Options::default()
    });

    let error = started.err().unwrap().to_string();
    assert!(error.starts_with(&format!(
        "state file {} cannot be understood",
        path.display()
    )));
}

#[test]
fn the_files_for_clients_go_with_the_simulator() {
    let simulator = Simulator::start(Options::default()).unwrap();
    let folder = simulator.directory().to_owned();
    assert!(folder.join("ca.pem").exists());

    drop(simulator);

    assert!(!folder.exists());
}
