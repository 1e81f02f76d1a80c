//! The API servers there are, one for each cluster, and their coming and going with the clusters.

use std::collections::BTreeMap;
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use serde::{Deserialize, Serialize};

use super::authorization::Memory;
use super::bootstrap;
use super::store::Store;
use crate::aks::{Cluster, Endpoint};
use crate::arm::exchange::Moment;
use crate::certificate::{Authority, CertificateError};

/// Every API server there was: the port of a deleted cluster stays ours, so that nobody else
/// answers who still calls it.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct ApiServers {
    /// By instance of their cluster.
    servers: BTreeMap<String, ApiServer>,
}

/// The API server of one cluster, and what it keeps.
#[derive(Serialize, Deserialize)]
pub(crate) struct ApiServer {
    /// Resource id of the cluster.
    pub(crate) cluster_id: String,
    pub(crate) store: Store,
    pub(crate) memory: Memory,
    port: u16,
    host_name: String,
    authority: Authority,
    /// Certificate and key of the static credentials.
    client: (String, String),
    deleted: bool,
}

/// A socket that is to be served.
pub(crate) struct Opening {
    /// Of the cluster.
    pub(crate) instance: String,
    pub(crate) cluster_id: String,
    pub(crate) listener: TcpListener,
    pub(crate) tls: Arc<ServerConfig>,
    /// The client certificate of the static credentials, DER.
    pub(crate) admin: CertificateDer<'static>,
}

/// An API server could not be put there.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// Its certificates.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// Its port.
    #[error("cannot listen for the API server of {cluster}: {source}")]
    Listen {
        /// Resource id of the cluster.
        cluster: String,
        /// What went wrong.
        source: io::Error,
    },
}

impl ApiServers {
    /// Gives every new cluster an API server, and takes away what gone clusters kept.
    pub(crate) fn follow(
        &mut self,
        clusters: Vec<&mut Cluster>,
        moment: &mut Moment<'_>,
    ) -> Result<Vec<Opening>, OpeningError> {
        let mut gone: Vec<String> = self
            .servers
            .iter()
            .filter(|(_, server)| !server.deleted)
            .map(|(instance, _)| instance.clone())
            .collect();
        let mut openings = Vec::new();
        for cluster in clusters {
            if cluster.endpoint.is_some() {
                gone.retain(|instance| *instance != cluster.instance);
                continue;
            }
            let (server, opening) = ApiServer::open(cluster, moment)?;
            cluster.endpoint = Some(server.endpoint());
            self.servers.insert(cluster.instance.clone(), server);
            openings.push(opening);
        }
        for instance in gone {
            if let Some(server) = self.servers.get_mut(&instance) {
                server.deleted = true;
                server.store = Store::default();
                server.memory = Memory::default();
            }
        }
        Ok(openings)
    }

    /// The sockets of an earlier run, under the same ports.
    pub(crate) fn reopen(&self) -> Result<Vec<Opening>, OpeningError> {
        self.servers
            .iter()
            .map(|(instance, server)| server.opening(instance, server.port))
            .collect()
    }

    /// One of them, by the instance of its cluster; `None` for a deleted cluster.
    pub(crate) fn of_instance(&mut self, instance: &str) -> Option<&mut ApiServer> {
        self.servers
            .get_mut(instance)
            .filter(|server| !server.deleted)
    }

    /// The instance of a cluster that is there, by its id.
    pub(crate) fn instance_of(&self, id: &str) -> Option<String> {
        let found = self
            .servers
            .iter()
            .find(|(_, server)| !server.deleted && server.cluster_id.eq_ignore_ascii_case(id));
        found.map(|(instance, _)| instance.clone())
    }

    /// One of them, by the id of a cluster that is there.
    pub(crate) fn of_cluster(&mut self, id: &str) -> Option<&mut ApiServer> {
        self.servers
            .values_mut()
            .find(|server| !server.deleted && server.cluster_id.eq_ignore_ascii_case(id))
    }
}

impl ApiServer {
    fn open(cluster: &Cluster, moment: &mut Moment<'_>) -> Result<(Self, Opening), OpeningError> {
        // The names of AKS's own certificates.
        let authority = Authority::generate("ca")?;
        let client = authority.client("masterclient", "system:masters")?;
        let mut server = Self {
            cluster_id: cluster.address().id(),
            store: bootstrap::store(moment, &authority.certificate),
            memory: Memory::default(),
            port: 0,
            host_name: cluster.host_name(),
            authority,
            client,
            deleted: false,
        };
        let opening = server.opening(&cluster.instance, 0)?;
        server.port = opening
            .listener
            .local_addr()
            .map_err(|source| server.cannot_listen(source))?
            .port();
        Ok((server, opening))
    }

    fn opening(&self, instance: &str, port: u16) -> Result<Opening, OpeningError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|source| self.cannot_listen(source))?;
        Ok(Opening {
            instance: instance.to_owned(),
            cluster_id: self.cluster_id.clone(),
            listener,
            tls: self.authority.api_server(&self.host_name)?,
            admin: CertificateDer::from_pem_slice(self.client.0.as_bytes())
                .map_err(CertificateError::from)?,
        })
    }

    /// Its authority, the name clients of Azure know it by, and certificate and key of the static
    /// credentials: for a real API server behind this one's front.
    pub(super) fn identity(&self) -> (Authority, String, (String, String)) {
        let Self {
            authority,
            host_name,
            client,
            ..
        } = self;
        (authority.clone(), host_name.clone(), client.clone())
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint {
            server: format!("https://127.0.0.1:{}", self.port),
            authority: self.authority.certificate.clone(),
            certificate: self.client.0.clone(),
            key: self.client.1.clone(),
        }
    }

    fn cannot_listen(&self, source: io::Error) -> OpeningError {
        OpeningError::Listen {
            cluster: self.cluster_id.clone(),
            source,
        }
    }
}
