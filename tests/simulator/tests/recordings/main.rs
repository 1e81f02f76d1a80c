//! Recorded requests to Azure, replayed into the simulator, and its answers compared with Azure's field by field.
//!
//! `SECUREAKS_RECORDINGS` names the folder of the recordings, `SECUREAKS_DEFAULTS` the table of what AKS filled in
//! by era. With `SECUREAKS_CONFORMANCE` the figures and all differences are also written into that folder.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]
#![expect(clippy::print_stdout, reason = "the figures are what this test is for")]

#[path = "../wire/client.rs"]
#[expect(
    dead_code,
    reason = "the client serves the tests over the wire as well"
)]
mod client;
mod echo;
mod era;
mod fields;
mod reason;
mod recording;
mod replay;
mod report;
mod request;
mod shape;
mod time;

use std::path::PathBuf;

use report::Report;

/// Where the programs of real API servers are: Azure's answers say nothing about those.
const fn kube_apiserver() -> Option<PathBuf> {
    None
}

/// Share of right answers, in percent, that must not be lost again. All three leave out what changed with the era.
const ALL: f64 = 99.1;
const BEYOND_ECHO: f64 = 99.0;
/// How many differences nobody has explained.
const UNEXPLAINED: usize = 0;
/// Share of explained differences, in percent.
const EXPLAINED: f64 = 1.0;

#[test]
fn recorded_requests_are_answered_as_azure_answered_them() {
    let eras = era::Eras::load();
    let mut report = Report::default();

    for recording in recording::all() {
        replay::replay(&recording, &mut |comparison| {
            report.add(&recording, comparison, &eras);
        });
    }

    report.print();
    report.write();
    let figures = report.figures();
    assert!(
        figures.all >= ALL
            && figures.beyond_echo >= BEYOND_ECHO
            && figures.unexplained == UNEXPLAINED
            && figures.explained <= EXPLAINED,
        "the simulator answers less like Azure than it did: {figures:?}\n{}",
        report.unexplained()
    );
}
