//! Values that are kept where an object has them, and that nothing is made or changed to have.

use crate::{
    framework::{
        Diagnostic, Diagnostics,
        schema::{Attribute, Block, Mode, Shape},
    },
    value::{Path, Value, to_json},
};

/// Refuses values in `planned` that are only kept, where `prior` does not have them; a null `prior` has none.
pub fn check_kept(block: &Block, prior: &Value, planned: &Value, diagnostics: &mut Diagnostics) {
    walk(block, prior, planned, &Path::root(), diagnostics);
}

fn walk(block: &Block, prior: &Value, planned: &Value, path: &Path, told: &mut Diagnostics) {
    let written = block.attributes.iter();
    for attribute in written.filter(|attribute| attribute.mode != Mode::Computed) {
        let path = path.join_attribute(attribute.name);
        let (from, to) = (prior.member(attribute.name), planned.member(attribute.name));
        match &attribute.shape {
            Shape::Nested(_, inner) if to.members().is_some() => {
                walk(inner, from, to, &path, told);
            }
            Shape::Nested(..) => {}
            Shape::Value(_) => {
                let is_kept = attribute.kept.iter().any(|kept| (attribute.same)(kept, to));
                if is_kept && (from.is_null() || !attribute.means_same(from, to)) {
                    told.push(refusal(attribute, to, &path));
                }
            }
        }
    }
}

/// A value as it is written in a sentence.
pub fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => to_json(other).to_string(),
    }
}

fn refusal(attribute: &Attribute, found: &Value, path: &Path) -> Diagnostic {
    let found = shown(found);
    let expected = match attribute.allowed.as_slice() {
        [] => format!("another value than `{found}`"),
        words => {
            let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
            format!("one of {}", words.join(", "))
        }
    };
    Diagnostic::error(
        "Kept, and not offered for creation",
        format!(
            "{} is `{found}`, which this resource keeps where it exists already, and neither creates nor changes to yet. Expected {expected}.",
            path.subject()
        ),
    )
    .at(path)
}
