//! What only the built-in API servers do: simulated time, collecting what is owned, and saying what they lack.

use std::time::Duration;

use serde_json::json;

use crate::kubernetes::{CONFIG_MAPS, cluster, config_map};

const TEAM: &str = "/api/v1/namespaces/team";

#[test]
fn a_deleted_namespace_terminates_refuses_content_and_goes_in_time() {
    let (simulator, _client, api) = cluster();
    let namespace = json!({ "metadata": { "name": "team" } });
    api.send("POST", "/api/v1/namespaces", &namespace);
    let config_maps = format!("{TEAM}/configmaps");
    api.send("POST", &config_maps, &config_map("c", &json!({})));

    let deleted = api.delete(TEAM).json();
    let refused = api.send("POST", &config_maps, &config_map("d", &json!({})));
    let still = api.get(&format!("{config_maps}/c")).status;
    simulator.advance(Duration::from_secs(10));
    let gone = [TEAM, &format!("{config_maps}/c")].map(|path| api.get(path).status);

    assert_eq!(deleted["status"]["phase"], "Terminating");
    assert_eq!(
        refused.refusal(),
        (
            403,
            "Forbidden".to_owned(),
            "configmaps \"d\" is forbidden: unable to create new content in namespace team because \
             it is being terminated"
                .to_owned()
        )
    );
    assert_eq!(
        refused.json()["details"]["causes"],
        json!([{
            "reason": "NamespaceTerminating",
            "message": "namespace team is being terminated",
            "field": "metadata.namespace",
        }])
    );
    assert_eq!((still, gone), (200, [404, 404]));
}

#[test]
fn dependents_go_with_their_owner_unless_they_are_orphaned() {
    let (_simulator, _client, api) = cluster();
    let dependents_left = |policy: &str| {
        let owner = api
            .send("POST", CONFIG_MAPS, &config_map("owner", &json!({})))
            .json();
        let mut object = config_map("dependent", &json!({}));
        object["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "name": "owner",
            "uid": owner["metadata"]["uid"],
        }]);
        api.send("POST", CONFIG_MAPS, &object);
        api.delete(&format!("{CONFIG_MAPS}/owner?propagationPolicy={policy}"));
        let left = api.get(&format!("{CONFIG_MAPS}/dependent")).json();
        left["metadata"].get("ownerReferences").is_none() && left["kind"] == "ConfigMap"
    };

    assert!(!dependents_left("Background"));
    assert!(dependents_left("Orphan"));
}

#[test]
fn nodes_are_not_made_by_hand() {
    let (_simulator, _client, api) = cluster();

    let refused = api.send(
        "POST",
        "/api/v1/nodes",
        &json!({ "metadata": { "name": "n" } }),
    );

    let text = "the server does not allow this method on the requested resource";
    let expected = (405, "MethodNotAllowed".to_owned(), text.to_owned());
    assert_eq!(refused.refusal(), expected);
}

#[test]
fn what_kubernetes_has_and_the_simulator_has_not_is_said_to_be_so() {
    let (simulator, _client, api) = cluster();
    let path = "/apis/coordination.k8s.io/v1/namespaces/default/leases";

    let refused = api.get(path);

    let text = format!("the simulator does not know GET {path}");
    assert_eq!(refused.refusal(), (501, "NotSimulated".to_owned(), text));
    assert_eq!(simulator.unknown_requests(), [format!("GET {path}")]);
}
