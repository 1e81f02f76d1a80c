//! Client assertions: tokens a client presents instead of a secret, signed by a certificate the
//! application registered or by a foreign issuer it trusts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use serde_json::Value;

use super::directory::Principal;
use super::error::SignInError;
use super::key::thumbprints;
use super::token::signed_claims;

/// Clocks may differ by this many seconds.
const LEEWAY: f64 = 300.0;

/// Accepts an assertion for an application, or says why not.
pub(super) fn check(
    assertion: &str,
    application: &Principal,
    now: Timestamp,
) -> Result<(), SignInError> {
    let (header, claims) = unverified(assertion).ok_or_else(SignInError::malformed_assertion)?;
    // A NumericDate may have a fraction (RFC 7519, section 2), and MSAL for Python writes one.
    let expiry = claims.get("exp").and_then(Value::as_f64);
    if expiry.unwrap_or_default() + LEEWAY < now.as_duration().as_secs_f64() {
        return Err(SignInError::malformed_assertion());
    }
    let issuer = text(&claims, "iss");
    let own = application
        .app_id
        .as_deref()
        .is_some_and(|id| id.eq_ignore_ascii_case(issuer));
    if own {
        check_certificate(assertion, &header, application)
    } else {
        check_federation(assertion, &claims, application)
    }
}

/// An assertion issued by the application itself names its certificate by thumbprint.
fn check_certificate(
    assertion: &str,
    header: &Value,
    application: &Principal,
) -> Result<(), SignInError> {
    // MSAL for Python pads its base64.
    let named = ["x5t", "x5t#S256", "kid"].map(|name| text(header, name).trim_end_matches('='));
    let certificate = application
        .certificates
        .iter()
        .find(|certificate| {
            let thumbprints = thumbprints(certificate);
            named
                .iter()
                .any(|name| thumbprints.iter().any(|own| own == name))
        })
        .ok_or_else(|| {
            let name = named.iter().find(|name| !name.is_empty());
            SignInError::unknown_certificate(name.unwrap_or(&""))
        })?;
    check_signature(assertion, certificate)
}

/// A foreign token must match one federated credential in issuer, audience and subject.
fn check_federation(
    assertion: &str,
    claims: &Value,
    application: &Principal,
) -> Result<(), SignInError> {
    let [issuer, audience, subject] = ["iss", "aud", "sub"].map(|name| text(claims, name));
    let by_issuer: Vec<_> = application
        .federations
        .iter()
        .filter(|one| one.issuer == issuer)
        .collect();
    if by_issuer.is_empty() {
        return Err(SignInError::no_federation("issuer", issuer));
    }
    let by_audience: Vec<_> = by_issuer
        .into_iter()
        .filter(|one| one.audience == audience)
        .collect();
    if by_audience.is_empty() {
        return Err(SignInError::no_federation("audience", audience));
    }
    let federation = by_audience
        .into_iter()
        .find(|one| one.subject == subject)
        .ok_or_else(|| SignInError::no_federation("subject", subject))?;
    check_signature(assertion, &federation.public_key)
}

fn check_signature(assertion: &str, pem: &str) -> Result<(), SignInError> {
    DecodingKey::from_rsa_pem(pem.as_bytes())
        .ok()
        .and_then(|key| signed_claims(assertion, &key))
        .map(|_| ())
        .ok_or_else(SignInError::assertion_signature)
}

/// Header and claims, before any signature is checked.
fn unverified(assertion: &str) -> Option<(Value, Value)> {
    let mut parts = assertion.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice(&bytes).ok()
    });
    Some((parts.next()??, parts.next()??))
}

/// A claim as text; the first entry of a list, which is how some issuers write `aud`.
fn text<'a>(claims: &'a Value, name: &str) -> &'a str {
    let value = claims.get(name);
    let first = value
        .and_then(Value::as_array)
        .and_then(|list| list.first());
    first.or(value).and_then(Value::as_str).unwrap_or_default()
}
