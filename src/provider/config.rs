//! The provider block, and what every call is handed that follows from it.

mod sign_in;

use std::{path::PathBuf, sync::Arc, time::Duration};

use azure_core::http::HttpClient;
use uuid::Uuid;

use super::environment::{Environment, Reader};
use crate::{
    azure::{self, Client, Clock, Cloud, CloudSource, Wire, random::Random},
    framework::{Attr, Block, Diagnostic, Diagnostics, Secret, Span, Text as _},
    kube::Clusters,
    resources::{
        Assignments, Leaving, Owner, Ownership, PlannedClusters, Session, Surroundings,
        aad_binding::Bindings, cannot_sign_in,
    },
    words,
};

/// Secure Azure Kubernetes Service in one apply.
///
/// The provider signs in to Azure as azurerm does, with the same environment variables: an empty
/// block is enough where azurerm already runs. Everything in the block can also be set by the
/// environment variable named with it.
#[derive(Block, Debug)]
pub struct Config {
    /// Id of the subscription. `ARM_SUBSCRIPTION_ID`.
    subscription_id: Attr<Option<String>>,
    /// Id of the Entra tenant. `ARM_TENANT_ID`.
    tenant_id: Attr<Option<String>>,
    /// Client id of the application or managed identity to sign in as. `ARM_CLIENT_ID`.
    client_id: Attr<Option<String>>,
    /// File with the client id. `ARM_CLIENT_ID_FILE_PATH`.
    client_id_file_path: Attr<Option<String>>,
    /// Secret of the application. `ARM_CLIENT_SECRET`.
    client_secret: Attr<Option<Secret>>,
    /// File with the secret of the application. `ARM_CLIENT_SECRET_FILE_PATH`.
    client_secret_file_path: Attr<Option<String>>,
    /// Certificate of the application with its key, PFX in base64. `ARM_CLIENT_CERTIFICATE`.
    client_certificate: Attr<Option<Secret>>,
    /// File with the certificate of the application and its key, PEM or PFX. `ARM_CLIENT_CERTIFICATE_PATH`.
    client_certificate_path: Attr<Option<String>>,
    /// Password of the certificate. `ARM_CLIENT_CERTIFICATE_PASSWORD`.
    client_certificate_password: Attr<Option<Secret>>,
    /// Whether to sign in with an OIDC token, of GitHub, Azure DevOps or your own. `ARM_USE_OIDC`.
    use_oidc: Attr<Option<bool>>,
    /// The OIDC token. `ARM_OIDC_TOKEN`.
    oidc_token: Attr<Option<Secret>>,
    /// File with the OIDC token. `ARM_OIDC_TOKEN_FILE_PATH`.
    oidc_token_file_path: Attr<Option<String>>,
    /// Address that issues OIDC tokens, as GitHub Actions and Azure DevOps set it. `ARM_OIDC_REQUEST_URL`,
    /// `ACTIONS_ID_TOKEN_REQUEST_URL`, `SYSTEM_OIDCREQUESTURI`.
    oidc_request_url: Attr<Option<String>>,
    /// Token to ask that address with. `ARM_OIDC_REQUEST_TOKEN`, `ACTIONS_ID_TOKEN_REQUEST_TOKEN`,
    /// `SYSTEM_ACCESSTOKEN`.
    oidc_request_token: Attr<Option<Secret>>,
    /// Id of the Azure DevOps service connection. `ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID`,
    /// `ARM_OIDC_AZURE_SERVICE_CONNECTION_ID`.
    ado_pipeline_service_connection_id: Attr<Option<String>>,
    /// Whether to sign in as the managed identity of the machine. `ARM_USE_MSI`.
    use_msi: Attr<Option<bool>>,
    /// Address of the managed identity's endpoint. `ARM_MSI_ENDPOINT`.
    msi_endpoint: Attr<Option<String>>,
    /// Whether to sign in as the workload identity of the pod. `ARM_USE_AKS_WORKLOAD_IDENTITY`.
    use_aks_workload_identity: Attr<Option<bool>>,
    /// Whether to sign in as the identity of `az login`, when nothing else is set; on unless told
    /// otherwise. `ARM_USE_CLI`.
    use_cli: Attr<Option<bool>>,
    /// Azure cloud. `ARM_ENVIRONMENT`.
    environment: Attr<Option<CloudName>>,
    /// Host of another cloud's Azure Resource Manager, which describes the cloud.
    /// `ARM_METADATA_HOSTNAME`.
    metadata_host: Attr<Option<String>>,
    /// Whether to register the subscription for resource providers that are missing; needs the
    /// right to do so. `SECUREAKS_REGISTER_PROVIDERS`.
    register_providers: Attr<Option<bool>>,
    /// Whether a refresh fails where an object inside a cluster cannot be read, because the cluster
    /// cannot be reached or lets nobody in. Otherwise the state keeps what it knew, with a
    /// warning. `SECUREAKS_STRICT_REFRESH`.
    strict_refresh: Attr<Option<bool>>,
    /// How long to wait between two looks at an operation of which Azure does not say when to
    /// look again, such as `10s`, which is what it is unless told otherwise. `SECUREAKS_POLL_INTERVAL`.
    poll_interval: Attr<Option<Span>>,
    /// Name of this configuration's state, unique among all of yours: each workspace has a state of its own. By it
    /// it is known which bindings in a cluster are this configuration's. What a killed run has half made is finished
    /// by the next run from the same folder; from any other machine it is when both have the same secret in the
    /// environment variable `SECUREAKS_OWNER_SECRET`, at least 16 random bytes: an owner's name alone proves nothing.
    /// `SECUREAKS_OWNER`.
    owner: Attr<Option<String>>,
    /// Another version of AKS's API than the one this provider is written for.
    /// `SECUREAKS_CLUSTER_API_VERSION`.
    cluster_api_version: Attr<Option<String>>,
}

words! {
    /// An Azure cloud.
    enum CloudName {
        /// Azure.
        Public = "public",
        /// Azure Government.
        UsGovernment = "usgovernment",
        /// Azure operated by 21Vianet.
        China = "china",
    }
}

impl Config {
    /// What every call is handed. Nothing is asked of anybody yet.
    pub(super) fn session(
        &self,
        environment: &Environment,
        wire: Wire,
    ) -> Result<Session, Diagnostics> {
        let mut reader = Reader {
            environment,
            errors: Diagnostics::default(),
        };
        let register_providers = reader.switch(
            &self.register_providers,
            "SECUREAKS_REGISTER_PROVIDERS",
            false,
        );
        let strict_refresh = reader.switch(&self.strict_refresh, "SECUREAKS_STRICT_REFRESH", false);
        let owner = self.owner(&mut reader);
        let azure = match self.not_known_yet() {
            Some(attribute) => Err(not_known(attribute)),
            None => Ok(self.client(&mut reader, wire)),
        };
        let azure = match azure {
            Ok(Some(client)) => Ok(client),
            Ok(None) => return Err(reader.errors),
            Err(later) => Err(later),
        };
        if reader.errors.has_errors() {
            return Err(reader.errors);
        }
        let data = environment.text("TF_DATA_DIR");
        let surroundings = Surroundings {
            folder: environment.folder.clone(),
            data: data.map_or_else(|| PathBuf::from(".terraform"), PathBuf::from),
            workspace: environment.text("TF_WORKSPACE"),
        };
        let ownership = Ownership::new(owner, surroundings, environment.attached);
        Ok(Session {
            clusters: azure.clone().map(Clusters::new),
            azure,
            planned: PlannedClusters::default(),
            leaving: Leaving::new(ownership.folder()),
            register_providers,
            strict_refresh,
            ownership,
            bindings: Bindings::default(),
            assignments: Assignments::default(),
        })
    }

    /// Network, time and randomness, on behalf of the program that `client` names.
    pub(super) fn wire(
        environment: &Environment,
        network: Arc<dyn HttpClient>,
        clock: Arc<dyn Clock>,
        client: &str,
    ) -> Wire {
        Wire {
            http: network,
            clock,
            user_agent: user_agent(environment, client),
            correlation_id: Uuid::from_u64_pair(environment.seed, environment.seed.rotate_left(17)),
            random: Arc::new(Random::seeded(environment.seed)),
        }
    }

    /// An attribute that only apply will know. Whoever signs in without it might sign in as
    /// somebody else, or at another cloud.
    fn not_known_yet(&self) -> Option<&'static str> {
        /// Pairs each attribute's name with whether it is known.
        macro_rules! known {
            ($($name:ident)+) => { [$((stringify!($name), self.$name.if_known().is_some())),+] };
        }
        let attributes = known!(
            subscription_id tenant_id client_id client_id_file_path client_secret
            client_secret_file_path client_certificate client_certificate_path
            client_certificate_password use_oidc oidc_token oidc_token_file_path oidc_request_url
            oidc_request_token ado_pipeline_service_connection_id use_msi msi_endpoint
            use_aks_workload_identity use_cli environment metadata_host register_providers
            strict_refresh poll_interval owner cluster_api_version
        );
        attributes
            .into_iter()
            .find(|(_, known)| !known)
            .map(|(name, _)| name)
    }

    fn client(&self, reader: &mut Reader<'_>, wire: Wire) -> Option<Client> {
        const USUAL: Duration = Duration::from_secs(10);
        // Where the cloud is named wrongly, the rest is judged all the same.
        let cloud = self
            .cloud(reader, &wire)
            .unwrap_or_else(|| CloudSource::known(Cloud::public()));
        let settings = self.settings(reader);
        let subscription_id = reader.text(&self.subscription_id, &["ARM_SUBSCRIPTION_ID"]);
        let poll_interval = self.poll_interval(reader).unwrap_or(USUAL);
        let cluster_api_version = reader.text(
            &self.cluster_api_version,
            &["SECUREAKS_CLUSTER_API_VERSION"],
        );
        let credential = match settings.credential(&cloud, &wire) {
            Ok(credential) => Some(credential),
            Err(error) => {
                reader.errors.push(cannot_sign_in(&error));
                None
            }
        };
        let subscription_id = match subscription_id {
            Some(id) if Uuid::parse_str(&id).is_ok() => Some(id),
            Some(id) => {
                let detail = format!(
                    "`subscription_id` (or ARM_SUBSCRIPTION_ID) is {id:?}; a UUID is wanted (`az account show --query id`)."
                );
                reader
                    .errors
                    .push(self.subscription_id.error("Invalid subscription", detail));
                None
            }
            None => {
                let detail = "Neither `subscription_id` nor ARM_SUBSCRIPTION_ID is set. Set one of them to the subscription's id (`az account show --query id`).";
                reader
                    .errors
                    .push(self.subscription_id.error("No subscription", detail));
                None
            }
        };
        Some(Client::new(azure::client::Options {
            wire,
            cloud,
            credential: credential?,
            subscription_id: subscription_id?,
            poll_interval,
            cluster_api_version,
        }))
    }

    fn owner(&self, reader: &mut Reader<'_>) -> Option<Owner> {
        const LONGEST: usize = 128;
        const SHORTEST_SECRET: usize = 16;
        let name = reader.text(&self.owner, &["SECUREAKS_OWNER"])?;
        if name.chars().count() > LONGEST || name.chars().any(char::is_control) {
            let detail = format!(
                "`owner` (or SECUREAKS_OWNER) is {name:?}. Expected at most {LONGEST} characters without control characters, because objects carry it."
            );
            reader
                .errors
                .push(self.owner.error("Invalid owner", detail));
        }
        let secret = reader.environment.text("SECUREAKS_OWNER_SECRET");
        if secret
            .as_ref()
            .is_some_and(|secret| secret.len() < SHORTEST_SECRET)
        {
            reader.errors.push(Diagnostic::error(
                "Secret of the owner is too short",
                format!("SECUREAKS_OWNER_SECRET has fewer than {SHORTEST_SECRET} bytes, so that it could be guessed. Set it to a random text, such as the output of `openssl rand -hex 32`."),
            ));
        }
        Some(Owner {
            name,
            secret: secret.map(azure::Secret::new),
        })
    }

    fn poll_interval(&self, reader: &mut Reader<'_>) -> Option<Duration> {
        if let Some(span) = self.poll_interval.if_set() {
            return Some(span.duration());
        }
        let text = reader.environment.text("SECUREAKS_POLL_INTERVAL")?;
        match Span::parse(&text) {
            Ok(span) => Some(span.duration()),
            Err(problem) => {
                reader.errors.push(Diagnostic::error(
                    "Invalid environment variable",
                    format!(
                        "SECUREAKS_POLL_INTERVAL is {text:?}: {problem}. Expected {}.",
                        Span::WANTED
                    ),
                ));
                None
            }
        }
    }
}

fn user_agent(environment: &Environment, client: &str) -> String {
    let own = concat!("secureaks/", env!("CARGO_PKG_VERSION"));
    let extra = environment
        .text("AZURE_HTTP_USER_AGENT")
        .map(|extra| format!(" {extra}"))
        .unwrap_or_default();
    format!("{client} {own}{extra}")
}

fn not_known(attribute: &str) -> Diagnostic {
    Diagnostic::error(
        "Provider is not known yet",
        format!("`{attribute}` in the provider block is only known after apply, and Azure must be asked now. Give it a value that is known in the plan, or apply in two steps with `-target`."),
    )
    .at(&crate::value::Path::attribute(attribute))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{framework::Origin, value::Value};

    #[test]
    fn every_attribute_that_is_not_known_puts_signing_in_off() {
        let known = Config::schema().empty();

        let put_off = Config::attributes().into_iter().map(|attribute| {
            let mut block = known.clone();
            block.set_member(attribute.name, Value::unknown());
            let config =
                Config::from_value(&block, Origin::Configuration, &mut Diagnostics::default());
            (attribute.name, config.not_known_yet())
        });

        assert!(put_off.into_iter().all(|(name, found)| found == Some(name)));
    }
}
