//! A provider that somebody else started, to look at it with a debugger: the client attaches to it.

use serde_json::json;

use crate::support::{
    Standing, Workspace, assert_understood, azure, clients,
    trouble::{CLUSTER, clusters},
};

#[test]
fn a_cluster_lives_its_whole_life_in_a_provider_that_stands() {
    for client in clients() {
        let azure = azure();
        let mut workspace = Workspace::of_cluster(client, &azure);
        let provider = Standing::start(&azure.environment(), &workspace.path(""));
        workspace.set("TF_REATTACH_PROVIDERS", &provider.invitation);
        // A client that starts a provider of its own finds none, and that one could not sign in.
        workspace.write("client.tfrc", "");
        workspace.act_as([].into());

        workspace.apply().succeeds();
        workspace.assert_no_changes();
        workspace
            .run(&["apply", "-auto-approve", "-no-color", "-var=node_count=4"])
            .succeeds();
        let count =
            azure.resource(CLUSTER).expect("the cluster")["properties"]["agentPoolProfiles"][0]["count"].clone();
        workspace.destroy().succeeds();

        assert_eq!(count, json!(4));
        assert_eq!(clusters(&azure), Vec::<String>::new());
        assert_eq!(provider.end(), Some(0));
        assert_understood(&azure);
    }
}
