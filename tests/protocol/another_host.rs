//! A host of plugins that nobody here wrote: tofusoup, which is written in Python.

use std::path::Path;

use serde_json::{Value, json};

use crate::figures;
use crate::host::in_time;

#[tokio::test]
async fn tofusoup_shakes_hands_and_asks_for_the_schema_and_nobody_else_does() {
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/protocol/another_host.py"
    );
    let provider = env!("CARGO_BIN_EXE_terraform-provider-secureaks");

    let output = in_time(
        tokio::process::Command::new(python().await)
            .args([script, provider])
            .output(),
    )
    .await
    .unwrap();

    let told = String::from_utf8_lossy(&output.stdout);
    let mut told: Value = serde_json::from_str(&told)
        .unwrap_or_else(|_| panic!("{told}{}", String::from_utf8_lossy(&output.stderr)));
    let version = told["version"].take();
    assert_eq!(
        told,
        json!({
            "protocol": 6,
            "transport": "unix",
            "certificate": { "curve": "secp384r1", "authority": false },
            "resources": [
                "secureaks_aad_binding",
                "secureaks_cluster",
                "secureaks_namespace",
                "secureaks_network_policy",
            ],
            "data sources": ["secureaks_cluster", "secureaks_kubeconfig"],
            "ephemeral resources": ["secureaks_credentials"],
            "errors": 0,
            "this certificate": "answered",
            "another certificate": "UNAVAILABLE",
            "no certificate": "UNAVAILABLE",
            "version": null,
        })
    );
    let cell = figures::cell(
        "tofusoup",
        version.as_str().unwrap(),
        "handshake, schema, others refused",
        "passes",
    );
    figures::leave("tofusoup", "Hosts of the plugin", &[cell]);
}

/// The Python that has tofusoup; without it the test fails with the sentence that says how to get it.
async fn python() -> String {
    let find = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tools/find");
    let found = tokio::process::Command::new(find)
        .arg("--python")
        .output()
        .await
        .unwrap();
    assert!(
        found.status.success(),
        "{}",
        String::from_utf8_lossy(&found.stderr)
    );
    String::from_utf8(found.stdout)
        .unwrap()
        .trim_end()
        .to_owned()
}
