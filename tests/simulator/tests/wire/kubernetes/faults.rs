//! Faults on the exchanges with a cluster.

use secureaks_simulator::{Action, Fault, Host, Matches, Simulator};
use serde_json::json;

use super::{CONFIG_MAPS, cluster, config_map};
use crate::client;

fn strike(simulator: &Simulator, action: Action) {
    simulator.add_fault(Fault {
        name: "test".into(),
        matches: Matches {
            host: Some(Host::Kubernetes),
            method: Some("POST".into()),
            ..Matches::default()
        },
        action,
    });
}

#[test]
fn a_fault_strikes_before_or_after_the_request_took_effect() {
    let cases = [
        ("too_many_requests", 429, 404),
        ("unavailable", 503, 404),
        ("etcd_timeout", 500, 200),
    ];

    for (preset, status, exists) in cases {
        let (simulator, _client, api) = cluster();
        strike(&simulator, Action::preset(preset).unwrap());

        let answer = api.send("POST", CONFIG_MAPS, &config_map("c", &json!({})));

        assert_eq!(
            (answer.status, answer.text_at("/kind")),
            (status, "Status".to_owned())
        );
        assert_eq!(
            api.get(&format!("{CONFIG_MAPS}/c")).status,
            exists,
            "{preset}"
        );
    }
}

#[test]
fn a_dropped_exchange_takes_no_other_with_it() {
    for (action, exists) in [(Action::DropBefore, 404), (Action::DropAfter, 200)] {
        let (simulator, client, api) = cluster();
        api.get("/version");
        strike(&simulator, action);

        let text = config_map("c", &json!({})).to_string();
        let dropped = api.try_send("POST", CONFIG_MAPS, "application/json", &text);
        let next = api.get(&format!("{CONFIG_MAPS}/c")).status;

        assert!(dropped.is_err());
        assert_eq!(next, exists);
        assert_eq!(simulator.connections(&client::cluster(&client)), 1);
    }
}

#[test]
fn the_journal_names_the_fault() {
    let (simulator, _client, api) = cluster();
    simulator.clear_journal();
    strike(&simulator, Action::preset("unavailable").unwrap());

    api.send("POST", CONFIG_MAPS, &config_map("c", &json!({})));

    let journal = simulator.journal();
    assert_eq!(journal[0].fault.as_deref(), Some("test"));
    assert_eq!(journal[0].status, Some(503));
}
