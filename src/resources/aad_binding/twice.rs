//! What is told of a right that two bindings give.

use super::{registry::Clash, spec::Spec};
use crate::framework::Diagnostic;

/// The error about a right that two bindings give.
pub(super) fn given_twice(spec: &Spec, clash: &Clash) -> Diagnostic {
    spec.principals.error(
        "Two bindings give the same right",
        format!("{} by the binding {:?} already. Whichever of the two was removed would take the right away: name the principal in one of them only.", capital(&clash.right), clash.other),
    )
}

/// The error about a right that a binding keeps and the plan gives by another one too.
pub(super) fn kept_and_given(spec: &Spec, clash: &Clash) -> Diagnostic {
    let told = given_twice(spec, clash);
    let detail = format!(
        "{} by this binding, which stays as it is, and the plan gives it by the binding {:?} too. Whichever of the two was removed would take the right away: name the principal in one of them only.",
        capital(&clash.right),
        clash.other
    );
    Diagnostic { detail, ..told }
}

/// The error about a right that two bindings give, where the other may be one of this configuration.
pub(super) fn perhaps_twice(spec: &Spec, clash: &Clash) -> Diagnostic {
    let told = given_twice(spec, clash);
    let detail = format!(
        "{} If this configuration takes it from that one, apply that first. With `owner` in the provider block it is known whose a binding is.",
        told.detail
    );
    Diagnostic { detail, ..told }
}

/// The warning about a right that this configuration's own bindings give twice for now.
pub(super) fn own_twice(spec: &Spec, clash: &Clash) -> Diagnostic {
    spec.principals.warning(
        "Two bindings of this configuration give the same right",
        format!("{} by the binding {:?} until now. Unless the rest of this apply takes it from that one, name the principal in one of the two only.", capital(&clash.right), clash.other),
    )
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    first
        .map(|first| first.to_uppercase().chain(characters).collect())
        .unwrap_or_default()
}
