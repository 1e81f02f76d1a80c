//! The Kubernetes API of the simulated clusters: what a request to one means, as functions of what
//! the cluster holds, who asks and the moment it is asked in.

pub(crate) mod admission;
pub(crate) mod attributes;
pub(crate) mod authentication;
pub(crate) mod authorization;
pub(crate) mod built_in_roles;
pub(crate) mod impersonation;
pub(crate) mod kind;
pub(crate) mod limits;
pub(crate) mod quantity;
pub(crate) mod quota;
pub(crate) mod reviews;
pub(crate) mod status;
pub(crate) mod store;
pub(crate) mod user;
pub(crate) mod validation;
pub(crate) mod view;
