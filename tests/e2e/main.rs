//! Stories: the real Terraform and OpenTofu drive the provider's executable against the simulated
//! Azure. Each story runs under every client that `tests/tools/find` names.

#![expect(
    clippy::expect_used,
    reason = "a test that cannot go on says what is missing"
)]
#![expect(
    clippy::print_stdout,
    reason = "a test says with which seed it can be run again"
)]

mod access;
mod create_before_destroy;
mod credentials;
mod drift;
mod examples;
mod failed_inside;
mod failures;
mod faults;
#[path = "../bench/fleet.rs"]
mod fleet;
mod import;
mod installed;
mod interrupted;
mod killed;
mod killed_inside;
mod killed_role;
mod lifecycle;
mod many;
#[cfg(feature = "real")]
mod matrix;
mod mocked;
mod nested_typo;
mod ownership;
mod quickstart;
mod reader;
mod reader_inside;
mod reattached;
mod replaced;
mod saved_plan;
mod secrets;
mod slides;
mod support;
mod workspace_takeover;
mod wrong_line;
