//! A state that another one's configuration is run with, by a slip, gets nothing of what the other holds: not in
//! another workspace, with another backend or state file, nor in a test run, and its destroy destroys nothing.

use secureaks_simulator::Simulator;
use serde_json::Value;

use crate::support::{
    Client, Outcome, Workspace, assert_understood, azure, clients,
    trouble::{birth, clusters, leaves_nothing},
};

const OTHER_STATE: &str = "-state=other.tfstate";

#[test]
fn a_second_workspace_neither_takes_nor_destroys_the_first_ones_cluster() {
    for client in clients() {
        let (azure, workspace) = applied(client);
        let first = birth(&azure);

        select(&workspace, &["new", "second"]);
        let planned = workspace.plan();
        let refused = workspace.apply();
        workspace.destroy().succeeds();
        select(&workspace, &["select", "default"]);

        assert!(
            planned.flat().contains("in the workspace `default`"),
            "{}",
            planned.text
        );
        refused.fails_with(&["in the workspace `default`", "terraform import"]);
        assert_eq!(birth(&azure), first);
        workspace.assert_no_changes();
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

#[test]
fn another_state_file_neither_takes_nor_destroys_the_first_ones_cluster() {
    for client in clients() {
        let (azure, workspace) = applied(client);
        let first = birth(&azure);

        let planned = run(&workspace, "plan", &[OTHER_STATE]);
        let refused = run(&workspace, "apply", &["-auto-approve", OTHER_STATE]);
        run(&workspace, "destroy", &["-auto-approve", OTHER_STATE]).succeeds();

        assert!(
            planned.flat().contains("apply will refuse"),
            "{}",
            planned.text
        );
        refused.fails_with(&["by a run that began at", "terraform import"]);
        assert_eq!(birth(&azure), first);
        workspace.assert_no_changes();
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

#[test]
fn a_test_run_neither_takes_nor_destroys_the_cluster_of_its_folder() {
    for client in clients() {
        let (azure, workspace) = applied(client);
        let first = birth(&azure);
        let test = "run \"apply\" {\n  assert {\n    condition     = secureaks_cluster.main.name == \"aks-demo\"\n    error_message = \"no\"\n  }\n}\n";
        workspace.write("takeover.tftest.hcl", test);

        let tested = run(&workspace, "test", &[]);

        tested.fails_with(&["by a run that began at"]);
        assert_eq!(birth(&azure), first);
        workspace.assert_no_changes();
        leaves_nothing(&azure, &workspace);
        assert_understood(&azure);
    }
}

#[test]
fn another_backend_neither_takes_nor_destroys_the_first_ones_cluster() {
    for client in clients() {
        let azure = azure();
        let mut workspace = Workspace::of_cluster(client, &azure);
        workspace.install_provider();
        let backend = |path: &str| {
            format!("terraform {{\n  backend \"local\" {{\n    path = \"{path}\"\n  }}\n}}\n")
        };
        workspace.write("backend.tf", &backend("one.tfstate"));
        run(&workspace, "init", &[]).succeeds();
        workspace.apply().succeeds();
        let first = birth(&azure);

        workspace.write("backend.tf", &backend("two.tfstate"));
        run(&workspace, "init", &["-reconfigure"]).succeeds();
        let refused = workspace.apply();
        workspace.destroy().succeeds();

        refused.fails_with(&["with another backend", "terraform import"]);
        assert_eq!(birth(&azure), first);
        workspace.write("backend.tf", &backend("one.tfstate"));
        run(&workspace, "init", &["-reconfigure"]).succeeds();
        workspace.assert_no_changes();
        workspace.destroy().succeeds();
        assert_eq!(clusters(&azure), Vec::<String>::new());
        assert_understood(&azure);
    }
}

/// A cluster that one state holds, and that no plan has looked at since.
fn applied(client: &Client) -> (Simulator, Workspace) {
    let azure = azure();
    let workspace = Workspace::of_cluster(client, &azure);
    workspace.apply().succeeds();
    assert_ne!(birth(&azure), Value::Null);
    (azure, workspace)
}

fn select(workspace: &Workspace, arguments: &[&str]) {
    let arguments = [&["workspace"], arguments].concat();
    workspace.run(&arguments).succeeds();
}

fn run(workspace: &Workspace, command: &str, arguments: &[&str]) -> Outcome {
    let no_questions: &[&str] = if command == "test" {
        &["-no-color"]
    } else {
        &["-no-color", "-input=false"]
    };
    workspace.run(&[&[command], no_questions, arguments].concat())
}
