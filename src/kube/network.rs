//! The network to one API server: TLS by the cluster's own authority, HTTP/2 over one connection where it is
//! offered, the machine's proxies.

use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::{Access, Error, Login};

/// How long a connection may take. An API server that does not want the caller's address stays silent.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an answer may take; a LIST of a large cluster takes seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(1);

/// Makes the client for one API server. It opens nothing before the first request.
#[expect(
    clippy::disallowed_methods,
    reason = "each cluster has its own certificate authority, so each has its own client, made here alone"
)]
pub(super) fn client(access: &Access) -> Result<reqwest::Client, Error> {
    // Whoever came first has installed the same provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let authority = reqwest::Certificate::from_pem_bundle(access.certificate_authority.as_bytes())
        .map_err(|_| unusable("its certificate authority is not a certificate"))?;
    let mut builder = reqwest::Client::builder()
        .tls_certs_only(authority)
        .dns_resolver(SystemNames)
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(ANSWER_TIMEOUT);
    if let Login::LocalAdministrator(pem) = &access.login {
        let identity = reqwest::Identity::from_pem(pem.expose().as_bytes())
            .map_err(|_| unusable("the administrator's certificate cannot be read"))?;
        builder = builder.identity(identity);
    }
    builder
        .build()
        .map_err(|_| unusable("its certificate authority cannot be trusted"))
}

fn unusable(reason: &'static str) -> Error {
    Error::Access { reason }
}

/// The system's own resolver, with an error of its own, so that a name that does not exist is told from a
/// server that does not answer.
#[derive(Debug)]
struct SystemNames;

/// A name that the system cannot resolve.
#[derive(Debug, thiserror::Error)]
#[error("the name {name} cannot be resolved: {reason}")]
pub(super) struct NameNotFound {
    name: String,
    reason: String,
}

impl Resolve for SystemNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // reqwest puts the port in afterwards.
            match tokio::net::lookup_host((name.as_str(), 0)).await {
                Ok(addresses) => {
                    let found: Vec<_> = addresses.collect();
                    let addresses: Addrs = Box::new(found.into_iter());
                    Ok(addresses)
                }
                Err(error) => Err(NameNotFound {
                    name: name.as_str().to_owned(),
                    reason: error.to_string(),
                }
                .into()),
            }
        })
    }
}
