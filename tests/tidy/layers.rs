//! The layer table of `src/lib.rs`, and what the folders of `src/` use against it.

use std::collections::{BTreeMap, BTreeSet};

use crate::paths::{Named, Target, paths};
use crate::tokens::tokens;
use crate::tree::File;

/// The crate's own name: a path that begins with it is a path of the crate.
const CRATE: &str = "secureaks";

/// Files that stand above the layers and may use all of them.
const ROOTS: [&str; 2] = ["src/lib.rs", "src/main.rs"];

/// A folder of its own package, with a root of its own.
const ANOTHER_PACKAGE: &str = "src/framework/derive/";

/// One line of the table: a folder, and the folders it may use.
#[derive(Debug, PartialEq, Eq)]
struct Layer {
    folder: String,
    may_use: BTreeSet<String>,
}

/// What is wrong with the use that the sources make of each other.
pub(crate) fn violations(files: &[File]) -> Vec<String> {
    let sources: Vec<_> = files.iter().filter(|file| is_source(file)).collect();
    let root = sources.iter().find(|file| file.path == "src/lib.rs");
    let layers = table(root.map_or("", |file| &file.text));
    if layers.is_empty() {
        return vec!["src/lib.rs: the layer table is missing".to_owned()];
    }
    let mut wrong = table_violations(&layers);
    let macros = sources.iter().flat_map(|file| macros(file)).collect();
    let layered = sources
        .iter()
        .filter(|file| !ROOTS.contains(&file.path.as_str()));
    for file in layered {
        let module = module_of(&file.path);
        let Some(own) = layers
            .iter()
            .find(|layer| Some(&layer.folder) == module.first())
        else {
            wrong.push(format!(
                "{}: its folder has no line in the table",
                file.path
            ));
            continue;
        };
        if file
            .text
            .lines()
            .any(|line| line.trim_start().starts_with("#[path"))
        {
            wrong.push(format!(
                "{}: a module lies where its name says, `#[path]` hides it",
                file.path
            ));
        }
        for named in paths(&file.text, &module) {
            let reason = refused(&named, own, &layers, &macros);
            wrong.extend(reason.map(|reason| format!("{}:{}: {reason}", file.path, named.line)));
        }
    }
    wrong
}

fn is_source(file: &File) -> bool {
    let within = file.path.starts_with("src/") && !file.path.starts_with(ANOTHER_PACKAGE);
    within && file.is_rust()
}

/// Why the layer `own` may not name this, if it may not.
fn refused(
    named: &Named,
    own: &Layer,
    layers: &[Layer],
    macros: &BTreeMap<String, String>,
) -> Option<String> {
    let written = named.words.join("::");
    let folder = &own.folder;
    let place = match named.target(CRATE) {
        Target::Elsewhere => return None,
        Target::AboveTheFolder => {
            return Some(format!(
                "`{written}` leaves `{folder}`: write it from `crate::`"
            ));
        }
        Target::Here(place) => place,
    };
    let Some(used) = place.first() else {
        return Some(format!(
            "`{written}` stands for the whole crate: name the folder"
        ));
    };
    // An exported macro is named from the root of the crate, wherever it is declared.
    let used = macros.get(used).unwrap_or(used);
    if used == folder || own.may_use.contains(used) {
        None
    } else if layers.iter().any(|layer| layer.folder == *used) {
        Some(format!("`{folder}` may not use `{used}`"))
    } else {
        Some(format!("`{written}` is in no folder of the table"))
    }
}

/// The macros a file declares, each with the folder it is in.
fn macros(file: &File) -> Vec<(String, String)> {
    let folder = module_of(&file.path).into_iter().next().unwrap_or_default();
    let tokens = tokens(&file.text);
    let names = tokens.windows(3).filter_map(|three| match three {
        [keyword, sign, name] if keyword.is_word("macro_rules") && sign.is_sign('!') => name.word(),
        _ => None,
    });
    names
        .map(|name| (name.to_owned(), folder.clone()))
        .collect()
}

/// The module that a file of `src/` is, from the root of the crate.
fn module_of(path: &str) -> Vec<String> {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    inner.split('/').map(str::to_owned).collect()
}

/// The rows of the table: ``| `folder` | what it is | `used` `folders` |``, or "everything below".
fn table(root: &str) -> Vec<Layer> {
    let rows: Vec<Vec<&str>> = root
        .lines()
        .filter_map(|line| line.strip_prefix("//! | `"))
        .map(|row| row.split('|').map(str::trim).collect())
        .collect();
    let folders: Vec<_> = rows
        .iter()
        .map(|row| first(row).trim_end_matches('`'))
        .collect();
    let layers = rows.iter().enumerate().map(|(position, row)| {
        let cell = row.get(2).copied().unwrap_or_default();
        let named = cell.split('`').skip(1).step_by(2);
        let may_use = match cell {
            "everything below" => folders.iter().skip(position + 1).copied().collect(),
            _ => named.collect::<Vec<_>>(),
        };
        Layer {
            folder: first(row).trim_end_matches('`').to_owned(),
            may_use: may_use.into_iter().map(str::to_owned).collect(),
        }
    });
    layers.collect()
}

fn first<'cell>(row: &[&'cell str]) -> &'cell str {
    row.first().copied().unwrap_or_default()
}

/// A layer uses what is below it, so that no two can use each other.
fn table_violations(layers: &[Layer]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (position, layer) in layers.iter().enumerate() {
        let below = layers.iter().skip(position + 1);
        let below: BTreeSet<_> = below.map(|layer| layer.folder.clone()).collect();
        for name in layer.may_use.difference(&below) {
            let folder = &layer.folder;
            wrong.push(format!(
                "src/lib.rs: `{folder}` may use `{name}`, which is no line below it"
            ));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIB: &str = "//! The map.\n\
        //! | folder | what it is | may use |\n\
        //! |---|---|---|\n\
        //! | `provider` | top | everything below |\n\
        //! | `framework` | middle | `value` |\n\
        //! | `value` | bottom | |\n\
        //! | `azure` | beside | |\n";

    /// What is wrong with one file among the layers above.
    fn found(path: &str, text: &str) -> Vec<String> {
        violations(&[File::new("src/lib.rs", LIB), File::new(path, text)])
    }

    #[test]
    fn a_folder_may_use_itself_and_what_its_line_allows() {
        let found = found(
            "src/framework/plan.rs",
            "use crate::value::Path;\nuse super::schema;\nuse crate::framework::{block, attr::{self}};\n\
             mod tests { use super::*; use super::super::schema; }",
        );

        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn the_highest_layer_may_use_all() {
        let found = found(
            "src/provider/mod.rs",
            "use crate::{azure, framework, value};",
        );

        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn an_import_outside_the_line_is_refused() {
        let found = found(
            "src/value/mod.rs",
            "use std::fmt;\nuse crate::azure::Client;",
        );

        assert_eq!(found, ["src/value/mod.rs:2: `value` may not use `azure`"]);
    }

    #[test]
    fn every_way_to_write_a_path_is_refused_alike() {
        let ways = [
            "use crate::{value, azure};",
            "use crate::{value::{Path, Type}, azure::{arm::Cluster}};",
            "use {crate::azure};",
            "pub use crate::azure::Client as Other;",
            "fn f() { crate::azure::f() }",
            "fn f(x: Vec<crate::azure::X>) {}",
            "mod tests { fn f() { crate::azure::f() } }",
            "use ::secureaks::azure;",
            "macro_rules! m { () => { $crate::azure::f() } }",
            "#[serde(with = \"crate::azure::time\")] struct S;",
        ];

        for way in ways {
            let found = found("src/framework/mod.rs", way);

            assert_eq!(
                found,
                ["src/framework/mod.rs:1: `framework` may not use `azure`"],
                "{way}"
            );
        }
    }

    #[test]
    fn super_may_not_leave_the_folder() {
        let ways = [
            ("src/value/mod.rs", "super::azure"),
            ("src/value/path.rs", "super::super::azure"),
            ("src/value/path.rs", "super::super::value"),
            ("src/value.rs", "super::azure"),
        ];

        for (path, written) in ways {
            let found = found(path, &format!("use {written}::X;"));

            let expected =
                format!("{path}:1: `{written}::X` leaves `value`: write it from `crate::`");
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn super_in_a_tests_module_is_followed_too() {
        let found = found(
            "src/value/path.rs",
            "mod tests { use super::super::super::azure; }",
        );

        let expected = "`super::super::super::azure` leaves `value`: write it from `crate::`";
        assert_eq!(found, [format!("src/value/path.rs:1: {expected}")]);
    }

    #[test]
    fn the_crate_as_a_whole_may_not_be_named() {
        for way in ["use crate as root;", "use crate::{self as root};"] {
            let found = found("src/value/mod.rs", way);

            assert!(
                found
                    .iter()
                    .any(|line| line.contains("stands for the whole crate")),
                "{way}"
            );
        }
        let glob = found("src/value/mod.rs", "use crate::*;");
        assert_eq!(
            glob,
            ["src/value/mod.rs:1: `crate::*` is in no folder of the table"]
        );
    }

    #[test]
    fn a_folder_without_a_line_and_a_hidden_module_are_refused() {
        let unknown = found("src/kube/mod.rs", "");
        let hidden = found(
            "src/value/mod.rs",
            "#[path = \"../azure/mod.rs\"]\nmod azure;",
        );

        assert_eq!(
            unknown,
            ["src/kube/mod.rs: its folder has no line in the table"]
        );
        assert_eq!(
            hidden,
            ["src/value/mod.rs: a module lies where its name says, `#[path]` hides it"]
        );
    }

    #[test]
    fn words_in_comments_and_texts_are_no_use() {
        let found = found(
            "src/value/mod.rs",
            "//! See crate::azure.\nfn f() -> &'static str { \"crate::azure\" }",
        );

        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn a_line_that_allows_what_is_not_below_it_is_refused() {
        let lib = "//! | `value` | x | `framework` |\n//! | `framework` | x | |\n//! | `azure` | x | `value` |\n";

        let found = violations(&[File::new("src/lib.rs", lib)]);

        assert_eq!(
            found,
            ["src/lib.rs: `azure` may use `value`, which is no line below it"]
        );
    }

    #[test]
    fn an_exported_macro_belongs_to_the_folder_that_declares_it() {
        let declared = File::new(
            "src/framework/text.rs",
            "#[macro_export] macro_rules! text { () => {} }",
        );
        let above = File::new("src/provider/mod.rs", "crate::text!();");
        let below = File::new("src/value/mod.rs", "crate::text!();");

        let found = violations(&[File::new("src/lib.rs", LIB), declared, above, below]);

        assert_eq!(
            found,
            ["src/value/mod.rs:1: `value` may not use `framework`"]
        );
    }

    #[test]
    fn a_missing_table_is_refused() {
        let found = violations(&[File::new("src/lib.rs", "//! Nothing.")]);

        assert_eq!(found, ["src/lib.rs: the layer table is missing"]);
    }

    #[test]
    fn the_package_within_the_framework_has_layers_of_its_own() {
        let found = found("src/framework/derive/src/lib.rs", "use crate::azure;");

        assert_eq!(found, Vec::<String>::new());
    }
}
