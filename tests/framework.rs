//! The framework in process: the specimen provider behind [`secureaks::framework::service`],
//! msgpack in and out, and Terraform's own rules applied to every plan and apply.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as expected"
)]

#[path = "framework/adopt.rs"]
mod adopt;
#[path = "framework/apply.rs"]
mod apply;
#[path = "framework/blocks.rs"]
mod blocks;
#[path = "framework/by_hand.rs"]
mod by_hand;
#[path = "framework/core.rs"]
mod core;
#[path = "framework/offers.rs"]
mod offers;
#[path = "framework/plan.rs"]
mod plan;
#[path = "framework/positions.rs"]
mod positions;
#[path = "framework/read.rs"]
mod read;
#[path = "framework/replace.rs"]
mod replace;
#[path = "framework/rules.rs"]
mod rules;
#[path = "specimen/provider/mod.rs"]
mod specimen;
#[path = "framework/unknowns.rs"]
mod unknowns;
#[path = "framework/upgrade.rs"]
mod upgrade;
#[path = "framework/validate.rs"]
mod validate;
