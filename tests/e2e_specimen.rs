//! The specimen provider under the real clients: every RPC, value and nesting the protocol has.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends where something is not as expected"
)]

#[path = "e2e/support/client.rs"]
#[expect(dead_code, reason = "every story here runs under every client")]
mod client;
#[path = "e2e_specimen/life.rs"]
mod life;
#[cfg(feature = "real")]
#[path = "e2e_specimen/matrix.rs"]
mod matrix;
#[path = "e2e_specimen/running.rs"]
mod running;
#[path = "e2e_specimen/secrets.rs"]
mod secrets;
#[path = "e2e_specimen/takeover.rs"]
mod takeover;
#[path = "e2e_specimen/trouble.rs"]
mod trouble;
#[path = "e2e_specimen/workspace.rs"]
mod workspace;
