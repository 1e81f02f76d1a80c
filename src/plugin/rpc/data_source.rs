//! Reading a data source.

use super::guard::guarded;
use crate::framework::service::{Service, ValidateRequest, ValueResponse};
use crate::plugin::wire::tfplugin6 as wire;

pub(super) async fn read(
    service: &dyn Service,
    request: wire::read_data_source::Request,
) -> wire::read_data_source::Response {
    let request = ValidateRequest::from(request);
    let type_name = request.type_name.clone();
    let read = guarded(
        "ReadDataSource",
        &type_name,
        service.read_data_source(request),
    )
    .await;
    read.unwrap_or_else(|panic| ValueResponse {
        value: None,
        diagnostics: vec![panic],
    })
    .into()
}
