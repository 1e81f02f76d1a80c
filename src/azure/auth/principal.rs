//! Who signs in, as the token itself says. Nothing is decided by it here: Azure checks what it signed.

use std::net::IpAddr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;

use super::{Audience, AuthError, Credential, Token};

/// Who signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Object id in the directory.
    pub object_id: String,
    /// Whether it is an application or a managed identity, not a person.
    pub is_application: bool,
    /// Object ids of its groups, where the token names them.
    pub groups: Vec<String>,
    /// The address that a person signed in from; tokens of applications do not say it.
    pub address: Option<IpAddr>,
}

/// The claims of an access token that say who it is of (Microsoft identity platform, "access token claims").
#[derive(Deserialize)]
struct Claims {
    oid: String,
    idtyp: Option<String>,
    upn: Option<String>,
    #[serde(default)]
    groups: Vec<String>,
    ipaddr: Option<String>,
}

impl Credential {
    /// Who signs in; `None` when the token does not say.
    pub async fn principal(&self) -> Result<Option<Principal>, AuthError> {
        let token = self.token(Audience::ResourceManager).await?;
        Ok(read(&token))
    }
}

fn read(token: &Token) -> Option<Principal> {
    let payload = token.secret.expose().split('.').nth(1)?;
    let bytes = URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?;
    let claims: Claims = serde_json::from_slice(&bytes).ok()?;
    let is_application = match claims.idtyp.as_deref() {
        Some(kind) => kind == "app",
        None => claims.upn.is_none(),
    };
    Some(Principal {
        object_id: claims.oid,
        is_application,
        groups: claims.groups,
        address: claims.ipaddr.and_then(|text| text.parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::Secret;

    fn token(claims: &str) -> Token {
        let payload = URL_SAFE_NO_PAD.encode(claims);
        Token {
            secret: Secret::new(format!("header.{payload}.signature")),
            expires: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_application_is_told_from_a_person() {
        let application = read(&token(r#"{"oid": "a", "idtyp": "app"}"#)).unwrap();
        let person = read(&token(
            r#"{"oid": "b", "upn": "ada@example.com", "groups": ["g"]}"#,
        ))
        .unwrap();

        assert_eq!(
            (application.is_application, person.is_application),
            (true, false)
        );
        assert_eq!(person.groups, ["g"]);
    }

    #[test]
    fn an_address_that_is_none_is_not_taken_for_one() {
        let address = |claims| read(&token(claims)).unwrap().address;

        let addresses = [
            r#"{"oid": "a", "ipaddr": "20.50.0.4"}"#,
            r#"{"oid": "a", "ipaddr": "2001:db8::4"}"#,
            r#"{"oid": "a", "ipaddr": "unknown"}"#,
            r#"{"oid": "a"}"#,
        ]
        .map(address);

        let [v4, v6] = ["20.50.0.4", "2001:db8::4"].map(|text| text.parse().ok());
        assert_eq!(addresses, [v4, v6, None, None]);
    }

    #[test]
    fn a_token_that_is_no_jwt_says_nothing() {
        let opaque = Token {
            secret: Secret::new("opaque"),
            expires: jiff::Timestamp::UNIX_EPOCH,
        };

        assert_eq!(read(&opaque), None);
    }
}
