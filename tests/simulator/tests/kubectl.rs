//! The real kubectl against a simulated cluster, by the kubeconfig Resource Manager hands out.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "kubectl/cases.rs"]
mod cases;
#[path = "wire/client.rs"]
#[expect(dead_code, reason = "shared with the tests of the wire")]
mod client;
#[path = "kubectl/session.rs"]
mod session;

use std::path::PathBuf;

/// Where the programs of real API servers are: here the clusters have the built-in one.
const fn kube_apiserver() -> Option<PathBuf> {
    None
}

/// The version clusters say they run.
const SERVER_VERSION: &str = "v1.35.7";
