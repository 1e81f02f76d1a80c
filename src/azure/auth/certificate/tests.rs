//! Tests of certificates: each form gives a statement that its own public key confirms.

use jsonwebtoken::{DecodingKey, Validation};
use p12_keystore::{KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rcgen::{CertificateParams, KeyPair, PKCS_RSA_SHA256};
use serde_json::{Value, json};

use super::*;

const ENDPOINT: &str = "https://login.microsoftonline.com/tenant/oauth2/v2.0/token";

struct Holder {
    key: KeyPair,
    certificate: rcgen::Certificate,
}

fn holder() -> Holder {
    let key = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let certificate = CertificateParams::new(["app".into()])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    Holder { key, certificate }
}

impl Holder {
    fn pem(&self) -> String {
        format!("{}{}", self.certificate.pem(), self.key.serialize_pem())
    }

    fn pfx(&self, password: &str) -> Vec<u8> {
        let key = PrivateKey::from_der(&self.key.serialize_der()).unwrap();
        let certificate = p12_keystore::Certificate::from_der(self.certificate.der()).unwrap();
        let mut store = KeyStore::new();
        store.add_entry(
            "app",
            KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new("id", key, [certificate])),
        );
        store.writer(password).write().unwrap()
    }

    /// The header and claims of a statement that our key confirms.
    fn confirm(&self, statement: &Secret) -> (Value, Value) {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.validate_exp = false;
        validation.set_audience(&[ENDPOINT]);
        let key = DecodingKey::from_rsa_pem(self.key.public_key_pem().as_bytes()).unwrap();
        let decoded = jsonwebtoken::decode::<Value>(statement.expose(), &key, &validation).unwrap();
        (
            serde_json::to_value(decoded.header).unwrap(),
            decoded.claims,
        )
    }
}

fn inline(bytes: &[u8], password: Option<&str>) -> Certificate {
    Certificate::inline(
        Secret::new(STANDARD.encode(bytes)),
        password.map(Secret::new),
    )
}

async fn statement(certificate: &Certificate) -> Result<Secret, AuthError> {
    let now = "2026-11-21T12:00:00Z".parse().unwrap();
    certificate
        .assertion(ENDPOINT, "client", Uuid::from_u128(1), now)
        .await
}

#[tokio::test]
async fn pem_and_pfx_inline_and_in_a_file_sign_the_same_statement() {
    let holder = holder();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), holder.pem()).unwrap();
    let certificates = [
        inline(holder.pem().as_bytes(), None),
        inline(&holder.pfx("open"), Some("open")),
        Certificate::file(file.path().to_owned(), None),
    ];

    let der = holder.certificate.der();
    let header = json!({
        "typ": "JWT", "alg": "RS256",
        "x5t#S256": URL_SAFE_NO_PAD.encode(Sha256::digest(der)),
        "x5c": [STANDARD.encode(der)]
    });
    let claims = json!({
        "aud": ENDPOINT, "iss": "client", "sub": "client", "jti": "00000000-0000-0000-0000-000000000001",
        "nbf": 1_795_262_400, "exp": 1_795_263_000
    });
    for certificate in &certificates {
        let statement = statement(certificate).await.unwrap();
        assert_eq!(holder.confirm(&statement), (header.clone(), claims.clone()));
    }
}

#[tokio::test]
async fn what_cannot_be_opened_is_told_with_its_setting() {
    let holder = holder();
    let elliptic = KeyPair::generate().unwrap();
    let elliptic = format!("{}{}", holder.certificate.pem(), elliptic.serialize_pem());
    let certificates = [
        inline(&holder.pfx("open"), Some("wrong")),
        inline(holder.certificate.pem().as_bytes(), None),
        inline(holder.key.serialize_pem().as_bytes(), None),
        inline(elliptic.as_bytes(), None),
        Certificate::inline(Secret::new("not-base64!"), None),
        Certificate::file("/nonexistent/app.pfx".into(), None),
    ];

    let mut texts = Vec::new();
    for certificate in &certificates {
        texts.push(statement(certificate).await.unwrap_err().to_string());
    }

    assert_eq!(
        texts,
        [
            "ARM_CLIENT_CERTIFICATE cannot be used: it is neither PEM nor a PFX that ARM_CLIENT_CERTIFICATE_PASSWORD opens",
            "ARM_CLIENT_CERTIFICATE cannot be used: it holds no key that is not encrypted; use a PFX to keep a password",
            "ARM_CLIENT_CERTIFICATE cannot be used: it holds a key but no certificate",
            "ARM_CLIENT_CERTIFICATE cannot be used: its key is no RSA key; Entra takes no other",
            "ARM_CLIENT_CERTIFICATE cannot be used: it is not base64",
            "ARM_CLIENT_CERTIFICATE_PATH cannot be used: /nonexistent/app.pfx: No such file or directory (os error 2)",
        ]
    );
}
