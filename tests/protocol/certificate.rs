//! Client certificates, such as hosts make for each plugin they start.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, PKCS_ECDSA_P384_SHA384,
    PKCS_ECDSA_P521_SHA512,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate and its key.
pub(crate) struct ClientCertificate {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl ClientCertificate {
    /// As Terraform makes it: P-521, and an authority (go-plugin `mtls.go`).
    pub(crate) fn of_terraform() -> Self {
        let mut parameters = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters
            .distinguished_name
            .push(DnType::OrganizationName, "HashiCorp");
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self::signed(
            &parameters,
            KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512).unwrap(),
        )
    }

    /// As a host that is not written in Go makes it: P-384, no authority, another name.
    pub(crate) fn of_another_host() -> Self {
        let parameters = CertificateParams::new(vec!["another.host".to_owned()]).unwrap();
        Self::signed(
            &parameters,
            KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(),
        )
    }

    fn signed(parameters: &CertificateParams, key: KeyPair) -> Self {
        Self {
            certificate: parameters.self_signed(&key).unwrap(),
            key,
        }
    }

    /// What goes into `PLUGIN_CLIENT_CERT`.
    pub(crate) fn pem(&self) -> String {
        self.certificate.pem()
    }

    /// What a TLS client presents.
    pub(crate) fn chain(&self) -> Vec<CertificateDer<'static>> {
        vec![self.certificate.der().clone()]
    }

    /// What it proves the certificate with.
    pub(crate) fn key(&self) -> PrivateKeyDer<'static> {
        PrivatePkcs8KeyDer::from(self.key.serialize_der()).into()
    }
}
