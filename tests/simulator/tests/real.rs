//! The tests of the built-in API servers once more, on real ones: both must agree.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "wire/api_server.rs"]
mod api_server;
#[path = "wire/client.rs"]
#[expect(dead_code, reason = "shared with the tests of the wire")]
mod client;
#[path = "real/conformance.rs"]
mod conformance;
#[path = "kubectl/cases.rs"]
mod kubectl;
#[path = "wire/kubernetes/mod.rs"]
mod kubernetes;
#[path = "wire/kubernetes_access.rs"]
mod kubernetes_access;
#[path = "wire/kubernetes_sign_in.rs"]
mod kubernetes_sign_in;
#[path = "real/processes.rs"]
mod processes;
#[path = "kubectl/session.rs"]
mod session;

use std::path::PathBuf;

/// Names the folder with the programs.
const VARIABLE: &str = "SECUREAKS_KUBE_APISERVER";

/// Where the programs of real API servers are.
#[expect(
    clippy::disallowed_methods,
    clippy::unnecessary_wraps,
    reason = "where they are is the environment's to say; other programs of tests have none"
)]
fn kube_apiserver() -> Option<PathBuf> {
    let folder = std::env::var(VARIABLE).unwrap_or_default();
    assert!(
        !folder.is_empty(),
        "{VARIABLE} names no folder with kube-apiserver and etcd: set it to what `tests/tools/kubernetes/assets` \
         prints, which builds them where they are missing"
    );
    Some(folder.into())
}

/// What authentication calls the object id of a caller: AKS's own says `oid`, which the structured
/// authentication of the server does not allow.
const OBJECT_ID: &str = "azure.com/oid";

/// The version clusters say they run.
const SERVER_VERSION: &str = "v1.36.3";
