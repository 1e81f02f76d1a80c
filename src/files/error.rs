//! Why a private file or folder is not used, in words that can be shown as they are.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a private file or folder is not used. As a text it is a clause without a full stop: the path, what was found
/// there, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{} {refusal}", path.display())]
pub struct FileError {
    /// The file or folder.
    pub path: PathBuf,
    /// What is wrong with it.
    pub refusal: Refusal,
}

/// What is wrong with a file or folder.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// What is read there may be anywhere, and what is written too.
    #[error("is a symbolic link, which is not followed; remove it")]
    Link,
    /// There is something else.
    #[error("is not a folder; remove it")]
    NotAFolder,
    /// There is something else, such as a folder, a device or a pipe.
    #[error("is not a regular file; remove it")]
    NotAFile,
    /// Another user made it, and may change it at any time.
    #[error("belongs to the user {owner}, and this program runs as the user {user}; remove it")]
    Foreign {
        /// The id of the user it belongs to.
        owner: u32,
        /// The id of the user who runs this.
        user: u32,
    },
    /// Other users may have read or changed it.
    #[error(
        "has the mode {mode:03o}, with which other users may use it, where {wanted:03o} is expected; remove it"
    )]
    Exposed {
        /// The mode it has.
        mode: u32,
        /// The mode it should have.
        wanted: u32,
    },
    /// The file system does not keep modes.
    #[error(
        "keeps the mode {mode:03o} after {wanted:03o} was set, so that other users may use it; choose a folder on a file system with modes of its own"
    )]
    Unprotected {
        /// The mode it has.
        mode: u32,
        /// The mode that was set.
        wanted: u32,
    },
    /// No file of ours is that large.
    #[error("has more than {most} bytes; remove it")]
    TooLarge {
        /// The size that is read at most.
        most: u64,
    },
    /// The operating system refuses.
    #[error("cannot be {what}: {source}")]
    System {
        /// What was tried, as a participle.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl FileError {
    pub(super) fn new(path: &Path, refusal: Refusal) -> Self {
        Self {
            path: path.to_owned(),
            refusal,
        }
    }

    /// The operating system refused to do `what`, a participle, with `path`.
    pub(super) fn system(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self {
            path,
            refusal: Refusal::System { what, source },
        }
    }
}
