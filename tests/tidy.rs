//! Properties of the repository itself: layers, size, names, changelog, tests that can be trusted.

// A folder beside this file: one directly in `tests/` would be a test program of its own.
#[path = "tidy/changelog.rs"]
mod changelog;
#[path = "tidy/layers.rs"]
mod layers;
#[path = "tidy/paths.rs"]
mod paths;
#[path = "tidy/shape.rs"]
mod shape;
#[path = "tidy/tokens.rs"]
mod tokens;
#[path = "tidy/tree.rs"]
mod tree;
#[path = "tidy/trust.rs"]
mod trust;

use std::path::Path;

fn repository() -> Vec<tree::File> {
    let files = tree::files(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_or_default();
    assert!(
        files.iter().any(|file| file.path == "Cargo.toml"),
        "the repository cannot be read"
    );
    files
}

fn assert_none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "\n{}\n\n{rule}\n", wrong.join("\n"));
}

#[test]
fn folders_use_only_what_the_layer_table_allows() {
    let wrong = layers::violations(&repository());

    assert_none(
        &wrong,
        "The table is at the top of src/lib.rs; changing it is a change of its own.",
    );
}

#[test]
fn every_source_file_says_what_it_is() {
    let wrong = shape::without_introduction(&repository());

    assert_none(
        &wrong,
        "One or two sentences, for someone who came by search.",
    );
}

#[test]
fn no_source_file_is_too_long() {
    let wrong = shape::too_long(&repository());

    assert_none(
        &wrong,
        "Split it by topic; a file written by a tool says `@generated` at its top.",
    );
}

#[test]
fn no_module_is_named_for_nothing() {
    let wrong = shape::with_an_empty_name(&repository());

    assert_none(&wrong, "A module is named for what it is about.");
}

#[test]
fn no_file_bears_the_traces_of_a_machine() {
    let wrong = shape::with_traces_of_a_machine(&repository());

    assert_none(&wrong, "Name what every reader has, or leave it out.");
}

#[test]
fn no_test_is_left_out_or_waits_for_a_time() {
    let wrong = trust::violations(&repository());

    assert_none(
        &wrong,
        "A test runs every time and waits for what it needs.",
    );
}

#[test]
fn the_changelog_has_its_form() {
    let files = repository();
    let changelog = files.iter().find(|file| file.path == "CHANGELOG.md");

    let wrong = changelog::violations(changelog.map_or("", |file| &file.text));

    assert_none(
        &wrong,
        "Write it for users: what they get, below the kind of change it is.",
    );
}
