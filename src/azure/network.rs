//! The real network: HTTPS with the machine's certificates and proxies.

use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};

/// Sends requests. It opens and reads nothing before the first of them.
///
/// `HTTPS_PROXY`, `NO_PROXY` and `SSL_CERT_FILE` apply, except to the machine's own metadata address, which no
/// proxy can reach.
#[derive(Debug, Default)]
pub struct Network {
    outside: OnceLock<Result<reqwest::Client, String>>,
    machine: OnceLock<Result<reqwest::Client, String>>,
}

/// The address at which a virtual machine finds its own metadata and identity.
const MACHINE_ADDRESS: &str = "169.254.169.254";

impl Network {
    fn client(&self, request: &Request) -> &Result<reqwest::Client, String> {
        if request.url().host_str() == Some(MACHINE_ADDRESS) {
            self.machine.get_or_init(|| build(builder().no_proxy()))
        } else {
            self.outside.get_or_init(|| build(builder()))
        }
    }
}

fn builder() -> reqwest::ClientBuilder {
    // Azure never redirects its callers, and a token must not follow a redirect elsewhere.
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(20))
        .read_timeout(Duration::from_secs(100))
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, String> {
    // Whoever came first has installed the same provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    builder.build().map_err(|error| error.to_string())
}

#[async_trait]
impl HttpClient for Network {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        match self.client(request) {
            Ok(client) => client.execute_request(request).await,
            Err(reason) => Err(azure_core::Error::with_message(
                ErrorKind::Other,
                reason.clone(),
            )),
        }
    }
}
