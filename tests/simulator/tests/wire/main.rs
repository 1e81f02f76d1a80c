//! The simulator over its sockets, as clients meet it.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod client;
mod clusters;
mod control;
mod faults;
mod front_door;
mod identities;
mod kubernetes;
mod networks;
mod resource_groups;
mod roles;
mod sign_in;
mod state;
