//! The subcommand `credential`: in this process over the simulated Azure, and as the program that kubectl
//! runs.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says what is missing"
)]

#[path = "../resources/support/network.rs"]
mod network;
mod plugin;
mod program;
mod terminal;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use secureaks_simulator::{Options, Simulator};
use serde_json::Value;

/// The application whose tokens every AKS cluster takes.
pub(crate) const SERVER: &str = "6dae42f8-4368-4678-94ff-3960e28e3630";

/// A simulated Azure with the default seed.
pub(crate) fn azure() -> Simulator {
    Simulator::start(Options::default()).expect("the simulator starts")
}

/// What a token says, without looking at its signature.
pub(crate) fn claims(credential: &str) -> Value {
    let credential: Value = serde_json::from_str(credential).expect("an ExecCredential");
    let token = credential["status"]["token"].as_str().expect("a token");
    let claims = token.split('.').nth(1).expect("claims");
    let claims = URL_SAFE_NO_PAD.decode(claims).expect("base64");
    serde_json::from_slice(&claims).expect("JSON")
}
