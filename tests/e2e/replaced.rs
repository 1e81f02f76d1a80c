//! A cluster that is replaced takes what is in it along: planned without asking anybody, made anew, and nobody
//! calls the machine itself or an API server that is gone.

use std::collections::BTreeSet;

use secureaks_simulator::{Host, Simulator};
use serde_json::json;

use crate::support::{
    Proxy, Workspace, assert_understood, azure, clients,
    trouble::{CLUSTER, api_server, leaves_nothing},
};

/// A change that needs a new cluster, and the leave to make it.
const REPLACED: &str = r#"
resource "secureaks_cluster" "main" {
  name                 = "aks-demo"
  resource_group_name  = "rg-demo"
  location             = "westeurope"
  grant_applier_access = true
  allow_replacement    = true

  network {
    pod_cidr = "10.64.0.0/16"
  }

  api_server {
    authorized_ip_ranges = ["20.50.0.0/24"]
  }

  system_pool {
    vm_size    = "Standard_D4ds_v5"
    node_count = 3
  }
}
"#;

#[test]
fn a_replaced_cluster_gets_everything_inside_anew() {
    for client in clients() {
        let azure = azure();
        let proxy = Proxy::start();
        let mut workspace = Workspace::of_example(client, &azure, "quickstart");
        workspace
            .set("HTTPS_PROXY", proxy.address())
            .set("NO_PROXY", "")
            .set("no_proxy", "");
        assert_eq!(workspace.plan().code, 2);
        // There is no cluster yet, so these are Resource Manager, sign-in and Graph.
        let azures_own = proxy.called();
        workspace.apply().succeeds();
        let old = api_server(&azure, CLUSTER);
        drop(proxy.called());
        replace_cluster(&workspace);
        azure.clear_journal();

        let planned = workspace.plan();
        workspace.apply().succeeds();

        assert_eq!(planned.code, 2, "{}", planned.text);
        assert!(
            planned
                .flat()
                .contains("4 to add, 0 to change, 4 to destroy"),
            "{}",
            planned.text
        );
        workspace.assert_no_changes();
        let new = api_server(&azure, CLUSTER);
        assert_ne!(old.address, new.address);
        let servers = [old, new].map(|server| server.address.replace("https://", ""));
        let called: BTreeSet<String> = proxy.called().difference(&azures_own).cloned().collect();
        assert_eq!(called, BTreeSet::from(servers));
        assert_nobody_called_after_deletion(&azure);
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

#[test]
fn a_namespace_with_workloads_stops_the_plan_before_anything_is_destroyed() {
    for client in clients() {
        let azure = azure();
        let workspace = Workspace::of_example(client, &azure, "quickstart");
        workspace.apply().succeeds();
        let web = json!({
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
        });
        let path = "/apis/apps/v1/namespaces/shop/deployments/web";
        assert!(azure.change_kubernetes_object(CLUSTER, path, &web));
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
    let begin = text
        .find("resource \"secureaks_cluster\"")
        .expect("a cluster");
    let length = text[begin..].find("\n}\n").expect("its end") + 3;
    let changed = format!("{}{REPLACED}{}", &text[..begin], &text[begin + length..]);
    workspace.write("main.tf", &changed);
}

/// After the old cluster's deletion was accepted, nobody came to its API server any more: whoever does finds
/// the connection closed, which the journal notes as `CONNECT`.
fn assert_nobody_called_after_deletion(azure: &Simulator) {
    let refused: Vec<_> = azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.host == Host::Kubernetes && exchange.method == "CONNECT")
        .collect();
    assert_eq!(refused, []);
}
