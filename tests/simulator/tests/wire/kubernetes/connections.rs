//! Who is let in, over which connections, and what becomes of the address of a cluster that is gone.

use std::time::Duration;

use secureaks_simulator::{Exchange, Host, Options, Simulator};
use serde_json::json;

use super::{Api, CONFIG_MAPS, cluster, config_map, create};
use crate::client::{self, Client};

fn refusals(simulator: &Simulator) -> Vec<(String, Option<u16>, Option<String>)> {
    let refused = |exchange: &Exchange| exchange.host == Host::Kubernetes;
    let journal = simulator.journal();
    let exchanges = journal.iter().filter(|exchange| refused(exchange));
    exchanges
        .map(|own| (own.method.clone(), own.status, own.fault.clone()))
        .collect()
}

#[test]
fn token_and_certificate_of_the_static_credentials_sign_in() {
    let (_simulator, _client, api) = cluster();
    let nobody = api.without_token(false);
    let certified = api.without_token(true);

    let statuses = [&api, &certified, &nobody].map(|api| api.get("/api/v1/namespaces").status);
    let refused = nobody.get("/version").json();

    assert_eq!(statuses, [200, 200, 401]);
    let expected = json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": "Unauthorized",
        "reason": "Unauthorized",
        "code": 401,
    });
    assert_eq!(refused, expected);
}

#[test]
fn many_requests_share_one_connection_over_http_2() {
    let (simulator, client, api) = cluster();
    let id = client::cluster(&client);

    let versions: Vec<_> = (0..5).map(|_| api.get("/version").version).collect();

    assert_eq!(versions, [reqwest::Version::HTTP_2; 5]);
    assert_eq!(simulator.connections(&id.to_uppercase()), 1);
}

#[test]
fn an_exchange_is_in_the_journal_with_its_cluster_and_its_user() {
    let (simulator, client, api) = cluster();
    simulator.clear_journal();

    api.get("/api/v1/namespaces?limit=1");

    let mut journal = simulator.journal();
    // A real server asks Entra for its keys meanwhile.
    journal.retain(|exchange| exchange.host == Host::Kubernetes);
    let [exchange] = journal.as_slice() else {
        panic!("{journal:?}");
    };
    let cluster = exchange.cluster.as_deref().unwrap_or_default();
    assert!(cluster.eq_ignore_ascii_case(&client::cluster(&client)));
    assert_eq!(
        (
            exchange.host,
            exchange.path.as_str(),
            exchange.status,
            exchange.caller.as_deref()
        ),
        (
            Host::Kubernetes,
            "/api/v1/namespaces?limit=1",
            Some(200),
            Some("masterclient")
        )
    );
}

#[test]
fn a_cluster_that_is_being_created_does_not_answer() {
    let (simulator, client) = crate::client::start();
    client.put(&client::cluster(&client), client::body());
    let api = Api::of(&client);
    simulator.clear_journal();

    let early = api.try_send("GET", "/version", "", "");
    simulator.advance(Duration::from_mins(30));
    let late = api.get("/version").status;

    assert!(early.is_err());
    let told = refusals(&simulator);
    let creating = Some("the cluster is being created".to_owned());
    assert_eq!(told[0], ("CONNECT".to_owned(), None, creating));
    assert_eq!(late, 200);
}

#[test]
fn a_deleted_cluster_keeps_its_port_and_refuses() {
    let (simulator, client, api) = cluster();
    let fresh = api.without_token(true);
    api.get("/version");
    client.call("DELETE", &client::cluster(&client), None);
    simulator.advance(Duration::from_mins(30));
    simulator.clear_journal();

    let open = api.try_send("GET", "/version", "", "");
    let new = fresh.try_send("GET", "/version", "", "");

    assert!(open.is_err() && new.is_err());
    let deleted = Some("the cluster is deleted".to_owned());
    let told = refusals(&simulator);
    assert_eq!(told[0], ("GET".to_owned(), None, deleted.clone()));
    assert!(
        told.contains(&("CONNECT".to_owned(), None, deleted)),
        "{told:?}"
    );
    assert_eq!(simulator.connections(&client::cluster(&client)), 0);
}

#[test]
fn a_cluster_made_anew_has_another_port_and_authority_and_none_of_the_objects() {
    let (simulator, client, old) = cluster();
    old.send("POST", CONFIG_MAPS, &config_map("c", &json!({})));
    client.call("DELETE", &client::cluster(&client), None);
    simulator.advance(Duration::from_mins(30));

    let new = create(&simulator, &client);

    assert_ne!(new.server, old.server);
    assert_ne!(new.authority, old.authority);
    assert_eq!(new.get(&format!("{CONFIG_MAPS}/c")).status, 404);
}

#[test]
fn a_stopped_cluster_does_not_answer_until_it_is_started() {
    let (simulator, client, api) = cluster();
    let id = client::cluster(&client);

    client.call("POST", &format!("{id}/stop"), None);
    simulator.advance(Duration::from_mins(30));
    let stopped = api.try_send("GET", "/version", "", "");
    client.call("POST", &format!("{id}/start"), None);
    simulator.advance(Duration::from_mins(30));
    let started = api.get("/version").status;

    assert!(stopped.is_err());
    assert_eq!(started, 200);
}

#[test]
fn a_restart_goes_on_under_the_same_port_with_the_same_objects() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options {
        speed: 0.001,
        state: Some(folder.path().join("state.json")),
        directory: Some(folder.path().join("files")),
        ..Options::default()
    };
    let first = Simulator::start(options()).unwrap();
    let api = create(&first, &Client::new(first.environment()));
    let path = format!("{CONFIG_MAPS}/c");
    api.send("POST", CONFIG_MAPS, &config_map("c", &json!({ "a": "1" })));
    let before = api.get(&path).text;
    drop(first);

    let second = Simulator::start(options()).unwrap();
    let again = Api::of(&Client::new(second.environment()));
    let after = again.get(&path).text;

    assert_eq!(again.server, api.server);
    assert_eq!(after, before);
}

#[test]
fn the_port_of_a_deleted_cluster_stays_ours_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let options = || Options {
        speed: 0.001,
        state: Some(folder.path().join("state.json")),
        directory: Some(folder.path().join("files")),
        ..Options::default()
    };
    let first = Simulator::start(options()).unwrap();
    let client = Client::new(first.environment());
    let api = create(&first, &client);
    client.call("DELETE", &client::cluster(&client), None);
    first.advance(Duration::from_mins(30));
    drop(first);

    let second = Simulator::start(options()).unwrap();
    let answer = api.try_send("GET", "/version", "", "");

    assert!(answer.is_err());
    let deleted = Some("the cluster is deleted".to_owned());
    assert_eq!(refusals(&second)[0], ("CONNECT".to_owned(), None, deleted));
}

#[test]
fn a_reset_takes_clusters_away_and_keeps_their_ports() {
    let (simulator, client, api) = cluster();
    let control = simulator.control_address();

    client
        .raw("POST", &format!("{control}/reset"), None)
        .unwrap();
    let gone = api.try_send("GET", "/version", "", "");

    assert!(gone.is_err());
    let told = refusals(&simulator);
    let deleted = Some("the cluster is deleted".to_owned());
    assert_eq!(told[0], ("CONNECT".to_owned(), None, deleted));
}
