//! Blocks: structs whose fields are attributes.

use std::collections::BTreeMap;

use super::{
    Diagnostics, Field,
    schema::{self, Attribute},
};
use crate::value::{Path, Value};

/// A struct whose fields are the attributes of a block.
///
/// `#[derive(Block)]` writes this; by hand it is three short functions.
pub trait Block: Sized + Send + Sync + 'static {
    /// What the block is, as Markdown.
    const DOC: &'static str;

    /// The attributes, in the order of the fields.
    fn attributes() -> Vec<Attribute>;

    /// Takes each field from `fields`. What is wrong is told there; a field that is wrong or
    /// unknown is present all the same, as "not known".
    fn decode(fields: &mut Fields<'_>) -> Self;

    /// The block as a value.
    fn encode(&self) -> Value;

    /// The block's schema.
    fn schema() -> schema::Block {
        schema::Block {
            doc: Self::DOC,
            attributes: Self::attributes(),
        }
    }

    /// Reads a whole block.
    fn from_value(value: &Value, origin: Origin, diagnostics: &mut Diagnostics) -> Self {
        let mut slot = Slot::new(Path::root(), origin, diagnostics);
        Self::decode(&mut slot.fields(value))
    }
}

/// Who wrote a value, and so how strictly it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The user: everything that is wrong is told.
    Configuration,
    /// The service or a state: words that are not known yet are kept, and what is missing is
    /// left out, so that any object can be read.
    Service,
}

/// The place a value is read from: what it is called, who wrote it, and where to tell errors.
pub struct Slot<'a> {
    /// Where the value stands.
    pub path: Path,
    /// Who wrote it.
    pub origin: Origin,
    /// Where errors are told.
    pub diagnostics: &'a mut Diagnostics,
}

impl<'a> Slot<'a> {
    /// A place at `path`.
    pub fn new(path: Path, origin: Origin, diagnostics: &'a mut Diagnostics) -> Self {
        Self {
            path,
            origin,
            diagnostics,
        }
    }

    /// The place of a part of the value.
    pub fn at(&mut self, path: Path) -> Slot<'_> {
        Slot {
            path,
            origin: self.origin,
            diagnostics: self.diagnostics,
        }
    }

    /// The fields of the object `value`.
    pub fn fields(&mut self, value: &Value) -> Fields<'_> {
        let members = value.members().cloned().unwrap_or_default();
        Fields {
            path: self.path.clone(),
            origin: self.origin,
            members,
            diagnostics: self.diagnostics,
        }
    }

    /// Tells an error about this value.
    pub fn error(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        let diagnostic = super::Diagnostic::error(summary, detail).at(&self.path);
        self.diagnostics.push(diagnostic);
    }
}

/// The fields of a block that is being read.
pub struct Fields<'a> {
    path: Path,
    origin: Origin,
    members: BTreeMap<String, Value>,
    diagnostics: &'a mut Diagnostics,
}

impl Fields<'_> {
    /// Reads the field of that name; one that is missing is read as null.
    pub fn take<F: Field>(&mut self, name: &str) -> F {
        let value = self.members.remove(name).unwrap_or(Value::Null);
        F::decode(
            &value,
            Slot::new(
                self.path.join_attribute(name),
                self.origin,
                self.diagnostics,
            ),
        )
    }
}
