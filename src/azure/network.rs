//! The real network: HTTPS with the machine's certificates and proxies.

use std::net::Ipv4Addr;
use std::sync::OnceLock;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::error::ErrorKind;
use azure_core::http::{AsyncRawResponse, HttpClient, Request};
use url::{Host, Url};

/// Sends requests. It opens and reads nothing before the first of them.
///
/// `HTTPS_PROXY`, `NO_PROXY` and `SSL_CERT_FILE` apply, except to the machine's own metadata address, which no
/// proxy can reach.
#[derive(Debug, Default)]
pub struct Network {
    outside: OnceLock<Result<reqwest::Client, String>>,
    machine: OnceLock<Result<reqwest::Client, String>>,
}

impl Network {
    fn client(&self, url: &Url) -> &Result<reqwest::Client, String> {
        if is_machine(url) {
            self.machine.get_or_init(|| build(true))
        } else {
            self.outside.get_or_init(|| build(false))
        }
    }
}

/// Whether an address is the machine's own: the metadata of a virtual machine, or a plain HTTP listener on loopback,
/// as App Service gives to its applications, or on a link-local address, as container instances have. What is sent
/// there in the clear goes over no network, so neither may a proxy get it.
pub(crate) fn is_machine(url: &Url) -> bool {
    let plain = url.scheme() == "http";
    match url.host() {
        Some(Host::Ipv4(address)) => {
            address == MACHINE_METADATA
                || (plain && (address.is_loopback() || address.is_link_local()))
        }
        Some(Host::Ipv6(address)) => {
            plain && (address.is_loopback() || address.is_unicast_link_local())
        }
        Some(Host::Domain(name)) => plain && name == "localhost",
        None => false,
    }
}

/// Where a virtual machine finds its own metadata and identity.
const MACHINE_METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that makes the client"
)]
fn build(direct: bool) -> Result<reqwest::Client, String> {
    // Whoever came first has installed the same provider.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // Azure never redirects its callers, and a token must not follow a redirect elsewhere.
    let builder = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(20))
        .read_timeout(Duration::from_secs(100));
    let builder = if direct { builder.no_proxy() } else { builder };
    builder.build().map_err(|error| error.to_string())
}

#[async_trait]
impl HttpClient for Network {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        match self.client(request.url()) {
            Ok(client) => client.execute_request(request).await,
            Err(reason) => Err(azure_core::Error::with_message(
                ErrorKind::Other,
                reason.clone(),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use azure_core::http::Method;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::azure::wire::untrusted;

    #[tokio::test]
    async fn a_listener_on_the_machine_is_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/token?a=b", listener.local_addr().unwrap());
        let request = Request::new(url.parse().unwrap(), Method::Get);
        let network = Network::default();

        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut first = [0; 18];
            stream.read_exact(&mut first).await.unwrap();
            stream
                .write_all(b"HTTP/1.1 418 Teapot\r\ncontent-length: 2\r\n\r\nhi")
                .await
                .unwrap();
            String::from_utf8(first.to_vec()).unwrap()
        };
        let (line, response) = tokio::join!(serve, network.execute_request(&request));

        let response = response.unwrap().try_into_raw_response().await.unwrap();
        assert_eq!(
            (line.as_str(), u16::from(response.status())),
            ("GET /token?a=b HTT", 418)
        );
        assert_eq!(response.body().as_ref(), b"hi");
    }

    #[tokio::test]
    async fn a_server_that_nobody_vouches_for_is_not_trusted() {
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
        let cryptography = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let settings = rustls::ServerConfig::builder_with_provider(cryptography)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key.into())
            .unwrap();
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(settings));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let url = format!("https://localhost:{port}/").parse().unwrap();
        let (network, request) = (Network::default(), Request::new(url, Method::Get));

        let serve = async {
            let (stream, _) = listener.accept().await.unwrap();
            acceptor.accept(stream).await.is_err()
        };
        let (refused, answer) = tokio::join!(serve, network.execute_request(&request));

        let reason = untrusted(&answer.unwrap_err());
        assert_eq!(
            (refused, reason.as_deref()),
            (
                true,
                Some("its certificate is signed by an unknown authority")
            )
        );
    }

    #[test]
    fn only_the_machines_own_addresses_go_around_the_proxy() {
        let addresses = [
            "http://169.254.169.254/metadata",
            "http://127.0.0.1:41001/token",
            "http://localhost:41001/token",
            "http://[::1]:41001/token",
            "http://169.254.128.1:2377/metadata/identity/oauth2/token",
            "http://[fe80::1]:2377/token",
            "https://127.0.0.1:8443/subscriptions",
            "http://10.0.0.4/token",
            "http://localhost.example/token",
            "http://127.0.0.1@example.com/token",
            "https://management.azure.com/",
        ];

        let direct = addresses.map(|address| is_machine(&address.parse().unwrap()));

        assert_eq!(
            direct,
            [
                true, true, true, true, true, true, false, false, false, false, false
            ]
        );
    }
}
