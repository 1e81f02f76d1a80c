//! The documents a newcomer reads: what they quote and point to is there.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

use secureaks::{
    framework::{Server, service::Service as _},
    provider::{Environment, Secureaks},
};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(repository().join(path)).expect("a text file")
}

/// The Markdown files at the top of the repository, and those beside examples and the simulator.
fn documents() -> Vec<PathBuf> {
    let folders = ["", "proto", "docs/guides", "tests/simulator"];
    let folders = folders
        .iter()
        .filter_map(|folder| fs::read_dir(repository().join(folder)).ok());
    let paths = folders
        .flatten()
        .map(|entry| entry.expect("an entry").path());
    let mut found: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|name| name == "md"))
        .collect();
    found.sort();
    found
}

/// The text between a fence of `language` and its end, for each of them.
fn fenced(document: &str, language: &str) -> Vec<String> {
    let begin = format!("```{language}\n");
    let fences = document.split(&begin).skip(1);
    fences
        .map(|rest| rest.split("```").next().unwrap_or_default().to_owned())
        .collect()
}

/// The targets of `[text](target)` that are files of the repository.
fn links(document: &str) -> Vec<&str> {
    let targets = document
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets
        .filter(|target| !target.contains("://") && !target.starts_with('#'))
        .collect()
}

#[test]
fn the_readme_shows_the_quickstart() {
    let shown = fenced(&text("README.md"), "hcl");

    let quickstart = text("examples/quickstart/main.tf");
    let resource = quickstart.split("\noutput ").next().unwrap_or_default();
    assert_eq!(
        shown,
        [resource],
        "copy examples/quickstart/main.tf, without its outputs, into README.md"
    );
}

#[test]
fn the_guide_to_tests_shows_the_one_that_is_run() {
    let shown = fenced(&text("docs/guides/testing.md"), "terraform");

    assert_eq!(
        shown,
        [text("examples/testing/teams.tftest.hcl")],
        "copy examples/testing/teams.tftest.hcl into docs/guides/testing.md"
    );
}

#[test]
fn links_lead_somewhere() {
    let documents = documents();

    let dead: Vec<String> = documents
        .iter()
        .flat_map(|document| {
            let folder = document.parent().expect("a folder");
            let text = fs::read_to_string(document).expect("text");
            let dead = links(&text).into_iter().filter(|link| {
                !folder
                    .join(link.split('#').next().unwrap_or_default())
                    .exists()
            });
            dead.map(|link| format!("{}: {link}", document.display()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(documents.len() > 4, "{documents:?}");
    assert_eq!(dead, Vec::<String>::new());
}

#[test]
fn commands_that_documents_name_are_targets_of_the_makefile() {
    let makefile = text("Makefile");
    let targets: Vec<&str> = makefile
        .lines()
        .filter_map(|line| Some(line.split_once(": ")?.0))
        .collect();

    let unknown: Vec<String> = documents()
        .iter()
        .flat_map(|document| {
            let text = fs::read_to_string(document).expect("text");
            let code = text
                .split('`')
                .skip(1)
                .step_by(2)
                .filter(|code| code.starts_with("make "));
            let fenced = fenced(&text, "sh")
                .into_iter()
                .flat_map(|code| code.lines().map(str::to_owned).collect::<Vec<_>>());
            let commands = code
                .map(str::to_owned)
                .chain(fenced.filter(|line| line.starts_with("make ")));
            let named =
                commands.filter_map(|command| command.split_whitespace().nth(1).map(str::to_owned));
            named
                .filter(|name| !targets.contains(&name.as_str()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(targets.contains(&"demo"), "{targets:?}");
    assert_eq!(unknown, Vec::<String>::new());
}

/// The clients that are pinned, as the page calls them.
fn pinned_clients() -> Vec<String> {
    let (pins, terraforms) = (text("tests/tools/pins"), text("tests/tools/terraforms"));
    let rows = |text: &str| -> Vec<Vec<String>> {
        text.lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split_whitespace().map(str::to_owned).collect())
            .collect()
    };
    let tofus = rows(&pins)
        .into_iter()
        .filter(|row| row[0].starts_with("tofu"))
        .map(|row| format!("OpenTofu {}", row[2].trim_start_matches('v')));
    let terraforms = rows(&terraforms)
        .into_iter()
        .map(|row| format!("Terraform {}", row[0]));
    terraforms.chain(tofus).collect()
}

#[test]
fn the_page_of_conformance_is_of_the_pinned_clients() {
    let page = text("docs/conformance.md");
    let clients = pinned_clients();

    let missing: Vec<&String> = clients
        .iter()
        .filter(|client| !page.contains(&format!("| {client} |")))
        .collect();

    assert!(clients.len() > 10, "{clients:?}");
    assert_eq!(missing, Vec::<&String>::new(), "run `make conformance`");
    assert!(!page.contains("| fails |"), "run `make conformance`");
}

/// What a text reads of our data sources and ephemeral resources, as type and attribute.
fn attributes_read(document: &str) -> Vec<(String, String)> {
    let words = document.split(|c: char| !(c.is_ascii_alphanumeric() || "_.".contains(c)));
    words
        .filter_map(|word| {
            let mut parts = word.split('.');
            let kind = parts
                .next()
                .filter(|kind| ["data", "ephemeral"].contains(kind))?;
            let name = parts.next().filter(|name| name.starts_with("secureaks_"))?;
            let attribute = parts.nth(1)?;
            Some((format!("{kind}.{name}"), attribute.to_owned()))
        })
        .collect()
}

/// The other providers in the guides cannot be run here; what they are handed can be looked up.
#[test]
fn guides_read_attributes_that_exist() {
    let server = Server::new(Secureaks::new(Environment::of([], 0)));
    let schemas = server.schemas();
    let has = |kind: &str, attribute: &str| {
        let schema = match kind.split_once('.') {
            Some(("data", name)) => schemas.data_sources.get(name),
            Some((_, name)) => schemas.ephemeral_resources.get(name),
            None => None,
        };
        schema.is_some_and(|schema| {
            let mut names = schema
                .block
                .attributes
                .iter()
                .map(|attribute| attribute.name);
            names.any(|name| name == attribute)
        })
    };

    let read = attributes_read(&text("docs/guides/credentials.md"));

    let unknown: Vec<_> = read
        .iter()
        .filter(|(kind, attribute)| !has(kind, attribute))
        .collect();
    assert!(read.len() > 5, "{read:?}");
    assert_eq!(unknown, Vec::<&(String, String)>::new());
}
