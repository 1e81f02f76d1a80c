//! The provider: its block, and the list of all it offers.

mod config;
mod credential;
mod environment;

use std::sync::Arc;

use async_trait::async_trait;
use azure_core::http::HttpClient;

use config::Config;
pub use credential::{CredentialError, Surroundings, credential};
pub use environment::Environment;

use crate::{
    azure::{Clock, Network, SystemClock},
    framework::{Diagnostics, Offers, Provider},
    resources::{
        Session,
        aad_binding::AadBinding,
        cluster::{Cluster, ExistingCluster},
        credentials::Credentials,
        kubeconfig::Kubeconfig,
        namespace::Namespace,
        network_policy::NetworkPolicy,
    },
};

/// The provider `secureaks`.
#[derive(Debug)]
pub struct Secureaks {
    environment: Environment,
    network: Arc<dyn HttpClient>,
    clock: Arc<dyn Clock>,
}

impl Secureaks {
    /// The provider in an environment.
    pub fn new(environment: Environment) -> Self {
        Self::over(environment, Arc::new(Network::default()))
    }

    /// The provider in an environment, over a network of the caller's.
    pub fn over(environment: Environment, network: Arc<dyn HttpClient>) -> Self {
        Self {
            environment,
            network,
            clock: Arc::new(SystemClock),
        }
    }

    /// The same by a clock of the caller's.
    #[must_use]
    pub fn timed_by(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }
}

#[async_trait]
impl Provider for Secureaks {
    const NAME: &'static str = "secureaks";
    type Config = Config;
    type Client = Session;

    async fn configure(
        &self,
        config: Config,
        client_version: &str,
    ) -> Result<Session, Diagnostics> {
        let wire = Config::wire(
            &self.environment,
            Arc::clone(&self.network),
            Arc::clone(&self.clock),
            &format!("Terraform/{client_version}"),
        );
        config.session(&self.environment, wire)
    }

    fn close(&self, session: &Session) {
        session.ownership.close();
    }

    fn offers(&self) -> Offers<Session> {
        Offers::default()
            .resource(AadBinding)
            .resource(Cluster::default())
            .resource(Namespace)
            .resource(NetworkPolicy)
            .data_source(ExistingCluster)
            .data_source(Kubeconfig)
            .ephemeral(Credentials)
    }
}
