//! What every call is wrapped in: a span for its log lines, and a net under its panics.

use std::future::Future;

use tracing::Instrument;

use crate::framework::Diagnostic;
use crate::plugin::panic::catch;

/// Runs the `work` of the call `rpc` about the type `type_name` (empty for none). A panic
/// becomes an error, because a failed gRPC call after an apply loses the object: the host then
/// keeps no state at all.
pub(super) async fn guarded<T>(
    rpc: &'static str,
    type_name: &str,
    work: impl Future<Output = T>,
) -> Result<T, Diagnostic> {
    let named = (!type_name.is_empty()).then_some(type_name);
    let span = tracing::debug_span!("rpc", rpc, resource.type = named);
    let guarded = async {
        tracing::trace!("The host calls {rpc}");
        let outcome = catch(work).await.map_err(|panic| {
            tracing::error!("{rpc} failed: {panic}");
            Diagnostic::error(
                format!("The provider failed in {rpc}"),
                format!(
                    "This is a defect of the provider: {panic}. What Terraform knew before the call is kept. \
                     Please report it with the configuration that led to it."
                ),
            )
        });
        tracing::trace!("The provider answers {rpc}");
        outcome
    };
    guarded.instrument(span).await
}
