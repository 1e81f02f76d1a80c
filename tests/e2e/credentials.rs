//! The ways into a cluster for others: used by another program in the same apply, and stored nowhere.

use std::fs;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::{
    secrets::{signed_token, workspace_files},
    support::{Client, Workspace, assert_understood, azure, clients},
};

/// What is written beside the cluster: a program that is handed the way in, and a kubeconfig.
const USE: &str = r#"
variable "out" {
  type = string
}

ephemeral "secureaks_credentials" "main" {
  cluster_id = secureaks_cluster.main.id
}

resource "terraform_data" "use" {
  triggers_replace = secureaks_cluster.main.id

  provisioner "local-exec" {
    command = "printf '%s\n%s\n%s' \"$SERVER\" \"$EXPIRES_AT\" \"$TOKEN\" > \"$OUT\""
    environment = {
      SERVER     = ephemeral.secureaks_credentials.main.server
      EXPIRES_AT = ephemeral.secureaks_credentials.main.expires_at
      TOKEN      = ephemeral.secureaks_credentials.main.token
      OUT        = var.out
    }
  }
}

data "secureaks_cluster" "main" {
  cluster_id = lower(secureaks_cluster.main.id)
}

data "secureaks_kubeconfig" "main" {
  cluster_id = data.secureaks_cluster.main.id
}

output "kubeconfig" {
  value = data.secureaks_kubeconfig.main.kubeconfig
}
"#;

/// Clients that know ephemeral resources.
fn with_ephemerals() -> impl Iterator<Item = &'static Client> {
    clients()
        .iter()
        .filter(|client| client.knows((1, 10), (1, 11)))
}

#[test]
fn a_token_reaches_another_program_in_the_apply_that_creates_the_cluster_and_stays_nowhere() {
    for client in with_ephemerals() {
        let azure = azure();
        let elsewhere = tempfile::tempdir().expect("a folder");
        let out = elsewhere.path().join("way");
        let mut workspace = Workspace::of_cluster(client, &azure);
        workspace.write("use.tf", USE);
        let log = workspace.path("trace.log").display().to_string();
        workspace
            .set("TF_VAR_out", &out.display().to_string())
            .set("TF_LOG", "TRACE")
            .set("TF_LOG_PATH", &log);

        let applied = workspace.apply().succeeds();
        let plan = workspace.plan_json().to_string();
        workspace.assert_no_changes();

        let handed_over = fs::read_to_string(&out).expect("the program ran");
        let [server, expires_at, token] = handed_over
            .lines()
            .collect::<Vec<_>>()
            .try_into()
            .expect("three lines");
        let claims = claims(token);
        assert_eq!(claims["aud"], "6dae42f8-4368-4678-94ff-3960e28e3630");
        assert!(server.starts_with("https://") && expires_at.ends_with('Z'));
        let state = workspace.state();
        let kubeconfig = state["outputs"]["kubeconfig"]["value"].as_str();
        assert!(kubeconfig.expect("a kubeconfig").contains(server));
        let mut texts = workspace_files(&workspace);
        assert!(
            texts.keys().any(|name| name.ends_with("trace.log")),
            "{:?}",
            texts.keys()
        );
        texts.insert("apply".to_owned(), applied.text);
        texts.insert("plan as JSON".to_owned(), plan);
        for (place, text) in &texts {
            assert_eq!(signed_token(text), None, "a token is in {place}");
        }
        workspace.destroy().succeeds();
        assert_understood(&azure);
    }
}

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).expect("claims");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64");
    serde_json::from_slice(&claims).expect("JSON")
}
