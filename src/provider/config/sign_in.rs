//! Where and how to sign in, by the provider block and the environment.

use std::path::PathBuf;

use super::{CloudName, Config};
use crate::{
    azure::{self, Cloud, CloudSource, Wire, auth},
    framework::{Block as _, Diagnostic, Diagnostics, Origin, Text as _},
    provider::environment::{Environment, Reader},
};

impl Config {
    /// A block that says no more than these. The error says what is wrong with the cloud, as a
    /// sentence without its full stop.
    pub(in crate::provider) fn for_sign_in(
        tenant_id: Option<String>,
        cloud: Option<&str>,
    ) -> Result<Self, String> {
        let cloud = cloud.map(CloudName::parse).transpose();
        let cloud =
            cloud.map_err(|problem| format!("{problem}; expected {}", CloudName::WANTED))?;
        let empty = Self::schema().empty();
        let mut config = Self::from_value(&empty, Origin::Service, &mut Diagnostics::default());
        config.tenant_id = tenant_id.into();
        config.environment = cloud.into();
        Ok(config)
    }

    /// The cloud and how to sign in to it, without a subscription.
    pub(in crate::provider) fn sign_in(
        &self,
        environment: &Environment,
        wire: &Wire,
    ) -> Result<(CloudSource, auth::Settings), Diagnostics> {
        let mut reader = Reader {
            environment,
            errors: Diagnostics::default(),
        };
        let cloud = self.cloud(&mut reader, wire);
        let settings = self.settings(&mut reader);
        match cloud {
            Some(cloud) if !reader.errors.has_errors() => Ok((cloud, settings)),
            _ => Err(reader.errors),
        }
    }

    pub(super) fn cloud(&self, reader: &mut Reader<'_>, wire: &Wire) -> Option<CloudSource> {
        if let Some(host) = reader.text(
            &self.metadata_host,
            &["ARM_METADATA_HOSTNAME", "ARM_METADATA_HOST"],
        ) {
            return Some(CloudSource::discover(host, wire.clone()));
        }
        let name = match (
            self.environment.if_set(),
            reader.environment.text("ARM_ENVIRONMENT"),
        ) {
            (Some(name), _) => name.clone(),
            (None, Some(text)) => CloudName::other(&text),
            (None, None) => CloudName::Public,
        };
        let cloud = match name {
            CloudName::Public => Cloud::public(),
            CloudName::UsGovernment => Cloud::us_government(),
            CloudName::China => Cloud::china(),
            CloudName::Other(text) => {
                reader.errors.push(Diagnostic::error(
                    "Invalid environment variable",
                    format!(
                        "ARM_ENVIRONMENT is {text:?}; expected {}.",
                        CloudName::WANTED
                    ),
                ));
                return None;
            }
        };
        Some(CloudSource::known(cloud))
    }

    pub(super) fn settings(&self, reader: &mut Reader<'_>) -> auth::Settings {
        let client_id = reader
            .text(&self.client_id, &["ARM_CLIENT_ID"])
            .or_else(|| reader.file(&self.client_id_file_path, "ARM_CLIENT_ID_FILE_PATH"));
        let client_secret = reader
            .secret(&self.client_secret, &["ARM_CLIENT_SECRET"])
            .or_else(|| {
                reader
                    .file(&self.client_secret_file_path, "ARM_CLIENT_SECRET_FILE_PATH")
                    .map(azure::Secret::new)
            });
        let use_aks_workload_identity = reader.switch(
            &self.use_aks_workload_identity,
            "ARM_USE_AKS_WORKLOAD_IDENTITY",
            false,
        );
        let pod = |name: &str| {
            reader
                .environment
                .text(name)
                .filter(|_| use_aks_workload_identity)
        };
        auth::Settings {
            tenant_id: reader
                .text(&self.tenant_id, &["ARM_TENANT_ID"])
                .or_else(|| pod("AZURE_TENANT_ID")),
            client_id: client_id.or_else(|| pod("AZURE_CLIENT_ID")),
            federated_token_file: pod("AZURE_FEDERATED_TOKEN_FILE").map(PathBuf::from),
            client_secret,
            client_certificate: reader
                .secret(&self.client_certificate, &["ARM_CLIENT_CERTIFICATE"]),
            client_certificate_path: reader
                .text(
                    &self.client_certificate_path,
                    &["ARM_CLIENT_CERTIFICATE_PATH"],
                )
                .map(PathBuf::from),
            client_certificate_password: reader.secret(
                &self.client_certificate_password,
                &["ARM_CLIENT_CERTIFICATE_PASSWORD"],
            ),
            use_oidc: reader.switch(&self.use_oidc, "ARM_USE_OIDC", false),
            oidc_token: reader.secret(&self.oidc_token, &["ARM_OIDC_TOKEN"]),
            oidc_token_file: reader
                .text(&self.oidc_token_file_path, &["ARM_OIDC_TOKEN_FILE_PATH"])
                .map(PathBuf::from),
            oidc_request_url: reader.text(
                &self.oidc_request_url,
                &["ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL"],
            ),
            oidc_request_token: reader.secret(
                &self.oidc_request_token,
                &["ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"],
            ),
            azure_devops_request_uri: reader.text(
                &self.oidc_request_url,
                &["ARM_OIDC_REQUEST_URL", "SYSTEM_OIDCREQUESTURI"],
            ),
            azure_devops_access_token: reader.secret(
                &self.oidc_request_token,
                &["ARM_OIDC_REQUEST_TOKEN", "SYSTEM_ACCESSTOKEN"],
            ),
            azure_devops_service_connection_id: reader.text(
                &self.ado_pipeline_service_connection_id,
                &[
                    "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
                    "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
                ],
            ),
            use_aks_workload_identity,
            use_managed_identity: reader.switch(&self.use_msi, "ARM_USE_MSI", false),
            managed_identity_endpoint: reader.text(&self.msi_endpoint, &["ARM_MSI_ENDPOINT"]),
            managed_identity_api_version: reader.environment.text("ARM_MSI_API_VERSION"),
            identity_endpoint: reader.environment.text("IDENTITY_ENDPOINT"),
            identity_header: reader
                .environment
                .text("IDENTITY_HEADER")
                .map(azure::Secret::new),
            use_cli: reader.switch(&self.use_cli, "ARM_USE_CLI", true),
            search_path: reader.environment.variables.get("PATH").cloned(),
        }
    }
}
