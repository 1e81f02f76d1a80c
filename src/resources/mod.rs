//! The resources, one folder each, and what they share: the client they are handed, the texts of
//! Azure that users write, and how Azure's refusals are told.

pub mod aad_binding;
pub mod cluster;
mod inside;
mod refusals;
mod session;
mod texts;

pub use inside::PlannedClusters;
pub(crate) use refusals::cannot_sign_in;
pub use session::{Journal, Ownership, Session};
