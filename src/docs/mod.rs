//! The documentation of the Terraform Registry, written from the declarations in the code, and
//! the command that writes or checks it.

mod function;
mod page;
mod section;
mod store;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub use store::DocsError;

use crate::framework::schema::Schemas;

/// The command's options, for whoever gets them wrong.
const USAGE: &str = "docs [--check] [--directory DIRECTORY]";

/// Where the pages are, seen from the root of the repository.
const DIRECTORY: &str = "docs";

/// Writes the pages below `docs/`, or with `--check` compares them; `arguments` are those after
/// the command's name. Examples are taken from `examples/` in `repository`. Returns what was done,
/// as a sentence.
pub fn run(
    arguments: &[String],
    schemas: &Schemas,
    provider: &str,
    repository: &Path,
) -> Result<String, DocsError> {
    let (mut check, mut directory) = (false, repository.join(DIRECTORY));
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match (argument.as_str(), arguments.as_slice()) {
            ("--check", _) => check = true,
            ("--directory", [value, ..]) => {
                directory = PathBuf::from(value);
                arguments.next();
            }
            _ => return Err(DocsError::Usage(argument.clone())),
        }
    }
    let examples = repository.join("examples");
    let pages = pages(schemas, provider, &|name| store::text(&examples.join(name)));
    if check {
        store::compare(&pages, &directory)?;
        return Ok(format!("{} pages are up to date", pages.len()));
    }
    store::write(&pages, &directory)?;
    Ok(format!(
        "{} pages written to {}",
        pages.len(),
        directory.display()
    ))
}

/// All pages by their path below `docs/`. `examples` gives the text of a file below `examples/`,
/// if it is there.
pub fn pages(
    schemas: &Schemas,
    provider: &str,
    examples: &dyn Fn(&str) -> Option<String>,
) -> BTreeMap<PathBuf, String> {
    let mut pages = BTreeMap::new();
    let mut add = |folder: &str, name: &str, text: String| {
        let name = name.strip_prefix(&format!("{provider}_")).unwrap_or(name);
        pages.insert(Path::new(folder).join(format!("{name}.md")), text);
    };
    add(
        "",
        "index",
        page::provider(provider, &schemas.provider, examples),
    );
    for (name, schema) in &schemas.resources {
        let identity = schemas.identities.get(name);
        add(
            "resources",
            name,
            page::resource(provider, name, schema, identity, examples),
        );
    }
    for (name, schema) in &schemas.data_sources {
        add(
            "data-sources",
            name,
            page::data_source(provider, name, schema, examples),
        );
    }
    for (name, schema) in &schemas.ephemeral_resources {
        add(
            "ephemeral-resources",
            name,
            page::ephemeral(provider, name, schema, examples),
        );
    }
    for (name, signature) in &schemas.functions {
        add(
            "functions",
            name,
            function::page(provider, name, signature, examples),
        );
    }
    pages
}
