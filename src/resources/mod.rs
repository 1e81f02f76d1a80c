//! The resources, one folder each, and what they share: the client they are handed, the texts of
//! Azure that users write, and how Azure's refusals are told.

pub mod aad_binding;
mod assignments;
pub mod cluster;
pub mod credentials;
mod inside;
pub mod kubeconfig;
mod leaving;
pub mod namespace;
pub mod network_policy;
mod ownership;
mod principals;
mod refusals;
mod session;
mod texts;

pub use assignments::Assignments;
pub use inside::PlannedClusters;
pub use leaving::Leaving;
pub use ownership::{Owner, Ownership, Surroundings};
pub(crate) use refusals::cannot_sign_in;
pub use session::Session;
