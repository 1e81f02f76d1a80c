//! The main job: from an empty resource group to "this group works in this namespace, and nothing else talks
//! to its pods", in one apply.

use secureaks_simulator::Simulator;
use serde_json::{Value, json};

use crate::support::{
    Workspace, assert_understood, azure, clients,
    person::{ask, ask_with, token_of},
    trouble::{CLUSTER, api_server, clusters},
};

const MEMBER: &str = "dev@simulated.onmicrosoft.com";
const OUTSIDER: &str = "lee@simulated.onmicrosoft.com";

#[test]
fn one_apply_makes_a_cluster_and_who_may_work_in_it() {
    for client in clients() {
        let azure = azure();
        let workspace = Workspace::of_example(client, &azure, "quickstart");
        let before = azure.resource_ids();

        workspace.apply().succeeds();

        workspace.assert_no_changes();
        assert_eq!(may(&azure, MEMBER, "shop"), (201, 200));
        assert_eq!(may(&azure, MEMBER, "default"), (403, 403));
        assert_eq!(may(&azure, OUTSIDER, "shop"), (403, 403));
        workspace
            .destroy()
            .fails_with(&["Namespace is in use", "ConfigMap `tried`"]);
        let tried = "/api/v1/namespaces/shop/configmaps/tried";
        assert!(azure.change_kubernetes_object(CLUSTER, tried, &Value::Null));
        workspace.destroy().succeeds();
        assert_eq!(clusters(&azure), Vec::<String>::new());
        assert_eq!(azure.resource_ids(), before);
        assert_understood(&azure);
    }
}

/// What the API server answers to somebody who makes a `ConfigMap` in a namespace, and who lists its pods.
fn may(azure: &Simulator, user: &str, namespace: &str) -> (u16, u16) {
    let (server, token) = (api_server(azure, CLUSTER), token_of(azure, user));
    let configuration = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": "tried" },
    });
    let path = format!("/api/v1/namespaces/{namespace}");

    let made = ask_with(
        &server,
        "POST",
        &format!("{path}/configmaps"),
        &token,
        &configuration,
    );
    let listed = ask(&server, "GET", &format!("{path}/pods"), &token);

    (made.0, listed.0)
}
