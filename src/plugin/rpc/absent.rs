//! Parts of the protocol this provider has nothing for. A host that asks all the same, because a
//! configuration names one, is told so like for any other mistake in a configuration.

use crate::framework::Diagnostic;
use crate::plugin::wire::tfplugin6 as wire;

/// Says that the provider has nothing of the kind `kind`, such as the `name` that was asked for.
pub(super) fn absent(kind: &str, name: &str) -> Vec<wire::Diagnostic> {
    let diagnostic = Diagnostic::error(
        format!("This provider has no {kind}"),
        format!("{name:?} was asked for; the provider's documentation lists what there is."),
    );
    vec![diagnostic.into()]
}

/// Says that making a configuration is left to the host, as the capabilities announce.
pub(super) fn generated_config() -> wire::generate_resource_config::Response {
    let diagnostic = Diagnostic::error(
        "This provider does not generate configuration",
        "The host makes it from the state by itself where a provider does not.",
    );
    wire::generate_resource_config::Response {
        config: None,
        diagnostics: vec![diagnostic.into()],
    }
}
