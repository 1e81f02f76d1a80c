//! A diagnostic about a name that stands in a block quotes the line in that block, not one of the same name outside it.

use crate::support::{Workspace, azure, clients};

const CONFIGURATION: &str = r#"
terraform {
  required_providers {
    secureaks = { source = "secureaks/secureaks" }
  }
}

resource "secureaks_cluster" "main" {
  name                = "aks-wl"
  resource_group_name = "rg-demo"
  location            = "westeurope"

  api_server {
    authorized_ip_ranges = ["20.50.0.0/24"]
  }

  system_pool {
    name       = "System-Pool"
    vm_size    = "Standard_D4ds_v5"
    node_count = 3
  }
}

resource "secureaks_network_policy" "p" {
  cluster_id = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-demo"
  namespace  = "default"
  name       = "p"
  pods       = { app = "web" }

  allow_from {
    namespace = "Bad_NS"
  }

  allow_from {
    pods = { "bad key!" = "x" }
  }
}
"#;

#[test]
fn wrong_line() {
    for client in clients() {
        let azure = azure();
        let workspace = Workspace::new(client, &azure);
        workspace.write("main.tf", CONFIGURATION);

        let refused = workspace.run(&["validate", "-no-color"]);

        // What stands in a set has no line of its own: its block is named.
        refused.fails_with(&[
            "name = \"System-Pool\"",
            "one of `allow_from` (`namespace = \"Bad_NS\"`)",
            "one of `allow_from` (`pods = {\"bad key!\":\"x\"}`)",
        ]);
    }
}
