//! Namespaces: what is in a new one, and how one goes.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Api, cluster, config_map, wait_until};

const TEAM: &str = "/api/v1/namespaces/team";

fn create(api: &Api) -> Value {
    let namespace = json!({ "metadata": { "name": "team" } });
    api.send("POST", "/api/v1/namespaces", &namespace).json()
}

#[test]
fn a_new_namespace_bears_its_name_and_has_what_every_one_has() {
    let (_simulator, _client, api) = cluster();

    let created = create(&api);

    let expected = (
        &json!({ "kubernetes.io/metadata.name": "team" }),
        &json!({ "finalizers": ["kubernetes"] }),
        &json!({ "phase": "Active" }),
    );
    assert_eq!(
        (
            &created["metadata"]["labels"],
            &created["spec"],
            &created["status"]
        ),
        expected
    );
    for contents in ["serviceaccounts/default", "configmaps/kube-root-ca.crt"] {
        wait_until(contents, || {
            api.get(&format!("{TEAM}/{contents}")).status == 200
        });
    }
}

#[test]
fn a_finalizer_of_a_content_holds_the_namespace_which_says_so() {
    let (simulator, _client, api) = cluster();
    create(&api);
    let mut held = config_map("c", &json!({}));
    held["metadata"]["finalizers"] = json!(["example.com/hold"]);
    api.send("POST", &format!("{TEAM}/configmaps"), &held);
    api.delete(TEAM);

    simulator.advance(Duration::from_mins(5));
    wait_until("the namespace says what holds it", || {
        api.get(TEAM).json()["status"]["conditions"].is_array()
    });
    let waiting = api.get(TEAM).json();
    let release = json!({ "metadata": { "finalizers": [] } }).to_string();
    let path = format!("{TEAM}/configmaps/c");
    api.try_send("PATCH", &path, "application/merge-patch+json", &release)
        .unwrap();
    wait_until("the namespace goes", || api.get(TEAM).status == 404);

    let said: Vec<(&Value, &Value)> = waiting["status"]["conditions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|condition| condition["status"] == "True")
        .map(|condition| (&condition["type"], &condition["message"]))
        .collect();
    assert_eq!(
        said,
        [
            (
                &json!("NamespaceContentRemaining"),
                &json!("Some resources are remaining: configmaps. has 1 resource instances"),
            ),
            (
                &json!("NamespaceFinalizersRemaining"),
                &json!(
                    "Some content in the namespace has finalizers remaining: example.com/hold in 1 \
                     resource instances"
                ),
            ),
        ]
    );
}
