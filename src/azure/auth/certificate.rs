//! Certificates an application signs in with: PEM or PFX, and the signed statement made from them.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use p12_keystore::{KeyStore, Pkcs12ImportPolicy};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Serialize;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::AuthError;
use crate::azure::secret::Secret;

/// How long a statement is believed. It is used at once, so only clocks that differ need the time.
const LIFETIME_SECONDS: i64 = 600;

/// A certificate with its key, not yet opened.
#[derive(Debug)]
pub(super) struct Certificate {
    place: Place,
    password: Option<Secret>,
}

#[derive(Debug)]
enum Place {
    Inline(Secret),
    File(PathBuf),
}

impl Certificate {
    /// One that is given in base64.
    pub(super) fn inline(text: Secret, password: Option<Secret>) -> Self {
        Self {
            place: Place::Inline(text),
            password,
        }
    }

    /// One in a file.
    pub(super) fn file(path: PathBuf, password: Option<Secret>) -> Self {
        Self {
            place: Place::File(path),
            password,
        }
    }

    /// The setting it came from.
    pub(super) fn setting(&self) -> &'static str {
        match self.place {
            Place::Inline(_) => "ARM_CLIENT_CERTIFICATE",
            Place::File(_) => "ARM_CLIENT_CERTIFICATE_PATH",
        }
    }

    /// A statement that whoever holds the key is `client`, made for `endpoint`
    /// (`learn.microsoft.com/entra/identity-platform/certificate-credentials`).
    pub(super) async fn assertion(
        &self,
        endpoint: &str,
        client: &str,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Secret, AuthError> {
        let bytes = self.bytes().await?;
        let opened = if bytes.windows(10).any(|window| window == b"-----BEGIN") {
            self.open_pem(&bytes)?
        } else {
            self.open_pfx(&bytes)?
        };
        let mut header = Header::new(Algorithm::RS256);
        let leaf = opened.chain.first().map(Vec::as_slice).unwrap_or_default();
        header.x5t_s256 = Some(URL_SAFE_NO_PAD.encode(Sha256::digest(leaf)));
        header.x5c = Some(
            opened
                .chain
                .iter()
                .map(|certificate| STANDARD.encode(certificate))
                .collect(),
        );
        let claims = Claims {
            aud: endpoint,
            iss: client,
            sub: client,
            jti: id.to_string(),
            nbf: now.as_second(),
            exp: now.as_second() + LIFETIME_SECONDS,
        };
        jsonwebtoken::encode(&header, &claims, &opened.key)
            .map(Secret::new)
            .map_err(|_| self.invalid("its key cannot sign; Entra takes RSA keys only"))
    }

    async fn bytes(&self) -> Result<Zeroizing<Vec<u8>>, AuthError> {
        let bytes = match &self.place {
            Place::Inline(text) => {
                let compact: Zeroizing<String> =
                    Zeroizing::new(text.expose().split_whitespace().collect());
                STANDARD
                    .decode(compact.as_bytes())
                    .map_err(|_| self.invalid("it is not base64"))?
            }
            Place::File(path) => tokio::fs::read(path)
                .await
                .map_err(|error| self.invalid(&format!("{}: {error}", path.display())))?,
        };
        Ok(Zeroizing::new(bytes))
    }

    fn open_pem(&self, bytes: &[u8]) -> Result<Opened, AuthError> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bytes).collect();
        let chain = chain.map_err(|_| self.invalid("a certificate in it is damaged"))?;
        if chain.is_empty() {
            return Err(self.invalid("it holds a key but no certificate"));
        }
        let key = PrivateKeyDer::from_pem_slice(bytes).map_err(|_| {
            self.invalid("it holds no key that is not encrypted; use a PFX to keep a password")
        })?;
        let label = match key {
            PrivateKeyDer::Pkcs1(_) => "RSA PRIVATE KEY",
            _ => "PRIVATE KEY",
        };
        let chain = chain
            .iter()
            .map(|certificate| certificate.as_ref().to_vec())
            .collect();
        Ok(Opened {
            chain,
            key: self.signing_key(label, key.secret_der())?,
        })
    }

    fn open_pfx(&self, bytes: &[u8]) -> Result<Opened, AuthError> {
        let password = self
            .password
            .as_ref()
            .map(Secret::expose)
            .unwrap_or_default();
        let store =
            KeyStore::from_pkcs12(bytes, password, Pkcs12ImportPolicy::Relaxed).map_err(|_| {
                self.invalid(
                    "it is neither PEM nor a PFX that ARM_CLIENT_CERTIFICATE_PASSWORD opens",
                )
            })?;
        let (_, holder) = store
            .private_key_chain()
            .ok_or_else(|| self.invalid("it holds no key"))?;
        let chain: Vec<Vec<u8>> = holder
            .certs()
            .iter()
            .map(|certificate| certificate.as_der().to_vec())
            .collect();
        if chain.is_empty() {
            return Err(self.invalid("it holds no certificate for its key"));
        }
        Ok(Opened {
            chain,
            key: self.signing_key("PRIVATE KEY", holder.key().as_der())?,
        })
    }

    fn signing_key(&self, label: &str, der: &[u8]) -> Result<EncodingKey, AuthError> {
        let body = Zeroizing::new(STANDARD.encode(der));
        let pem = Zeroizing::new(format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            body.as_str()
        ));
        EncodingKey::from_rsa_pem(pem.as_bytes())
            .map_err(|_| self.invalid("its key is no RSA key; Entra takes no other"))
    }

    fn invalid(&self, reason: &str) -> AuthError {
        AuthError::Invalid {
            setting: self.setting(),
            reason: reason.to_owned(),
        }
    }
}

/// A certificate's chain, its own first, and its key.
struct Opened {
    chain: Vec<Vec<u8>>,
    key: EncodingKey,
}

#[derive(Serialize)]
struct Claims<'a> {
    aud: &'a str,
    iss: &'a str,
    sub: &'a str,
    jti: String,
    nbf: i64,
    exp: i64,
}

#[cfg(test)]
mod tests;
