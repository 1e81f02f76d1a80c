//! A principal that may only read: it refreshes and plans, and is told what it lacks to apply.

use std::collections::BTreeSet;

use secureaks_simulator::{Host, Simulator};

use crate::support::{
    Workspace, assert_understood, azure, clients,
    trouble::{CLUSTER, writes},
};

#[test]
fn a_reader_refreshes_and_plans_and_cannot_apply() {
    for client in clients() {
        let azure = azure();
        let mut workspace = Workspace::of_cluster(client, &azure);
        workspace.apply().succeeds();
        workspace.act_as(azure.reader_environment());
        let before = azure.resource(CLUSTER);
        azure.clear_journal();

        workspace.assert_no_changes();
        workspace
            .run(&[
                "apply",
                "-refresh-only",
                "-auto-approve",
                "-input=false",
                "-no-color",
            ])
            .succeeds();
        let change = workspace.run(&[
            "plan",
            "-detailed-exitcode",
            "-input=false",
            "-no-color",
            "-var=node_count=4",
        ]);
        let methods = methods(&azure);
        let refused = workspace.run(&[
            "apply",
            "-auto-approve",
            "-input=false",
            "-no-color",
            "-var=node_count=4",
        ]);

        assert_eq!(change.code, 2, "{}", change.text);
        assert_eq!(methods, BTreeSet::from(["GET".to_owned()]));
        refused.fails_with(&[
            "Not allowed",
            "Microsoft.ContainerService/managedClusters/write",
            "AuthorizationFailed",
        ]);
        assert_eq!(writes(&azure), [("PUT".to_owned(), Some(403))]);
        assert_eq!(azure.resource(CLUSTER), before);
        assert_eq!(workspace.cluster()["system_pool"]["node_count"], 3);
        assert!(!workspace.is_tainted());
        assert_understood(&azure);
    }
}

/// The methods of all requests to Resource Manager so far.
fn methods(azure: &Simulator) -> BTreeSet<String> {
    azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.host == Host::Arm)
        .map(|exchange| exchange.method)
        .collect()
}
