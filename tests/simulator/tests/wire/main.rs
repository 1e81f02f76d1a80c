//! The simulator over its sockets, as clients meet it.

mod client;
mod control;
mod faults;
mod front_door;
mod identities;
mod networks;
mod resource_groups;
mod roles;
mod sign_in;
mod state;
