//! Changes that need a new object: which they are, and what is told of them.

use super::{Diagnostic, Resource, State, plan::Change, schema::Kind};
use crate::value::{Path, Value, to_json};

/// A change that needs a new object, and why.
pub(super) struct Replacement<'a> {
    /// The change.
    pub(super) change: &'a Change<'a>,
    /// Why it does, as a clause.
    reason: &'static str,
}

/// The changes that need a new object.
pub(super) fn replacements<'a, R: Resource>(
    resource: &R,
    client: &R::Client,
    changes: &'a [Change<'a>],
    prior: &State<R>,
    spec: &R::Spec,
) -> Vec<Replacement<'a>> {
    let reason = |change: &'a Change<'a>| {
        // A default that is new to an old state is no change of the object.
        if change.from.is_null() && change.attribute.default.is_some() {
            return None;
        }
        // Nor is it one to leave to the service what it has, or to write down what it chose.
        if change.attribute.kind == Kind::UnmanagedWhenNull
            && (change.to.is_null() || change.from.is_null() && resource.is_already(change, prior))
        {
            return None;
        }
        // What is not known may turn out to be what it was, and the object would be lost for nothing.
        let reason = if change.to.is_wholly_known() {
            change
                .attribute
                .replace
                .or_else(|| resource.replaces(change, prior, spec))
        } else {
            resource.goes_with(client, change, prior)
        };
        Some(Replacement {
            change,
            reason: reason?,
        })
    };
    changes.iter().filter_map(reason).collect()
}

impl Replacement<'_> {
    /// The error that refuses it.
    pub(super) fn refusal<R: Resource>(&self) -> Diagnostic {
        let change = self.change;
        let shown = |value: &Value| {
            if change.attribute.has_secrets() {
                "(sensitive)".to_owned()
            } else {
                to_json(value).to_string()
            }
        };
        let detail = format!(
            "`{}` changes from {} to {}: {}. {}",
            change.path,
            shown(&change.from),
            shown(&change.to),
            self.reason,
            R::LOSS
        );
        Diagnostic::error(format!("Change needs a new {}", R::NAME), detail.trim_end())
            .at(&change.path)
    }
}

/// The error about a change that was not known when the plan was made, and that needs a new object.
pub(super) fn turned_out(refusal: Diagnostic) -> Diagnostic {
    Diagnostic {
        summary: format!("{}, and that was not planned", refusal.summary),
        detail: format!(
            "{} The value was not known when the plan was made. Nothing was changed: run it again to see the replacement in a plan.",
            refusal.detail
        ),
        ..refusal
    }
}

/// The warning about a replacement: a client does not say in which order it will delete and create.
pub(super) fn destroy_first(name: &str, replacements: &[Replacement<'_>]) -> Diagnostic {
    let first = replacements.first();
    let path = first.map_or_else(Path::root, |first| first.change.path.clone());
    let detail = format!(
        "The {name} is deleted, and then another one is created that has its name. With `lifecycle {{ create_before_destroy = true }}` the new one would come first, and the apply would fail: leave that out, or give the new one another name."
    );
    Diagnostic::warning("Replacement deletes first", detail).at(&path)
}
