//! Access tokens: what they say, and what makes Resource Manager refuse one.

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation};
use serde_json::{Value, json};

use super::SignIn;
use super::audience::{is_aks_server, is_resource_manager};
use super::directory::{Directory, Principal, PrincipalKind};
use super::key::SigningKey;
use crate::arm::exchange::Caller;
use crate::origins::Origins;
use crate::random::{guid, letters};

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
            if principal.kind == PrincipalKind::User {
                let name = principal.user_principal_name.clone();
                claims.insert("appidacr".into(), json!("0"));
                claims.insert("groups".into(), json!(self.groups(&principal.object_id)));
                claims.insert("idtyp".into(), json!("user"));
                claims.insert("name".into(), json!(principal.display_name));
                claims.insert("scp".into(), json!("user_impersonation"));
                claims.insert("unique_name".into(), json!(name));
                claims.insert("upn".into(), json!(name));
            } else {
                let groups = self.groups(&principal.object_id);
                claims.insert("appidacr".into(), json!("1"));
                claims.insert("idtyp".into(), json!("app"));
                if !groups.is_empty() {
                    claims.insert("groups".into(), json!(groups));
                }
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

/// Why Resource Manager does not accept a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is no token of this directory's.
    Invalid,
    /// It is for another service.
    Audience(String),
    /// Its time is over.
    Expired { expiry: Timestamp, now: Timestamp },
}

/// Whom a token sent to Resource Manager names.
pub(crate) fn verify(
    token: &str,
    key: &SigningKey,
    origins: &Origins,
    now: Timestamp,
) -> Result<Caller, Refusal> {
    caller(token, key, now, |audience| {
        is_resource_manager(audience, origins)
    })
}

/// Whom a token sent to the API server of a cluster names.
pub(crate) fn verify_aks(
    token: &str,
    key: &SigningKey,
    origins: &Origins,
    now: Timestamp,
) -> Result<Caller, Refusal> {
    caller(token, key, now, |audience| is_aks_server(audience, origins))
}

fn caller(
    token: &str,
    key: &SigningKey,
    now: Timestamp,
    is_ours: impl Fn(&str) -> bool,
) -> Result<Caller, Refusal> {
    let claims = signed_claims(token, &key.decoding).ok_or(Refusal::Invalid)?;
    let text = |name: &str| {
        claims
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let audience = text("aud");
    if !is_ours(&audience) {
        return Err(Refusal::Audience(audience));
    }
    let expiry = claims
        .get("exp")
        .and_then(Value::as_i64)
        .and_then(|second| Timestamp::from_second(second).ok())
        .ok_or(Refusal::Invalid)?;
    if expiry <= now {
        return Err(Refusal::Expired { expiry, now });
    }
    Ok(Caller {
        object_id: text("oid"),
        app_id: text("appid"),
        tenant_id: text("tid"),
    })
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
