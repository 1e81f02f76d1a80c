//! The main job: create, look, change, take over, destroy, and nothing is left.

use secureaks_simulator::Simulator;

use crate::support::{Workspace, assert_understood, azure, clients};

#[test]
fn a_cluster_lives_its_whole_life() {
    for client in clients() {
        let azure = azure();
        let workspace = Workspace::of_cluster(client, &azure);

        workspace.apply().succeeds();
        workspace.assert_no_changes();
        let id = workspace.cluster()["id"]
            .as_str()
            .expect("an id")
            .to_owned();
        workspace
            .run(&["apply", "-auto-approve", "-no-color", "-var=node_count=4"])
            .succeeds();
        assert_eq!(nodes(&azure, &id), 4);
        workspace.destroy().succeeds();

        assert_eq!(clusters(&azure), Vec::<String>::new());
        assert_understood(&azure);
    }
}

fn nodes(azure: &Simulator, id: &str) -> i64 {
    let cluster = azure.resource(id).expect("the cluster");
    cluster["properties"]["agentPoolProfiles"][0]["count"]
        .as_i64()
        .expect("a number")
}

fn clusters(azure: &Simulator) -> Vec<String> {
    azure
        .resource_ids()
        .into_iter()
        .filter(|id| id.contains("managedClusters"))
        .collect()
}
