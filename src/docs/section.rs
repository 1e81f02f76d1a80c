//! The sections that list attributes: who sets them, what they may be, and what else is declared.

use crate::{
    framework::{
        plan,
        schema::{Attribute, Block, IdentitySchema, Kind, Mode, Nesting, Shape, Syntax},
    },
    value::{Type, Value, to_json},
};

/// Everything that may be written in a block, and what is answered, with nested schemas below.
pub(super) fn schema(block: &Block) -> String {
    let mut text = vec!["\n## Schema\n".to_owned()];
    let mut below = Vec::new();
    lists(
        block,
        &[],
        &|title| format!("\n### {title}\n\n"),
        &mut text,
        &mut below,
    );
    [text, below].concat().concat()
}

/// What an identity consists of.
pub(super) fn identity(identity: &IdentitySchema) -> String {
    let mut text = Vec::new();
    for (title, required) in [("Required", true), ("Optional", false)] {
        let attributes = identity
            .attributes
            .iter()
            .filter(|attribute| attribute.required_for_import == required);
        let lines: Vec<String> = attributes
            .map(|attribute| {
                format!(
                    "- `{}` ({}) {}\n",
                    attribute.name,
                    type_name(&attribute.ty),
                    in_line(attribute.doc)
                )
            })
            .collect();
        if !lines.is_empty() {
            text.push(format!("\n{title} in `identity`:\n\n{}", lines.concat()));
        }
    }
    text.concat()
}

/// An `import` block with every attribute that an identity must have.
pub(super) fn import_block(name: &str, identity: &IdentitySchema) -> String {
    let required = identity
        .attributes
        .iter()
        .filter(|attribute| attribute.required_for_import);
    let names: Vec<&str> = required.map(|attribute| attribute.name).collect();
    let width = names
        .iter()
        .map(|name| name.len())
        .max()
        .unwrap_or_default();
    let lines: Vec<String> = names
        .iter()
        .map(|name| format!("    {name:width$} = \"...\"\n"))
        .collect();
    format!(
        "import {{\n  to = {name}.example\n  identity = {{\n{}  }}\n}}",
        lines.concat()
    )
}

/// The three lists of a block; nested schemas go to `below`.
fn lists(
    block: &Block,
    path: &[&str],
    title: &dyn Fn(&str) -> String,
    text: &mut Vec<String>,
    below: &mut Vec<String>,
) {
    let modes = [
        ("Required", Mode::Required),
        ("Optional", Mode::Optional),
        ("Read-Only", Mode::Computed),
    ];
    for (name, mode) in modes {
        let attributes = block
            .attributes
            .iter()
            .filter(|attribute| attribute.mode == mode);
        let lines: Vec<String> = attributes
            .map(|attribute| attribute_line(attribute, path))
            .collect();
        if !lines.is_empty() {
            text.push(title(name));
            text.extend(lines);
        }
    }
    for attribute in &block.attributes {
        if let Shape::Nested(_, inner) = &attribute.shape {
            nested_schema(attribute, inner, path, below);
        }
    }
}

fn nested_schema(attribute: &Attribute, block: &Block, path: &[&str], text: &mut Vec<String>) {
    let anchor = anchor(attribute, path);
    let path = [path, &[attribute.name]].concat();
    text.push(format!(
        "\n<a id=\"{anchor}\"></a>\n### Nested Schema for `{}`\n",
        path.join(".")
    ));
    let mut below = Vec::new();
    lists(
        block,
        &path,
        &|title| format!("\n{title}:\n\n"),
        text,
        &mut below,
    );
    text.append(&mut below);
}

/// The Registry's own name for the place of a nested schema.
fn anchor(attribute: &Attribute, path: &[&str]) -> String {
    let kind = if attribute.is_block() {
        "nestedblock"
    } else {
        "nestedatt"
    };
    let path = [path, &[attribute.name]].concat();
    format!("{kind}--{}", path.join("--"))
}

fn attribute_line(attribute: &Attribute, path: &[&str]) -> String {
    let mut traits = Vec::new();
    let mut sentences = vec![in_line(attribute.doc)];
    match &attribute.shape {
        Shape::Value(ty) => traits.push(type_name(ty)),
        Shape::Nested(nesting, _) => traits.push(nested_name(attribute, *nesting)),
    }
    if let Syntax::Blocks { most: most @ 1.. } = attribute.syntax {
        traits.push(format!("Max: {most}"));
    }
    for (holds, word) in [
        (attribute.sensitive, "Sensitive"),
        (attribute.write_only, "Write-only"),
        (attribute.deprecated.is_some(), "Deprecated"),
    ] {
        if holds {
            traits.push(word.to_owned());
        }
    }
    if !attribute.allowed.is_empty() {
        let words: Vec<String> = attribute
            .allowed
            .iter()
            .map(|word| format!("`{word}`"))
            .collect();
        sentences.push(format!("One of {}.", words.join(", ")));
    }
    if !attribute.kept.is_empty() {
        let kept: Vec<String> = attribute
            .kept
            .iter()
            .map(|kept| format!("`{}`", plan::shown(kept)))
            .collect();
        sentences.push(format!(
            "Kept where it exists already, and not offered for creation yet: {}.",
            kept.join(", ")
        ));
    }
    sentences.extend(default_sentence(attribute));
    if attribute.kind == Kind::UnmanagedWhenNull {
        sentences.push("Not managed while it is left out.".to_owned());
    }
    if let Some(reason) = attribute.replace {
        sentences.push(format!("A change needs a new object: {reason}."));
    }
    if attribute.write_only {
        sentences.push("Needs Terraform or OpenTofu 1.11 or newer.".to_owned());
    }
    if let Some(instead) = attribute.deprecated {
        sentences.push(format!("**Deprecated:** {}", sentence(instead)));
    }
    if let Shape::Nested(..) = &attribute.shape {
        sentences.push(format!(
            "(see [below for nested schema](#{}))",
            anchor(attribute, path)
        ));
    }
    line(attribute.name, &traits, &sentences)
}

fn line(name: &str, traits: &[String], sentences: &[String]) -> String {
    format!(
        "- `{name}` ({}) {}\n",
        traits.join(", "),
        sentences.join(" ")
    )
}

fn default_sentence(attribute: &Attribute) -> Option<String> {
    let default = attribute.default.as_ref()?;
    let shown = match default {
        _ if attribute.has_secrets() => return None,
        // Its own attributes say what each is.
        Value::Object(_) => return Some("Left out, it has the defaults below.".to_owned()),
        value => to_json(value).to_string(),
    };
    Some(if attribute.sticky {
        format!("Default of a new object: `{shown}`; left out later, it keeps what it has.")
    } else {
        format!("Default: `{shown}`.")
    })
}

/// A doc comment as a part of a line: each paragraph in one line, further ones indented below.
fn in_line(doc: &str) -> String {
    let paragraphs = doc
        .split("\n\n")
        .map(|paragraph| paragraph.replace('\n', " "));
    paragraphs.collect::<Vec<_>>().join("\n\n  ")
}

/// The text with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.trim_end_matches('.').chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), letters.as_str())
}

fn nested_name(attribute: &Attribute, nesting: Nesting) -> String {
    let kind = if attribute.is_block() {
        "Block"
    } else {
        "Attributes"
    };
    match nesting {
        Nesting::Single | Nesting::Group => kind.to_owned(),
        Nesting::List => format!("{kind} List"),
        Nesting::Set => format!("{kind} Set"),
        Nesting::Map => format!("{kind} Map"),
    }
}

/// A type as the Registry names it.
pub(super) fn type_name(ty: &Type) -> String {
    match ty {
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::Dynamic => "Dynamic".to_owned(),
        Type::List(element) => format!("List of {}", type_name(element)),
        Type::Set(element) => format!("Set of {}", type_name(element)),
        Type::Map(element) => format!("Map of {}", type_name(element)),
        Type::Object(_) => "Object".to_owned(),
        Type::Tuple(_) => "Tuple".to_owned(),
    }
}
