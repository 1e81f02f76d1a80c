//! What Azure was recorded to answer, played to this provider: every cluster and pool reads and is given back as it
//! came, every operation ends as it did, whatever it said on the way.
//!
//! `SECUREAKS_RECORDINGS` names the folder of the recordings.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says what is missing"
)]
#![expect(
    clippy::print_stdout,
    reason = "a test says with which seed it can be run again"
)]

mod bodies;
#[path = "../e2e/support/chance.rs"]
mod chance;
mod figures;
mod imports;
mod losses;
mod operations;
mod outages;
mod recorded;
#[path = "../resources/support.rs"]
#[expect(
    dead_code,
    unused_imports,
    reason = "the provider in this process serves the tests of its resources as well"
)]
mod support;
mod verbs;
mod wire;
mod writes;
