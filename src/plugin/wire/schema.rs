//! Schemas, from the provider's own form into protobuf.

use super::tfplugin6 as wire;
use crate::framework::schema::{
    Attribute, Block, IdentityAttribute, IdentitySchema, Mode, NestedBlock, Nesting, Parameter,
    Schema, Shape, Signature,
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
        Self {
            attributes: block
                .attributes
                .iter()
                .map(wire::schema::Attribute::from)
                .collect(),
            block_types: block
                .blocks
                .iter()
                .map(wire::schema::NestedBlock::from)
                .collect(),
            description: block.doc.to_owned(),
            description_kind: wire::StringKind::Markdown.into(),
            ..Self::default()
        }
    }
}

impl From<&NestedBlock> for wire::schema::NestedBlock {
    fn from(nested: &NestedBlock) -> Self {
        use wire::schema::nested_block::NestingMode;
        let nesting = match nested.nesting {
            Nesting::Single => NestingMode::Single,
            Nesting::Group => NestingMode::Group,
            Nesting::List => NestingMode::List,
            Nesting::Set => NestingMode::Set,
            Nesting::Map => NestingMode::Map,
        };
        Self {
            type_name: nested.name.to_owned(),
            block: Some((&nested.block).into()),
            nesting: nesting.into(),
            min_items: nested.min_items,
            max_items: nested.max_items,
        }
    }
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
        let defaulted = attribute.mode == Mode::Optional && attribute.default.is_some();
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
            mode,
            default: None,
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
            blocks: Vec::new(),
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

    #[test]
    fn a_block_keeps_its_bounds_and_nesting() {
        let rule = NestedBlock {
            name: "rule",
            nesting: Nesting::Set,
            block: Block {
                doc: "A rule.",
                ..Block::default()
            },
            min_items: 1,
            max_items: 4,
        };
        let schema = Schema {
            version: 3,
            block: Block {
                doc: "Rules.",
                attributes: Vec::new(),
                blocks: vec![rule],
            },
        };

        let on_the_wire = wire::Schema::from(&schema);

        assert_eq!(
            on_the_wire,
            wire::Schema {
                version: 3,
                block: Some(wire::schema::Block {
                    block_types: vec![wire::schema::NestedBlock {
                        type_name: "rule".into(),
                        block: Some(wire::schema::Block {
                            description: "A rule.".into(),
                            description_kind: wire::StringKind::Markdown.into(),
                            ..Default::default()
                        }),
                        nesting: wire::schema::nested_block::NestingMode::Set.into(),
                        min_items: 1,
                        max_items: 4,
                    }],
                    description: "Rules.".into(),
                    description_kind: wire::StringKind::Markdown.into(),
                    ..Default::default()
                }),
            }
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
