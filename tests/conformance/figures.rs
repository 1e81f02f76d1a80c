//! Where a test program leaves its figures for `docs/conformance.md`: a file of JSON in the folder that
//! `SECUREAKS_CONFORMANCE` names.

use std::{fs, path::Path};

use serde_json::{Value, json};

/// What one client came to in one story.
pub(crate) fn cell(client: &str, version: &str, story: &str, result: &str) -> Value {
    json!({ "client": client, "version": version, "story": story, "result": result })
}

/// Leaves the table of an oracle, in a file of the name `file`; does nothing where nobody asks for figures.
#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says where figures are to go"
)]
pub(crate) fn leave(file: &str, oracle: &str, matrix: &[Value]) {
    let Ok(folder) = std::env::var("SECUREAKS_CONFORMANCE") else {
        return;
    };
    let figures = json!({ "oracle": oracle, "matrix": matrix });
    fs::create_dir_all(&folder).expect("a folder");
    let path = Path::new(&folder).join(format!("{file}.json"));
    fs::write(path, format!("{figures:#}\n")).expect("written");
}
