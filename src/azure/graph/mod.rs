//! Microsoft Graph v1.0: who users, groups and service principals are. Requests are built by pure
//! functions and read only; [`Client::look_up`](super::Client::look_up) sends them.

mod batch;
mod directory;
mod principal;
mod question;

pub(crate) use directory::Directory;
pub use principal::{Kind, Principal};
pub use question::{Answer, Question};
