//! Kubeconfigs: static credentials, and `kubelogin` for clusters with Entra.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::{Problem, document};
use super::cluster::Cluster;
use super::document::{on, text};
use crate::arm::exchange::Response;

/// The application of AKS's API servers, which tokens are for.
const SERVER_APP: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// The public client `kubelogin` signs users in with.
const CLIENT_APP: &str = "80faf920-1908-4b52-b5ef-a8e7bedfc67a";

/// Whose kubeconfig.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Account {
    Admin,
    User,
    MonitoringUser,
}

impl Account {
    fn name(self) -> &'static str {
        match self {
            Self::Admin => "clusterAdmin",
            Self::User => "clusterUser",
            Self::MonitoringUser => "clusterMonitoringUser",
        }
    }
}

/// The API server of a cluster as its kubeconfigs name it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    /// Such as `https://127.0.0.1:43701`.
    pub(crate) server: String,
    /// Certificate of the cluster's own authority, PEM.
    pub(crate) authority: String,
    /// Certificate of the static credentials, PEM.
    pub(crate) certificate: String,
    /// Its key, PEM.
    pub(crate) key: String,
}

impl Cluster {
    /// The answer to one of the credential lists.
    pub(super) fn credentials(
        &self,
        account: Account,
        format: Option<&str>,
        tenant: &str,
    ) -> Result<Response, Problem> {
        let entra = on(&self.object, "/properties/aadProfile/managed");
        let exec = account == Account::User && entra;
        if !exec && on(&self.object, "/properties/disableLocalAccounts") {
            // Text of Azure/terraform-azurerm-aks and rancher/rancher issue 55962 (2026-07).
            return Err(Problem::provider(
                400,
                "BadRequest",
                "Getting static credential is not allowed because this cluster is set to disable \
                 local accounts.",
            ));
        }
        let user = if !exec {
            self.certificate()
        } else if format == Some("azure") {
            auth_provider(tenant)
        } else {
            kubelogin(tenant)
        };
        let kubeconfig = self.kubeconfig(account, &user);
        let listed = json!({ "name": account.name(), "value": STANDARD.encode(kubeconfig) });
        Ok(document(
            200,
            Vec::new(),
            json!({ "kubeconfigs": [listed] }),
        ))
    }

    fn kubeconfig(&self, account: Account, user: &str) -> String {
        let address = self.address();
        let cluster = &address.name;
        let name = format!("{}_{}_{cluster}", account.name(), address.group);
        let server = match &self.endpoint {
            Some(endpoint) => endpoint.server.clone(),
            None => format!("https://{}:443", self.host_name()),
        };
        let authority = self.endpoint.as_ref().map(|endpoint| &endpoint.authority);
        format!(
            "apiVersion: v1\n\
             clusters:\n\
             - cluster:\n    certificate-authority-data: {authority}\n    server: {server}\n  name: {cluster}\n\
             contexts:\n\
             - context:\n    cluster: {cluster}\n    user: {name}\n  name: {cluster}\n\
             current-context: {cluster}\n\
             kind: Config\n\
             preferences: {{}}\n\
             users:\n\
             - name: {name}\n  user:\n{user}",
            authority = authority
                .map(|pem| STANDARD.encode(pem))
                .unwrap_or_default(),
        )
    }

    fn certificate(&self) -> String {
        let (certificate, key) = self
            .endpoint
            .as_ref()
            .map(|endpoint| {
                let Endpoint {
                    certificate, key, ..
                } = endpoint;
                (STANDARD.encode(certificate), STANDARD.encode(key))
            })
            .unwrap_or_default();
        format!(
            "    client-certificate-data: {certificate}\n    client-key-data: {key}\n    token: {token}\n",
            token = self.token,
        )
    }

    /// The name clients of Azure reach the API server under.
    pub(crate) fn host_name(&self) -> String {
        text(&self.object, "/properties/fqdn")
            .or_else(|| text(&self.object, "/properties/privateFQDN"))
            .unwrap_or_default()
            .to_owned()
    }
}

fn kubelogin(tenant: &str) -> String {
    let arguments: String = [
        "get-token",
        "--environment",
        "AzurePublicCloud",
        "--server-id",
        SERVER_APP,
        "--client-id",
        CLIENT_APP,
        "--tenant-id",
        tenant,
        "--login",
        "devicecode",
    ]
    .iter()
    .flat_map(|argument| ["      - ", argument, "\n"])
    .collect();
    format!(
        "    exec:\n      apiVersion: client.authentication.k8s.io/v1beta1\n      args:\n{arguments}      command: kubelogin\n      env: null\n      installHint: |2\n\n        kubelogin is not installed which is required to connect to AAD enabled cluster.\n\n        To learn more, please go to https://aka.ms/aks/kubelogin\n      provideClusterInfo: false\n"
    )
}

/// The stanza `format=azure` still answers.
fn auth_provider(tenant: &str) -> String {
    format!(
        "    auth-provider:\n      config:\n        apiserver-id: {SERVER_APP}\n        client-id: {CLIENT_APP}\n        config-mode: \"1\"\n        environment: AzurePublicCloud\n        tenant-id: {tenant}\n      name: azure\n"
    )
}
