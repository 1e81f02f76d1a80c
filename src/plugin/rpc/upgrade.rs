//! Stored states and identities of any age, brought to the present schema.

use super::guard::guarded;
use crate::framework::service::{Service, UpgradeRequest, ValueResponse};
use crate::plugin::wire::{legacy_state, tfplugin6 as wire};

pub(super) async fn state(
    service: &dyn Service,
    request: wire::upgrade_resource_state::Request,
) -> wire::upgrade_resource_state::Response {
    if let Some(refused) = legacy_state(&request.type_name, request.raw_state.as_ref()) {
        return failed(refused).into();
    }
    let request = UpgradeRequest::from(request);
    let type_name = request.type_name.clone();
    let upgraded = guarded(
        "UpgradeResourceState",
        &type_name,
        service.upgrade_resource(request),
    )
    .await;
    upgraded.unwrap_or_else(failed).into()
}

pub(super) async fn identity(
    service: &dyn Service,
    request: wire::upgrade_resource_identity::Request,
) -> wire::upgrade_resource_identity::Response {
    let request = UpgradeRequest::from(request);
    let type_name = request.type_name.clone();
    let upgraded = guarded(
        "UpgradeResourceIdentity",
        &type_name,
        service.upgrade_identity(request),
    )
    .await;
    upgraded.unwrap_or_else(failed).into()
}

fn failed(diagnostic: crate::framework::Diagnostic) -> ValueResponse {
    ValueResponse {
        value: None,
        diagnostics: vec![diagnostic],
    }
}
