//! What `#[derive(Block)]` says to those who misuse it: no file of `tests/derive/` compiles.
//!
//! The compiler is called directly. With a Cargo project of its own each file would be another
//! build of everything the provider depends on.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as expected"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::SystemTime,
};

#[test]
fn each_misuse_is_told_where_it_is() {
    let misuses = files_in(Path::new("tests/derive"), "rs");

    let told: Vec<String> = misuses.iter().map(|file| compiled(file)).collect();

    insta::assert_snapshot!(told.concat());
}

#[test]
fn a_block_that_is_right_compiles() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("right.rs");
    let right = fs::read_to_string("tests/derive/missing_doc_comment.rs").unwrap();
    fs::write(
        &file,
        right.replace("    size:", "    /// Its size.\n    size:"),
    )
    .unwrap();

    let told = compiled(&file);

    assert_eq!(told, "");
}

/// The compiler's errors, a line each.
fn compiled(file: &Path) -> String {
    let libraries = std::env::current_exe()
        .unwrap()
        .parent()
        .unwrap()
        .to_owned();
    let output = tempfile::tempdir().unwrap();
    let compiler = Command::new("rustc")
        .args([
            "--edition=2024",
            "--emit=metadata",
            "--error-format=short",
            "-Adead_code",
        ])
        .arg(format!("--out-dir={}", output.path().display()))
        .arg(format!("-Ldependency={}", libraries.display()))
        .arg(format!(
            "--extern=secureaks={}",
            library(&libraries).display()
        ))
        .arg(file)
        .output()
        .unwrap();
    let text = String::from_utf8(compiler.stderr).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("error: aborting"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// The library this test was built with: of all that Cargo keeps, the one built last.
fn library(directory: &Path) -> PathBuf {
    let built = |path: &PathBuf| {
        path.metadata()
            .and_then(|file| file.modified())
            .unwrap_or(SystemTime::UNIX_EPOCH)
    };
    let libraries = files_in(directory, "rlib").into_iter();
    let ours = libraries.filter(|path| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("libsecureaks-")
    });
    ours.max_by_key(built).unwrap()
}

fn files_in(directory: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}
