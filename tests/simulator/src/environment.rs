//! The environment variables that point a client at the simulator, in azurerm's names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::cloud::{Setting, sign_in};
use crate::entra::Subject;
use crate::seed;
use crate::shared::Shared;

/// How a client signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// Client secret of the application that owns the subscription.
    Secret,
    /// Client secret of the application that may only read.
    ReaderSecret,
    /// Client certificate, as a PEM file with its key.
    Certificate,
    /// The managed identity of the machine, through App Service's endpoint.
    ManagedIdentity,
    /// A workflow of GitHub Actions.
    GitHub,
    /// A service connection of Azure Pipelines.
    AzurePipelines,
    /// A foreign token given as it is.
    OidcToken,
    /// A service account of a Kubernetes cluster, with its token in a file.
    WorkloadIdentity,
}

/// The files clients are pointed to: the CA, a certificate with its key, and a foreign token.
pub(crate) const CA_FILE: &str = "ca.pem";
pub(crate) const CLIENT_FILE: &str = "client.pem";
pub(crate) const TOKEN_FILE: &str = "federated-token";

impl Shared {
    /// The variables a client needs, in azurerm's names.
    pub(crate) fn environment(&self, credential: Credential) -> BTreeMap<String, String> {
        let Setting {
            origins,
            directory,
            poll_interval,
            ..
        } = &self.setting;
        let secrets = self.lock().cloud.secrets.clone();
        let file = |name: &str| directory.join(name).display().to_string();
        let reader = credential == Credential::ReaderSecret;
        let client = if reader {
            seed::READER_APP
        } else {
            seed::OWNER_APP
        };
        let interval = poll_interval.as_millis().max(10);
        let mut variables: Vec<(&str, String)> = vec![
            (
                "ARM_METADATA_HOSTNAME",
                origins.arm.trim_start_matches("https://").to_owned(),
            ),
            ("ARM_TENANT_ID", seed::TENANT.to_owned()),
            ("ARM_SUBSCRIPTION_ID", seed::SUBSCRIPTION.to_owned()),
            ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
            ("SECUREAKS_POLL_INTERVAL", format!("{interval}ms")),
            ("SSL_CERT_FILE", file(CA_FILE)),
        ];
        if credential != Credential::ManagedIdentity {
            variables.push(("ARM_CLIENT_ID", client.to_owned()));
        }
        let oidc = ("ARM_USE_OIDC", "true".to_owned());
        variables.extend(match credential {
            Credential::Secret => vec![("ARM_CLIENT_SECRET", secrets.owner)],
            Credential::ReaderSecret => vec![("ARM_CLIENT_SECRET", secrets.reader)],
            Credential::Certificate => vec![("ARM_CLIENT_CERTIFICATE_PATH", file(CLIENT_FILE))],
            Credential::ManagedIdentity => vec![
                ("ARM_USE_MSI", "true".to_owned()),
                (
                    "IDENTITY_ENDPOINT",
                    format!("{}/msi/token", origins.control),
                ),
                ("IDENTITY_HEADER", secrets.identity_header),
            ],
            Credential::GitHub => vec![
                oidc,
                // GitHub's address carries a query, to which clients append the audience.
                (
                    "ACTIONS_ID_TOKEN_REQUEST_URL",
                    format!("{}/oidc/github?api-version=2.0", origins.login),
                ),
                ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", secrets.request_token),
            ],
            Credential::AzurePipelines => vec![
                oidc,
                (
                    "SYSTEM_OIDCREQUESTURI",
                    format!("{}/oidc/azure-pipelines", origins.login),
                ),
                ("SYSTEM_ACCESSTOKEN", secrets.request_token),
                (
                    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
                    SERVICE_CONNECTION.to_owned(),
                ),
            ],
            Credential::OidcToken => vec![oidc, ("ARM_OIDC_TOKEN", self.exchange_token())],
            Credential::WorkloadIdentity => vec![
                ("ARM_USE_AKS_WORKLOAD_IDENTITY", "true".to_owned()),
                ("AZURE_CLIENT_ID", seed::OWNER_APP.to_owned()),
                ("AZURE_TENANT_ID", seed::TENANT.to_owned()),
                ("AZURE_AUTHORITY_HOST", format!("{}/", origins.login)),
                ("AZURE_FEDERATED_TOKEN_FILE", file(TOKEN_FILE)),
            ],
        });
        variables
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    /// A fresh token of a Kubernetes service account.
    pub(crate) fn exchange_token(&self) -> String {
        let mut guard = self.lock();
        let inner = &mut *guard;
        let address = inner.cloud.public_address(&self.setting);
        let sign_in = sign_in(&self.setting, &inner.clock, &mut inner.random, address);
        Subject::Kubernetes.exchange_token(&sign_in)
    }
}

const SERVICE_CONNECTION: &str = "4f6d1a92-c7e8-4b35-9d0f-a2e5b8c3d761";
