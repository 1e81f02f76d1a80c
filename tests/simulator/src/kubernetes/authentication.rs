//! Who sends a request to the API server of a cluster: the static credentials, and Entra tokens
//! for the application of AKS's API servers.

use super::authorization::Memory;
use super::status::{Status, quoted};
use super::user::{AUTHENTICATED, User};
use super::view::View;
use crate::entra::verify_aks;
use crate::message::Message;

/// The caller of a request. `with_admin_certificate`: the connection was made with the client
/// certificate of the cluster's static credentials.
pub(crate) fn authenticate(
    view: &View<'_>,
    message: &Message,
    with_admin_certificate: bool,
) -> Result<User, Status> {
    let has = |pointer: &str| {
        view.cluster
            .pointer(pointer)
            .is_some_and(|own| *own == true)
    };
    let local_accounts = !has("/properties/disableLocalAccounts");
    if with_admin_certificate && local_accounts {
        return Ok(User::masterclient());
    }
    let token = message
        .header("authorization")
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(Status::unauthorized)?;
    if token == view.admin_token && local_accounts {
        return Ok(User::masterclient());
    }
    if !has("/properties/aadProfile/managed") {
        return Err(Status::unauthorized());
    }
    let caller = verify_aks(
        token,
        &view.setting.key,
        &view.setting.origins,
        view.token_time,
    )
    .map_err(|_| Status::unauthorized())?;
    Ok(User {
        name: caller.object_id,
        groups: [AUTHENTICATED.to_owned()].into(),
        ..User::default()
    })
}

/// The user a request is to be handled as (`Impersonate-User`, `Impersonate-Group`).
pub(crate) fn impersonate(
    _view: &View<'_>,
    _memory: &mut Memory,
    user: User,
    message: &Message,
) -> Result<User, Status> {
    let Some(name) = message.header("impersonate-user") else {
        return Ok(user);
    };
    if !user.is_master() {
        return Err(Status::forbidden_path(format!(
            "users {} is forbidden: User {} cannot impersonate resource \"users\" in API group \
             \"\" at the cluster scope",
            quoted(name),
            quoted(&user.name)
        )));
    }
    let groups = message.header("impersonate-group").into_iter();
    Ok(User {
        name: name.to_owned(),
        groups: groups.chain([AUTHENTICATED]).map(str::to_owned).collect(),
        ..User::default()
    })
}
