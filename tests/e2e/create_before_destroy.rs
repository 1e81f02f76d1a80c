//! `create_before_destroy` cannot work where both have one name: it is said, and nothing that was inside is lost.

use crate::support::{Workspace, any_client, assert_understood, azure, trouble::birth};

const NAMESPACE: &str = "/api/v1/namespaces/shop";
const CONFIG: &str = "/api/v1/namespaces/shop/configmaps/conf";
const CLUSTER: &str = crate::support::trouble::CLUSTER;

/// A cluster of the given size with the given `lifecycle`, and a namespace.
fn configuration(size: &str, lifecycle: &str) -> String {
    format!(
        r#"
terraform {{
  required_providers {{
    secureaks = {{ source = "secureaks/secureaks" }}
  }}
}}

resource "secureaks_cluster" "main" {{
  name                 = "aks-demo"
  resource_group_name  = "rg-demo"
  location             = "westeurope"
  grant_applier_access = true
  allow_replacement    = true
  api_server {{
    unrestricted = true
  }}
  system_pool {{
    vm_size    = "{size}"
    node_count = 1
  }}
  {lifecycle}
}}

resource "secureaks_namespace" "shop" {{
  cluster_id            = secureaks_cluster.main.id
  name                  = "shop"
  delete_with_workloads = true
}}
"#
    )
}

#[test]
fn create_before_destroy() {
    const FIRST: &str = "lifecycle { create_before_destroy = true }";
    let azure = azure();
    let workspace = Workspace::new(any_client(), &azure);
    let write = |size, lifecycle| workspace.write("main.tf", &configuration(size, lifecycle));
    write("Standard_D4ds_v5", FIRST);
    workspace.apply().succeeds();
    let config = serde_json::json!({ "data": { "key": "value" } });
    assert!(azure.change_kubernetes_object(CLUSTER, CONFIG, &config));
    let before = (birth(&azure), uid(&azure));

    write("Standard_D8ds_v5", FIRST);
    let planned = workspace.plan();
    let refused = workspace.apply();

    let words = "would come first, and the apply would fail";
    assert!(planned.flat().contains(words), "{}", planned.text);
    refused.fails_with(&["was to delete first", "Remove `create_before_destroy`"]);
    assert_eq!((birth(&azure), uid(&azure)), before);

    write("Standard_D4ds_v5", "");
    let applied = workspace.apply().succeeds();
    workspace.assert_no_changes();

    assert!(
        applied.flat().contains("that an interrupted run began"),
        "{}",
        applied.text
    );
    assert_eq!((birth(&azure), uid(&azure)), before);
    assert!(azure.kubernetes_object(CLUSTER, CONFIG).is_some());

    write("Standard_D8ds_v5", "");
    workspace.apply().succeeds();
    workspace.assert_no_changes();
    assert_ne!(birth(&azure), before.0);
    workspace.destroy().succeeds();
    assert_understood(&azure);
}

/// Which namespace there is.
fn uid(azure: &secureaks_simulator::Simulator) -> serde_json::Value {
    let namespace = azure.kubernetes_object(CLUSTER, NAMESPACE);
    namespace.unwrap_or_default()["metadata"]["uid"].clone()
}
