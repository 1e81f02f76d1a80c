//! The ways into a cluster for others: used by other programs after the apply and within it, and stored
//! nowhere.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secureaks_simulator::Simulator;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    secrets::{signed_token, workspace_files},
    support::{
        Client, Workspace, any_client, assert_understood, azure, clients,
        trouble::{CLUSTER, clusters},
    },
};

/// The signed-in identity may work inside the cluster.
const INSIDE: &str = r#"
resource "secureaks_cluster" "main" {
  grant_applier_access = true
}
"#;

/// A program that is handed the way in, in the apply that creates the cluster.
const HANDED_OVER: &str = r#"
variable "out" {
  type = string
}

ephemeral "secureaks_credentials" "main" {
  cluster_id = secureaks_cluster.main.id
}

resource "terraform_data" "use" {
  triggers_replace = secureaks_cluster.main.id

  provisioner "local-exec" {
    command = "printf '%s\n%s\n%s\n%s' \"$SERVER\" \"$EXPIRES_AT\" \"$TOKEN\" \"$AUTHORITY\" > \"$OUT\""
    environment = {
      SERVER     = ephemeral.secureaks_credentials.main.server
      AUTHORITY  = ephemeral.secureaks_credentials.main.cluster_ca_certificate
      EXPIRES_AT = ephemeral.secureaks_credentials.main.expires_at
      TOKEN      = ephemeral.secureaks_credentials.main.token
      OUT        = var.out
    }
  }
}
"#;

/// A kubeconfig for the cluster, found as a foreign one is.
const KUBECONFIG: &str = r#"
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

/// A cluster in which the applier may work, with something to find in it.
fn workspace(client: &Client, azure: &Simulator) -> Workspace {
    let workspace = Workspace::of_cluster(client, azure);
    workspace.write("inside_override.tf", INSIDE);
    workspace.write("kubeconfig.tf", KUBECONFIG);
    workspace
}

/// Deploys `web`, past everybody.
fn deploy(azure: &Simulator) {
    let labels = json!({ "app": "web" });
    let container = json!({ "name": "web", "image": "nginx" });
    let deployment = json!({
        "spec": {
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": { "containers": [container] },
            },
        },
    });
    let path = "/apis/apps/v1/namespaces/default/deployments/web";
    assert!(azure.change_kubernetes_object(CLUSTER, path, &deployment));
}

/// What a plain HTTP client learns of the deployments: status, and their names.
#[expect(
    clippy::disallowed_methods,
    reason = "a client that trusts one cluster and nobody else"
)]
fn deployments(server: &str, authority: &str, token: &str) -> (u16, Vec<String>) {
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let authority = reqwest::Certificate::from_pem(authority.as_bytes()).expect("PEM");
    let client = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([authority])
        .build()
        .expect("a client");
    let url = format!("{server}/apis/apps/v1/namespaces/default/deployments");
    let ask = async {
        let response = client.get(url).bearer_auth(token).send().await?;
        let status = response.status().as_u16();
        Ok::<_, reqwest::Error>((status, response.bytes().await?))
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let (status, body) = runtime.block_on(ask).expect("an answer");
    let list: Value = serde_json::from_slice(&body).expect("JSON");
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let names = items.iter().map(|item| {
        item["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    });
    (status, names.collect())
}

#[test]
fn a_token_reaches_another_program_in_the_apply_that_creates_the_cluster_and_stays_nowhere() {
    for client in clients() {
        let azure = azure();
        let elsewhere = tempfile::tempdir().expect("a folder");
        let out = elsewhere.path().join("way");
        let mut workspace = workspace(client, &azure);
        workspace.write("handed_over.tf", HANDED_OVER);
        if !client.knows((1, 10), (1, 11)) {
            workspace
                .apply()
                .fails_with(&["Blocks of type \"ephemeral\" are not expected here"]);
            assert_eq!(clusters(&azure), Vec::<String>::new());
            continue;
        }
        let log = workspace.path("trace.log").display().to_string();
        workspace
            .set("TF_VAR_out", &out.display().to_string())
            .set("TF_LOG", "TRACE")
            .set("TF_LOG_PATH", &log);

        let applied = workspace.apply().succeeds();
        let plan = workspace.plan_json().to_string();
        workspace.assert_no_changes();
        deploy(&azure);

        let handed_over = fs::read_to_string(&out).expect("the program ran");
        let [server, expires_at, token, authority] = handed_over
            .splitn(4, '\n')
            .collect::<Vec<_>>()
            .try_into()
            .expect("four values");
        let found = deployments(server, authority, token);
        assert_eq!(found, (200, vec!["web".to_owned()]));
        assert!(expires_at.ends_with('Z'), "{expires_at}");
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

/// Somebody's machine, with the provider's binary on its `PATH`.
struct Machine<'a> {
    azure: &'a Simulator,
    home: TempDir,
    kubeconfig: PathBuf,
}

impl<'a> Machine<'a> {
    fn new(azure: &'a Simulator, kubeconfig: &str) -> Self {
        let home = tempfile::tempdir().expect("a folder");
        let path = home.path().join("kubeconfig.yaml");
        fs::write(&path, kubeconfig).expect("written");
        Self {
            azure,
            home,
            kubeconfig: path,
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "a story runs the kubectl that is at hand"
    )]
    fn command(&self, program: &str) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-secureaks"));
        let own = binary.parent().expect("a folder").to_owned();
        let usual = std::env::var("PATH").unwrap_or_default();
        let path = [own].into_iter().chain(std::env::split_paths(&usual));
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(self.azure.environment())
            .env("PATH", std::env::join_paths(path).expect("a PATH"))
            .env("HOME", self.home.path())
            .env("KUBECONFIG", &self.kubeconfig)
            .stdin(Stdio::null());
        command
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "whether there is a kubectl is the environment's to say"
    )]
    /// The deployments by kubectl; `None` where it is told to do without.
    fn by_kubectl(&self) -> Option<String> {
        if std::env::var("SECUREAKS_WITHOUT_KUBECTL").is_ok_and(|value| value == "1") {
            println!("SECUREAKS_WITHOUT_KUBECTL=1: what kubectl does is done by hand only");
            return None;
        }
        let mut command = self.command("kubectl");
        command.args(["get", "deployments", "--output=name"]);
        let output = command
            .output()
            .expect("kubectl runs: `make test` builds it where it is missing");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// What kubectl does, by hand: reads the kubeconfig, runs its program, sends the token it prints.
    fn by_hand(&self) -> (u16, Vec<String>) {
        let config = kube::config::Kubeconfig::read_from(&self.kubeconfig).expect("a kubeconfig");
        let cluster = config
            .clusters
            .into_iter()
            .next()
            .and_then(|named| named.cluster);
        let cluster = cluster.expect("a cluster");
        let user = config
            .auth_infos
            .into_iter()
            .next()
            .and_then(|named| named.auth_info);
        let exec = user.and_then(|user| user.exec).expect("a program");
        let version = exec.api_version.expect("a version");
        let info = json!({ "apiVersion": version, "kind": "ExecCredential", "spec": {} });
        let output = self
            .command(&exec.command.expect("a command"))
            .args(exec.args.unwrap_or_default())
            .env("KUBERNETES_EXEC_INFO", info.to_string())
            .output()
            .expect("the program runs");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("a credential");
        assert_eq!(answer["apiVersion"], version);
        let authority = cluster.certificate_authority_data.expect("an authority");
        let authority = STANDARD.decode(authority).expect("base64");
        deployments(
            &cluster.server.expect("a server"),
            &String::from_utf8(authority).expect("PEM"),
            answer["status"]["token"].as_str().expect("a token"),
        )
    }
}

#[test]
fn kubectl_lists_deployments_with_the_kubeconfig_and_the_binary() {
    let azure = azure();
    let workspace = workspace(any_client(), &azure);
    workspace.apply().succeeds();
    deploy(&azure);
    let kubeconfig = workspace.run(&["output", "-raw", "kubeconfig"]).succeeds();
    let machine = Machine::new(&azure, &kubeconfig.text);

    let by_hand = machine.by_hand();
    let by_kubectl = machine.by_kubectl();

    assert_eq!(by_hand, (200, vec!["web".to_owned()]));
    if let Some(printed) = by_kubectl {
        assert_eq!(printed, "deployment.apps/web\n");
    }
    assert_eq!(signed_token(&kubeconfig.text), None);
    assert_understood(&azure);
}
