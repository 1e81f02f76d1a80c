//! The way out: how an object is got rid of although its plan or its read is refused. A client plans the configuration
//! before it destroys, so every error about an object that exists may meet a user who wants it gone.

use super::{Diagnostic, Severity, schema};
use crate::value::Value;

/// The errors of a plan that changes an object, each with how it is destroyed without that plan.
pub(super) fn of_plan(name: &str, told: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let name = name.replace('_', " ");
    let way = format!(
        "To destroy the {name} as it is, run `terraform destroy -refresh=false`, which does not plan the configuration."
    );
    with(&way, told)
}

/// The errors of a read, each with how the object that it was to find leaves the state.
pub(super) fn of_read(name: &str, told: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let name = name.replace('_', " ");
    let way = format!(
        "The {name} stays in the state. To destroy it without reading it, run `terraform destroy -refresh=false`; where that is refused, too, `terraform state rm` gives it up as it is."
    );
    with(&way, told)
}

/// The errors of a deletion, each with how the object leaves the state.
pub(super) fn of_deletion(name: &str, told: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let name = name.replace('_', " ");
    let way = format!(
        "The {name} stays in the state, and the next destroy tries it again. To give it up as it is, run `terraform state rm`."
    );
    with(&way, told)
}

/// Whether the state has no more than an import knows: no state holds the object yet.
pub(super) fn is_import(block: &schema::Block, state: &Value) -> bool {
    let mut attributes = block.attributes.iter();
    attributes.any(|attribute| {
        attribute.mode == schema::Mode::Required && state.member(attribute.name).is_null()
    })
}

fn with(way: &str, told: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let each = told.into_iter().map(|one| {
        if one.severity != Severity::Error {
            return one;
        }
        let detail = format!("{}\n\n{way}", one.detail.trim_end());
        Diagnostic {
            detail: detail.trim_start().to_owned(),
            ..one
        }
    });
    each.collect()
}
