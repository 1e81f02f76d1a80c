//! The specimen provider under the real clients: every RPC, value and nesting the protocol has.

#[path = "e2e/support/client.rs"]
mod client;
#[path = "e2e_specimen/life.rs"]
mod life;
#[path = "e2e/support/process.rs"]
#[expect(dead_code, reason = "other stories kill, these only interrupt")]
mod process;
#[path = "e2e_specimen/secrets.rs"]
mod secrets;
#[path = "e2e_specimen/takeover.rs"]
mod takeover;
#[path = "e2e_specimen/trouble.rs"]
mod trouble;
#[path = "e2e_specimen/workspace.rs"]
mod workspace;

use workspace::Outcome;
