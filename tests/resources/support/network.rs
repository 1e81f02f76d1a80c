//! A way to the simulator that trusts its authority.

use secureaks_simulator::Simulator;

/// Trusts the simulator's own authority, which the process' environment need not name.
pub(crate) fn network(azure: &Simulator) -> reqwest::Client {
    let authority = std::fs::read(&azure.environment()["SSL_CERT_FILE"]).expect("the authority");
    trusting(&authority)
}

/// Trusts one authority, given as PEM.
#[expect(
    clippy::disallowed_methods,
    reason = "the one constructor in `azure` trusts what the environment names"
)]
pub(crate) fn trusting(authority: &[u8]) -> reqwest::Client {
    // Another test may have installed the same one.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
    let authority = reqwest::Certificate::from_pem(authority).expect("a certificate");
    reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([authority])
        .build()
        .expect("a client")
}
