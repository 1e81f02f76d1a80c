//! The control API, which does by JSON what the library does by calls.

use secureaks_simulator::Simulator;
use serde_json::{Value, json};

use crate::client::{Answer, Client, GROUP, start};

fn ask(
    client: &Client,
    simulator: &Simulator,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Answer {
    let address = format!("{}{path}", simulator.control_address());
    client
        .send(method, &address, &[], body.map(|body| body.to_string()))
        .unwrap()
}

#[test]
fn the_journal_shows_requests_without_their_secrets() {
    let (simulator, client) = start();
    let secret = client.variable("ARM_CLIENT_SECRET");
    ask(&client, &simulator, "DELETE", "/journal", None);

    client.token_for("https://management.azure.com/.default");
    client.call(
        "PATCH",
        &client.id(GROUP),
        Some(json!({ "tags": { "a": "b" } })),
    );
    let journal = ask(&client, &simulator, "GET", "/journal", None);

    let seen: Vec<Value> = journal
        .json()
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            json!([
                one["number"],
                one["host"],
                one["method"],
                one["status"],
                one["body"]
            ])
        })
        .collect();
    assert_eq!(
        seen,
        [
            json!([1, "arm", "GET", 200, null]),
            json!([2, "login", "POST", 200, null]),
            json!([3, "arm", "PATCH", 200, { "tags": { "a": "b" } }]),
        ]
    );
    assert!(!journal.text.contains(secret) && !journal.text.contains(&client.token));
}

#[test]
fn faults_are_set_by_preset_or_in_full_and_taken_back() {
    let (simulator, client) = start();
    let path = client.id(GROUP);
    let full = json!({
        "name": "teapot",
        "matches": { "method": "GET", "times": 9 },
        "action": { "kind": "status", "code": 418, "headers": [["x-tea", "yes"]], "body": {} },
    });

    let set = ask(
        &client,
        &simulator,
        "POST",
        "/faults",
        Some(json!({ "action": "throttled" })),
    );
    let throttled = client.get(&path).status;
    ask(&client, &simulator, "POST", "/faults", Some(full));
    let teapot = client.get(&path);
    ask(&client, &simulator, "DELETE", "/faults", None);
    let fine = client.get(&path).status;
    let wrong = ask(
        &client,
        &simulator,
        "POST",
        "/faults",
        Some(json!({ "action": "tsunami" })),
    );

    assert_eq!((set.status, throttled, fine), (200, 429, 200));
    assert_eq!((teapot.status, teapot.header("x-tea")), (418, "yes"));
    assert_eq!(
        (wrong.status, wrong.json()),
        (404, json!({ "error": "there is no preset tsunami" }))
    );
}

#[test]
fn resources_are_listed_read_and_changed_behind_the_clients_back() {
    let (simulator, client) = start();
    let id = client.id(GROUP);
    let resource = format!("/resources?id={id}");

    let ids = ask(&client, &simulator, "GET", "/resources", None).json();
    let patch = json!({ "tags": { "by": "someone" } });
    let changed = ask(&client, &simulator, "PATCH", &resource, Some(patch));
    let seen = ask(&client, &simulator, "GET", &resource, None).json();
    let missing = ask(&client, &simulator, "GET", "/resources?id=/none", None);

    assert_eq!(ids, json!([id]));
    assert_eq!((changed.status, missing.status), (200, 404));
    assert_eq!(seen["tags"], json!({ "by": "someone" }));
    assert_eq!(client.get(&id).json(), seen);
}

#[test]
fn a_reset_brings_back_the_start() {
    let (simulator, client) = start();
    client.group("new");
    client.call("DELETE", &client.id(GROUP), None);

    ask(&client, &simulator, "POST", "/reset", None);

    assert_eq!(simulator.resource_ids(), [client.id(GROUP)]);
    assert_eq!(simulator.journal(), []);
    assert_eq!(
        client.get(&client.id(GROUP)).json()["properties"]["provisioningState"],
        "Succeeded"
    );
}

#[test]
fn everything_else_can_be_steered_too() {
    let (simulator, client) = start();
    let scope = client.subscription();
    let principal = json!({ "object_id": "p", "kind": "Group", "display_name": "all" });
    let member = |name: &str| json!({ "group": "developers", "member": name });
    let policy = json!({ "resource_type": "a/b", "assignment": "c", "definition": "d" });
    let failure = json!({
        "on": "create",
        "code": "QuotaExceeded",
        "message": "too many cores",
        "resource_state": "Failed",
    });
    let cases = [
        ("POST", "/clock", Some(json!({ "advance_seconds": 5 })), 200),
        ("GET", "/clock", None, 200),
        ("POST", "/principals", Some(principal), 200),
        (
            "POST",
            "/grants",
            Some(json!({ "principal": "p", "role": "Reader", "scope": scope })),
            200,
        ),
        (
            "POST",
            "/grants",
            Some(json!({ "principal": "p", "role": "Tsar", "scope": scope })),
            404,
        ),
        (
            "PUT",
            "/public-address",
            Some(json!({ "address": "20.60.0.1" })),
            200,
        ),
        ("GET", "/principals", None, 200),
        (
            "POST",
            "/members",
            Some(member("lee@simulated.onmicrosoft.com")),
            200,
        ),
        (
            "POST",
            "/members",
            Some(member("lee@simulated.onmicrosoft.com")),
            409,
        ),
        ("DELETE", "/members", Some(member("Lee")), 200),
        ("POST", "/members", Some(member("nobody")), 404),
        ("DELETE", "/principals?id=developers", None, 200),
        ("DELETE", "/principals?id=developers", None, 404),
        ("DELETE", "/providers/Microsoft.Compute", None, 200),
        ("DELETE", "/providers/Microsoft.None", None, 404),
        ("PUT", "/policy", Some(policy), 200),
        ("DELETE", "/policy", None, 200),
        (
            "POST",
            "/device-codes/none/approve",
            Some(json!({ "user": "none" })),
            404,
        ),
        (
            "PUT",
            "/quirks",
            Some(json!({ "operations_appear_late": true })),
            200,
        ),
        ("POST", "/operations/fail", Some(failure), 200),
        ("GET", "/unknown", None, 200),
        ("GET", "/held", None, 200),
        ("POST", "/release", None, 200),
        ("GET", "/environment?credential=managed-identity", None, 200),
        ("GET", "/environment?credential=magic", None, 400),
        ("POST", "/clock", Some(json!([])), 400),
        ("GET", "/none", None, 404),
    ];

    for (method, path, body, status) in cases {
        let answer = ask(&client, &simulator, method, path, body);

        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
    }
}
