//! What this provider writes to Azure, held against Azure's own description of its types: no property it does not
//! know, none of the wrong type, and none that only Azure may write.
//!
//! `SECUREAKS_JOURNAL` names the folder in which the simulators kept what was written to them, with a folder for each
//! run of tests, `SECUREAKS_SCHEMA` the folder of the published types.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says what is missing"
)]

mod bicep;
mod open_api;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// The word in our own user agent; journals also hold what other clients wrote.
const OURS: &str = "secureaks";

#[test]
fn every_body_that_was_written_fits_the_published_types() {
    let journal = folder(
        "SECUREAKS_JOURNAL",
        "the folder that the other tests were run with",
    );
    let schema = folder("SECUREAKS_SCHEMA", "the folder of the published types");
    let clusters = bicep::Types::load(&schema);
    let assignments = open_api::Definitions::load(&schema);

    let writes = written(&journal);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut faults: BTreeSet<String> = BTreeSet::new();
    for (run, write) in &writes {
        let path = write["path"].as_str().expect("a path");
        let of_type = type_of(path);
        *counts.entry(of_type.clone()).or_default() += 1;
        let (method, body) = (write["method"].as_str(), &write["body"]);
        let found = match of_type.as_str() {
            "Microsoft.Authorization/roleAssignments" => {
                assignments.faults("RoleAssignmentCreateParameters", body)
            }
            // A PATCH takes tags and nothing else (TagsObject).
            "Microsoft.ContainerService/managedClusters" if method == Some("PATCH") => tags(body),
            cluster => clusters.faults(cluster, body),
        };
        faults.extend(
            found
                .into_iter()
                .map(|fault| format!("{run}: {of_type}: {fault}")),
        );
    }

    assert!(
        !writes.is_empty(),
        "no body of ours in {}",
        journal.display()
    );
    let kinds: Vec<String> = counts
        .iter()
        .map(|(of_type, count)| format!("{count} of {of_type}"))
        .collect();
    let line = format!(
        "types: {} bodies written ({}), {} faults",
        writes.len(),
        kinds.join(", "),
        faults.len()
    );
    println!("{line}");
    report(&line);
    assert_eq!(
        faults,
        BTreeSet::new(),
        "what `test` wrote may be of an older build: run `make test` again"
    );
}

/// A folder named by an environment variable; the test fails without it.
#[expect(
    clippy::disallowed_methods,
    reason = "where the records lie is said by the environment"
)]
fn folder(variable: &str, what: &str) -> PathBuf {
    let path = std::env::var_os(variable).map(PathBuf::from);
    path.filter(|path| path.is_dir())
        .unwrap_or_else(|| panic!("set {variable} to {what}"))
}

/// The writes of this provider, each once, with the run that they are of: `test` is `make test`, which may have been
/// some time ago.
fn written(journal: &Path) -> Vec<(String, Value)> {
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    for run in std::fs::read_dir(journal).expect("a folder") {
        let run = run.expect("an entry").path();
        let name = run.file_name().unwrap_or_default().display().to_string();
        // Files beside the folders are no runs.
        if !run.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&run).expect("a run") {
            let text = std::fs::read_to_string(file.expect("a file").path()).expect("a journal");
            let own = text.lines().map(|line| (line.to_owned(), name.clone()));
            lines.extend(own);
        }
    }
    lines
        .into_iter()
        .map(|(line, run)| {
            let write: Value = serde_json::from_str(&line).expect("a line of a journal");
            (run, write)
        })
        .filter(|(_, write)| {
            write["client"]
                .as_str()
                .is_some_and(|client| client.contains(OURS))
        })
        .collect()
}

/// The type of the resource that a path names, without the names.
fn type_of(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let resource = path.rsplit("/providers/").next().unwrap_or_default();
    let mut segments = resource.split('/');
    let namespace = segments.next().unwrap_or_default().to_owned();
    segments
        .step_by(2)
        .fold(namespace, |of_type, segment| format!("{of_type}/{segment}"))
}

fn tags(body: &Value) -> Vec<String> {
    let members = body.as_object().expect("an object");
    members
        .keys()
        .filter(|name| *name != "tags")
        .map(|name| format!("{name} in a PATCH"))
        .collect()
}

#[expect(
    clippy::disallowed_methods,
    reason = "where the figures go is said by the environment"
)]
fn report(line: &str) {
    let Some(folder) = std::env::var_os("SECUREAKS_CONFORMANCE") else {
        return;
    };
    let document = json!({ "oracle": "published types of API 2026-05-01", "varying": [line] });
    let path = PathBuf::from(folder).join("types.json");
    std::fs::write(path, format!("{document:#}\n")).expect("the figures are written");
}
