//! A mistyped name is refused wherever it stands: a setting that vanished would leave its default in force.

use crate::support::{Workspace, azure, clients};

/// A configuration with a wrong name in each kind of block: a group, a required and a repeated one.
const CONFIGURATION: &str = r#"
terraform {
  required_providers {
    secureaks = { source = "secureaks/secureaks" }
  }
}

resource "secureaks_cluster" "typo" {
  name                = "aks-typo"
  resource_group_name = "rg-demo"
  location            = "westeurope"

  entra {
    admin_groups = ["f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345"]
  }

  api_server {
    authorized_ip_ranges = ["20.50.0.0/24"]
  }

  network {
    network_policy = "calico"
  }

  system_pool {
    vm_size    = "Standard_D4ds_v5"
    node_count = 3
    max_podz   = 110
  }
}

resource "secureaks_network_policy" "typo" {
  cluster_id = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters/aks-demo"
  namespace  = "default"
  name       = "typo"

  allow_from {
    namespaces = "web"
  }
}
"#;

#[test]
fn nested_typo() {
    for client in clients() {
        let azure = azure();
        let workspace = Workspace::new(client, &azure);
        workspace.write("main.tf", CONFIGURATION);

        let refused = workspace.run(&["validate", "-no-color"]);

        let named = |name: &str| format!("An argument named \"{name}\" is not expected here");
        let refusals = ["admin_groups", "network_policy", "max_podz", "namespaces"].map(named);
        refused.fails_with(&refusals.each_ref().map(String::as_str));
    }
}
