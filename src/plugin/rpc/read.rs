//! Reading a resource. If that fails in an unforeseen way, the state stays as it is.

use super::guard::guarded;
use crate::framework::service::{ReadRequest, ReadResponse, Service};
use crate::plugin::wire::tfplugin6 as wire;

pub(super) async fn read(
    service: &dyn Service,
    request: wire::read_resource::Request,
) -> wire::read_resource::Response {
    let request = ReadRequest::from(request);
    let before = request.clone();
    let read = guarded(
        "ReadResource",
        &before.type_name,
        service.read_resource(request),
    )
    .await;
    read.unwrap_or_else(|panic| ReadResponse {
        new_state: before.current_state,
        private: before.private,
        new_identity: before.current_identity,
        diagnostics: vec![panic],
    })
    .into()
}
