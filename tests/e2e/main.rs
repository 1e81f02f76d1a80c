//! Stories: the real Terraform and OpenTofu drive the provider's executable against the simulated
//! Azure. Each story runs under every client that `tests/tools/find` names.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

mod examples;
mod failures;
mod faults;
mod interrupted;
mod killed;
mod lifecycle;
mod support;
