//! az, told about the cloud as its documentation says. It looks after an operation every 30 seconds of real time,
//! so that each test is of one operation, and they are best run at the same time.

use std::collections::BTreeMap;
use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secureaks_simulator::{Options, Simulator};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::figures;
use crate::place::{GROUP, SUBSCRIPTION, assert_understood, cluster, make_cluster, properties};
use crate::python::{Ran, run};

/// An az that has signed in to a simulator of its own.
struct Az {
    simulator: Simulator,
    home: TempDir,
    environment: BTreeMap<String, String>,
}

impl Az {
    fn signed_in() -> Self {
        let simulator = Simulator::start(Options::default()).unwrap();
        let home = tempfile::tempdir().unwrap();
        let simulated = simulator.environment();
        let folder = home.path().display().to_string();
        let environment = [
            ("HOME", folder.clone()),
            ("AZURE_CONFIG_DIR", folder),
            ("AZURE_CORE_COLLECT_TELEMETRY", "false".to_owned()),
            ("AZURE_CORE_INSTANCE_DISCOVERY", "false".to_owned()),
            ("NO_PROXY", simulated["NO_PROXY"].clone()),
            ("REQUESTS_CA_BUNDLE", simulated["SSL_CERT_FILE"].clone()),
        ]
        .map(|(name, value)| (name.to_owned(), value));
        let az = Self {
            simulator,
            home,
            environment: environment.into(),
        };
        let manager = format!("https://{}", simulated["ARM_METADATA_HOSTNAME"]);
        az.run(&[
            "cloud",
            "register",
            "--name",
            "simulated",
            "--endpoint-resource-manager",
            &manager,
        ])
        .succeeds();
        az.run(&["cloud", "set", "--name", "simulated"]).succeeds();
        let subscriptions = az
            .run(&[
                "login",
                "--service-principal",
                "--username",
                &simulated["ARM_CLIENT_ID"],
                "--password",
                &simulated["ARM_CLIENT_SECRET"],
                "--tenant",
                &simulated["ARM_TENANT_ID"],
            ])
            .json();
        assert_eq!(
            (&subscriptions[0]["state"], &subscriptions[0]["tenantId"]),
            (&json!("Enabled"), &json!(simulated["ARM_TENANT_ID"]))
        );
        az
    }

    /// Runs a command; it answers in JSON.
    fn run(&self, arguments: &[&str]) -> Ran {
        let program = ["-m", "azure.cli"];
        let format = ["--output", "json", "--only-show-errors"];
        run(
            &[&program[..], arguments, &format[..]].concat(),
            &self.environment,
        )
    }

    /// Notes for the documentation that a story came to its end.
    fn passes(&self, file: &str, story: &str) {
        let versions = self.run(&["version"]).json();
        let version = versions["azure-cli"].as_str().unwrap();
        let cell = figures::cell("az", version, story, "passes");
        figures::leave(file, "Clients of the simulator", &[cell]);
    }

    /// Runs a command about a cluster.
    fn aks(&self, verb: &[&str], name: &str, arguments: &[&str]) -> Ran {
        let place = ["--resource-group", GROUP, "--name", name];
        self.run(&[&["aks"], verb, &place[..], arguments].concat())
    }
}

#[test]
fn a_cluster_is_created_shown_and_opened_with_its_credentials() {
    let az = Az::signed_in();
    let kubeconfig = az.home.path().join("kubeconfig");
    let file = kubeconfig.display().to_string();

    let created = az
        .aks(
            &["create"],
            "aks-az",
            &["--no-ssh-key", "--node-count", "2"],
        )
        .json();
    let shown = az.aks(&["show"], "aks-az", &[]).json();
    az.aks(&["get-credentials"], "aks-az", &["--file", &file])
        .succeeds();
    az.aks(
        &["get-credentials"],
        "aks-az",
        &["--file", &file, "--admin"],
    )
    .succeeds();

    let there = az.simulator.resource(&cluster("aks-az")).unwrap();
    assert_eq!(
        (&shown["id"], &shown["provisioningState"], &shown["fqdn"]),
        (
            &there["id"],
            &json!("Succeeded"),
            &there["properties"]["fqdn"]
        )
    );
    assert_eq!(created["id"], shown["id"]);
    assert_eq!(there["properties"]["agentPoolProfiles"][0]["count"], 2);
    let (server, authority) = az.simulator.api_server(&cluster("aks-az")).unwrap();
    let merged: Value = serde_saphyr::from_str(&fs::read_to_string(&kubeconfig).unwrap()).unwrap();
    assert_eq!(
        (
            &merged["current-context"],
            &merged["contexts"][0]["name"],
            &merged["contexts"][1]["name"],
            &merged["clusters"][0]["cluster"],
        ),
        (
            &json!("aks-az-admin"),
            &json!("aks-az"),
            &json!("aks-az-admin"),
            &json!({ "certificate-authority-data": STANDARD.encode(authority), "server": server }),
        )
    );
    assert_understood(&az.simulator);
    az.passes("az-create", "create, show, get-credentials");
}

#[test]
fn entra_is_turned_on_for_a_cluster_that_exists() {
    let az = Az::signed_in();
    let id = make_cluster(&az.simulator, "aks-entra");
    let before = properties(&az.simulator, &id);

    let updated = az.aks(&["update"], "aks-entra", &["--enable-aad"]).json();

    let profile = properties(&az.simulator, &id)["aadProfile"].clone();
    assert_eq!(
        (
            &before["aadProfile"],
            &profile["managed"],
            &profile["tenantID"]
        ),
        (
            &Value::Null,
            &json!(true),
            &json!(az.simulator.environment()["ARM_TENANT_ID"])
        )
    );
    assert_eq!(updated["aadProfile"]["managed"], true);
    assert_understood(&az.simulator);
    az.passes("az-update", "update --enable-aad");
}

#[test]
fn a_pool_is_added() {
    let az = Az::signed_in();
    let id = make_cluster(&az.simulator, "aks-pools");

    let added = az
        .run(&[
            "aks",
            "nodepool",
            "add",
            "--resource-group",
            GROUP,
            "--cluster-name",
            "aks-pools",
            "--name",
            "extra",
            "--node-count",
            "2",
            "--mode",
            "User",
        ])
        .json();

    let pool = properties(&az.simulator, &format!("{id}/agentPools/extra"));
    assert_eq!(
        (&pool["count"], &pool["mode"], &pool["provisioningState"]),
        (&json!(2), &json!("User"), &json!("Succeeded"))
    );
    assert_eq!(
        (&added["name"], &added["count"]),
        (&json!("extra"), &pool["count"])
    );
    assert_understood(&az.simulator);
    az.passes("az-nodepool", "nodepool add");
}

#[test]
fn a_cluster_is_deleted() {
    let az = Az::signed_in();
    let id = make_cluster(&az.simulator, "aks-gone");

    az.aks(&["delete"], "aks-gone", &["--yes"]).succeeds();
    let left = az.run(&["aks", "list"]).json();
    let shown = az.aks(&["show"], "aks-gone", &[]);

    assert_eq!(az.simulator.resource(&id), None);
    assert_eq!(left, json!([]));
    assert_eq!(shown.code, 3, "{}", shown.error);
    assert!(
        shown.error.contains("(ResourceNotFound)"),
        "{}",
        shown.error
    );
    assert_understood(&az.simulator);
    az.passes("az-delete", "delete");
}

#[test]
fn a_role_is_assigned_to_a_group_that_graph_knows() {
    let az = Az::signed_in();
    let scope = format!("{SUBSCRIPTION}/resourceGroups/{GROUP}");

    let group = az
        .run(&["ad", "group", "show", "--group", "developers"])
        .json();
    let assigned = az
        .run(&[
            "role",
            "assignment",
            "create",
            "--assignee",
            group["id"].as_str().unwrap(),
            "--role",
            "Reader",
            "--scope",
            &scope,
        ])
        .json();
    let listed = az
        .run(&[
            "role",
            "assignment",
            "list",
            "--scope",
            &scope,
            "--role",
            "Reader",
        ])
        .json();

    let there = properties(&az.simulator, assigned["id"].as_str().unwrap());
    assert_eq!(group["displayName"], "developers");
    assert_eq!(
        (
            &there["principalId"],
            &there["principalType"],
            &there["scope"]
        ),
        (&group["id"], &json!("Group"), &json!(scope))
    );
    assert_eq!(listed[0]["id"], assigned["id"]);
    assert_understood(&az.simulator);
    az.passes("az-role", "role assignment create, ad group show");
}
