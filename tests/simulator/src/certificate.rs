//! The simulator's certificates: authorities of its own, and what they sign for loopback.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertifiedIssuer, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{VerifierBuilderError, WebPkiClientVerifier};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
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
    /// The certificate of an authority cannot be read back.
    #[error("cannot read the certificate of an authority: {0}")]
    Read(#[from] rustls::pki_types::pem::Error),
    /// Client certificates cannot be checked against the authority.
    #[error("cannot check client certificates: {0}")]
    Clients(#[from] VerifierBuilderError),
}

/// An authority clients are told to trust, Azure's or that of one cluster. It is kept with the state, so that a client's trust
/// survives a restart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Authority {
    name: String,
    /// The certificate, for clients.
    pub(crate) certificate: String,
    key: String,
}

impl Authority {
    pub(crate) fn generate(name: &str) -> Result<Self, CertificateError> {
        let issuer = CertifiedIssuer::self_signed(authority(name)?, KeyPair::generate()?)?;
        Ok(Self {
            name: name.to_owned(),
            certificate: issuer.pem(),
            key: issuer.key().serialize_pem(),
        })
    }

    /// TLS settings with a fresh certificate for `localhost` and the loopback addresses.
    ///
    /// Only HTTP/1.1 is offered: a connection carries one exchange at a time, so closing it on
    /// purpose strikes that exchange and no other.
    pub(crate) fn server(&self) -> Result<Arc<ServerConfig>, CertificateError> {
        let (chain, key) = self.server_certificate("localhost")?;
        let mut configuration = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        configuration.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(configuration))
    }

    /// TLS settings of an API server: also for the name clients of Azure know it by, with HTTP/2
    /// and HTTP/1.1, and with client certificates of this authority for those who have one.
    pub(crate) fn api_server(&self, name: &str) -> Result<Arc<ServerConfig>, CertificateError> {
        let (chain, key) = self.server_certificate(name)?;
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.certificate.as_bytes())?)?;
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider())
            .allow_unauthenticated()
            .build()?;
        let mut configuration = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_client_cert_verifier(clients)
            .with_single_cert(chain, key)?;
        configuration.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(configuration))
    }

    /// A certificate, with its key, by which a client shows who it is; both PEM.
    pub(crate) fn client(
        &self,
        name: &str,
        organization: &str,
    ) -> Result<(String, String), CertificateError> {
        let mut parameters = CertificateParams::new(Vec::new())?;
        parameters.distinguished_name = named(name);
        parameters
            .distinguished_name
            .push(DnType::OrganizationName, organization);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.issuer()?)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    /// TLS settings of a client that trusts this authority alone, and shows a certificate with its
    /// key, both PEM, if it has one.
    pub(crate) fn client_settings(
        &self,
        identity: Option<&(String, String)>,
    ) -> Result<Arc<ClientConfig>, CertificateError> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.certificate.as_bytes())?)?;
        let builder = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        Ok(Arc::new(match identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder.with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes())?],
                PrivateKeyDer::from_pem_slice(key.as_bytes())?,
            )?,
        }))
    }

    /// A certificate for `localhost`, the loopback addresses and another name, with its key; both PEM.
    pub(crate) fn server_files(&self, name: &str) -> Result<(String, String), CertificateError> {
        let (certificate, key) = self.signed_for(name)?;
        Ok((certificate.pem(), key.serialize_pem()))
    }

    fn server_certificate(
        &self,
        name: &str,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), CertificateError> {
        let (certificate, key) = self.signed_for(name)?;
        Ok((
            vec![certificate.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        ))
    }

    fn signed_for(&self, name: &str) -> Result<(Certificate, KeyPair), CertificateError> {
        let mut names = ["localhost", "127.0.0.1", "::1"]
            .map(str::to_owned)
            .to_vec();
        if !names.iter().any(|own| own == name) {
            names.push(name.to_owned());
        }
        let mut parameters = CertificateParams::new(names)?;
        parameters.distinguished_name = named(name);
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        parameters.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate()?;
        let certificate = parameters.signed_by(&key, &self.issuer()?)?;
        Ok((certificate, key))
    }

    fn issuer(&self) -> Result<Issuer<'static, KeyPair>, CertificateError> {
        Ok(Issuer::new(
            authority(&self.name)?,
            KeyPair::from_pem(&self.key)?,
        ))
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

fn authority(name: &str) -> Result<CertificateParams, CertificateError> {
    let mut parameters = CertificateParams::new(Vec::new())?;
    parameters.distinguished_name = named(name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    Ok(parameters)
}

fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}
