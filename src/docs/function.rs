//! The page of a function: what it does, its signature, its arguments.

use super::{
    page::{example, front_matter},
    section::type_name,
};
use crate::{
    framework::schema::{Parameter, Signature},
    value::Type,
};

pub(super) fn page(
    provider: &str,
    name: &str,
    signature: &Signature,
    examples: &dyn Fn(&str) -> Option<String>,
) -> String {
    let title = format!("{name} function - {provider}");
    let usage = examples(&format!("functions/{name}/function.tf"));
    let parts = [
        front_matter(&title, Some(""), signature.summary),
        format!("# function: {name}\n\n{}\n", signature.doc),
        example("## Example Usage", usage, "terraform"),
        format!(
            "\n## Signature\n\n```text\n{}\n```\n",
            written(name, signature)
        ),
        arguments(signature),
    ];
    parts.concat()
}

fn arguments(signature: &Signature) -> String {
    let parameters = signature.parameters.iter();
    let variadic = signature.variadic.iter();
    let arguments: Vec<String> = parameters
        .map(|parameter| argument(parameter, false))
        .chain(variadic.map(|parameter| argument(parameter, true)))
        .collect();
    if arguments.is_empty() {
        String::new()
    } else {
        format!("\n## Arguments\n\n{}", arguments.concat())
    }
}

fn written(name: &str, signature: &Signature) -> String {
    let parameters = signature.parameters.iter();
    let mut parameters: Vec<String> = parameters
        .map(|parameter| format!("{} {}", parameter.name, keyword(&parameter.ty)))
        .collect();
    if let Some(variadic) = &signature.variadic {
        parameters.push(format!("{} {}...", variadic.name, keyword(&variadic.ty)));
    }
    format!(
        "{name}({}) {}",
        parameters.join(", "),
        keyword(&signature.result)
    )
}

/// A numbered line; Markdown counts by itself.
fn argument(parameter: &Parameter, variadic: bool) -> String {
    let mut traits = Vec::new();
    if variadic {
        traits.push("Variadic".to_owned());
    }
    traits.push(type_name(&parameter.ty));
    if parameter.allow_null {
        traits.push("Nullable".to_owned());
    }
    format!(
        "1. `{}` ({}) {}\n",
        parameter.name,
        traits.join(", "),
        parameter.doc.replace('\n', " ")
    )
}

/// A type as it is written in configurations.
fn keyword(ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".to_owned(),
        Type::Number => "number".to_owned(),
        Type::String => "string".to_owned(),
        Type::Dynamic => "dynamic".to_owned(),
        Type::List(element) => format!("list of {}", keyword(element)),
        Type::Set(element) => format!("set of {}", keyword(element)),
        Type::Map(element) => format!("map of {}", keyword(element)),
        Type::Object(_) => "object".to_owned(),
        Type::Tuple(_) => "tuple".to_owned(),
    }
}
