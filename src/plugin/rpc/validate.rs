//! Judging configurations, before anything is read or planned.

use super::guard::guarded;
use crate::framework::Diagnostic;
use crate::framework::service::{Service, ValidateRequest};
use crate::plugin::wire::tfplugin6 as wire;

pub(super) async fn provider(
    service: &dyn Service,
    request: wire::validate_provider_config::Request,
) -> wire::validate_provider_config::Response {
    let told = guarded(
        "ValidateProviderConfig",
        "",
        service.validate_provider(request.into()),
    )
    .await;
    wire::validate_provider_config::Response {
        diagnostics: all(told),
    }
}

pub(super) async fn resource(
    service: &dyn Service,
    request: wire::validate_resource_config::Request,
) -> wire::validate_resource_config::Response {
    let request = ValidateRequest::from(request);
    let type_name = request.type_name.clone();
    let told = guarded(
        "ValidateResourceConfig",
        &type_name,
        service.validate_resource(request),
    )
    .await;
    wire::validate_resource_config::Response {
        diagnostics: all(told),
    }
}

pub(super) async fn data_source(
    service: &dyn Service,
    request: wire::validate_data_resource_config::Request,
) -> wire::validate_data_resource_config::Response {
    let request = ValidateRequest::from(request);
    let type_name = request.type_name.clone();
    let told = guarded(
        "ValidateDataResourceConfig",
        &type_name,
        service.validate_data_source(request),
    )
    .await;
    wire::validate_data_resource_config::Response {
        diagnostics: all(told),
    }
}

pub(super) async fn ephemeral(
    service: &dyn Service,
    request: wire::validate_ephemeral_resource_config::Request,
) -> wire::validate_ephemeral_resource_config::Response {
    let request = ValidateRequest::from(request);
    let type_name = request.type_name.clone();
    let told = guarded(
        "ValidateEphemeralResourceConfig",
        &type_name,
        service.validate_ephemeral(request),
    )
    .await;
    wire::validate_ephemeral_resource_config::Response {
        diagnostics: all(told),
    }
}

fn all(told: Result<Vec<Diagnostic>, Diagnostic>) -> Vec<wire::Diagnostic> {
    wire::Diagnostic::all(told.unwrap_or_else(|panic| vec![panic]))
}
