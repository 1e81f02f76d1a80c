//! What a real API server and its etcd are told when they start: their options and the files these
//! name, as functions of the cluster.

use std::path::Path;

use serde_json::{Value, json};

use crate::certificate::Authority;
use crate::kubernetes::authentication::on;
use crate::kubernetes::store::text;

/// Who a caller is in Entra, in what authentication says of them beside their name. The server wants
/// such keys to be of a domain.
pub(super) const OBJECT_ID: &str = "azure.com/oid";

/// The application of AKS's API servers, which tokens are for.
pub(super) const SERVER_APP: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

const CONFIGURATION: &str = "apiserver.config.k8s.io/v1";

/// What of a managed cluster its API server cannot follow while it runs: it is started anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    /// The minor version it is to behave as, where it can.
    version: Option<String>,
    /// Whether Azure is asked after the cluster's own rules.
    asks_azure: bool,
}

impl Shape {
    /// By the managed cluster with the properties GET of Resource Manager answers.
    pub(super) fn of(cluster: &Value) -> Self {
        let version = text(cluster, "/properties/currentKubernetesVersion");
        let minor = version.rsplit_once('.').map_or("", |(minor, _)| minor);
        Self {
            version: EMULATED.contains(&minor).then(|| minor.to_owned()),
            asks_azure: on(cluster, "/properties/aadProfile/enableAzureRBAC"),
        }
    }
}

/// The versions that a kube-apiserver 1.36 can behave as.
const EMULATED: [&str; 4] = ["1.33", "1.34", "1.35", "1.36"];

/// What there is to know of a cluster to start its API server.
pub(super) struct Launch {
    pub(super) instance: String,
    pub(super) shape: Shape,
    pub(super) authority: Authority,
    /// The name clients of Azure know the server by.
    pub(super) host_name: String,
    /// Certificate and key of the static credentials, PEM.
    pub(super) administrator: (String, String),
    /// Their token.
    pub(super) administrator_token: String,
    pub(super) tenant_id: String,
    /// Origin of Entra sign-in.
    pub(super) login: String,
    /// The certificate of the authority Entra is known by, PEM.
    pub(super) entra_authority: String,
    /// Origin of the control API, where the webhook is.
    pub(super) control: String,
    /// A token of Entra's for API servers, to see that they know it.
    pub(super) probe: String,
}

/// The files a server is started with, by name, and their contents.
pub(super) fn files(
    launch: &Launch,
    folder: &Path,
    certificate: (String, String),
    accounts: (String, String),
) -> Vec<(&'static str, String)> {
    vec![
        ("server.pem", certificate.0),
        ("server-key.pem", certificate.1),
        ("authority.pem", launch.authority.certificate.clone()),
        ("accounts.pem", accounts.0),
        ("accounts-key.pem", accounts.1),
        ("tokens.csv", tokens(launch)),
        ("authentication.json", authentication(launch).to_string()),
        (
            "authorization.json",
            authorization(folder, &launch.shape).to_string(),
        ),
        ("webhook.json", webhook(launch).to_string()),
    ]
}

/// The static credentials: token, name, no id, groups.
fn tokens(launch: &Launch) -> String {
    let token = &launch.administrator_token;
    format!("{token},masterclient,,system:masters\n")
}

/// Entra's tokens for AKS: home users go by their sign-in name, everybody else by object id. Nobody is
/// anonymous.
fn authentication(launch: &Launch) -> Value {
    let Launch {
        tenant_id,
        login,
        entra_authority,
        ..
    } = launch;
    json!({
        "apiVersion": CONFIGURATION,
        "kind": "AuthenticationConfiguration",
        "jwt": [{
            "issuer": {
                "url": format!("https://sts.windows.net/{tenant_id}/"),
                "discoveryURL": format!("{login}/{tenant_id}/.well-known/openid-configuration"),
                "certificateAuthority": entra_authority,
                "audiences": [SERVER_APP],
            },
            "claimMappings": {
                "username": { "expression": "has(claims.upn) ? claims.upn : claims.oid" },
                "groups": { "expression": "has(claims.groups) ? claims.groups : []" },
                "extra": [{ "key": OBJECT_ID, "valueExpression": "claims.oid" }],
            },
        }],
        "anonymous": { "enabled": false },
    })
}

/// The rules kept in the cluster, and after them Azure where the cluster asks it.
fn authorization(folder: &Path, shape: &Shape) -> Value {
    let mut authorizers = vec![json!({ "type": "RBAC", "name": "rbac" })];
    if shape.asks_azure {
        authorizers.push(json!({
            "type": "Webhook",
            "name": "azure",
            "webhook": {
                // What is remembered and how long is for the webhook, which lives in simulated time.
                "authorizedTTL": "1s",
                "cacheAuthorizedRequests": false,
                "unauthorizedTTL": "1s",
                "cacheUnauthorizedRequests": false,
                "timeout": "10s",
                "subjectAccessReviewVersion": "v1",
                "matchConditionSubjectAccessReviewVersion": "v1",
                "failurePolicy": "NoOpinion",
                "connectionInfo": {
                    "type": "KubeConfigFile",
                    "kubeConfigFile": folder.join("webhook.json"),
                },
            },
        }));
    }
    json!({
        "apiVersion": CONFIGURATION,
        "kind": "AuthorizationConfiguration",
        "authorizers": authorizers,
    })
}

fn webhook(launch: &Launch) -> Value {
    let Launch {
        control, instance, ..
    } = launch;
    json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{
            "name": "azure",
            "cluster": { "server": format!("{control}/azure-rbac/{instance}") },
        }],
        "users": [{ "name": "server", "user": {} }],
        "contexts": [{ "name": "azure", "context": { "cluster": "azure", "user": "server" } }],
        "current-context": "azure",
    })
}

/// How etcd is started. A killed simulator may lose what it wrote, so nothing waits for the disk.
pub(super) fn etcd(folder: &Path, port: u16) -> Vec<String> {
    let clients = etcd_address(port);
    let data = folder.join("etcd");
    vec![
        format!("--data-dir={}", data.display()),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        "--listen-peer-urls=http://127.0.0.1:0".into(),
        "--unsafe-no-fsync".into(),
        "--log-level=warn".into(),
    ]
}

fn etcd_address(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// How the API server is started: on loopback, without the controllers that would run pods.
pub(super) fn api_server(folder: &Path, shape: &Shape, port: u16, etcd: u16) -> Vec<String> {
    let file = |option: &str, name: &str| format!("--{option}={}", folder.join(name).display());
    let mut options = vec![
        format!("--etcd-servers={}", etcd_address(etcd)),
        "--bind-address=127.0.0.1".into(),
        "--advertise-address=127.0.0.1".into(),
        "--endpoint-reconciler-type=none".into(),
        format!("--secure-port={port}"),
        file("tls-cert-file", "server.pem"),
        file("tls-private-key-file", "server-key.pem"),
        file("client-ca-file", "authority.pem"),
        file("token-auth-file", "tokens.csv"),
        file("authentication-config", "authentication.json"),
        file("authorization-config", "authorization.json"),
        "--service-account-issuer=https://kubernetes.default.svc".into(),
        file("service-account-key-file", "accounts.pem"),
        file("service-account-signing-key-file", "accounts-key.pem"),
        "--service-cluster-ip-range=10.0.0.0/16".into(),
        "--allow-privileged=true".into(),
    ];
    options.extend(
        shape
            .version
            .iter()
            .map(|version| format!("--emulated-version={version}")),
    );
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_shaped_by_the_version_of_its_cluster_and_who_decides() {
        let cases = [
            ("1.35.7", true, Some("1.35"), true),
            ("1.33.12", false, Some("1.33"), false),
            ("1.32.9", false, None, false),
            ("1.37.0", false, None, false),
        ];

        for (version, asks, emulated, asks_azure) in cases {
            let cluster = json!({ "properties": {
                "currentKubernetesVersion": version,
                "aadProfile": { "enableAzureRBAC": asks },
            }});
            let expected = Shape {
                version: emulated.map(str::to_owned),
                asks_azure,
            };
            assert_eq!(Shape::of(&cluster), expected, "{version}");
        }
    }

    #[test]
    fn azure_is_asked_after_the_rules_and_only_where_it_is_to_be() {
        let types = |asks_azure: bool| {
            let shape = Shape {
                version: None,
                asks_azure,
            };
            let configuration = authorization(Path::new("/"), &shape);
            let authorizers = configuration["authorizers"].as_array().unwrap().clone();
            authorizers
                .iter()
                .map(|one| text(one, "/type").to_owned())
                .collect::<Vec<_>>()
        };

        assert_eq!(types(false), ["RBAC"]);
        assert_eq!(types(true), ["RBAC", "Webhook"]);
    }
}
