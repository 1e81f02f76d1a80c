//! The simulator's certificates: a CA of its own, and a server certificate for loopback.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};

/// Making a certificate failed.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The certificate could not be made or signed.
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    /// The certificate was made, but cannot be served.
    #[error("cannot serve with the certificate: {0}")]
    Serve(#[from] rustls::Error),
}

/// The authority clients are told to trust. It is kept with the state, so that a client's trust
/// survives a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Authority {
    /// The certificate, for clients.
    pub(crate) certificate: String,
    key: String,
}

impl Authority {
    pub(crate) fn generate() -> Result<Self, CertificateError> {
        let issuer = CertifiedIssuer::self_signed(authority()?, KeyPair::generate()?)?;
        Ok(Self {
            certificate: issuer.pem(),
            key: issuer.key().serialize_pem(),
        })
    }

    /// TLS settings with a fresh certificate for `localhost` and the loopback addresses.
    ///
    /// Only HTTP/1.1 is offered: a connection carries one exchange at a time, so closing it on
    /// purpose strikes that exchange and no other.
    pub(crate) fn server(&self) -> Result<Arc<ServerConfig>, CertificateError> {
        let issuer = Issuer::new(authority()?, KeyPair::from_pem(&self.key)?);
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut parameters = CertificateParams::new(names)?;
        parameters.distinguished_name = named("localhost");
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &issuer)?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut configuration = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
            )?;
        configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(configuration))
    }
}

fn authority() -> Result<CertificateParams, CertificateError> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name = named("Simulated Azure CA");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(parameters)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
