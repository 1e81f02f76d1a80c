//! Stories: the real Terraform and OpenTofu drive the provider's executable against the simulated
//! Azure. Each story runs under every client that `tests/tools/find` names.

mod drift;
mod examples;
mod failures;
mod faults;
mod interrupted;
mod killed;
mod killed_role;
mod lifecycle;
mod ownership;
mod reader;
mod secrets;
mod support;
