//! Watches: changes as they happen.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Api, CONFIG_MAPS, cluster, config_map};

/// Type and name of the first events of a watch.
fn events(api: &Api, path: &str, count: usize) -> Vec<(String, String)> {
    api.block_on(async {
        let mut response = api.request("GET", path, "", "").send().await.unwrap();
        let mut text = String::new();
        while text.lines().count() < count {
            let chunk = response.chunk().await.unwrap().unwrap();
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        text.lines()
            .map(|line| {
                let event: Value = serde_json::from_str(line).unwrap();
                let own = |pointer: &str| {
                    let text = event.pointer(pointer).and_then(Value::as_str);
                    text.unwrap_or_default().to_owned()
                };
                (own("/type"), own("/object/metadata/name"))
            })
            .collect()
    })
}

fn told(events: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(kind, name): &(&str, &str)| ((*kind).to_owned(), (*name).to_owned());
    events.iter().map(owned).collect()
}

#[test]
fn a_watch_from_a_version_tells_what_happened_since() {
    let (_simulator, _client, api) = cluster();
    let version = api.get(CONFIG_MAPS).version_of_object();
    api.send("POST", CONFIG_MAPS, &config_map("a", &json!({})));
    api.send("POST", CONFIG_MAPS, &config_map("b", &json!({})));
    api.send(
        "PUT",
        &format!("{CONFIG_MAPS}/a"),
        &config_map("a", &json!({ "x": "1" })),
    );
    api.delete(&format!("{CONFIG_MAPS}/b"));

    let all = format!("{CONFIG_MAPS}?watch=true&resourceVersion={version}");
    let of_one = format!("{all}&fieldSelector=metadata.name%3Db");

    let expected = [
        ("ADDED", "a"),
        ("ADDED", "b"),
        ("MODIFIED", "a"),
        ("DELETED", "b"),
    ];
    assert_eq!(events(&api, &all, 4), told(&expected));
    assert_eq!(
        events(&api, &of_one, 2),
        told(&[("ADDED", "b"), ("DELETED", "b")])
    );
}

#[test]
fn a_change_reaches_who_already_watches() {
    let (simulator, client, api) = cluster();
    let id = crate::client::cluster(&client);
    api.send("POST", CONFIG_MAPS, &config_map("a", &json!({})));
    let path = format!("{CONFIG_MAPS}?watch=1");

    let seen = std::thread::scope(|scope| {
        let watching = scope.spawn(|| events(&api, &path, 3));
        // Whether this comes before the watch or after: the watch tells of both.
        let object = format!("{CONFIG_MAPS}/z");
        simulator.change_kubernetes_object(&id, &object, &json!({ "data": {} }));
        watching.join().unwrap()
    });

    let expected = [
        ("ADDED", "a"),
        ("ADDED", "kube-root-ca.crt"),
        ("ADDED", "z"),
    ];
    assert_eq!(seen, told(&expected));
}

#[test]
fn the_end_of_a_namespace_is_told_when_its_time_has_come() {
    let (simulator, _client, api) = cluster();
    let namespace = json!({ "metadata": { "name": "team" } });
    api.send("POST", "/api/v1/namespaces", &namespace);
    let version = api.delete("/api/v1/namespaces/team").version_of_object();
    let path = format!("/api/v1/namespaces?watch=true&resourceVersion={version}");

    let seen = std::thread::scope(|scope| {
        let watching = scope.spawn(|| events(&api, &path, 1));
        simulator.advance(Duration::from_secs(10));
        watching.join().unwrap()
    });

    assert_eq!(seen, told(&[("DELETED", "team")]));
}

#[test]
fn a_watch_ends_when_its_client_said_it_should() {
    let (_simulator, _client, api) = cluster();

    let path = format!("{CONFIG_MAPS}?watch=true&timeoutSeconds=1");
    let whole = api.get(&path);

    let told: Value = serde_json::from_str(&whole.text).unwrap();
    assert_eq!((whole.status, &told["type"]), (200, &json!("ADDED")));
}
