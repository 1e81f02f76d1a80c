//! A local Azure to drive clients against: Resource Manager, Entra sign-in and the AKS resource
//! provider on loopback, following recorded traffic. It shares no code with the provider it tests.

pub mod aks;
pub mod arm;

mod certificate;
mod clock;
mod cloud;
mod control;
mod entra;
mod environment;
mod fault;
mod graph;
mod journal;
mod kubernetes;
mod message;
mod origins;
mod random;
mod seed;
mod server;
mod shared;
mod simulator;
mod state;

pub use arm::PolicyDenial;
pub use certificate::CertificateError;
pub use entra::{DirectoryFileError, Federation, KeyError, Principal, PrincipalKind};
pub use environment::Credential;
pub use fault::{Action, Answer, Fault, Matches};
pub use journal::Exchange;
pub use kubernetes::{OpeningError, ProgramsError};
pub use message::Host;
pub use simulator::{Options, Simulator, StartError};
