//! Patches in their other three forms.

use serde_json::{Value, json};

use super::{Answer, Api, CONFIG_MAPS, cluster, config_map};

fn patch(api: &Api, path: &str, form: &str, change: &Value) -> Answer {
    let media_type = format!("application/{form}-patch+json");
    api.try_send("PATCH", path, &media_type, &change.to_string())
        .unwrap()
}

#[test]
fn each_form_changes_the_object_in_its_way() {
    let (_simulator, _client, api) = cluster();
    let path = format!("{CONFIG_MAPS}/c");
    api.send(
        "POST",
        CONFIG_MAPS,
        &config_map("c", &json!({ "a": "1", "b": "1" })),
    );

    let steps = json!([
        { "op": "test", "path": "/data/a", "value": "1" },
        { "op": "add", "path": "/data/c", "value": "2" },
    ]);
    let json_patched = patch(&api, &path, "json", &steps).json();
    let merged = patch(&api, &path, "merge", &json!({ "data": { "a": null } })).json();
    let strategic = patch(
        &api,
        &path,
        "strategic-merge",
        &json!({ "data": { "b": "3" } }),
    )
    .json();
    let unknown = patch(&api, &path, "other", &json!({}));

    assert_eq!(
        json_patched["data"],
        json!({ "a": "1", "b": "1", "c": "2" })
    );
    assert_eq!(merged["data"], json!({ "b": "1", "c": "2" }));
    assert_eq!(strategic["data"], json!({ "b": "3", "c": "2" }));
    assert_eq!(unknown.status, 415);
}

#[test]
fn a_json_patch_whose_test_fails_changes_nothing() {
    let (_simulator, _client, api) = cluster();
    let path = format!("{CONFIG_MAPS}/c");
    api.send("POST", CONFIG_MAPS, &config_map("c", &json!({ "a": "1" })));

    let steps = json!([
        { "op": "add", "path": "/data/b", "value": "2" },
        { "op": "test", "path": "/data/a", "value": "2" },
    ]);
    let refused = patch(&api, &path, "json", &steps);

    assert_eq!(
        (refused.status, refused.text_at("/reason").as_str()),
        (422, "Invalid")
    );
    assert_eq!(api.get(&path).json()["data"], json!({ "a": "1" }));
}

#[test]
fn the_status_is_changed_through_its_subresource_only() {
    let (_simulator, _client, api) = cluster();
    let path = "/api/v1/namespaces/default/pods";
    let pod = json!({
        "metadata": { "name": "p" },
        "spec": { "containers": [{ "name": "c", "image": "i" }] },
    });
    api.send("POST", path, &pod);
    let path = format!("{path}/p");
    let change = json!({
        "metadata": { "labels": { "a": "1" } },
        "status": { "phase": "Running" },
    });

    let whole = patch(&api, &path, "merge", &change).json();
    let status = patch(&api, &format!("{path}/status"), "merge", &change).json();

    assert_eq!(whole["status"]["phase"], "Pending");
    assert_eq!(status["status"]["phase"], "Running");
}

#[test]
fn a_change_of_the_spec_counts_as_a_generation() {
    let (_simulator, _client, api) = cluster();
    let path = "/apis/apps/v1/namespaces/default/deployments";
    let labels = json!({ "app": "web" });
    let deployment = json!({
        "metadata": { "name": "web" },
        "spec": {
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [{ "name": "c", "image": "i" }] },
            },
        },
    });
    let created = api.send("POST", path, &deployment).json();
    let path = format!("{path}/web");

    let labeled = patch(
        &api,
        &path,
        "merge",
        &json!({ "metadata": { "labels": labels } }),
    )
    .json();
    let scale = json!({ "spec": { "replicas": 4 } });
    let scaled = patch(&api, &format!("{path}/scale"), "merge", &scale).json();
    let last = api.get(&path).json();

    let generations = [&created, &labeled, &last].map(|own| own["metadata"]["generation"].clone());
    assert_eq!(generations, [1, 1, 2]);
    assert_eq!(
        (&scaled["kind"], &scaled["spec"]["replicas"]),
        (&json!("Scale"), &json!(4))
    );
    assert_eq!(last["spec"]["replicas"], 4);
}
