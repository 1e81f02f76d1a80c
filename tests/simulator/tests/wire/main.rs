//! The simulator over its sockets, as clients meet it.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod api_server;
mod client;
mod clusters;
mod control;
mod faults;
mod front_door;
mod graph;
mod identities;
mod kubernetes;
mod kubernetes_access;
mod kubernetes_sign_in;
mod networks;
mod resource_groups;
mod roles;
mod sign_in;
mod state;
