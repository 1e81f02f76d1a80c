//! A cluster that is replaced takes what is in it along: planned without asking anybody, made anew, and nobody
//! calls the machine itself or an API server that is gone.

use std::collections::BTreeSet;

use secureaks_simulator::Simulator;
use serde_json::json;

use crate::support::{
    Proxy, Workspace, assert_understood, azure, clients,
    person::Server,
    trouble::{CLUSTER, api_server, host_and_port, inside},
};

/// A change that needs a new cluster, and the leave to make it.
const REPLACED: &str = r#"
resource "secureaks_cluster" "main" {
  name                 = "aks-demo"
  resource_group_name  = "rg-demo"
  location             = "westeurope"
  grant_applier_access = true
  allow_replacement    = true

  network = { pod_cidr = "10.64.0.0/16" }

  api_server = {
    authorized_ip_ranges = ["20.50.0.0/24"]
  }

  system_pool = {
    vm_size    = "Standard_D4ds_v5"
    node_count = 3
  }
}
"#;

#[test]
fn a_replaced_cluster_gets_everything_inside_anew() {
    for client in clients() {
        let azure = azure();
        let mut workspace = Workspace::of_example(client, &azure, "quickstart");
        workspace.apply().succeeds();
        let (proxy, old) = (Proxy::start(), api_server(&azure));
        workspace.set("HTTPS_PROXY", proxy.address());
        replace_cluster(&workspace);
        azure.clear_journal();

        let planned = workspace.plan();
        workspace.apply().succeeds();

        assert_eq!(planned.code, 2, "{}", planned.text);
        assert!(
            planned.flat().contains("4 to add, 0 to change, 4 to destroy"),
            "{}",
            planned.text
        );
        workspace.assert_no_changes();
        let new = api_server(&azure);
        assert_ne!(old.address, new.address);
        assert_eq!(called_besides_azure(&azure, &proxy), servers(&[&old, &new]));
        assert_nobody_called_after_deletion(&azure, &old);
        assert_understood(&azure);
    }
}

#[test]
fn a_namespace_with_workloads_stops_the_plan_before_anything_is_destroyed() {
    for client in clients() {
        let azure = azure();
        let workspace = Workspace::of_example(client, &azure, "quickstart");
        workspace.apply().succeeds();
        inside(
            &azure,
            "/apis/apps/v1/namespaces/shop/deployments/web",
            json!({
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": { "name": "web", "namespace": "shop" },
                "spec": {
                    "selector": { "matchLabels": { "app": "web" } },
                    "template": {
                        "metadata": { "labels": { "app": "web" } },
                        "spec": { "containers": [{ "name": "web", "image": "web" }] },
                    },
                },
            }),
        );
        replace_cluster(&workspace);
        azure.clear_journal();

        let refused = workspace.apply();

        refused.fails_with(&["shop", "web", "delete_with_workloads"]);
        let deleted = azure
            .journal()
            .into_iter()
            .filter(|exchange| exchange.method == "DELETE");
        assert_eq!(deleted.count(), 0);
        assert!(azure.resource(CLUSTER).is_some());
        assert_understood(&azure);
    }
}

/// Puts the change into the quickstart in place of its cluster.
fn replace_cluster(workspace: &Workspace) {
    let text = std::fs::read_to_string(workspace.path("main.tf")).expect("the quickstart");
    let begin = text.find("resource \"secureaks_cluster\"").expect("a cluster");
    let length = text[begin..].find("\n}\n").expect("its end") + 3;
    let changed = format!("{}{REPLACED}{}", &text[..begin], &text[begin + length..]);
    workspace.write("main.tf", &changed);
}

/// Who was called but for Resource Manager, sign-in and Graph.
fn called_besides_azure(azure: &Simulator, proxy: &Proxy) -> BTreeSet<String> {
    let environment = azure.environment();
    let front = environment["ARM_METADATA_HOSTNAME"].clone();
    let own = azure.hosts();
    proxy
        .called()
        .into_iter()
        .filter(|called| *called != front && !own.contains(called))
        .collect()
}

fn servers(servers: &[&Server]) -> BTreeSet<String> {
    servers
        .iter()
        .map(|server| host_and_port(&server.address))
        .collect()
}

/// After the old cluster's deletion was accepted, nobody asked its API server anything.
fn assert_nobody_called_after_deletion(azure: &Simulator, old: &Server) {
    let journal = azure.journal();
    let deletion = journal
        .iter()
        .position(|exchange| exchange.method == "DELETE" && exchange.path.ends_with("/aks-demo"))
        .expect("the deletion of the cluster");
    let late: Vec<_> = journal[deletion..]
        .iter()
        .filter(|exchange| exchange.server.as_deref() == Some(old.address.as_str()))
        .collect();
    assert!(late.is_empty(), "{late:?}");
}
