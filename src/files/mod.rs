//! Private files: those that one user alone may read and change. A folder is closed to others before anything is
//! written into it, a file is whole or absent after a crash, and what another user could have written is not read.
//!
//! On Windows a user's folders are closed to others by their own lists of rights, so owners and modes are judged on
//! Unix alone.

mod draft;
mod error;
mod folder;
#[cfg(unix)]
mod held;
mod rights;

pub use error::{FileError, Refusal};
pub use folder::PrivateFolder;
#[cfg(unix)]
pub use held::HeldFolder;
