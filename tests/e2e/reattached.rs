//! A provider that somebody else started, to look at it with a debugger: the client attaches to it.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use secureaks_simulator::Simulator;
use serde_json::json;

use crate::support::{
    Workspace, assert_understood, azure, clients,
    trouble::{CLUSTER, clusters},
};

#[test]
fn a_cluster_lives_its_whole_life_in_a_provider_that_stands() {
    for client in clients() {
        let azure = azure();
        let mut workspace = Workspace::of_cluster(client, &azure);
        let provider = Standing::start(&azure, &workspace);
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

/// The provider.
struct Standing {
    process: Child,
    /// What it says to put into `TF_REATTACH_PROVIDERS`.
    invitation: String,
}

impl Standing {
    /// Starts it in the folder of a workspace, where a client would.
    fn start(azure: &Simulator, workspace: &Workspace) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_terraform-provider-secureaks"))
            .arg("--debug")
            .env_clear()
            .envs(azure.environment())
            .env("TMPDIR", workspace.path(""))
            .current_dir(workspace.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the provider starts");
        let lines = BufReader::new(process.stdout.take().expect("piped")).lines();
        let invitation = lines
            .map_while(Result::ok)
            .find_map(|line| {
                let value = line.trim().strip_prefix("TF_REATTACH_PROVIDERS=")?;
                Some(value.trim_matches('\'').to_owned())
            })
            .expect("an invitation");
        Self {
            process,
            invitation,
        }
    }

    /// Tells it to end; its exit code.
    fn end(mut self) -> Option<i32> {
        let process = self.process.id().to_string();
        let told = Command::new("kill").args(["-TERM", &process]).status();
        assert!(told.expect("kill runs").success());
        self.process.wait().expect("it ends").code()
    }
}

impl Drop for Standing {
    /// A story that fails leaves nothing running.
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
