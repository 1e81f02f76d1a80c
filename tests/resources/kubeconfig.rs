//! The data source `secureaks_kubeconfig`: text that kubectl reads, and nothing secret in it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value as Json, json};

use crate::{
    existing::foreign_cluster,
    support::{CLUSTER, Provider, assert_understood, fast_azure, told},
};

const NAME: &str = "secureaks_kubeconfig";

#[test]
fn kubectl_is_told_to_run_our_binary() {
    let azure = fast_azure();
    let cluster = foreign_cluster(&azure);
    let provider = Provider::of(&azure);

    let answer = provider.data(NAME, &json!({ "cluster_id": CLUSTER }));

    let authority = answer["cluster_ca_certificate"].as_str().expect("PEM");
    let server = answer["server"].as_str().expect("an address");
    assert!(server.starts_with("https://127.0.0.1:"), "{server}");
    assert!(authority.starts_with("-----BEGIN CERTIFICATE-----\n"));
    let tenant = cluster["properties"]["aadProfile"]["tenantID"]
        .as_str()
        .expect("a tenant");
    let expected = format!(
        "\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {authority}
    server: {server}
  name: aks-demo
contexts:
- context:
    cluster: aks-demo
    user: clusterUser_rg-demo_aks-demo
  name: aks-demo
current-context: aks-demo
kind: Config
users:
- name: clusterUser_rg-demo_aks-demo
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      args:
      - credential
      - --tenant-id
      - {tenant}
      - --environment
      - public
      command: terraform-provider-secureaks
      installHint: terraform-provider-secureaks is not found. Put the binary on the PATH, or name it in `command` of the data source secureaks_kubeconfig.
      interactiveMode: IfAvailable
      provideClusterInfo: false
",
        authority = STANDARD.encode(authority)
    );
    assert_eq!(answer["kubeconfig"].as_str(), Some(expected.as_str()));
    assert_understood(&azure);
}

#[test]
fn azure_is_asked_once_for_all_kubeconfigs_of_a_cluster() {
    let azure = fast_azure();
    foreign_cluster(&azure);
    let provider = Provider::of(&azure);
    azure.clear_journal();

    for id in [CLUSTER.to_owned(), CLUSTER.to_lowercase()] {
        provider.data(NAME, &json!({ "cluster_id": id, "login": "kubelogin" }));
    }

    let asked = azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.path.contains("listClusterUserCredential"));
    assert_eq!(asked.count(), 1);
}

#[test]
fn program_and_login_mode_are_what_was_asked_for() {
    let azure = fast_azure();
    foreign_cluster(&azure);
    let provider = Provider::of(&azure);
    let queries = [
        json!({ "login_mode": "devicecode", "command": "./bin/terraform-provider-secureaks" }),
        json!({ "login": "kubelogin" }),
        json!({ "login": "kubelogin", "login_mode": "devicecode" }),
    ];

    let lines = queries.map(|mut query| {
        query["cluster_id"] = CLUSTER.into();
        let answer = provider.data(NAME, &query);
        command_line(&answer)
    });

    assert_eq!(
        lines,
        [
            "./bin/terraform-provider-secureaks credential --login devicecode --tenant-id TENANT --environment public",
            "kubelogin get-token --login azurecli --server-id 6dae42f8-4368-4678-94ff-3960e28e3630 --tenant-id TENANT --environment AzurePublicCloud",
            "kubelogin get-token --login devicecode --server-id 6dae42f8-4368-4678-94ff-3960e28e3630 --client-id 80faf920-1908-4b52-b5ef-a8e7bedfc67a --tenant-id TENANT --environment AzurePublicCloud",
        ]
    );
}

/// What kubectl would run, with the simulator's tenant by its name.
fn command_line(answer: &Json) -> String {
    let config = kube::config::Kubeconfig::from_yaml(answer["kubeconfig"].as_str().expect("text"))
        .expect("a kubeconfig");
    let user = config.auth_infos.into_iter().next().expect("a user");
    let exec = user.auth_info.and_then(|user| user.exec).expect("exec");
    let words = exec
        .command
        .into_iter()
        .chain(exec.args.unwrap_or_default());
    let line = words.collect::<Vec<_>>().join(" ");
    let tenant = line.split("--tenant-id ").nth(1).unwrap_or_default();
    let tenant = tenant.split(' ').next().unwrap_or_default().to_owned();
    line.replace(&tenant, "TENANT")
}

#[test]
fn a_private_cluster_is_called_by_the_name_that_was_chosen() {
    let azure = fast_azure();
    foreign_cluster(&azure);
    azure.change(CLUSTER, |cluster| {
        cluster["properties"]["fqdn"] = json!("aks-public.hcp.westeurope.azmk8s.io");
    });
    let provider = Provider::of(&azure);

    let query = json!({ "cluster_id": CLUSTER, "public_fqdn": true });
    let answer = provider.data(NAME, &query);

    let server = "https://aks-public.hcp.westeurope.azmk8s.io";
    assert_eq!(answer["server"], server);
    assert!(
        answer["kubeconfig"]
            .as_str()
            .expect("text")
            .contains(server)
    );
}

#[test]
fn what_gives_no_kubeconfig_is_told_with_what_to_do() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let gone = provider.validated(NAME, &json!({ "cluster_id": CLUSTER }));
    foreign_cluster(&azure);
    let mode = json!({ "cluster_id": CLUSTER, "login_mode": "azurecli", "command": "" });
    let mode = provider.validated(NAME, &mode);
    azure.change(CLUSTER, |cluster| {
        cluster["properties"]["aadProfile"] = json!(null);
        cluster["properties"]["disableLocalAccounts"] = json!(false);
    });
    let local = Provider::of(&azure).validated(NAME, &json!({ "cluster_id": CLUSTER }));

    let texts = [gone, mode, local].map(|(value, diagnostics)| {
        assert_eq!(value, Json::Null);
        told(&diagnostics)
    });

    insta::assert_snapshot!(texts.join("\n\n"));
    assert_understood(&azure);
}
