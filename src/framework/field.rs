//! What an attribute is, by the Rust type of its field.

use std::cmp::Ordering;

use super::{
    Diagnostic, Slot,
    block::Origin,
    schema::{Mode, Shape},
};
use crate::value::{Path, Value};

/// One attribute of a block.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no field of a block",
    label = "not an attribute",
    note = "an attribute is an `Attr<T>`, `Attr<Option<T>>`, `Computed<T>` or `WriteOnly<T>`"
)]
pub trait Field: Sized {
    /// Who sets it.
    const MODE: Mode;
    /// Whether its values are kept out of what Terraform prints.
    const SENSITIVE: bool = false;
    /// Whether its values are never stored.
    const WRITE_ONLY: bool = false;
    /// Whether its objects are written as blocks.
    const IS_BLOCK: bool = false;

    /// What its values are.
    fn shape() -> Shape;

    /// Whether two values mean the same.
    fn same(left: &Value, right: &Value) -> bool {
        left == right
    }

    /// The values it may have, where there is a list of them.
    fn allowed() -> Vec<&'static str> {
        Vec::new()
    }

    /// Values that are kept where an object has them, and that nothing is made or changed to have.
    fn kept() -> Vec<Value> {
        Vec::new()
    }

    /// Reads it. What is wrong is told at the slot, and the field is then not known.
    fn decode(value: &Value, slot: Slot<'_>) -> Self;

    /// The field as a value.
    fn encode(&self) -> Value;
}

/// A Rust type whose values an attribute can have.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what an attribute contains",
    note = "`text_content!` makes a type that is written as text one, `words!` an enum of words, and `#[derive(Block)]` a struct"
)]
pub trait Content: Sized {
    /// Whether its values are kept out of what Terraform prints.
    const SENSITIVE: bool = false;
    /// Whether it is a struct of attributes, or a collection of them, which users write as blocks.
    const IS_BLOCK: bool = false;

    /// What its values are.
    fn shape() -> Shape;

    /// Whether two values mean the same: `westeurope` and `West Europe`.
    fn same(left: &Value, right: &Value) -> bool {
        left == right
    }

    /// The values it may have, where there is a list of them.
    fn allowed() -> Vec<&'static str> {
        Vec::new()
    }

    /// Values that are kept where an object has them, and that nothing is made or changed to have.
    fn kept() -> Vec<Value> {
        Vec::new()
    }

    /// Reads a value that is neither null nor unknown; `None` when it is wrong, which is told at
    /// the slot, or when a part of it is not known yet.
    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self>;

    /// Whether it is a collection without elements, which means the same as none.
    fn is_empty(&self) -> bool {
        false
    }

    /// The content as a value.
    fn write(&self) -> Value;
}

/// What the user wrote. `Attr<T>` must be written or has a default, `Attr<Option<T>>` may be
/// left out, and a collection without elements counts as left out. It remembers its place, for diagnostics.
#[derive(Clone, Debug)]
pub struct Attr<T> {
    path: Path,
    known: Option<T>,
}

impl<T> Attr<T> {
    /// An attribute whose value is not known.
    pub fn unknown() -> Self {
        Self {
            path: Path::root(),
            known: None,
        }
    }

    /// The value, or a diagnostic on this very attribute when it is not known yet.
    pub fn known(&self) -> Result<&T, Diagnostic> {
        self.known.as_ref().ok_or_else(|| {
            self.error("Value is not known", format!("`{}` has no value yet; this is needed now. Please report it as a bug of the provider.", self.path))
        })
    }

    /// The value, if it is known and right at this time.
    pub fn if_known(&self) -> Option<&T> {
        self.known.as_ref()
    }

    /// Where it stands.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An error about this attribute.
    pub fn error(&self, summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic::error(summary, detail).at(&self.path)
    }

    /// A warning about this attribute.
    pub fn warning(&self, summary: impl Into<String>, detail: impl Into<String>) -> Diagnostic {
        Diagnostic::warning(summary, detail).at(&self.path)
    }
}

impl<T> Attr<Option<T>> {
    /// The value, if it is known and was written.
    pub fn if_set(&self) -> Option<&T> {
        self.known.as_ref().and_then(Option::as_ref)
    }

    /// An attribute that is left out.
    pub fn unset() -> Self {
        Self::from(None)
    }
}

/// Where it stands is no part of what it is.
impl<T: PartialEq> PartialEq for Attr<T> {
    fn eq(&self, other: &Self) -> bool {
        self.known == other.known
    }
}

impl<T: Eq> Eq for Attr<T> {}

impl<T: PartialOrd> PartialOrd for Attr<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        self.known.partial_cmp(&other.known)
    }
}

impl<T: Ord> Ord for Attr<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.known.cmp(&other.known)
    }
}

/// A value the service gave: known, and with no place in the configuration.
impl<T> From<T> for Attr<T> {
    fn from(value: T) -> Self {
        Self {
            path: Path::root(),
            known: Some(value),
        }
    }
}

impl<T: Content> Field for Attr<T> {
    const MODE: Mode = Mode::Required;
    const SENSITIVE: bool = T::SENSITIVE;
    const IS_BLOCK: bool = T::IS_BLOCK;

    fn shape() -> Shape {
        T::shape()
    }

    fn same(left: &Value, right: &Value) -> bool {
        T::same(left, right)
    }

    fn allowed() -> Vec<&'static str> {
        T::allowed()
    }

    fn kept() -> Vec<Value> {
        T::kept()
    }

    fn decode(value: &Value, mut slot: Slot<'_>) -> Self {
        let known = match value {
            Value::Unknown(_) => None,
            Value::Null => {
                if slot.origin == Origin::Configuration {
                    let detail = format!(
                        "{} is left out or null; it must have a value.",
                        slot.path.subject()
                    );
                    slot.error("Missing required attribute", detail);
                }
                None
            }
            value => T::read(value, &mut slot),
        };
        Self {
            path: slot.path,
            known,
        }
    }

    fn encode(&self) -> Value {
        self.known.as_ref().map_or(Value::Null, Content::write)
    }
}

impl<T: Content> Field for Attr<Option<T>> {
    const MODE: Mode = Mode::Optional;
    const SENSITIVE: bool = T::SENSITIVE;
    const IS_BLOCK: bool = T::IS_BLOCK;

    fn shape() -> Shape {
        T::shape()
    }

    fn same(left: &Value, right: &Value) -> bool {
        T::same(left, right)
    }

    fn allowed() -> Vec<&'static str> {
        T::allowed()
    }

    fn kept() -> Vec<Value> {
        T::kept()
    }

    fn decode(value: &Value, mut slot: Slot<'_>) -> Self {
        let known = match value {
            Value::Unknown(_) => None,
            Value::Null => Some(None),
            value => {
                T::read(value, &mut slot).map(|read| Some(read).filter(|read| !read.is_empty()))
            }
        };
        Self {
            path: slot.path,
            known,
        }
    }

    fn encode(&self) -> Value {
        self.known
            .as_ref()
            .and_then(Option::as_ref)
            .map_or(Value::Null, Content::write)
    }
}

/// What the service says. Unknown in a plan, known or null in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Computed<T>(Said<T>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Said<T> {
    Unknown,
    Nothing,
    Value(T),
}

impl<T> Computed<T> {
    /// The service said nothing, or nothing yet.
    pub fn none() -> Self {
        Self(Said::Nothing)
    }

    /// In a plan: only the apply will know what the service says.
    pub fn unknown() -> Self {
        Self(Said::Unknown)
    }

    /// What the service said.
    pub fn value(&self) -> Option<&T> {
        match &self.0 {
            Said::Value(value) => Some(value),
            Said::Unknown | Said::Nothing => None,
        }
    }
}

impl<T> From<T> for Computed<T> {
    fn from(value: T) -> Self {
        Self(Said::Value(value))
    }
}

impl<T> From<Option<T>> for Computed<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or_else(Self::none, Self::from)
    }
}

impl<T: Content> Field for Computed<T> {
    const MODE: Mode = Mode::Computed;
    const SENSITIVE: bool = T::SENSITIVE;

    fn shape() -> Shape {
        T::shape()
    }

    fn decode(value: &Value, mut slot: Slot<'_>) -> Self {
        match value {
            Value::Unknown(_) => Self::unknown(),
            Value::Null => Self::none(),
            value => match T::read(value, &mut slot) {
                None if !value.is_wholly_known() => Self::unknown(),
                read => read.into(),
            },
        }
    }

    fn encode(&self) -> Value {
        match &self.0 {
            Said::Unknown => Value::unknown(),
            Said::Nothing => Value::Null,
            Said::Value(value) => value.write(),
        }
    }
}

/// What the user hands over for one apply and nobody stores.
#[derive(Clone, Debug)]
pub struct WriteOnly<T>(Option<T>);

impl<T> WriteOnly<T> {
    /// What was handed over.
    pub fn value(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T: Content> Field for WriteOnly<T> {
    const MODE: Mode = Mode::Optional;
    const SENSITIVE: bool = T::SENSITIVE;
    const WRITE_ONLY: bool = true;

    fn shape() -> Shape {
        T::shape()
    }

    fn decode(value: &Value, mut slot: Slot<'_>) -> Self {
        match value {
            Value::Unknown(_) | Value::Null => Self(None),
            value => Self(T::read(value, &mut slot)),
        }
    }

    fn encode(&self) -> Value {
        Value::Null
    }
}
