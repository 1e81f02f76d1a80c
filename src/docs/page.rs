//! The pages of the provider, its resources, data sources and ephemeral resources, in the layout
//! of the Terraform Registry (terraform-plugin-docs, `internal/check`).

use super::section;
use crate::framework::schema::{IdentitySchema, Schema};

type Examples<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What is true of the replacement of every resource, as each has a name of the user's choice.
const REPLACEMENT: &str = "
## Replacement

Where a change needs a new object, the plan says so with a warning. The old one is deleted first, because both have
one name: with `lifecycle { create_before_destroy = true }` here, or in a resource that depends on this one, the apply
fails. Leave that out, or give the new one another name.
";

pub(super) fn provider(name: &str, schema: &Schema, examples: Examples<'_>) -> String {
    let doc = schema.block.doc;
    let usage = examples("provider/provider.tf");
    let parts = [
        front_matter(&format!("Provider: {name}"), None, doc),
        format!("# {name} Provider\n\n{doc}\n"),
        example("## Example Usage", usage, "terraform"),
        section::schema(&schema.block),
    ];
    parts.concat()
}

pub(super) fn resource(
    provider: &str,
    name: &str,
    schema: &Schema,
    identity: Option<&IdentitySchema>,
    examples: Examples<'_>,
) -> String {
    let folder = format!("resources/{name}");
    let mut page = described(
        provider,
        name,
        "Resource",
        &folder,
        "resource.tf",
        schema,
        examples,
    );
    page += REPLACEMENT;
    let command = examples(&format!("{folder}/import.sh"));
    let by_id = examples(&format!("{folder}/import-by-id.tf"));
    let by_identity = examples(&format!("{folder}/import-by-identity.tf"));
    let identity = identity.filter(|identity| !identity.attributes.is_empty());
    if command.is_none() && by_id.is_none() && identity.is_none() {
        return page;
    }
    page += "\n## Import\n";
    page += &example("With an `import` block, by id:", by_id, "terraform");
    if let Some(identity) = identity {
        let head = "With an `import` block, by identity (Terraform and OpenTofu 1.12 and newer):";
        let text = by_identity.unwrap_or_else(|| section::import_block(name, identity));
        page += &example(head, Some(text), "terraform");
        page += &section::identity(identity);
    }
    page += &example("On the command line, by id:", command, "shell");
    page
}

pub(super) fn data_source(
    provider: &str,
    name: &str,
    schema: &Schema,
    examples: Examples<'_>,
) -> String {
    let folder = format!("data-sources/{name}");
    described(
        provider,
        name,
        "Data Source",
        &folder,
        "data-source.tf",
        schema,
        examples,
    )
}

pub(super) fn ephemeral(
    provider: &str,
    name: &str,
    schema: &Schema,
    examples: Examples<'_>,
) -> String {
    let folder = format!("ephemeral-resources/{name}");
    described(
        provider,
        name,
        "Ephemeral Resource",
        &folder,
        "ephemeral-resource.tf",
        schema,
        examples,
    )
}

fn described(
    provider: &str,
    name: &str,
    kind: &str,
    folder: &str,
    file: &str,
    schema: &Schema,
    examples: Examples<'_>,
) -> String {
    let doc = schema.block.doc;
    let usage = examples(&format!("{folder}/{file}"));
    let parts = [
        front_matter(&format!("{name} {kind} - {provider}"), Some(""), doc),
        format!("# {name} ({kind})\n\n{doc}\n"),
        example("## Example Usage", usage, "terraform"),
        section::schema(&schema.block),
    ];
    parts.concat()
}

/// What the Registry shows of a page in lists: its title, its group and the first paragraph of
/// `doc`. The page of the provider has no group.
pub(super) fn front_matter(title: &str, subcategory: Option<&str>, doc: &str) -> String {
    let group = subcategory
        .map(|name| format!("subcategory: {name:?}\n"))
        .unwrap_or_default();
    let first = doc
        .split("\n\n")
        .next()
        .unwrap_or_default()
        .replace('\n', " ");
    format!("---\npage_title: {title:?}\n{group}description: |-\n  {first}\n---\n\n")
}

/// An example below a line that says what it is; nothing when there is none.
pub(super) fn example(head: &str, text: Option<String>, language: &str) -> String {
    text.map(|text| format!("\n{head}\n\n```{language}\n{}\n```\n", text.trim()))
        .unwrap_or_default()
}
