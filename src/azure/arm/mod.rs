//! Azure Resource Manager's resources: their ids, the parts of their bodies that we use, and the requests
//! about them. Nothing here sends.

pub mod agent_pool;
pub mod id;
pub mod kubernetes_version;
pub mod location;
pub mod managed_cluster;
pub mod provider;
pub mod resource_group;
pub mod role_assignment;
pub mod subnet;
pub mod user_assigned_identity;

mod cluster_network;
mod cluster_security;
mod model;

pub use id::{InvalidResourceId, ResourceId};
pub use location::Location;
