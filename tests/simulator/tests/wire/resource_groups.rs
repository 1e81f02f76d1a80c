//! Resource groups over their whole life.

use std::time::Duration;

use serde_json::json;

use crate::client::{GROUP, start};

#[test]
fn a_group_is_made_changed_and_found_under_any_spelling() {
    let (_simulator, client) = start();
    let path = client.id("/resourcegroups/Mine");

    let made = client.put(
        &path,
        json!({ "location": "West Europe", "tags": { "a": "b" } }),
    );
    let again = client.put(
        &client.id("/resourceGroups/MINE"),
        json!({ "location": "westeurope" }),
    );
    let patched = client.call("PATCH", &path, Some(json!({ "tags": { "c": "d" } })));
    let moved = client.put(&path, json!({ "location": "northeurope" }));
    let head = client.call(
        "HEAD",
        &path
            .to_uppercase()
            .replace("SUBSCRIPTIONS", "subscriptions"),
        None,
    );

    let document = |tags: serde_json::Value| {
        json!({
            "id": client.id("/resourceGroups/Mine"),
            "name": "Mine",
            "type": "Microsoft.Resources/resourceGroups",
            "location": "westeurope",
            "tags": tags,
            "properties": { "provisioningState": "Succeeded" },
        })
    };
    assert_eq!(
        (made.status, made.json()),
        (201, document(json!({ "a": "b" })))
    );
    assert_eq!(
        (again.status, again.json()["name"].clone()),
        (200, json!("Mine"))
    );
    assert_eq!(
        (patched.status, patched.json()["tags"].clone()),
        (200, json!({ "c": "d" }))
    );
    assert_eq!(
        (moved.status, moved.code()),
        (409, "InvalidResourceGroupLocation".to_owned())
    );
    assert_eq!((head.status, head.text.as_str()), (204, ""));
}

#[test]
fn deleting_a_group_takes_time_and_everything_in_it() {
    let (simulator, client) = start();
    let path = client.id(GROUP);
    let vnet = format!("{path}/providers/Microsoft.Network/virtualNetworks/v");
    client.put(&vnet, json!({ "location": "westeurope" }));

    let accepted = client.call("DELETE", &path, None);
    let location = accepted.header("location").to_owned();
    let under_way = client.raw("GET", &location, None).unwrap();
    let state = client.get(&path).json();
    let refused = client.put(&vnet, json!({ "location": "westeurope" }));
    simulator.advance(Duration::from_mins(5));
    let done = client.raw("GET", &location, None).unwrap();
    client.group("rg-demo");
    let inside = client.get(&vnet);

    assert_eq!((accepted.status, accepted.text.as_str()), (202, ""));
    assert_eq!(
        (under_way.status, under_way.header("location")),
        (202, location.as_str())
    );
    assert_eq!(state["properties"]["provisioningState"], "Deleting");
    assert_eq!(
        (refused.status, refused.code()),
        (409, "ResourceGroupBeingDeleted".to_owned())
    );
    assert_eq!((done.status, done.text.as_str()), (200, ""));
    assert_eq!(inside.code(), "ResourceNotFound");
}

#[test]
fn a_missing_group_is_told_in_recorded_words() {
    let (_simulator, client) = start();
    let path = client.id("/resourceGroups/none");

    let answers = [client.get(&path), client.call("DELETE", &path, None)];

    for answer in answers {
        let message = "Resource group 'none' could not be found.";
        let body = json!({ "error": { "code": "ResourceGroupNotFound", "message": message } });
        assert_eq!((answer.status, answer.json()), (404, body));
    }
}

#[test]
fn lists_name_groups_and_what_is_in_them() {
    let (_simulator, client) = start();
    let vnet = client.id(&format!(
        "{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
    ));
    client.group("another");
    client.put(&vnet, json!({ "location": "westeurope" }));

    let groups = client.get(&client.id("/resourcegroups")).json();
    let resources = client.get(&client.id(&format!("{GROUP}/resources"))).json();

    let names: Vec<&str> = groups["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["another", "rg-demo"]);
    let kind = "Microsoft.Network/virtualNetworks";
    assert_eq!(
        resources,
        json!({ "value": [{ "id": vnet, "name": "v", "type": kind }] })
    );
}
