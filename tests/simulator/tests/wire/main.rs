//! The simulator over its sockets, as clients meet it.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod api_server;
mod built_in;
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
mod resource_types;
mod roles;
mod sign_in;
mod state;
mod versions;

use std::path::PathBuf;

/// What authentication calls the object id of a caller.
const OBJECT_ID: &str = "oid";

/// Where the programs of real API servers are: here the clusters have the built-in one.
const fn kube_apiserver() -> Option<PathBuf> {
    None
}
