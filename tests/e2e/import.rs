//! Taking over a cluster that exists: by id and by identity, and then there is nothing to change.

use secureaks_simulator::Simulator;
use serde_json::{Value, json};

use crate::support::{
    Client, Workspace, assert_understood, azure, clients, trouble::leaves_nothing,
};

#[test]
fn a_cluster_is_imported_by_id_and_nothing_is_to_be_changed() {
    for client in clients() {
        let (azure, id) = a_cluster(client);
        // Azure's ids have no case, and are copied from places that spell them differently.
        let spellings = [id.clone(), id.replace("resourceGroups", "resourcegroups")];
        let workspaces = spellings.map(|spelled| {
            let workspace = Workspace::of_cluster(client, &azure);

            workspace
                .run(&[
                    "import",
                    "-input=false",
                    "-no-color",
                    "secureaks_cluster.main",
                    &spelled,
                ])
                .succeeds();

            // An import leaves the configuration's outputs to the next apply, which changes no resource.
            let plan = workspace.plan_json();
            assert_eq!(
                plan["resource_changes"][0]["change"]["actions"],
                json!(["no-op"])
            );
            workspace.apply().succeeds();
            workspace.assert_no_changes();
            // What is handed on is spelled as azurerm takes it.
            assert_eq!(workspace.cluster()["id"], id);
            workspace
        });
        leaves_nothing(&azure, &workspaces[1]);
        assert_understood(&azure);
    }
}

#[test]
fn an_import_plans_nothing_but_itself() {
    for client in clients() {
        let (azure, id) = a_cluster(client);
        let workspace = Workspace::of_cluster(client, &azure);
        workspace.write(
            "import.tf",
            &format!("import {{\n  to = secureaks_cluster.main\n  id = {id:?}\n}}\n"),
        );

        let plan = workspace.plan_json();

        let change = &plan["resource_changes"][0]["change"];
        assert_eq!(
            (&change["actions"], &change["importing"]["id"]),
            (&json!(["no-op"]), &id.into())
        );
        workspace.apply().succeeds();
        workspace.assert_no_changes();
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

#[test]
fn a_cluster_is_imported_by_identity_where_the_client_knows_of_it() {
    for client in clients() {
        let (azure, id) = a_cluster(client);
        let subscription = id.split('/').nth(2).expect("a subscription");
        let workspace = Workspace::of_cluster(client, &azure);
        workspace.write(
            "import.tf",
            &format!(
                "import {{\n  to = secureaks_cluster.main\n  identity = {{\n    subscription_id     = {subscription:?}\n    resource_group_name = \"rg-demo\"\n    name                = \"aks-demo\"\n  }}\n}}\n"
            ),
        );

        let applied = workspace.apply();

        if client.knows((1, 12), (1, 12)) {
            applied.succeeds();
            workspace.assert_no_changes();
            assert_eq!(workspace.cluster()["id"], id);
            leaves_nothing(&azure, &workspace);
        } else {
            applied.fails_with(&["identity"]);
            assert_eq!(workspace.cluster(), Value::Null);
        }
        assert_understood(&azure);
    }
}

#[test]
fn what_is_no_cluster_is_not_imported() {
    for client in clients() {
        let (azure, id) = a_cluster(client);
        let group = id.split("/providers/").next().expect("a group").to_owned();
        let missing = format!("{id}-of-nobody");

        for (id, words) in [
            (
                group.as_str(),
                &["is the id of something else", "az aks show"][..],
            ),
            ("aks-demo", &["az aks show"]),
            (missing.as_str(), &["non-existent remote object"]),
        ] {
            let workspace = Workspace::of_cluster(client, &azure);
            workspace
                .run(&[
                    "import",
                    "-input=false",
                    "-no-color",
                    "secureaks_cluster.main",
                    id,
                ])
                .fails_with(words);
        }
    }
}

/// An Azure with a cluster, which another configuration made.
fn a_cluster(client: &Client) -> (Simulator, String) {
    let azure = azure();
    let maker = Workspace::of_cluster(client, &azure);
    maker.apply().succeeds();
    let id = maker.cluster()["id"].as_str().expect("an id").to_owned();
    (azure, id)
}
