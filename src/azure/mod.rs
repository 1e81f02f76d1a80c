//! The Azure client: signs in, sends requests, follows long-running operations. It knows no Terraform.
//!
//! Requests are built by pure functions in [`arm`] and sent in one place, [`Client`]. Time, randomness,
//! the network and the environment's values come in as arguments.

pub mod arm;
pub mod auth;
pub mod call;
pub mod client;
pub mod clock;
pub mod cloud;
pub mod error;
mod gone;
pub mod graph;
pub mod network;
pub mod operation;
pub mod random;
pub mod request;
pub mod response;
pub mod secret;
pub mod segment;
pub mod tls;
pub mod wire;

mod authorize;
mod bounded;
mod pages;
mod reads;
mod retry;
#[cfg(test)]
mod scripted;
mod throttle;

pub use auth::Credential;
pub use bounded::{MOST_BYTES, TooLarge};
pub use call::Call;
pub use client::{Client, Options};
pub use clock::{Clock, ManualClock, SystemClock};
pub use cloud::{Cloud, CloudSource};
pub use error::Error;
pub use network::Network;
pub use operation::{Ending, Operation};
pub use request::{Method, Precondition, Request};
pub use response::Response;
pub use secret::Secret;
pub use wire::Wire;
