//! The folder with the files that clients are pointed to.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::environment::{CA_FILE, CLIENT_FILE};
use crate::state::Keys;

/// The folder with the files for clients.
pub(super) struct Files {
    pub(super) path: PathBuf,
    /// Removes the folder when dropped.
    _temporary: Option<tempfile::TempDir>,
}

/// Writes the files into a folder of the caller's, or into a temporary one.
pub(super) fn write_files(directory: Option<&Path>, keys: &Keys) -> io::Result<Files> {
    let files = if let Some(path) = directory {
        fs::create_dir_all(path)?;
        Files {
            // Clients are told of it, wherever they run.
            path: std::path::absolute(path)?,
            _temporary: None,
        }
    } else {
        let temporary = tempfile::Builder::new()
            .prefix("secureaks-simulator-")
            .tempdir()?;
        Files {
            path: temporary.path().to_owned(),
            _temporary: Some(temporary),
        }
    };
    fs::write(files.path.join(CA_FILE), &keys.authority.certificate)?;
    let client = format!("{}{}", keys.client.certificate, keys.client.key);
    fs::write(files.path.join(CLIENT_FILE), client)?;
    Ok(files)
}

/// Where a whole run of tests, each with simulators of its own, wants the writes to be kept.
#[expect(
    clippy::disallowed_methods,
    reason = "tests start simulators in many places, and one variable reaches them all"
)]
pub(super) fn kept_writes() -> io::Result<Option<PathBuf>> {
    let folder = std::env::var_os("SECUREAKS_JOURNAL").map(PathBuf::from);
    folder.as_deref().map(fs::create_dir_all).transpose()?;
    Ok(folder)
}
