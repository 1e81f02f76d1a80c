//! Taking over what exists: by import, or from another resource type.

use super::guard::guarded;
use crate::framework::Diagnostic;
use crate::framework::service::{ImportRequest, Imported, MoveRequest, Service};
use crate::plugin::wire::{legacy_state, tfplugin6 as wire};

pub(super) async fn import(
    service: &dyn Service,
    request: wire::import_resource_state::Request,
) -> wire::import_resource_state::Response {
    let request = ImportRequest::from(request);
    let type_name = request.type_name.clone();
    let imported = guarded(
        "ImportResourceState",
        &type_name,
        service.import_resource(request),
    )
    .await;
    wire::import_resource_state::Response::of(type_name, imported.unwrap_or_else(failed))
}

pub(super) async fn moved(
    service: &dyn Service,
    request: wire::move_resource_state::Request,
) -> wire::move_resource_state::Response {
    if let Some(refused) = legacy_state(&request.source_type_name, request.source_state.as_ref()) {
        return failed(refused).into();
    }
    let request = MoveRequest::from(request);
    let type_name = request.target_type_name.clone();
    let moved = guarded(
        "MoveResourceState",
        &type_name,
        service.move_resource(request),
    )
    .await;
    moved.unwrap_or_else(failed).into()
}

fn failed(diagnostic: Diagnostic) -> Imported {
    Imported {
        diagnostics: vec![diagnostic],
        ..Imported::default()
    }
}
