//! The key Entra signs with, the key set that publishes it, and certificates clients sign with.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A key could not be made or read.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The key or its certificate could not be made.
    #[error("cannot make a signing key: {0}")]
    Make(#[from] rcgen::Error),
    /// The key was made, but cannot sign tokens.
    #[error("cannot sign with the key: {0}")]
    Use(#[from] jsonwebtoken::errors::Error),
}

/// A key pair with a certificate over its public half, as text that can be stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ClientCertificate {
    /// The certificate (PEM).
    pub(crate) certificate: String,
    /// The private key (PEM, PKCS #8).
    pub(crate) key: String,
}

impl ClientCertificate {
    pub(crate) fn generate(common_name: &str) -> Result<Self, KeyError> {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let mut parameters = CertificateParams::new(Vec::new())?;
        parameters
            .distinguished_name
            .push(DnType::CommonName, common_name);
        let certificate = parameters.self_signed(&key)?;
        Ok(Self {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }
}

/// Signs tokens, and checks its own signatures.
pub(crate) struct SigningKey {
    encoding: EncodingKey,
    pub(super) decoding: DecodingKey,
    key_id: String,
    published: Value,
}

impl SigningKey {
    pub(crate) fn new(source: &ClientCertificate) -> Result<Self, KeyError> {
        let decoding = DecodingKey::from_rsa_pem(source.certificate.as_bytes())?;
        let der = pem_contents(&source.certificate);
        let key_id = sha1_thumbprint(&der);
        let pair = KeyPair::from_pem(&source.key)?;
        let (modulus, exponent) = rsa_numbers(pair.public_key_raw()).unwrap_or_default();
        let published = json!({
            "kty": "RSA",
            "use": "sig",
            "kid": key_id,
            "x5t": key_id,
            "n": URL_SAFE_NO_PAD.encode(modulus),
            "e": URL_SAFE_NO_PAD.encode(exponent),
            "x5c": [STANDARD.encode(&der)],
        });
        Ok(Self {
            encoding: EncodingKey::from_rsa_pem(source.key.as_bytes())?,
            decoding,
            key_id,
            published,
        })
    }

    /// The JSON web key set.
    pub(crate) fn key_set(&self) -> Value {
        json!({ "keys": [self.published] })
    }

    /// A signed token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(self.key_id.clone());
        header.x5t = Some(self.key_id.clone());
        jsonwebtoken::encode(&header, claims, &self.encoding).unwrap_or_default()
    }
}

/// The base64url SHA-1 and SHA-256 thumbprints of a certificate, as assertions name it in `x5t`
/// and `x5t#S256`.
pub(super) fn thumbprints(certificate: &str) -> [String; 2] {
    let der = pem_contents(certificate);
    [
        sha1_thumbprint(&der),
        URL_SAFE_NO_PAD.encode(digest(&SHA256, &der)),
    ]
}

fn sha1_thumbprint(der: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, der))
}

/// What a PEM text wraps; nothing when it is no PEM.
fn pem_contents(pem: &str) -> Vec<u8> {
    let text: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    STANDARD.decode(text.trim()).unwrap_or_default()
}

/// Modulus and exponent of an `RSAPublicKey` (RFC 8017, A.1.1): a sequence of two integers.
fn rsa_numbers(der: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (0x30, sequence, _) = der_element(der)? else {
        return None;
    };
    let (0x02, modulus, rest) = der_element(sequence)? else {
        return None;
    };
    let (0x02, exponent, _) = der_element(rest)? else {
        return None;
    };
    let unsigned = |number: &[u8]| number.strip_prefix(&[0]).unwrap_or(number).to_vec();
    Some((unsigned(modulus), unsigned(exponent)))
}

/// Tag, contents and what follows of the first DER element.
fn der_element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        let length = digits
            .iter()
            .fold(0_usize, |sum, digit| sum << 8 | usize::from(*digit));
        (length, rest)
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    Some((tag, contents, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::from_value;

    use super::*;

    #[test]
    fn the_published_key_checks_the_signatures() {
        let source = ClientCertificate::generate("test").unwrap();
        let key = SigningKey::new(&source).unwrap();
        let claims = json!({ "sub": "x" });

        let token = key.sign(&claims);

        let jwk = from_value(key.published.clone()).unwrap();
        let published = DecodingKey::from_jwk(&jwk).unwrap();
        let mut validation = jsonwebtoken::Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        let decoded = jsonwebtoken::decode::<Value>(&token, &published, &validation).unwrap();
        assert_eq!(decoded.claims, claims);
    }
}
