//! What is told of an object that has the name of one that is to be created.

use crate::{azure::arm::ResourceId, framework::Diagnostic};

/// The warning about a plan, or an apply, that goes on with what an interrupted run has begun. `what` is the kind of
/// object: "cluster".
pub(crate) fn continues(what: &str, id: &ResourceId) -> Diagnostic {
    Diagnostic::warning(
        format!("Continues a {what} that an interrupted run began"),
        format!(
            "{id} exists: a run of this configuration asked for it and ended before its state was saved. No other one is made; this one gets into the state and becomes what the configuration says."
        ),
    )
}

/// Both ways on with an object of the type `resource_type` that another state holds: that state, or an import.
pub(crate) fn held(id: &ResourceId, resource_type: &str, by: &str) -> String {
    format!(
        "{id} exists, and this state does not hold it. {by} Nothing was changed.\n\nChoose another name here; or work on it where it is held, in that folder, workspace and backend; or have this state take it over: remove it there from the state (`terraform state rm`, or a `removed` block with `destroy = false`), and here run\n\n  terraform import {resource_type}.NAME '{id}'"
    )
}

/// What to do about a create that meets the very object it was to take the place of.
pub(crate) fn predecessor(id: &ResourceId) -> String {
    format!(
        "{id} is the one that this replacement was to delete first. A client that creates first, as `lifecycle {{ create_before_destroy = true }}` tells it to, comes to this, because both have the same name. Remove `create_before_destroy` here and in whatever depends on this resource, or give the new one another name; then apply again."
    )
}
