//! Calling a function.

use super::guard::guarded;
use crate::framework::service::{FunctionError, Service};
use crate::plugin::wire::tfplugin6 as wire;
use crate::value::Encoded;

pub(super) async fn call(
    service: &dyn Service,
    request: wire::call_function::Request,
) -> wire::call_function::Response {
    let arguments = request.arguments.into_iter().map(Encoded::from).collect();
    guarded(
        "CallFunction",
        &request.name,
        service.call_function(&request.name, arguments),
    )
    .await
    .unwrap_or_else(|panic| {
        Err(FunctionError {
            text: panic.detail,
            argument: None,
        })
    })
    .into()
}
