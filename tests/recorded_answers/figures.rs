//! The figures of these tests, for whoever watches them and for `docs/conformance.md`.

use std::path::PathBuf;

use serde_json::json;

/// Prints lines, and those whose numbers are of this run alone; leaves them in the file of that name if figures are
/// collected.
#[expect(
    clippy::disallowed_methods,
    reason = "where the figures go is said by the environment"
)]
pub(crate) fn report(file: &str, lines: &[String], varying: &[String]) {
    for line in lines.iter().chain(varying) {
        println!("{line}");
    }
    let Some(folder) = std::env::var_os("SECUREAKS_CONFORMANCE") else {
        return;
    };
    let oracle = "recorded answers, played to the provider";
    let document = json!({ "oracle": oracle, "lines": lines, "varying": varying });
    let path = PathBuf::from(folder).join(format!("{file}.json"));
    std::fs::write(path, format!("{document:#}\n")).expect("the figures are written");
}
