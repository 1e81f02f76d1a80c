//! The provider: its block, and the list of all it offers.

mod config;

use async_trait::async_trait;

use config::Config;
pub use config::Environment;

use crate::{
    framework::{Diagnostics, Offers, Provider},
    resources::{Session, cluster::Cluster},
};

/// The provider `secureaks`.
#[derive(Debug)]
pub struct Secureaks {
    environment: Environment,
}

impl Secureaks {
    /// The provider in an environment.
    pub fn new(environment: Environment) -> Self {
        Self { environment }
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
        config.session(&self.environment, client_version)
    }

    fn offers(&self) -> Offers<Session> {
        Offers::default().resource(Cluster::default())
    }
}
