//! What every file has to be: introduced, short, named for its subject, free of one machine's traces.

use crate::tree::File;

/// The longest a file written by hand may be.
const LONGEST: usize = 500;

/// The longest the text of a protocol may be: one file a protocol, as its authors keep it.
const LONGEST_PROTOCOL: usize = 800;

/// In the first lines of a file that a tool writes.
const GENERATED: &str = "@generated";

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 6] = ["common", "helper", "helpers", "misc", "util", "utils"];

/// Traces of the machine a file was written on: folders of its users, mirrors it builds from.
const TRACES: [&str; 9] = [
    "/home/",
    "/root/",
    "/Users/",
    "/work/",
    "index.crates.io",
    "static.crates.io",
    "proxy.golang.org",
    "sum.golang.org",
    "pypi.org",
];

/// Where the traces are spelled out.
const THIS_FILE: &str = "tests/tidy/shape.rs";

/// Rust files whose first line does not say what they are.
pub(crate) fn without_introduction(files: &[File]) -> Vec<String> {
    let bare = files
        .iter()
        .filter(|file| file.is_rust() && !file.text.starts_with("//! "));
    bare.map(|file| {
        format!(
            "{}: the first line must be `//! ` and what the file is",
            file.path
        )
    })
    .collect()
}

/// Files that should be several.
pub(crate) fn too_long(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files {
        let longest = match file.extension() {
            Some("rs") => LONGEST,
            Some("proto") => LONGEST_PROTOCOL,
            _ => continue,
        };
        let lines = file.text.lines().count();
        let generated = file
            .text
            .lines()
            .take(5)
            .any(|line| line.contains(GENERATED));
        if lines > longest && !generated {
            wrong.push(format!(
                "{}: {lines} lines, and {longest} is the most",
                file.path
            ));
        }
    }
    wrong
}

/// Rust files in a folder, or with a name, that could hold anything.
pub(crate) fn with_an_empty_name(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let mut names = file.path.trim_end_matches(".rs").split('/');
        let inline = file.text.lines().filter_map(declared_module);
        if let Some(name) = names.find(|name| EMPTY_NAMES.contains(name)) {
            wrong.push(format!(
                "{}: name what is inside instead of `{name}`",
                file.path
            ));
        }
        for name in inline.filter(|name| EMPTY_NAMES.contains(name)) {
            wrong.push(format!(
                "{}: name what is inside of `mod {name}`",
                file.path
            ));
        }
    }
    wrong
}

/// The name in `mod name {` or `pub mod name;`.
fn declared_module(line: &str) -> Option<&str> {
    let mut words = line.split([' ', ';', '{']).filter(|word| !word.is_empty());
    words
        .find(|word| !word.starts_with("pub"))
        .filter(|word| *word == "mod")?;
    words.next()
}

/// Lines that name a place that only one machine has.
pub(crate) fn with_traces_of_a_machine(files: &[File]) -> Vec<String> {
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| file.path != THIS_FILE) {
        for (number, line) in (1..).zip(file.text.lines()) {
            if let Some(trace) = TRACES.iter().find(|trace| line.contains(**trace)) {
                wrong.push(format!(
                    "{}:{number}: `{trace}` belongs to one machine",
                    file.path
                ));
            }
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_does_not_say_what_it_is_is_refused() {
        let files = [
            File::new("src/a.rs", "//! What it is.\n"),
            File::new("tests/b.rs", "use std::fmt;\n//! Too late.\n"),
            File::new("README.md", "# secureaks\n"),
        ];

        let found = without_introduction(&files);

        assert_eq!(
            found,
            ["tests/b.rs: the first line must be `//! ` and what the file is"]
        );
    }

    #[test]
    fn a_long_file_is_refused_unless_a_tool_wrote_it() {
        let long = "//! Long.\n".repeat(501);
        let files = [
            File::new("src/a.rs", &long),
            File::new("src/b.rs", &format!("//! {GENERATED}\n{long}")),
            File::new("proto/c.proto", &long),
            File::new("proto/d.proto", &"// Long.\n".repeat(801)),
            File::new("Cargo.lock", &long.repeat(9)),
        ];

        let found = too_long(&files);

        let expected = [
            "src/a.rs: 501 lines, and 500 is the most",
            "proto/d.proto: 801 lines, and 800 is the most",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_name_that_could_hold_anything_is_refused() {
        let files = [
            File::new("src/azure/utils.rs", ""),
            File::new("tests/common/mod.rs", ""),
            File::new(
                "src/azure/mod.rs",
                "pub(crate) mod helpers;\nmod retry;\n// mod misc\n    mod util {",
            ),
            File::new("docs/utils.md", ""),
        ];

        let found = with_an_empty_name(&files);

        let expected = [
            "src/azure/utils.rs: name what is inside instead of `utils`",
            "tests/common/mod.rs: name what is inside instead of `common`",
            "src/azure/mod.rs: name what is inside of `mod helpers`",
            "src/azure/mod.rs: name what is inside of `mod util`",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn a_trace_of_one_machine_is_refused() {
        let files = [
            File::new("README.md", "One.\nSee /home/ada/plan.md.\n"),
            File::new(
                ".cargo/config.toml",
                "registry = \"https://index.crates.io\"",
            ),
            File::new("docs/index.md", "See ~/plan.md."),
        ];

        let found = with_traces_of_a_machine(&files);

        let expected = [
            "README.md:2: `/home/` belongs to one machine",
            ".cargo/config.toml:1: `index.crates.io` belongs to one machine",
        ];
        assert_eq!(found, expected);
    }
}
