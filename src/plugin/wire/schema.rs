//! Schemas, from the provider's own form into protobuf.

use super::tfplugin6 as wire;
use crate::framework::schema::{
    Attribute, Block, IdentityAttribute, IdentitySchema, Mode, Nesting, Parameter, Schema, Shape,
    Signature, Syntax,
};
use crate::value::Type;

impl From<&Schema> for wire::Schema {
    fn from(schema: &Schema) -> Self {
        Self {
            version: schema.version,
            block: Some((&schema.block).into()),
        }
    }
}

impl From<&Block> for wire::schema::Block {
    fn from(block: &Block) -> Self {
        let attributes = block.attributes.iter().filter(|one| !one.is_block());
        Self {
            attributes: attributes.map(wire::schema::Attribute::from).collect(),
            block_types: block.attributes.iter().filter_map(nested_block).collect(),
            description: block.doc.to_owned(),
            description_kind: wire::StringKind::Markdown.into(),
            ..Self::default()
        }
    }
}

/// The attribute as blocks, if that is how it is written.
fn nested_block(attribute: &Attribute) -> Option<wire::schema::NestedBlock> {
    use wire::schema::nested_block::NestingMode;
    let (Shape::Nested(nesting, block), Syntax::Blocks { most }) =
        (&attribute.shape, attribute.syntax)
    else {
        return None;
    };
    let mode = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::Group => NestingMode::Group,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    let least = i64::from(attribute.mode == Mode::Required);
    // Hosts want the two bounds of a single block to be the same.
    let most = match nesting {
        Nesting::Single => least,
        _ => most,
    };
    Some(wire::schema::NestedBlock {
        type_name: attribute.name.to_owned(),
        block: Some(wire::schema::Block {
            description: attribute.doc.to_owned(),
            deprecated: attribute.deprecated.is_some(),
            deprecation_message: attribute.deprecated.unwrap_or_default().to_owned(),
            ..block.into()
        }),
        nesting: mode.into(),
        min_items: least,
        max_items: most,
    })
}

impl From<&Attribute> for wire::schema::Attribute {
    fn from(attribute: &Attribute) -> Self {
        // A type and a nested type exclude each other: hosts reject both together.
        let (ty, nested_type) = match &attribute.shape {
            Shape::Value(ty) => (type_constraint(ty), None),
            Shape::Nested(nesting, block) => (Vec::new(), Some(object(*nesting, block))),
        };
        // Hosts let a provider plan a value that is not written only where the attribute is
        // computed too (Terraform `internal/plans/objchange/plan_valid.go`).
        let defaulted =
            attribute.mode == Mode::Optional && (attribute.default.is_some() || attribute.filled);
        Self {
            name: attribute.name.to_owned(),
            r#type: ty,
            nested_type,
            description: attribute.doc.to_owned(),
            required: attribute.mode == Mode::Required,
            optional: attribute.mode == Mode::Optional,
            computed: attribute.mode == Mode::Computed || defaulted,
            sensitive: attribute.sensitive,
            description_kind: wire::StringKind::Markdown.into(),
            deprecated: attribute.deprecated.is_some(),
            write_only: attribute.write_only,
            deprecation_message: attribute.deprecated.unwrap_or_default().to_owned(),
        }
    }
}

fn object(nesting: Nesting, block: &Block) -> wire::schema::Object {
    use wire::schema::object::NestingMode;
    let nesting = match nesting {
        Nesting::Single | Nesting::Group => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    wire::schema::Object {
        attributes: block
            .attributes
            .iter()
            .map(wire::schema::Attribute::from)
            .collect(),
        nesting: nesting.into(),
        ..Default::default()
    }
}

impl From<&IdentitySchema> for wire::ResourceIdentitySchema {
    fn from(identity: &IdentitySchema) -> Self {
        Self {
            version: identity.version,
            identity_attributes: identity
                .attributes
                .iter()
                .map(wire::resource_identity_schema::IdentityAttribute::from)
                .collect(),
        }
    }
}

impl From<&IdentityAttribute> for wire::resource_identity_schema::IdentityAttribute {
    fn from(attribute: &IdentityAttribute) -> Self {
        Self {
            name: attribute.name.to_owned(),
            r#type: type_constraint(&attribute.ty),
            required_for_import: attribute.required_for_import,
            optional_for_import: !attribute.required_for_import,
            description: attribute.doc.to_owned(),
        }
    }
}

impl From<&Signature> for wire::Function {
    fn from(signature: &Signature) -> Self {
        Self {
            parameters: signature
                .parameters
                .iter()
                .map(wire::function::Parameter::from)
                .collect(),
            variadic_parameter: signature
                .variadic
                .as_ref()
                .map(wire::function::Parameter::from),
            r#return: Some(wire::function::Return {
                r#type: type_constraint(&signature.result),
            }),
            summary: signature.summary.to_owned(),
            description: signature.doc.to_owned(),
            description_kind: wire::StringKind::Markdown.into(),
            deprecation_message: String::new(),
        }
    }
}

impl From<&Parameter> for wire::function::Parameter {
    fn from(parameter: &Parameter) -> Self {
        Self {
            name: parameter.name.to_owned(),
            r#type: type_constraint(&parameter.ty),
            allow_null_value: parameter.allow_null,
            allow_unknown_values: parameter.allow_unknown,
            description: parameter.doc.to_owned(),
            description_kind: wire::StringKind::Markdown.into(),
        }
    }
}

fn type_constraint(ty: &Type) -> Vec<u8> {
    ty.to_json().to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::schema::Kind;
    use crate::value::Value;

    fn attribute(name: &'static str, shape: Shape, mode: Mode) -> Attribute {
        Attribute {
            name,
            doc: "What it is.",
            shape,
            syntax: Syntax::Assigned,
            mode,
            default: None,
            filled: false,
            kept: Vec::new(),
            sensitive: false,
            write_only: false,
            kind: Kind::Live,
            replace: None,
            follows: None,
            sticky: false,
            deprecated: None,
            same: |_, _| false,
            allowed: Vec::new(),
        }
    }

    fn sent(name: &str) -> wire::schema::Attribute {
        wire::schema::Attribute {
            name: name.into(),
            r#type: br#""string""#.to_vec(),
            description: "What it is.".into(),
            description_kind: wire::StringKind::Markdown.into(),
            ..Default::default()
        }
    }

    #[test]
    fn a_mode_becomes_its_flag() {
        let modes = [Mode::Required, Mode::Optional, Mode::Computed];

        let flags = modes.map(|mode| {
            wire::schema::Attribute::from(&attribute("name", Shape::Value(Type::String), mode))
        });

        assert_eq!(
            flags,
            [
                wire::schema::Attribute {
                    required: true,
                    ..sent("name")
                },
                wire::schema::Attribute {
                    optional: true,
                    ..sent("name")
                },
                wire::schema::Attribute {
                    computed: true,
                    ..sent("name")
                },
            ]
        );
    }

    #[test]
    fn a_default_makes_an_optional_attribute_computed_too() {
        let tier = Attribute {
            default: Some(Value::from("Standard")),
            ..attribute("tier", Shape::Value(Type::String), Mode::Optional)
        };

        let on_the_wire = wire::schema::Attribute::from(&tier);

        assert_eq!(
            on_the_wire,
            wire::schema::Attribute {
                optional: true,
                computed: true,
                ..sent("tier")
            }
        );
    }

    #[test]
    fn secrets_and_advice_are_marked() {
        let password = Attribute {
            sensitive: true,
            write_only: true,
            deprecated: Some("Use certificate."),
            ..attribute("password", Shape::Value(Type::String), Mode::Optional)
        };

        let on_the_wire = wire::schema::Attribute::from(&password);

        assert_eq!(
            on_the_wire,
            wire::schema::Attribute {
                optional: true,
                sensitive: true,
                write_only: true,
                deprecated: true,
                deprecation_message: "Use certificate.".into(),
                ..sent("password")
            }
        );
    }

    #[test]
    fn a_nested_attribute_has_no_type_of_its_own() {
        let inner = attribute("vm_size", Shape::Value(Type::String), Mode::Required);
        let block = Block {
            doc: "Pools.",
            attributes: vec![inner],
        };

        let on_the_wire = wire::schema::Attribute::from(&attribute(
            "pools",
            Shape::Nested(Nesting::Map, block),
            Mode::Optional,
        ));

        assert_eq!(
            on_the_wire,
            wire::schema::Attribute {
                r#type: Vec::new(),
                nested_type: Some(wire::schema::Object {
                    attributes: vec![wire::schema::Attribute {
                        required: true,
                        ..sent("vm_size")
                    }],
                    nesting: wire::schema::object::NestingMode::Map.into(),
                    ..Default::default()
                }),
                optional: true,
                ..sent("pools")
            }
        );
    }

    fn blocks(sent: &wire::schema::Block) -> Vec<(&str, i32, i64, i64)> {
        let blocks = sent.block_types.iter();
        blocks
            .map(|one| {
                (
                    one.type_name.as_str(),
                    one.nesting,
                    one.min_items,
                    one.max_items,
                )
            })
            .collect()
    }

    #[test]
    fn a_block_keeps_its_bounds_and_nesting() {
        use wire::schema::nested_block::NestingMode;
        let block = |name, nesting, mode, max_items| Attribute {
            syntax: Syntax::Blocks { most: max_items },
            ..attribute(name, Shape::Nested(nesting, Block::default()), mode)
        };
        let rules = Block {
            doc: "Rules.",
            attributes: vec![
                block("rule", Nesting::Set, Mode::Required, 4),
                block("pool", Nesting::Single, Mode::Required, 0),
                block("scale", Nesting::Single, Mode::Optional, 0),
                block("network", Nesting::Group, Mode::Optional, 0),
            ],
        };

        let on_the_wire = wire::schema::Block::from(&rules);

        assert_eq!(
            blocks(&on_the_wire),
            [
                ("rule", NestingMode::Set.into(), 1, 4),
                ("pool", NestingMode::Single.into(), 1, 1),
                ("scale", NestingMode::Single.into(), 0, 0),
                ("network", NestingMode::Group.into(), 0, 0),
            ]
        );
        assert_eq!(on_the_wire.attributes, []);
    }

    #[test]
    fn a_block_is_described_by_what_its_attribute_says() {
        let inner = attribute("vm_size", Shape::Value(Type::String), Mode::Required);
        let old = Attribute {
            syntax: Syntax::Blocks { most: 0 },
            deprecated: Some("Use another."),
            ..attribute(
                "pool",
                Shape::Nested(
                    Nesting::Group,
                    Block {
                        doc: "Not this.",
                        attributes: vec![inner],
                    },
                ),
                Mode::Optional,
            )
        };

        let on_the_wire = nested_block(&old).and_then(|nested| nested.block);

        assert_eq!(
            on_the_wire,
            Some(wire::schema::Block {
                attributes: vec![wire::schema::Attribute {
                    required: true,
                    ..sent("vm_size")
                }],
                description: "What it is.".into(),
                description_kind: wire::StringKind::Markdown.into(),
                deprecated: true,
                deprecation_message: "Use another.".into(),
                ..Default::default()
            })
        );
    }

    #[test]
    fn an_identity_attribute_is_required_or_optional_for_import() {
        let identity = IdentitySchema {
            version: 1,
            attributes: vec![
                IdentityAttribute {
                    name: "id",
                    doc: "The id.",
                    ty: Type::String,
                    required_for_import: true,
                },
                IdentityAttribute {
                    name: "cloud",
                    doc: "The cloud.",
                    ty: Type::String,
                    required_for_import: false,
                },
            ],
        };

        let flags = wire::ResourceIdentitySchema::from(&identity)
            .identity_attributes
            .into_iter()
            .map(|attribute| {
                (
                    attribute.name,
                    attribute.required_for_import,
                    attribute.optional_for_import,
                )
            })
            .collect::<Vec<_>>();

        assert_eq!(
            flags,
            [
                ("id".to_owned(), true, false),
                ("cloud".to_owned(), false, true)
            ]
        );
    }
}
