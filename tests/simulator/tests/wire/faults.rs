//! Faults of every kind, over the wire.

use std::time::Duration;

use secureaks_simulator::{Action, Answer, Fault, Host, Matches, Simulator};
use serde_json::json;

use crate::client::{Client, GROUP, start};

const PATIENCE: Duration = Duration::from_secs(10);

fn strike_puts(simulator: &Simulator, action: Action) {
    simulator.add_fault(Fault {
        name: "test".into(),
        matches: Matches {
            host: Some(Host::Arm),
            method: Some("PUT".into()),
            ..Matches::default()
        },
        action,
    });
}

fn exists(client: &Client, name: &str) -> bool {
    client
        .get(&client.id(&format!("/resourceGroups/{name}")))
        .status
        == 200
}

#[test]
fn presets_answer_as_azure_does_and_take_no_effect() {
    let (simulator, client) = start();
    let expected = [
        (
            "throttled",
            429,
            "application/json; charset=utf-8",
            "Throttled",
        ),
        ("html_503", 503, "text/html", "<!DOCTYPE html"),
        (
            "bad_gateway",
            502,
            "application/json; charset=utf-8",
            "BadGatewayConnection",
        ),
        (
            "gateway_timeout",
            504,
            "application/json; charset=utf-8",
            "GatewayTimeout",
        ),
    ];

    for (preset, status, kind, text) in expected {
        strike_puts(&simulator, Action::preset(preset).unwrap());
        let answer = client.group("new");

        assert_eq!(
            (answer.status, answer.header("content-type")),
            (status, kind)
        );
        assert!(answer.text.contains(text), "{}", answer.text);
        assert!(!exists(&client, "new"));
    }
    assert_eq!(client.group("new").status, 201);
}

#[test]
fn waiting_times_are_scaled_to_the_clock() {
    let (simulator, client) = crate::client::start_with(secureaks_simulator::Options {
        speed: 4.0,
        ..secureaks_simulator::Options::default()
    });
    strike_puts(&simulator, Action::throttled());

    let answer = client.group("new");

    assert_eq!(answer.header("retry-after"), "5");
}

#[test]
fn an_answer_can_be_replaced_after_the_effect() {
    let (simulator, client) = start();
    let answer = Answer {
        code: 500,
        headers: Vec::new(),
        body: json!("oops"),
    };
    strike_puts(&simulator, Action::StatusAfter(answer));

    let answer = client.group("new");

    assert_eq!((answer.status, answer.text.as_str()), (500, "oops"));
    assert!(exists(&client, "new"));
}

#[test]
fn a_connection_can_be_closed_before_and_after_the_effect() {
    let (simulator, client) = start();
    let path = client.id("/resourcegroups/new");
    let body = || Some(json!({ "location": "westeurope" }));

    strike_puts(&simulator, Action::DropBefore);
    let before = client.try_call("PUT", &path, body()).is_err();
    let effect_before = exists(&client, "new");
    strike_puts(&simulator, Action::DropAfter);
    let after = client.try_call("PUT", &path, body()).is_err();
    let effect_after = exists(&client, "new");

    assert_eq!(
        (before, effect_before, after, effect_after),
        (true, false, true, true)
    );
}

#[test]
fn an_exchange_can_be_held_before_its_effect() {
    let (simulator, client) = start();
    strike_puts(&simulator, Action::HoldBefore);

    let (held, exists_meanwhile, answer) = while_held(&simulator, &client);

    assert_eq!(
        (held.as_str(), exists_meanwhile, answer),
        ("PUT", false, 201)
    );
}

#[test]
fn an_answer_can_be_held_after_its_effect() {
    let (simulator, client) = start();
    strike_puts(&simulator, Action::HoldAfter);

    let (held, exists_meanwhile, answer) = while_held(&simulator, &client);

    assert_eq!(
        (held.as_str(), exists_meanwhile, answer),
        ("PUT", true, 201)
    );
}

/// Creates a group; tells which method was held, whether the group was there meanwhile, and the
/// status in the end.
fn while_held(simulator: &Simulator, client: &Client) -> (String, bool, u16) {
    let watcher = Client::new(simulator.environment());
    std::thread::scope(|scope| {
        let held = scope.spawn(|| {
            let held = simulator.wait_held(PATIENCE).unwrap();
            let seen = exists(&watcher, "new");
            simulator.release_held();
            (held.method, seen)
        });
        let status = client.group("new").status;
        let (method, seen) = held.join().unwrap();
        (method, seen, status)
    })
}

#[test]
fn a_held_exchange_whose_client_goes_away_never_takes_effect() {
    let (simulator, client) = start();
    let watcher = Client::new(simulator.environment());
    strike_puts(&simulator, Action::HoldBefore);
    let impatient = Client::new(simulator.environment());
    let address = format!(
        "{}{}?api-version=2025-04-01",
        client.arm(),
        client.id("/resourcegroups/new")
    );

    let gave_up = impatient.give_up_when(&address, || {
        simulator.wait_held(PATIENCE).unwrap();
    });
    drop(impatient);
    let control = simulator.control_address();
    let held = || {
        watcher
            .send("GET", &format!("{control}/held"), &[], None)
            .unwrap()
            .json()
    };
    // The server notices the closed connection on its own time; each look is a condition.
    let forgotten = (0..1000).any(|_| held() == json!([]));
    simulator.release_held();

    assert!(gave_up && forgotten);
    assert!(!exists(&watcher, "new"));
}

#[test]
fn faults_find_an_exchange_by_its_number_and_leave_their_name() {
    let (simulator, client) = start();
    simulator.clear_journal();
    simulator.add_fault(Fault {
        name: "the second".into(),
        matches: Matches {
            exchange: Some(2),
            ..Matches::default()
        },
        action: Action::bad_gateway(),
    });

    let statuses = [(); 3].map(|()| client.get(&client.id(GROUP)).status);

    let journal = simulator.journal();
    let faults: Vec<Option<&str>> = journal.iter().map(|one| one.fault.as_deref()).collect();
    assert_eq!(statuses, [200, 502, 200]);
    assert_eq!(faults, [None, Some("the second"), None]);
}

#[test]
fn a_delay_lasts_its_simulated_time() {
    let (simulator, client) = crate::client::start_with(secureaks_simulator::Options::default());
    strike_puts(&simulator, Action::Delay { seconds: 60.0 });
    let before = std::time::Instant::now();

    let answer = client.group("new");

    assert_eq!(answer.status, 201);
    assert!(before.elapsed() >= Duration::from_millis(100));
}

#[test]
fn a_fault_can_make_time_pass() {
    let (simulator, client) = crate::client::start_with(secureaks_simulator::Options {
        speed: 1.0,
        ..secureaks_simulator::Options::default()
    });
    strike_puts(&simulator, Action::Advance { seconds: 3600.0 });

    client.group("later");
    client.group("later");

    let times: Vec<_> = simulator
        .journal()
        .into_iter()
        .filter(|exchange| exchange.method == "PUT")
        .map(|exchange| exchange.time)
        .collect();
    let hours = times[1].duration_since(times[0]).as_hours();
    assert_eq!(hours, 1);
}
