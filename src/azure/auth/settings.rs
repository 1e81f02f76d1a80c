//! What a user can set to choose how to sign in, and which way follows from it.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use super::assertion::{AzureDevOps, Federation, GitHub};
use super::certificate::Certificate;
use super::cli::Cli;
use super::entra::{Entra, Proof};
use super::managed_identity::ManagedIdentity;
use super::{AuthError, Credential, Source};
use crate::azure::cloud::CloudSource;
use crate::azure::secret::Secret;
use crate::azure::wire::Wire;

/// How to sign in, as the provider block and the environment say. The names in brackets are azurerm's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of its own in azurerm's environment"
)]
pub struct Settings {
    /// The tenant (`ARM_TENANT_ID`).
    pub tenant_id: Option<String>,
    /// The application, or the user-assigned identity (`ARM_CLIENT_ID`).
    pub client_id: Option<String>,
    /// `ARM_CLIENT_SECRET`.
    pub client_secret: Option<Secret>,
    /// A certificate with its key, in base64 (`ARM_CLIENT_CERTIFICATE`).
    pub client_certificate: Option<Secret>,
    /// The file of one (`ARM_CLIENT_CERTIFICATE_PATH`).
    pub client_certificate_path: Option<PathBuf>,
    /// What opens a PFX (`ARM_CLIENT_CERTIFICATE_PASSWORD`).
    pub client_certificate_password: Option<Secret>,
    /// Whether tokens of another issuer may be used (`ARM_USE_OIDC`).
    pub use_oidc: bool,
    /// Such a token (`ARM_OIDC_TOKEN`).
    pub oidc_token: Option<Secret>,
    /// The file of one (`ARM_OIDC_TOKEN_FILE_PATH`).
    pub oidc_token_file: Option<PathBuf>,
    /// Where GitHub issues one (`ARM_OIDC_REQUEST_URL`, `ACTIONS_ID_TOKEN_REQUEST_URL`).
    pub oidc_request_url: Option<String>,
    /// What GitHub wants to see for it (`ARM_OIDC_REQUEST_TOKEN`, `ACTIONS_ID_TOKEN_REQUEST_TOKEN`).
    pub oidc_request_token: Option<Secret>,
    /// Where Azure DevOps issues one (`SYSTEM_OIDCREQUESTURI`).
    pub azure_devops_request_uri: Option<String>,
    /// What Azure DevOps wants to see for it (`SYSTEM_ACCESSTOKEN`).
    pub azure_devops_access_token: Option<Secret>,
    /// Which of its connections to use (`ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID`).
    pub azure_devops_service_connection_id: Option<String>,
    /// Whether to sign in as the pod's service account (`ARM_USE_AKS_WORKLOAD_IDENTITY`).
    pub use_aks_workload_identity: bool,
    /// The file of its token (`AZURE_FEDERATED_TOKEN_FILE`).
    pub federated_token_file: Option<PathBuf>,
    /// Whether to sign in as the machine (`ARM_USE_MSI`).
    pub use_managed_identity: bool,
    /// Where the machine's identity answers instead of the usual place (`ARM_MSI_ENDPOINT`).
    pub managed_identity_endpoint: Option<String>,
    /// The version of that address's API (`ARM_MSI_API_VERSION`).
    pub managed_identity_api_version: Option<String>,
    /// Where the identity of App Service and its kin answers (`IDENTITY_ENDPOINT`).
    pub identity_endpoint: Option<String>,
    /// What it wants to see (`IDENTITY_HEADER`).
    pub identity_header: Option<Secret>,
    /// Whether the Azure CLI may be asked (`ARM_USE_CLI`, by default yes).
    pub use_cli: bool,
    /// Where programs are looked for, if not where this process looks (`PATH`).
    pub search_path: Option<OsString>,
}

impl Settings {
    /// The first way to sign in that is set, in azurerm's order. Nothing is sent yet.
    pub fn credential(&self, cloud: &CloudSource, wire: &Wire) -> Result<Credential, AuthError> {
        Ok(Credential::new(
            self.source(cloud, wire)?,
            Arc::clone(&wire.clock),
        ))
    }

    fn source(&self, cloud: &CloudSource, wire: &Wire) -> Result<Box<dyn Source>, AuthError> {
        let entra = |method, proof| -> Result<Box<dyn Source>, AuthError> {
            let tenant = required(method, "ARM_TENANT_ID", self.tenant_id.as_ref())?.clone();
            let client = required(method, "ARM_CLIENT_ID", self.client_id.as_ref())?.clone();
            Ok(Box::new(Entra::new(
                tenant,
                client,
                proof,
                cloud.clone(),
                wire.clone(),
            )?))
        };
        if let Some(certificate) = self.certificate() {
            return entra("a client certificate", Proof::Certificate(certificate));
        }
        if let Some(secret) = &self.client_secret {
            return entra("a client secret", Proof::Secret(secret.clone()));
        }
        if let Some((method, federation)) = self.federation()? {
            return entra(method, Proof::Federation(federation));
        }
        if self.use_managed_identity {
            return Ok(Box::new(ManagedIdentity::new(
                self,
                cloud.clone(),
                wire.clone(),
            )?));
        }
        if self.use_cli {
            return Ok(Box::new(Cli::new(
                self.tenant_id.clone(),
                self.search_path.clone(),
                cloud.clone(),
            )?));
        }
        Err(AuthError::Nothing { cli: None })
    }

    fn certificate(&self) -> Option<Certificate> {
        let password = self.client_certificate_password.clone();
        match (&self.client_certificate, &self.client_certificate_path) {
            (Some(text), _) => Some(Certificate::inline(text.clone(), password)),
            (None, Some(path)) => Some(Certificate::file(path.clone(), password)),
            (None, None) => None,
        }
    }

    /// The token of another issuer to sign in with.
    fn federation(&self) -> Result<Option<(&'static str, Federation)>, AuthError> {
        if self.use_oidc {
            if let Some(token) = &self.oidc_token {
                return Ok(Some(("an OIDC token", Federation::Token(token.clone()))));
            }
            if let Some(path) = &self.oidc_token_file {
                let file = Federation::File {
                    path: path.clone(),
                    setting: "ARM_OIDC_TOKEN_FILE_PATH",
                };
                return Ok(Some(("an OIDC token", file)));
            }
            if let Some(connection) = &self.azure_devops_service_connection_id {
                let method = "Azure DevOps";
                let uri = self
                    .azure_devops_request_uri
                    .as_ref()
                    .or(self.oidc_request_url.as_ref());
                let token = self
                    .azure_devops_access_token
                    .as_ref()
                    .or(self.oidc_request_token.as_ref());
                return Ok(Some((
                    method,
                    Federation::AzureDevOps(AzureDevOps {
                        uri: required(method, "SYSTEM_OIDCREQUESTURI", uri)?.clone(),
                        token: required(method, "SYSTEM_ACCESSTOKEN", token)?.clone(),
                        connection: connection.clone(),
                    }),
                )));
            }
            if let Some(url) = &self.oidc_request_url {
                let method = "GitHub";
                let token = required(
                    method,
                    "ARM_OIDC_REQUEST_TOKEN",
                    self.oidc_request_token.as_ref(),
                )?;
                return Ok(Some((
                    method,
                    Federation::GitHub(GitHub {
                        url: url.clone(),
                        token: token.clone(),
                    }),
                )));
            }
        }
        if self.use_aks_workload_identity {
            let (method, setting) = ("AKS workload identity", "AZURE_FEDERATED_TOKEN_FILE");
            let path = required(method, setting, self.federated_token_file.as_ref())?.clone();
            return Ok(Some((method, Federation::File { path, setting })));
        }
        if self.use_oidc && !self.use_managed_identity {
            return Err(AuthError::Missing {
                method: "OIDC",
                setting: "ARM_OIDC_TOKEN",
            });
        }
        Ok(None)
    }
}

fn required<'a, T>(
    method: &'static str,
    setting: &'static str,
    value: Option<&'a T>,
) -> Result<&'a T, AuthError> {
    value.ok_or(AuthError::Missing { method, setting })
}
