//! Who sends a request to the API server of a cluster: the static credentials, and Entra tokens
//! for the application of AKS's API servers.

use super::status::Status;
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
    if with_admin_certificate {
        return Ok(User::masterclient());
    }
    let token = message
        .header("authorization")
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
        .ok_or_else(Status::unauthorized)?;
    if token == view.admin_token {
        return Ok(User::masterclient());
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
