//! A plan that is applied later: it gives rights to those it showed, and to nobody who has come to have their names.

use std::time::Duration;

use secureaks_simulator::{Principal, PrincipalKind, Simulator};
use serde_json::{Value, json};

use crate::support::{
    Client, Workspace, assert_understood, azure, clients,
    trouble::{CLUSTER, leaves_nothing},
};

const SUPPORT: &str = r#"
resource "secureaks_aad_binding" "support" {
  cluster_id   = secureaks_cluster.main.id
  name         = "support"
  cluster_role = "view"
  principals {
    type         = "Group"
    display_name = "support"
  }
  principals {
    type      = "User"
    object_id = "2c6a9f17-5be0-4d84-b3c1-7a90e4d8f526"
  }
  principals {
    type                = "User"
    user_principal_name = "dev@simulated.onmicrosoft.com"
  }
}
"#;

const FIRST: &str = "5b0e7f42-93ad-4c18-8f6e-1d7a2c94e0b3";
const SECOND: &str = "e8c15d90-47b2-4fa3-9d60-3b8e2f71a5c4";
const LEE: &str = "2c6a9f17-5be0-4d84-b3c1-7a90e4d8f526";
const PATH: &str = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/support";

#[test]
fn a_saved_plan_gives_nothing_to_a_group_that_has_come_to_have_the_name() {
    for client in clients() {
        for is_left in [false, true] {
            let azure = azure();
            let workspace = with_saved_plan(client, &azure);
            let planned = subjects_of(&workspace);
            if is_left {
                put_group(&azure, FIRST, "former support");
            } else {
                assert!(azure.delete_principal(FIRST));
            }
            put_group(&azure, SECOND, "support");

            let refused = apply_saved(&workspace);
            let bound = azure.kubernetes_object(CLUSTER, PATH);
            workspace.apply().succeeds();

            assert_eq!(planned[1]["object_id"], FIRST);
            // The plan that the client makes again finds the second group, and the client holds it to the first.
            refused.fails_with(&["inconsistent final plan", FIRST, SECOND]);
            assert_eq!(bound, None);
            assert_eq!(names(&azure)[1], SECOND);
            workspace.assert_no_changes();
            leaves_nothing(&azure, &workspace);
            assert_understood(&azure);
        }
    }
}

#[test]
fn a_saved_plan_binds_a_user_who_is_named_by_id_whatever_the_name_is_by_then() {
    for client in clients() {
        let azure = azure();
        let workspace = with_saved_plan(client, &azure);
        let planned = subjects_of(&workspace);
        azure.put_principal(Principal {
            object_id: LEE.to_owned(),
            kind: PrincipalKind::User,
            display_name: "Lee".to_owned(),
            user_principal_name: Some("lee.adams@simulated.onmicrosoft.com".to_owned()),
            ..Principal::default()
        });
        azure.advance(Duration::from_mins(1));

        apply_saved(&workspace).succeeds();

        let group = json!({ "type": "Group", "object_id": FIRST, "name": FIRST });
        assert_eq!(
            planned,
            json!([
                { "type": "User", "object_id": "b92e4d60-1f7a-4c83-95eb-28d0a6f5c714", "name": "dev@simulated.onmicrosoft.com" },
                group,
                { "type": "User", "object_id": LEE },
            ])
        );
        assert_eq!(
            names(&azure),
            [
                "dev@simulated.onmicrosoft.com",
                FIRST,
                "lee.adams@simulated.onmicrosoft.com"
            ]
        );
        workspace.assert_no_changes();
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

/// The quickstart, and a plan that is saved of a binding beside it.
fn with_saved_plan(client: &Client, azure: &Simulator) -> Workspace {
    put_group(azure, FIRST, "support");
    let workspace = Workspace::of_example(client, azure, "quickstart");
    workspace.apply().succeeds();
    workspace.write("support.tf", SUPPORT);
    workspace
}

/// Saves the plan, and says whom it binds; what is not known is left out.
fn subjects_of(workspace: &Workspace) -> Value {
    let plan = workspace.plan_json();
    let changes = plan["resource_changes"].as_array().expect("changes");
    let binding = changes
        .iter()
        .find(|change| change["address"] == "secureaks_aad_binding.support");
    binding.expect("the binding")["change"]["after"]["subjects"].clone()
}

/// Applies the plan that `plan_json` has saved.
fn apply_saved(workspace: &Workspace) -> crate::support::Outcome {
    workspace.run(&["apply", "-input=false", "-no-color", "plan.bin"])
}

fn put_group(azure: &Simulator, id: &str, name: &str) {
    azure.put_principal(Principal {
        object_id: id.to_owned(),
        kind: PrincipalKind::Group,
        display_name: name.to_owned(),
        ..Principal::default()
    });
    azure.advance(Duration::from_mins(1));
}

/// Whom the binding binds in the cluster.
fn names(azure: &Simulator) -> Vec<String> {
    let bound = azure.kubernetes_object(CLUSTER, PATH).expect("a binding");
    let subjects = bound["subjects"].as_array().cloned().unwrap_or_default();
    let name = |one: &Value| one["name"].as_str().unwrap_or_default().to_owned();
    subjects.iter().map(name).collect()
}
