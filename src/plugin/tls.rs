//! go-plugin's mutual TLS, server side: a certificate of our own for this one run, and clients
//! that present exactly the certificate the host announced.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, ServerConfig,
    SignatureScheme,
};
use tokio_rustls::TlsAcceptor;

/// Why there is no encrypted connection to offer.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate could be made.
    #[error("making a certificate for the connection to the host failed: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The certificate cannot be served.
    #[error("setting up TLS for the connection to the host failed: {0}")]
    Setup(#[from] Error),
}

/// The server's side of mutual TLS.
pub(super) struct ServerTls {
    /// Takes connections.
    pub(super) acceptor: TlsAcceptor,
    /// What the host is to expect.
    pub(super) certificate: CertificateDer<'static>,
}

impl ServerTls {
    /// A server for the one client that presents `client`.
    pub(super) fn for_client(client: CertificateDer<'static>) -> Result<Self, TlsError> {
        // Named instead of installed for the process: which provider of cryptography other parts
        // use is not this file's to say. Hosts' keys are P-521, which only this one knows.
        let cryptography = Arc::new(aws_lc_rs::default_provider());
        let (certificate, key) = own_certificate()?;
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&cryptography))
            .with_protocol_versions(&[&TLS13, &TLS12])?
            .with_client_cert_verifier(Arc::new(OneClient {
                certificate: client,
                cryptography,
            }))
            .with_single_cert(vec![certificate.clone()], key)?;
        // Go's gRPC client closes connections that do not agree on HTTP/2 here.
        config.alpn_protocols = vec![b"h2".to_vec()];
        Ok(Self {
            acceptor: Arc::new(config).into(),
            certificate,
        })
    }
}

/// A certificate as hosts want it: for the name `localhost`, for servers, no authority
/// (measured against Terraform 1.11.4).
fn own_certificate() -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut parameters = CertificateParams::new(vec!["localhost".to_owned()])?;
    parameters
        .distinguished_name
        .push(DnType::CommonName, "localhost");
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let certificate = parameters.self_signed(&key)?;
    Ok((
        certificate.der().clone(),
        PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
    ))
}

/// Accepts one certificate, byte for byte, and proof of its key. Building a chain instead would
/// refuse the host: its certificate marks itself as an authority (go-plugin `mtls.go`).
#[derive(Debug)]
struct OneClient {
    certificate: CertificateDer<'static>,
    cryptography: Arc<CryptoProvider>,
}

impl ClientCertVerifier for OneClient {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if *certificate == self.certificate {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            ))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.cryptography.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.cryptography.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.cryptography
            .signature_verification_algorithms
            .supported_schemes()
    }
}
