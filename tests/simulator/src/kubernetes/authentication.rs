//! Who sends a request to the API server of a cluster: the static credentials, and Entra tokens
//! for the application of AKS's API servers, as `guard` reads them (Azure/guard,
//! `auth/providers/azure`).

use std::collections::BTreeSet;

use serde_json::Value;

use super::status::Status;
use super::user::{AUTHENTICATED, User};
use super::view::View;
use crate::entra::{Audience, Claims, verify};
use crate::message::Message;

/// The caller of a request. `with_admin_certificate`: the connection was made with the client
/// certificate of the cluster's static credentials.
///
/// Nobody is anonymous: AKS runs its API servers with `--anonymous-auth=false`.
pub(crate) fn authenticate(
    view: &View<'_>,
    message: &Message,
    with_admin_certificate: bool,
) -> Result<User, Status> {
    let token = bearer(message);
    let local = with_admin_certificate || token == Some(view.admin_token);
    if local && !on(view.cluster, "/properties/disableLocalAccounts") {
        return Ok(User::masterclient());
    }
    entra(view, token.unwrap_or_default()).ok_or_else(Status::unauthorized)
}

/// The token a request carries.
pub(super) fn bearer(message: &Message) -> Option<&str> {
    message
        .header("authorization")
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
}

/// Whom an Entra token names; nobody when the cluster or the token is not made for that.
fn entra(view: &View<'_>, token: &str) -> Option<User> {
    let profile = view.cluster.pointer("/properties/aadProfile")?;
    if !on(profile, "/managed") {
        return None;
    }
    let setting = view.setting;
    let verified = verify(
        token,
        Audience::AksServer,
        &setting.key,
        &setting.origins,
        view.token_time,
    );
    let claims = verified.ok()?;
    let tenant = profile.get("tenantID").and_then(Value::as_str);
    let tenant = tenant.unwrap_or(&view.directory.tenant_id);
    if !claims.text("tid").eq_ignore_ascii_case(tenant) {
        return None;
    }
    let object_id = claims.text("oid").to_owned();
    // Users of this directory go by their sign-in name; guests, applications and managed
    // identities have none in their tokens and go by their object id.
    let name = match claims.text("upn") {
        "" => object_id.clone(),
        upn => upn.to_owned(),
    };
    let mut groups = groups(view, &claims)?;
    groups.insert(AUTHENTICATED.to_owned());
    Some(User {
        name,
        groups,
        extra: [("oid".to_owned(), vec![object_id])].into(),
        ..User::default()
    })
}

/// The object ids of the caller's groups. A token names two hundred at most. For a user in more,
/// Microsoft Graph is asked instead; an application is refused.
pub(super) fn groups(view: &View<'_>, claims: &Claims) -> Option<BTreeSet<String>> {
    if claims.value("_claim_names").is_none() {
        let named = claims.value("groups").and_then(Value::as_array);
        let named = named.into_iter().flatten();
        return Some(named.filter_map(Value::as_str).map(str::to_owned).collect());
    }
    let person = claims.text("idtyp") != "app";
    person.then(|| {
        let groups = view.directory.groups(claims.text("oid"));
        groups.into_iter().collect()
    })
}

pub(super) fn on(document: &Value, pointer: &str) -> bool {
    document.pointer(pointer) == Some(&Value::Bool(true))
}
