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
    azure::Network,
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
        }
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
        config.session(&self.environment, Arc::clone(&self.network), client_version)
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
