//! Principals that may only read: with rights inside the cluster they refresh and plan everything; without,
//! what is inside stays in the state. Neither of them can apply, and is told what is missing.

use std::fs;

use secureaks_simulator::Simulator;
use serde_json::json;

use crate::support::{
    Workspace, any_client, assert_understood, azure, clients,
    person::{apply_yaml, token_in},
    trouble::{CLUSTER, api_server},
};

/// The application `reader` of the simulator.
const READER: &str = "5d20f8c6-b73a-4e91-9f04-c18a6e2d7b39";

/// A change inside the cluster: the namespace gets a label.
const LABELLED: &str = "  name       = \"shop\"\n  labels     = { team = \"shop\" }\n";

#[test]
fn who_may_read_inside_refreshes_and_plans_everything() {
    for client in clients() {
        let azure = azure();
        let mut workspace = Workspace::of_example(client, &azure, "quickstart");
        workspace.apply().succeeds();
        let_read_inside(&azure);
        workspace.act_as(azure.reader_environment());

        workspace.assert_no_changes();
        let quiet = workspace.plan();
        label(&workspace);
        let planned = workspace.plan();
        let refused = workspace.apply();

        assert!(!quiet.text.contains("Cannot refresh"), "{}", quiet.text);
        assert_eq!(planned.code, 2, "{}", planned.text);
        planned_for_somebody_else(&planned.flat());
        refused.fails_with(&[
            "Not allowed inside the cluster: could not change the namespace",
            "cannot patch resource \"namespaces\"",
            "grant_applier_access",
        ]);
        assert_understood(&azure);
    }
}

#[test]
fn a_plain_reader_plans_the_cluster_and_keeps_what_is_inside() {
    for client in clients() {
        let azure = azure();
        let mut workspace = Workspace::of_example(client, &azure, "quickstart");
        workspace.apply().succeeds();
        let before = workspace.state();
        workspace.act_as(azure.reader_environment());

        let same = workspace.plan();
        let change = workspace.run(&[
            "plan",
            "-detailed-exitcode",
            "-input=false",
            "-no-color",
            "-var=node_count=4",
        ]);
        let refreshed = workspace.run(&[
            "apply",
            "-refresh-only",
            "-auto-approve",
            "-input=false",
            "-no-color",
        ]);
        label(&workspace);
        let refused = workspace.apply();

        assert_eq!((same.code, change.code), (0, 2), "{}", same.text);
        assert_eq!(refreshed.code, 0, "{}", refreshed.text);
        for kind in ["namespace", "network policy", "binding"] {
            assert!(
                same.flat().contains(&format!("Cannot refresh the {kind}")),
                "{kind}: {}",
                same.text
            );
        }
        assert_eq!(workspace.state()["resources"], before["resources"]);
        refused.fails_with(&[
            "listClusterUserCredential/action",
            "Azure Kubernetes Service Cluster User Role",
        ]);
        assert_understood(&azure);
    }
}

#[test]
fn a_strict_refresh_fails_where_the_cluster_cannot_be_asked() {
    let azure = azure();
    let mut workspace = Workspace::of_example(any_client(), &azure, "quickstart");
    workspace.apply().succeeds();
    workspace
        .act_as(azure.reader_environment())
        .set("SECUREAKS_STRICT_REFRESH", "true");

    let refused = workspace.plan();

    refused.fails_with(&[
        "Error: Cannot refresh the namespace",
        "listClusterUserCredential/action",
    ]);
}

/// Gives the reader the role in Azure and the documented one inside.
fn let_read_inside(azure: &Simulator) {
    let role = "Azure Kubernetes Service Cluster User Role";
    assert!(azure.grant(READER, role, CLUSTER));
    let guide = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/guides/read-only.md");
    let guide = fs::read_to_string(guide).expect("the guide");
    let yaml = guide.split("```yaml\n").nth(1).expect("a ClusterRole");
    let yaml = yaml.split("```").next().unwrap_or_default().to_owned();
    let applied = apply_yaml(
        &api_server(azure, CLUSTER),
        "/apis/rbac.authorization.k8s.io/v1/clusterroles/secureaks-read-only",
        &token_in(&azure.environment()),
        yaml,
    );
    assert_eq!(applied, 201);
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": { "name": "reader" },
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "secureaks-read-only",
        },
        "subjects": [
            { "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": READER },
        ],
    });
    let path = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/reader";
    assert!(azure.change_kubernetes_object(CLUSTER, path, &binding));
}

fn planned_for_somebody_else(text: &str) {
    assert!(
        text.contains("The signed-in identity may not apply this"),
        "{text}"
    );
}

/// Writes the change into the configuration.
fn label(workspace: &Workspace) {
    let text = fs::read_to_string(workspace.path("main.tf")).expect("the quickstart");
    let changed = text.replace("  name       = \"shop\"\n", LABELLED);
    assert_ne!(changed, text);
    workspace.write("main.tf", &changed);
}
