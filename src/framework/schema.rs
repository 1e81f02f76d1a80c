//! Schemas: what may be written in a block, and what is known of each attribute.

use std::collections::BTreeMap;

use crate::value::{Path, Step, Type, Value};

/// A resource's, data source's or provider's schema.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// The version states are written with.
    pub version: i64,
    /// What may be written.
    pub block: Block,
}

impl Schema {
    /// The type of the values the schema describes.
    pub fn ty(&self) -> Type {
        self.block.ty()
    }
}

/// Attributes that stand together, blocks among them.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// What the block is, as Markdown.
    pub doc: &'static str,
    /// Its attributes, in the order they are declared.
    pub attributes: Vec<Attribute>,
}

impl Block {
    /// The object type of the block's values.
    pub fn ty(&self) -> Type {
        let attributes = self.attributes.iter();
        Type::Object(
            attributes
                .map(|attribute| (attribute.name.to_owned(), attribute.ty()))
                .collect(),
        )
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.name == name)
    }

    /// The block's value when nothing of it is written, but for defaults that [`crate::framework`] adds later.
    pub fn empty(&self) -> Value {
        let attributes = self.attributes.iter();
        Value::Object(
            attributes
                .map(|attribute| (attribute.name.to_owned(), attribute.absent()))
                .collect(),
        )
    }

    /// Whether any of its values are kept out of what Terraform prints.
    pub fn has_secrets(&self) -> bool {
        self.attributes.iter().any(Attribute::has_secrets)
    }

    /// Whether what users write in two objects means the same; the first may be the more general one.
    pub fn same(&self, left: &Value, right: &Value) -> bool {
        let mut attributes = self
            .attributes
            .iter()
            .filter(|one| one.mode != Mode::Computed);
        attributes.all(|one| one.means_same(left.member(one.name), right.member(one.name)))
    }

    /// The value with every block in it that is null as clients have it: a group with nothing written in it, or no
    /// blocks. States of the time when blocks were attributes have null there.
    pub fn whole(&self, value: &Value) -> Value {
        let Some(members) = value.members() else {
            return value.clone();
        };
        let mut whole = members.clone();
        for attribute in self
            .attributes
            .iter()
            .filter(|attribute| attribute.is_block())
        {
            let member = match value.member(attribute.name) {
                Value::Null => attribute.absent(),
                member => member.clone(),
            };
            let member = match &attribute.shape {
                Shape::Nested(_, block) => member.map_objects(&mut |object| block.whole(object)),
                Shape::Value(_) => member,
            };
            whole.insert(attribute.name.to_owned(), member);
        }
        Value::Object(whole)
    }
}

/// How the objects of an attribute are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// One object.
    Single,
    /// One object that is never null, as what is left out of it has defaults; blocks only.
    Group,
    /// A list of objects.
    List,
    /// A set of objects.
    Set,
    /// A map of objects.
    Map,
}

impl Nesting {
    /// The type of such a collection of `element`.
    pub(super) fn of(self, element: Type) -> Type {
        match self {
            Self::Single | Self::Group => element,
            Self::List => Type::List(Box::new(element)),
            Self::Set => Type::Set(Box::new(element)),
            Self::Map => Type::Map(Box::new(element)),
        }
    }
}

/// One attribute.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says a thing of its own, and any of them may go together"
)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// What it means to the user, as Markdown.
    pub doc: &'static str,
    /// What its values are.
    pub shape: Shape,
    /// How it is written.
    pub syntax: Syntax,
    /// Whose it is.
    pub mode: Mode,
    /// The value it gets when it is left out.
    pub default: Option<Value>,
    /// Whether the service says it where the user leaves it out.
    pub filled: bool,
    /// Whether its values are kept out of what Terraform prints.
    pub sensitive: bool,
    /// Whether its values are never stored.
    pub write_only: bool,
    /// How a read treats it.
    pub kind: Kind,
    /// Why a change of it needs a new object; `None` when it does not.
    pub replace: Option<&'static str>,
    /// For what the service says: the user's attributes whose change may change it. With `None`
    /// any update may; with an empty list none does. Of what names [`PENDING`](super::PENDING), which is no attribute, only
    /// what was begun before may.
    pub follows: Option<&'static [&'static str]>,
    /// Whether it keeps the value it has when it is left out; its default is for new objects only.
    pub sticky: bool,
    /// What to use instead; `None` while it is current.
    pub deprecated: Option<&'static str>,
    /// Whether two spellings mean the same.
    pub same: fn(&Value, &Value) -> bool,
    /// The values it may have, for the documentation; empty when there is no list of them.
    pub allowed: Vec<&'static str>,
    /// Values that are kept where an object has them, and that nothing is made or changed to have.
    pub kept: Vec<Value>,
}

impl Attribute {
    /// The attribute a field of the type `F` stands for.
    pub fn of<F: crate::framework::Field>(name: &'static str, doc: &'static str) -> Self {
        Self {
            name,
            doc,
            shape: F::shape(),
            syntax: Syntax::of(F::IS_BLOCK),
            mode: F::MODE,
            default: None,
            filled: false,
            sensitive: F::SENSITIVE,
            write_only: F::WRITE_ONLY,
            kind: Kind::Live,
            replace: None,
            follows: None,
            sticky: false,
            deprecated: None,
            same: F::same,
            allowed: F::allowed(),
            kept: F::kept(),
        }
    }

    /// Whether it is written as blocks.
    pub fn is_block(&self) -> bool {
        self.syntax != Syntax::Assigned
    }

    /// Whether no update changes it.
    pub fn is_stable(&self) -> bool {
        self.follows.is_some_and(<[_]>::is_empty)
    }

    /// Whether an update of the attributes that `changed` names may change it.
    pub fn may_change(&self, changed: &[Path]) -> bool {
        let names = |path: &Path, name: &str| matches!(path.steps().first(), Some(Step::Attribute(first)) if first == name);
        let follows = |names_of: &[&str]| {
            changed
                .iter()
                .any(|path| names_of.iter().any(|name| names(path, name)))
        };
        self.follows.is_none_or(follows)
    }

    /// The same attribute with a default: it may be left out. A single block with one is a group.
    #[must_use]
    pub fn default_value(self, value: Value) -> Self {
        let shape = match self.shape {
            Shape::Nested(Nesting::Single, block) if self.is_block() => {
                Shape::Nested(Nesting::Group, block)
            }
            shape => shape,
        };
        Self {
            mode: Mode::Optional,
            default: Some(value),
            shape,
            ..self
        }
    }

    /// Its value when it is not written: null, but for blocks, of which only a single one is ever null
    /// (Terraform `docs/plugin-protocol/object-wire-format.md`).
    pub fn absent(&self) -> Value {
        match &self.shape {
            Shape::Nested(nesting, block) if self.is_block() => match nesting {
                Nesting::Single => Value::Null,
                Nesting::Group => block.empty(),
                Nesting::List => Value::List(Vec::new()),
                Nesting::Set => Value::Set(Vec::new()),
                Nesting::Map => Value::Map(BTreeMap::new()),
            },
            _ => Value::Null,
        }
    }

    /// Whether two of its values mean the same; the first may be the more general.
    pub fn means_same(&self, left: &Value, right: &Value) -> bool {
        if left.is_null() || right.is_null() {
            self.is_nothing(left) && self.is_nothing(right)
        } else {
            (self.same)(left, right)
        }
    }

    /// Whether the value is as good as left out: null, or no elements where nothing else stands for null.
    pub fn is_nothing(&self, value: &Value) -> bool {
        value.is_null() || self.default.is_none() && value.is_blank()
    }

    /// Whether its values, or a part of them, are kept out of what Terraform prints.
    pub fn has_secrets(&self) -> bool {
        self.sensitive || matches!(&self.shape, Shape::Nested(_, block) if block.has_secrets())
    }

    /// The type of its values.
    pub fn ty(&self) -> Type {
        match &self.shape {
            Shape::Value(ty) => ty.clone(),
            Shape::Nested(nesting, block) => nesting.of(block.ty()),
        }
    }
}

/// How an attribute is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    /// With `=`.
    Assigned,
    /// As blocks, without `=`. Only in a block does a client refuse a name that the schema does not have, and find the
    /// line of a diagnostic.
    Blocks {
        /// How many there may be; 0 for any number.
        most: i64,
    },
}

impl Syntax {
    fn of(is_block: bool) -> Self {
        if is_block {
            Self::Blocks { most: 0 }
        } else {
            Self::Assigned
        }
    }
}

/// What an attribute's values are.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Values of one type.
    Value(Type),
    /// Objects with attributes of their own.
    Nested(Nesting, Block),
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The user must.
    Required,
    /// The user may.
    Optional,
    /// The service does.
    Computed,
}

/// How a read treats an attribute of the user's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It is rebuilt from the live object; an equal meaning keeps the spelling it had.
    Live,
    /// While it is left out it stays so, whatever the object says, on import too.
    UnmanagedWhenNull,
    /// It is not the object's: timeouts, flags.
    Local,
}

/// A function's signature.
#[derive(Clone, Debug)]
pub struct Signature {
    /// What the function does, in one line.
    pub summary: &'static str,
    /// What it does, as Markdown.
    pub doc: &'static str,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// The parameter that takes all further arguments.
    pub variadic: Option<Parameter>,
    /// The type of its result.
    pub result: Type,
}

/// A function's parameter.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// What it means, as Markdown.
    pub doc: &'static str,
    /// The type of its argument.
    pub ty: Type,
    /// Whether `null` may be passed.
    pub allow_null: bool,
    /// Whether the function copes with arguments that are not known yet.
    pub allow_unknown: bool,
}

/// An attribute of a resource's identity: what names it at the service.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// Its name.
    pub name: &'static str,
    /// What it means.
    pub doc: &'static str,
    /// The type of its values.
    pub ty: Type,
    /// Whether an import must give it; otherwise it may.
    pub required_for_import: bool,
}

/// What names a resource at the service.
#[derive(Clone, Debug, Default)]
pub struct IdentitySchema {
    /// The version identities are written with.
    pub version: i64,
    /// What an identity consists of.
    pub attributes: Vec<IdentityAttribute>,
}

impl IdentitySchema {
    /// The type of the identity's values.
    pub fn ty(&self) -> Type {
        Type::Object(
            self.attributes
                .iter()
                .map(|attribute| (attribute.name.to_owned(), attribute.ty.clone()))
                .collect(),
        )
    }
}

/// Everything a provider offers.
#[derive(Clone, Debug, Default)]
pub struct Schemas {
    /// The provider block.
    pub provider: Schema,
    /// Resources by their full type name.
    pub resources: BTreeMap<String, Schema>,
    /// Identities by the resource's full type name.
    pub identities: BTreeMap<String, IdentitySchema>,
    /// Data sources by their full type name.
    pub data_sources: BTreeMap<String, Schema>,
    /// Ephemeral resources by their full type name.
    pub ephemeral_resources: BTreeMap<String, Schema>,
    /// Functions by name.
    pub functions: BTreeMap<String, Signature>,
}
