//! What Terraform does not check of a configuration and leaves to providers
//! (terraform-plugin-framework `internal/fwserver/attribute_validation.go`).

use super::{
    Diagnostic, Diagnostics,
    schema::{Attribute, Block, Mode, Shape},
    service::ClientCapabilities,
};
use crate::value::{Path, Step, Value};

/// Judges a configuration by its schema alone.
pub(super) fn judge(
    block: &Block,
    config: &Value,
    client: ClientCapabilities,
    diagnostics: &mut Diagnostics,
) {
    walk(block, config, &Path::root(), client, diagnostics);
}

fn walk(
    block: &Block,
    config: &Value,
    path: &Path,
    client: ClientCapabilities,
    diagnostics: &mut Diagnostics,
) {
    for attribute in &block.attributes {
        let value = config.member(attribute.name);
        let path = path.join_attribute(attribute.name);
        // A group is there whether it was written or not.
        if !value.is_null() && *value != attribute.absent() {
            judge_written(attribute, &path, client, diagnostics);
        }
        if let (Shape::Nested(_, inner), true) =
            (&attribute.shape, attribute.mode != Mode::Computed)
        {
            objects(value, &path, &mut |item, path| {
                walk(inner, item, path, client, diagnostics);
            });
        }
    }
}

fn judge_written(
    attribute: &Attribute,
    path: &Path,
    client: ClientCapabilities,
    diagnostics: &mut Diagnostics,
) {
    if attribute.mode == Mode::Computed {
        let detail = format!(
            "{} is set by the service and cannot be set in the configuration; remove it.",
            path.subject()
        );
        diagnostics.push(Diagnostic::error("Read-only attribute", detail).at(path));
    }
    if attribute.write_only && !client.write_only_attributes_allowed {
        let detail = format!(
            "{} is write-only, so that its value is never stored; this client does not know such attributes. Use Terraform 1.11 or OpenTofu 1.11, or newer, or remove it.",
            path.subject()
        );
        diagnostics
            .push(Diagnostic::error("Client does not know write-only attributes", detail).at(path));
    }
    if let Some(instead) = attribute.deprecated {
        diagnostics.push(
            Diagnostic::warning(
                "Deprecated attribute",
                format!("{} is deprecated: {instead}", path.subject()),
            )
            .at(path),
        );
    }
}

/// Calls `visit` with each object of a nested value.
fn objects(value: &Value, path: &Path, visit: &mut dyn FnMut(&Value, &Path)) {
    match value {
        Value::Object(_) => visit(value, path),
        Value::List(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, item)| visit(item, &path.join(Step::Index(index)))),
        Value::Set(items) => items
            .iter()
            .for_each(|item| visit(item, &path.join(Step::into_element(item)))),
        Value::Map(members) => members
            .iter()
            .for_each(|(name, item)| visit(item, &path.join(Step::Key(name.clone())))),
        _ => {}
    }
}
