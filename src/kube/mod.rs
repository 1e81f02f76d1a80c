//! The way into a cluster: its Kubernetes API, reached with the provider's own credential. It knows no Terraform.
//!
//! Server and certificate authority come from Azure and stay in memory, for as long as they are the same cluster's; the
//! token is the credential's own, for the application of all AKS API servers. Nothing here has a default
//! address: without an answer of Azure there is nobody to talk to.

mod access;
mod cluster;
mod clusters;
mod error;
mod known;
mod lists;
mod network;
mod object;
mod pages;
mod rights;
mod same;
mod service;

pub use access::{Access, Login};
pub use cluster::{Apply, Cluster};
pub use clusters::Clusters;
pub use error::{Cause, Error};
pub use lists::Found;
pub use object::{LABEL, MANAGER, Object};
pub use rights::Right;
