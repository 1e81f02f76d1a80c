//! Planning a resource's change. If that fails in an unforeseen way, no change is planned.

use super::guard::guarded;
use crate::framework::service::{PlanRequest, PlanResponse, Service};
use crate::plugin::wire::tfplugin6 as wire;

pub(super) async fn plan(
    service: &dyn Service,
    request: wire::plan_resource_change::Request,
) -> wire::plan_resource_change::Response {
    let request = PlanRequest::from(request);
    let type_name = request.type_name.clone();
    let unchanged = PlanResponse {
        planned_state: request.prior_state.clone(),
        requires_replace: Vec::new(),
        planned_private: request.prior_private.clone(),
        planned_identity: request.prior_identity.clone(),
        diagnostics: Vec::new(),
    };
    let planned = guarded(
        "PlanResourceChange",
        &type_name,
        service.plan_resource(request),
    )
    .await;
    planned
        .unwrap_or_else(|panic| PlanResponse {
            diagnostics: vec![panic],
            ..unchanged
        })
        .into()
}
