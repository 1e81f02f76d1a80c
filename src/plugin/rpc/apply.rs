//! Applying a resource's change. If that fails in an unforeseen way, the state before it stays:
//! an error without a state makes the host forget the object.

use super::guard::guarded;
use crate::framework::service::{ApplyRequest, ApplyResponse, Service};
use crate::plugin::wire::tfplugin6 as wire;

pub(super) async fn apply(
    service: &dyn Service,
    request: wire::apply_resource_change::Request,
) -> wire::apply_resource_change::Response {
    let request = ApplyRequest::from(request);
    let type_name = request.type_name.clone();
    let before = ApplyResponse {
        new_state: request.prior_state.clone(),
        private: request.planned_private.clone(),
        new_identity: request.planned_identity.clone(),
        diagnostics: Vec::new(),
    };
    let applied = guarded(
        "ApplyResourceChange",
        &type_name,
        service.apply_resource(request),
    )
    .await;
    applied
        .unwrap_or_else(|panic| ApplyResponse {
            diagnostics: vec![panic],
            ..before
        })
        .into()
}
