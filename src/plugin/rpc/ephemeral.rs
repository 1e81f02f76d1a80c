//! The life of an ephemeral resource: open, renew, close.

use super::guard::guarded;
use crate::framework::service::{Opened, Renewed, Service, ValidateRequest};
use crate::plugin::wire::tfplugin6 as wire;

pub(super) async fn open(
    service: &dyn Service,
    request: wire::open_ephemeral_resource::Request,
) -> wire::open_ephemeral_resource::Response {
    let request = ValidateRequest::from(request);
    let type_name = request.type_name.clone();
    let opened = guarded(
        "OpenEphemeralResource",
        &type_name,
        service.open_ephemeral(request),
    )
    .await;
    opened
        .unwrap_or_else(|panic| Opened {
            diagnostics: vec![panic],
            ..Opened::default()
        })
        .into()
}

pub(super) async fn renew(
    service: &dyn Service,
    request: wire::renew_ephemeral_resource::Request,
) -> wire::renew_ephemeral_resource::Response {
    let private = request.private.unwrap_or_default();
    let renewed = guarded(
        "RenewEphemeralResource",
        &request.type_name,
        service.renew_ephemeral(&request.type_name, private.clone()),
    )
    .await;
    // Closing still needs what opening left.
    renewed
        .unwrap_or_else(|panic| Renewed {
            renew_at: None,
            private,
            diagnostics: vec![panic],
        })
        .into()
}

pub(super) async fn close(
    service: &dyn Service,
    request: wire::close_ephemeral_resource::Request,
) -> wire::close_ephemeral_resource::Response {
    let private = request.private.unwrap_or_default();
    let told = guarded(
        "CloseEphemeralResource",
        &request.type_name,
        service.close_ephemeral(&request.type_name, private),
    )
    .await;
    wire::close_ephemeral_resource::Response {
        diagnostics: wire::Diagnostic::all(told.unwrap_or_else(|panic| vec![panic])),
    }
}
