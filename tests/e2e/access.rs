//! What a binding gives its members is theirs alone, and is gone with it: by a Kubernetes role and by one of Azure's.

use std::fs;

use secureaks_simulator::Simulator;

use crate::support::{
    Workspace, assert_understood, azure, clients,
    person::{ask, token_of},
    trouble::{CLUSTER, api_server, leaves_nothing, wait_until},
};

/// A member of the quickstart's group, bound to a Kubernetes role in `shop`.
const DEVELOPER: &str = "dev@simulated.onmicrosoft.com";
/// Given a role of Azure by name.
const AUDITOR: &str = "lee@simulated.onmicrosoft.com";
/// Given nothing.
const OUTSIDER: &str = "kim_partner.example#EXT#@simulated.onmicrosoft.com";

const AUDITORS: &str = r#"
resource "secureaks_aad_binding" "auditors" {
  cluster_id = secureaks_cluster.main.id
  name       = "auditors"
  mode       = "azure_rbac"
  azure_role = "Azure Kubernetes Service RBAC Reader"
  principals {
    type                = "User"
    user_principal_name = "lee@simulated.onmicrosoft.com"
  }
}
"#;

#[test]
fn what_a_binding_gives_is_gone_with_it() {
    for client in clients() {
        let azure = azure();
        let workspace = Workspace::of_example(client, &azure, "quickstart");
        workspace.write("auditors.tf", AUDITORS);
        workspace.apply().succeeds();
        workspace.assert_no_changes();

        let tokens = [DEVELOPER, AUDITOR, OUTSIDER].map(|user| token_of(&azure, user));
        let given = tokens.each_ref().map(|token| lists_pods(&azure, token));
        take_bindings_out(&workspace);
        workspace.apply().succeeds();

        assert_eq!(given, [200, 200, 403]);
        // Azure's authorizer remembers for some minutes of its time, which are moments here.
        for token in &tokens {
            wait_until("nothing is left", || lists_pods(&azure, token) == 403);
        }
        workspace.assert_no_changes();
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

/// What the API server answers to whoever lists the pods of `shop`.
fn lists_pods(azure: &Simulator, token: &str) -> u16 {
    let server = api_server(azure, CLUSTER);
    ask(&server, "GET", "/api/v1/namespaces/shop/pods", token).0
}

/// Takes both bindings out of the configuration.
fn take_bindings_out(workspace: &Workspace) {
    fs::remove_file(workspace.path("auditors.tf")).expect("removed");
    let main = fs::read_to_string(workspace.path("main.tf")).expect("the configuration");
    let (before, rest) = main
        .split_once("resource \"secureaks_aad_binding\"")
        .expect("a binding");
    let (_, after) = rest.split_once("\n}\n").expect("its end");
    workspace.write("main.tf", &format!("{before}{after}"));
}
