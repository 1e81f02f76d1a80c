//! Ten clusters with a hundred bindings each: what the provider is measured and tested with for many objects.

use std::time::Duration;

use secureaks_simulator::{Principal, PrincipalKind, Simulator};
use serde_json::json;

/// How many clusters there are.
pub(crate) const CLUSTERS: usize = 10;
/// How many groups have a binding in each of them.
const TEAMS: usize = 100;

/// Whom the environment of a simulated Azure signs in.
const DEPLOYER: &str = "a4e81b57-0c9d-4f32-86a1-d5b7c2e9f013";
const GROUP: &str = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo";

/// Makes the clusters past the provider, with all rights in them for the signed-in identity, and the groups; the
/// clusters' ids.
pub(crate) fn make(azure: &Simulator) -> Result<Vec<String>, String> {
    for team in 0..TEAMS {
        azure.put_principal(Principal {
            object_id: format!("{TEAM}{team:012}"),
            kind: PrincipalKind::Group,
            display_name: format!("team-{team}"),
            ..Principal::default()
        });
    }
    let ids = (0..CLUSTERS).map(|number| make_cluster(azure, &format!("aks-{number}")));
    ids.collect()
}

/// What an object id of a group begins with; its number follows.
const TEAM: &str = "5d7c2f10-8e4b-4a36-b1c9-";

fn make_cluster(azure: &Simulator, name: &str) -> Result<String, String> {
    let id = format!("{GROUP}/providers/Microsoft.ContainerService/managedClusters/{name}");
    let pool = json!({
        "name": "system", "mode": "System", "vmSize": "Standard_D4ds_v5", "count": 1,
    });
    let body = json!({
        "location": "westeurope",
        "identity": { "type": "SystemAssigned" },
        "properties": {
            "dnsPrefix": name,
            "disableLocalAccounts": true,
            "aadProfile": { "managed": true, "enableAzureRBAC": true },
            "agentPoolProfiles": [pool],
        },
    });
    let status = azure.put(&id, body);
    if status != 201 {
        return Err(format!("the simulator answers {status} for {id}"));
    }
    azure.advance(Duration::from_hours(1));
    azure.grant(DEPLOYER, "Azure Kubernetes Service RBAC Cluster Admin", &id);
    Ok(id)
}

/// A binding of each group in each cluster. They are not proved to have effect: that is no part of a plan.
pub(crate) fn configuration(clusters: &[String]) -> String {
    format!(
        r#"terraform {{
  required_providers {{
    secureaks = {{ source = "secureaks/secureaks" }}
  }}
}}

locals {{
  clusters = {}
}}

resource "secureaks_aad_binding" "team" {{
  count        = {TEAMS} * length(local.clusters)
  cluster_id   = local.clusters[floor(count.index / {TEAMS})]
  name         = "team-${{count.index % {TEAMS}}}"
  cluster_role = "view"
  verify       = false

  principals {{
    type      = "Group"
    object_id = format("{TEAM}%012d", count.index % {TEAMS})
  }}
}}
"#,
        json!(clusters)
    )
}
