//! What there is to report of real API servers: how soon one is ready, and where the built-in one
//! differs for a reason.

use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use crate::SERVER_VERSION;
use crate::api_server::start_cluster;
use crate::client::start;

/// Names the folder for the figures of all test programs.
const VARIABLE: &str = "SECUREAKS_CONFORMANCE";

/// Where the two differ, what about it, and why: found by running the same tests on both.
const DIFFERENCES: [(&str, &str, &str); 5] = [
    (
        "/apis/authentication.k8s.io/v1/selfsubjectreviews status.userInfo.extra",
        "the object id of a caller is azure.com/oid instead of oid",
        "structured authentication wants a domain, AKS has a webhook",
    ),
    (
        "/api/v1/namespaces",
        "a deleted namespace goes at once instead of after six simulated seconds",
        "the real server lives in real time",
    ),
    (
        "metadata.ownerReferences",
        "what is owned is not collected",
        "there is no garbage collector without a controller manager",
    ),
    (
        "/api/v1/nodes",
        "nodes can be made by hand",
        "the built-in server derives them from the pools",
    ),
    (
        "/apis",
        "the built-in server has fewer kinds",
        "those nobody has needed are answered as not simulated",
    ),
];

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "where the figures go is the environment's to say"
)]
fn a_server_is_there_when_its_cluster_is_first_asked() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &json!({}));
    let began = Instant::now();

    let version = server.get(&server.admin_token, "/version");

    let took = began.elapsed().as_secs_f64();
    assert_eq!(version.json()["gitVersion"], SERVER_VERSION);
    if let Ok(folder) = std::env::var(VARIABLE) {
        let path = Path::new(&folder).join("kube-apiserver.json");
        fs::write(path, figures(took).to_string()).unwrap();
    }
}

fn figures(took: f64) -> Value {
    let differences = DIFFERENCES.map(|(path, scenario, reason)| {
        json!({ "path": path, "scenario": scenario, "date": "2026-11-22", "reason": reason })
    });
    json!({
        "oracle": format!("kube-apiserver {SERVER_VERSION}"),
        "lines": ["kube-apiserver: the same tests of kubectl, objects, access and sign-in run on it and on the built-in one"],
        "varying": [format!("kube-apiserver: ready {took:.1} s after its first request")],
        "differences": differences,
    })
}
