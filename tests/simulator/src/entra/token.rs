//! Access tokens: what they say, and what makes a service refuse one.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation};
use serde_json::{Value, json};

use super::SignIn;
use super::audience::{Audience, is_for};
use super::directory::{Directory, Principal, PrincipalKind};
use super::key::SigningKey;
use crate::origins::Origins;
use crate::random::{guid, letters};

/// How many groups a token names at most (Entra docs, access-token-claims-reference).
const MOST_GROUPS: usize = 200;

impl Directory {
    /// A token for a service, in the v1 form of Microsoft's own services: those ask for it in
    /// their registration, also when the v2 endpoint is used.
    pub(super) fn access_token(
        &self,
        principal: &Principal,
        client: &str,
        audience: &str,
        sign_in: &mut SignIn<'_>,
    ) -> String {
        let now = sign_in.token_time.as_second();
        let expiry = sign_in
            .token_time
            .as_second()
            .saturating_add_unsigned(sign_in.lifetime);
        let issuer = format!("https://sts.windows.net/{}/", self.tenant_id);
        let mut claims = json!({
            "aud": audience,
            "iss": issuer,
            "iat": now,
            "nbf": now,
            "exp": expiry,
            "aio": letters(sign_in.random, 24),
            "appid": client,
            "idp": issuer,
            "oid": principal.object_id,
            "rh": letters(sign_in.random, 16),
            "sub": principal.object_id,
            "tid": self.tenant_id,
            "uti": letters(sign_in.random, 22),
            "ver": "1.0",
        });
        if let Some(claims) = claims.as_object_mut() {
            let groups = self.groups(&principal.object_id);
            if groups.len() > MOST_GROUPS {
                // The token says where to ask instead (Entra docs, access-token-claims-reference).
                let source = format!(
                    "https://graph.windows.net/{}/users/{}/getMemberObjects",
                    self.tenant_id, principal.object_id
                );
                claims.insert("_claim_names".into(), json!({ "groups": "src1" }));
                let sources = json!({ "src1": { "endpoint": source } });
                claims.insert("_claim_sources".into(), sources);
            } else if !groups.is_empty() || principal.kind == PrincipalKind::User {
                claims.insert("groups".into(), json!(groups));
            }
            if principal.kind == PrincipalKind::User {
                claims.insert("appidacr".into(), json!("0"));
                claims.insert("idtyp".into(), json!("user"));
                // Where a person signed in from; tokens of applications do not say it (Entra docs,
                // access-token-claims-reference).
                claims.insert("ipaddr".into(), json!(sign_in.address));
                claims.insert("name".into(), json!(principal.display_name));
                claims.insert("scp".into(), json!("user_impersonation"));
                if principal.is_guest() {
                    // A guest's sign-in name belongs to another directory; there is no `upn`.
                    claims.insert("unique_name".into(), json!(principal.mail));
                } else {
                    let name = &principal.user_principal_name;
                    claims.insert("unique_name".into(), json!(name));
                    claims.insert("upn".into(), json!(name));
                }
            } else {
                claims.insert("appidacr".into(), json!("1"));
                claims.insert("idtyp".into(), json!("app"));
            }
        }
        sign_in.key.sign(&claims)
    }

    /// The v2 token that tells a client who signed in.
    pub(super) fn id_token(
        &self,
        user: &Principal,
        client: &str,
        sign_in: &mut SignIn<'_>,
    ) -> String {
        let now = sign_in.token_time.as_second();
        sign_in.key.sign(&json!({
            "aud": client,
            "iss": format!("{}/{}/v2.0", sign_in.origins.login, self.tenant_id),
            "iat": now,
            "nbf": now,
            "exp": now.saturating_add_unsigned(sign_in.lifetime),
            "name": user.display_name,
            "oid": user.object_id,
            "preferred_username": user.user_principal_name,
            "sub": guid(sign_in.random),
            "tid": self.tenant_id,
            "ver": "2.0",
        }))
    }
}

/// The same token with other claims; `None` when its signature does not hold.
pub(crate) fn reissued(
    token: &str,
    key: &SigningKey,
    change: impl FnOnce(&mut Claims),
) -> Option<String> {
    let mut claims = Claims(signed_claims(token, &key.decoding)?);
    change(&mut claims);
    Some(key.sign(&claims.0))
}

/// Why a service does not accept a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is no token of this directory's.
    Invalid,
    /// It is for another service.
    Audience(String),
    /// Its time is over.
    Expired { expiry: Timestamp, now: Timestamp },
}

/// What a token says that was sent to a service and is good there.
#[derive(Clone, Debug)]
pub(crate) struct Claims(Value);

impl Claims {
    /// A claim that is a text, or nothing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Any claim.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Takes a claim out.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Some(claims) = self.0.as_object_mut() {
            claims.shift_remove(name);
        }
    }

    /// Makes a claim say something else.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        if let Some(claims) = self.0.as_object_mut() {
            claims.insert(name.to_owned(), value);
        }
    }
}

/// Checks a token that was sent to a service.
pub(crate) fn verify(
    token: &str,
    service: Audience,
    key: &SigningKey,
    origins: &Origins,
    now: Timestamp,
) -> Result<Claims, Refusal> {
    let claims = signed_claims(token, &key.decoding).ok_or(Refusal::Invalid)?;
    let claims = Claims(claims);
    let audience = claims.text("aud");
    if !is_for(service, audience, origins) {
        return Err(Refusal::Audience(audience.to_owned()));
    }
    let expiry = claims
        .value("exp")
        .and_then(Value::as_i64)
        .and_then(|second| Timestamp::from_second(second).ok())
        .ok_or(Refusal::Invalid)?;
    if expiry <= now {
        return Err(Refusal::Expired { expiry, now });
    }
    Ok(claims)
}

/// The claims of a token whose signature holds, whatever they say.
pub(super) fn signed_claims(token: &str, key: &jsonwebtoken::DecodingKey) -> Option<Value> {
    let mut validation = Validation::new(Algorithm::RS256);
    // Entra takes either from certificates (Entra docs, certificate-credentials).
    validation.algorithms = vec![Algorithm::RS256, Algorithm::PS256];
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode::<Value>(token, key, &validation)
        .ok()
        .map(|token| token.claims)
}
