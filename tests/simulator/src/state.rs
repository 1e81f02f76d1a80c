//! The state file: with it a simulator goes on where it stopped, under the same addresses and
//! with the same keys, so that clients and their tokens stay valid.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::certificate::Authority;
use crate::cloud::Cloud;
use crate::entra::ClientCertificate;
use crate::origins::Origins;

/// What a run leaves behind.
#[derive(Serialize, Deserialize)]
pub(crate) struct State<C = Cloud> {
    /// Simulated time when it was written; it stands still until the next start.
    pub(crate) now: Timestamp,
    /// By how much the clock was moved forward.
    #[serde(default)]
    pub(crate) advanced: Duration,
    /// How often the simulator was started with this state; it varies the randomness.
    pub(crate) starts: u64,
    pub(crate) origins: Origins,
    pub(crate) keys: Keys,
    pub(crate) cloud: C,
}

/// The keys of a simulator.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub(crate) authority: Authority,
    /// Signs tokens.
    pub(crate) token: ClientCertificate,
    /// Registered with the owning application, to sign in with.
    pub(crate) client: ClientCertificate,
}

/// The state file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// Reading or writing failed.
    #[error("state file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The file holds something else than a state.
    #[error("state file {path} cannot be understood: {source}")]
    Contents {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: serde_json::Error,
    },
}

impl State {
    /// The state in a file; `None` when there is no such file yet.
    pub(crate) fn load(path: &Path) -> Result<Option<Self>, StateError> {
        let text = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            result => result.map_err(|source| StateError::File {
                path: path.into(),
                source,
            })?,
        };
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(|source| StateError::Contents {
                path: path.into(),
                source,
            })
    }
}

impl State<&Cloud> {
    /// Replaces the file as a whole: whoever reads it meanwhile sees the old state or the new.
    pub(crate) fn save(&self, path: &Path) -> Result<(), StateError> {
        let text = serde_json::to_vec(self).map_err(|source| StateError::Contents {
            path: path.into(),
            source,
        })?;
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        fs::write(&partial, text)
            .and_then(|()| fs::rename(&partial, path))
            .map_err(|source| StateError::File {
                path: path.into(),
                source,
            })
    }
}
