//! `test` with a mocked provider: what the guide to it says about configurations that pass ids around.

use std::{collections::BTreeMap, fs, path::Path};

use secureaks_simulator::Simulator;

use crate::support::{Client, Outcome, Workspace, azure, clients};

const EXAMPLE: &str = "teams.tftest.hcl";

/// A cluster that another configuration made, and a namespace in it.
const EXISTING: &str = r#"
data "secureaks_cluster" "existing" {
  name                = "aks-existing"
  resource_group_name = "rg-demo"
}

resource "secureaks_namespace" "existing" {
  cluster_id = data.secureaks_cluster.existing.id
  name       = "existing"
}
"#;

/// The example of the guide, initialised as by somebody who has never signed in to Azure.
fn example(client: &Client, azure: &Simulator, test: &str) -> Workspace {
    let mut workspace = Workspace::of_example(client, azure, "testing");
    workspace.install_provider();
    workspace.act_as(BTreeMap::new());
    workspace.write(EXAMPLE, test);
    workspace
}

fn text() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/testing");
    fs::read_to_string(path.join(EXAMPLE)).expect("the test")
}

/// Without the ids of one kind of mock, which stand in a block of their own.
fn without(test: &str, mock: &str) -> String {
    let (before, rest) = test.split_once(mock).expect("the mock");
    let (_, after) = rest.split_once("\n  }\n").expect("its end");
    format!("{before}{}", after.trim_start())
}

fn run(workspace: &Workspace) -> Outcome {
    workspace
        .run(&["init", "-input=false", "-no-color"])
        .succeeds();
    workspace.run(&["test", "-no-color"])
}

/// Those that know mocks; the others say so.
fn clients_with_mocks(azure: &Simulator) -> Vec<&'static Client> {
    let (knowing, others): (Vec<_>, Vec<_>) = clients()
        .iter()
        .partition(|client| client.knows((1, 7), (1, 8)));
    for client in others {
        example(client, azure, &text())
            .run(&["init", "-input=false", "-no-color"])
            .fails_with(&["Blocks of type \"mock_provider\" are not expected here."]);
    }
    knowing
}

#[test]
fn the_test_of_the_guide_passes_and_asks_azure_nothing() {
    let azure = azure();
    for client in clients_with_mocks(&azure) {
        let workspace = example(client, &azure, &text());
        workspace.write("existing.tf", EXISTING);

        let outcome = run(&workspace).succeeds();

        assert!(
            outcome.text.contains("Success! 2 passed, 0 failed."),
            "{}",
            outcome.text
        );
    }
    assert_eq!(azure.journal(), []);
}

#[test]
fn an_id_that_is_made_up_is_refused_as_the_guide_says() {
    let azure = azure();
    for client in clients_with_mocks(&azure) {
        let resource = without(&text(), "mock_resource \"secureaks_cluster\" {");
        let of_resource = example(client, &azure, &resource);
        let data = without(&text(), "mock_data \"secureaks_cluster\" {");
        let of_data = example(client, &azure, &data);
        of_data.write("existing.tf", EXISTING);

        for workspace in [of_resource, of_data] {
            run(&workspace).fails_with(&[
                "Invalid value",
                "Expected `cluster_id` to be a cluster's resource id, `/subscriptions/.../managedClusters/NAME`, found",
                "it is not a resource id, as it does not begin with a slash.",
            ]);
        }
    }
}

#[test]
fn what_is_written_is_checked_as_in_a_plan() {
    let azure = azure();
    for client in clients_with_mocks(&azure) {
        let workspace = example(client, &azure, &text());
        let configuration = fs::read_to_string(workspace.path("main.tf")).expect("it");
        let wrong = configuration.replace("20.50.0.0/24", "20.50.0.0/33");
        workspace.write("main.tf", &wrong);

        run(&workspace).fails_with(&["Invalid value", "20.50.0.0/33"]);
    }
}
