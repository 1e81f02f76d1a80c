//! Terraform's values: trees that may be null or unknown at every position, their types, and
//! their two wire forms (msgpack and JSON).

mod json;
mod msgpack;
mod number;
mod path;
mod printable;
mod refinement;
mod types;

use std::collections::BTreeMap;

pub use json::{from_json, to_json};
pub use msgpack::{from_msgpack, to_msgpack};
pub use number::{NotANumber, Number};
pub use path::{Path, Step};
pub use printable::printable;
pub use refinement::Refinement;
pub use types::{Type, TypeError};

/// A value as Terraform knows it.
///
/// Equality is structural. Sets are kept sorted, so that two sets are equal whatever order they
/// arrived in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Left out, or set to `null`.
    Null,
    /// Not known before apply; what is known of it all the same is its refinement.
    Unknown(Refinement),
    /// `true` or `false`.
    Bool(bool),
    /// A number of any size and precision.
    Number(Number),
    /// Text.
    String(String),
    /// A list.
    List(Vec<Value>),
    /// A set, sorted; build it with [`Value::set`].
    Set(Vec<Value>),
    /// A map.
    Map(BTreeMap<String, Value>),
    /// An object: every attribute of its type is present, `Null` where it was left out.
    Object(BTreeMap<String, Value>),
    /// A tuple.
    Tuple(Vec<Value>),
    /// A value of an attribute whose type is only known with the value.
    Dynamic(Type, Box<Value>),
}

impl Value {
    /// A value nothing is known of.
    pub fn unknown() -> Self {
        Self::Unknown(Refinement::default())
    }

    /// A set of `elements`, in the one order equality relies on.
    pub fn set(mut elements: Vec<Value>) -> Self {
        elements.sort();
        Self::Set(elements)
    }

    /// An object of `attributes`.
    pub fn object<K: Into<String>>(attributes: impl IntoIterator<Item = (K, Value)>) -> Self {
        Self::Object(
            attributes
                .into_iter()
                .map(|(name, value)| (name.into(), value))
                .collect(),
        )
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether this very value is unknown; its elements may be even where it is not.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown(_))
    }

    /// Whether neither this value nor anything in it is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown(_) => false,
            Self::List(items) | Self::Set(items) | Self::Tuple(items) => {
                items.iter().all(Self::is_wholly_known)
            }
            Self::Map(items) | Self::Object(items) => items.values().all(Self::is_wholly_known),
            Self::Dynamic(_, value) => value.is_wholly_known(),
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
        }
    }

    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self {
            Some(text)
        } else {
            None
        }
    }

    /// An object's attribute or a map's element; `Null` when there is none.
    pub fn member(&self, name: &str) -> &Value {
        match self {
            Self::Object(members) | Self::Map(members) => members.get(name).unwrap_or(&Self::Null),
            _ => &Self::Null,
        }
    }

    /// Sets an object's attribute; does nothing to any other value.
    pub fn set_member(&mut self, name: &str, value: Value) {
        if let Self::Object(members) | Self::Map(members) = self {
            members.insert(name.to_owned(), value);
        }
    }

    /// The attributes of an object or the elements of a map.
    pub fn members(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Self::Object(members) | Self::Map(members) => Some(members),
            _ => None,
        }
    }

    /// The elements of a list, set or tuple.
    pub fn elements(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) | Self::Set(items) | Self::Tuple(items) => Some(items),
            _ => None,
        }
    }

    /// The same with each object in it changed: itself, or the elements of a list, set or map.
    #[must_use]
    pub fn map_objects(&self, change: &mut dyn FnMut(&Self) -> Self) -> Self {
        match self {
            Self::Object(_) => change(self),
            Self::List(items) => Self::List(items.iter().map(change).collect()),
            Self::Set(items) => Self::set(items.iter().map(change).collect()),
            Self::Map(members) => Self::Map(
                members
                    .iter()
                    .map(|(name, item)| (name.clone(), change(item)))
                    .collect(),
            ),
            other => other.clone(),
        }
    }

    /// Whether there is nothing: null, or a list, set or map without elements. Modules pass the one for the other, so
    /// no attribute tells them apart.
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Null => true,
            Self::List(items) | Self::Set(items) => items.is_empty(),
            Self::Map(members) => members.is_empty(),
            _ => false,
        }
    }

    /// What kind of value this is, for a diagnostic.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Unknown(_) => "a value not known yet",
            Self::Bool(_) => "a bool",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Object(_) => "an object",
            Self::Tuple(_) => "a tuple",
            Self::Dynamic(_, value) => value.kind(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Number(Number::from(value))
    }
}

/// Why bytes from Terraform are no value of the wanted type.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct DecodeError {
    /// Where in the value.
    pub path: Path,
    /// What was found and what was wanted.
    pub problem: String,
}

impl DecodeError {
    /// An error at `path`.
    pub fn new(path: &Path, problem: impl Into<String>) -> Self {
        Self {
            path: path.clone(),
            problem: problem.into(),
        }
    }
}

/// A value in transit: the protocol's `DynamicValue`, not decoded yet because that takes a type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// The msgpack form; empty when the sender used JSON.
    pub msgpack: Vec<u8>,
    /// The JSON form; empty when the sender used msgpack.
    pub json: Vec<u8>,
}

impl Encoded {
    /// The msgpack form of a value of the type `ty`.
    pub fn of(value: &Value, ty: &Type) -> Self {
        Self {
            msgpack: to_msgpack(value, ty),
            json: Vec::new(),
        }
    }

    /// The value, read as the type `ty`; `Null` when nothing was sent.
    pub fn decode(&self, ty: &Type) -> Result<Value, DecodeError> {
        if !self.msgpack.is_empty() {
            from_msgpack(&self.msgpack, ty)
        } else if !self.json.is_empty() {
            from_json(&self.json, ty)
        } else {
            Ok(Value::Null)
        }
    }
}
