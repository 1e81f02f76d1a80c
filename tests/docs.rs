//! The documentation: the pages of the specimen, and the command that writes and checks them.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as expected"
)]

#[path = "specimen/provider/mod.rs"]
mod specimen;

use std::fs;

use secureaks::{
    docs::{DocsError, pages, run},
    framework::{Server, schema::Schemas, service::Service as _},
};
use tempfile::TempDir;

fn schemas() -> Schemas {
    Server::new(specimen::Specimen).schemas().clone()
}

/// A repository with one example of each kind.
fn repository() -> TempDir {
    let repository = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("provider/provider.tf", "provider \"specimen\" {}\n"),
        (
            "resources/specimen_thing/resource.tf",
            "resource \"specimen_thing\" \"example\" {}\n",
        ),
        (
            "resources/specimen_thing/import.sh",
            "terraform import specimen_thing.example things/a\n",
        ),
        (
            "functions/join/function.tf",
            "output \"joined\" { value = provider::specimen::join(\"-\", \"a\") }\n",
        ),
    ] {
        let path = repository.path().join("examples").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    repository
}

fn docs(repository: &TempDir, arguments: &[&str]) -> Result<String, DocsError> {
    let arguments: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    run(&arguments, &schemas(), "specimen", repository.path())
}

#[test]
fn every_declaration_is_on_its_page() {
    let repository = repository();
    let example =
        |name: &str| fs::read_to_string(repository.path().join("examples").join(name)).ok();

    let pages = pages(&schemas(), "specimen", &example);

    let shown = pages
        .iter()
        .map(|(path, text)| format!("==> {} <==\n{text}", path.display()));
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"));
}

#[test]
fn pages_that_were_written_are_up_to_date() {
    let repository = repository();

    let written = docs(&repository, &[]).unwrap();
    let checked = docs(&repository, &["--check"]).unwrap();

    let directory = repository.path().join("docs");
    assert_eq!(
        written,
        format!("10 pages written to {}", directory.display())
    );
    assert_eq!(checked, "10 pages are up to date");
}

#[test]
fn stale_pages_are_named_with_the_command_that_writes_them() {
    let repository = repository();
    docs(&repository, &[]).unwrap();
    let directory = repository.path().join("docs");
    fs::write(directory.join("resources/thing.md"), "old").unwrap();
    fs::write(directory.join("resources/gone.md"), "gone").unwrap();
    fs::remove_file(directory.join("index.md")).unwrap();

    let stale = docs(&repository, &["--check"]).unwrap_err();

    assert_eq!(
        stale.to_string(),
        "the documentation is not what the code says; run `make docs`:\nindex.md: is missing\nresources/thing.md: differs\nresources/gone.md: describes nothing"
    );
}

#[test]
fn writing_removes_what_describes_nothing_and_leaves_guides() {
    let repository = repository();
    let directory = repository.path().join("docs");
    for page in ["guides/start.md", "resources/gone.md"] {
        let path = directory.join(page);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "text").unwrap();
    }

    docs(&repository, &[]).unwrap();

    let left = ["guides/start.md", "resources/gone.md", "resources/thing.md"];
    assert_eq!(
        left.map(|page| directory.join(page).exists()),
        [true, false, true]
    );
}

#[test]
fn pages_go_where_they_are_wanted() {
    let repository = repository();
    let directory = repository.path().join("elsewhere");

    docs(&repository, &["--directory", directory.to_str().unwrap()]).unwrap();

    assert!(directory.join("functions/join.md").exists());
    assert!(!repository.path().join("docs").exists());
}

#[test]
fn an_argument_that_is_none_is_refused() {
    let repository = repository();

    let refused = ["--chek", "--directory"]
        .map(|argument| docs(&repository, &[argument]).unwrap_err().to_string());

    assert_eq!(
        refused,
        [
            "there is no argument `--chek`; expected: docs [--check] [--directory DIRECTORY]",
            "there is no argument `--directory`; expected: docs [--check] [--directory DIRECTORY]",
        ]
    );
}
