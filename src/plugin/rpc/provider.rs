//! The provider itself: its configuration, and the request to stop what is under way.

use super::guard::guarded;
use crate::framework::service::Service;
use crate::plugin::wire::tfplugin6 as wire;

pub(super) async fn configure(
    service: &dyn Service,
    request: wire::configure_provider::Request,
) -> wire::configure_provider::Response {
    let told = guarded("ConfigureProvider", "", service.configure(request.into())).await;
    wire::configure_provider::Response {
        diagnostics: wire::Diagnostic::all(told.unwrap_or_else(|panic| vec![panic])),
    }
}

pub(super) async fn stop(service: &dyn Service) -> wire::stop_provider::Response {
    let stopped = guarded("StopProvider", "", async { service.stop() }).await;
    wire::stop_provider::Response {
        error: stopped.err().map(|panic| panic.detail).unwrap_or_default(),
    }
}
