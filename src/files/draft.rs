//! Files on their way: written beside the place they are for, and put there when they are whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{FileError, rights};

/// How often something is begun anew that another process took for an abandoned one.
pub(super) const ATTEMPTS: u32 = 5;

/// What the names of drafts end with, after a UUID.
const SUFFIX: &str = ".draft";

/// A file that has no place yet. It is locked while it is written, so that others can tell it from one that a
/// killed process left, and is removed unless it gets its place.
struct Draft {
    path: PathBuf,
    file: File,
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Once it has its place there is nothing under this name.
        drop(fs::remove_file(&self.path));
    }
}

/// Puts a file with these bytes at `place`, which afterwards survives a crash. What was there is replaced, and never
/// written through.
pub(super) fn write(folder: &Path, place: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut attempt = 1;
    loop {
        let draft = Draft::begin(folder)?;
        if draft.is_locked() && draft.fill(place, bytes)? {
            return sync_folder(folder);
        }
        if attempt == ATTEMPTS {
            let error = io::Error::other("its draft was removed again and again");
            return Err(FileError::system(place, "written")(error));
        }
        attempt += 1;
    }
}

/// Removes the drafts in `folder` that no process writes any more.
pub(super) fn clear(folder: &Path) -> Result<(), FileError> {
    let failed = || FileError::system(folder, "listed");
    for entry in fs::read_dir(folder).map_err(failed())? {
        let entry = entry.map_err(failed())?;
        let path = entry.path();
        if !entry.file_name().to_str().is_some_and(is_draft) {
            continue;
        }
        // What is not ours stays, and what another process removes meanwhile is removed.
        if let Ok(Some(file)) = rights::open_file(&path)
            && file.try_lock().is_ok()
        {
            drop(fs::remove_file(&path));
        }
    }
    Ok(())
}

fn is_draft(name: &str) -> bool {
    name.strip_suffix(SUFFIX)
        .is_some_and(|stem| Uuid::parse_str(stem).is_ok())
}

impl Draft {
    fn begin(folder: &Path) -> Result<Self, FileError> {
        let path = folder.join(format!("{}{SUFFIX}", Uuid::new_v4()));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        let file = options
            .open(&path)
            .map_err(FileError::system(&path, "made"))?;
        Ok(Self { path, file })
    }

    /// Whether it is ours to write. Where the file system knows no locks, no other process clears drafts either.
    fn is_locked(&self) -> bool {
        !matches!(self.file.try_lock(), Err(fs::TryLockError::WouldBlock))
    }

    /// Writes it and gives it its place; `false` if another process has removed it before it was locked.
    fn fill(&self, place: &Path, bytes: &[u8]) -> Result<bool, FileError> {
        let failed = |what| FileError::system(place, what);
        set_mode(&self.file).map_err(failed("closed to other users"))?;
        (&self.file).write_all(bytes).map_err(failed("written"))?;
        self.file.sync_all().map_err(failed("written"))?;
        match fs::rename(&self.path, place) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed("replaced")(error)),
        }
    }
}

/// A name that was given or taken away survives a crash once its folder is written.
#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> Result<(), FileError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(FileError::system(folder, "written"))
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(rights::FILE);
}

/// The mode that a file is made with is less what the process masks.
#[cfg(unix)]
fn set_mode(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(rights::FILE))
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
pub(super) fn sync_folder(_: &Path) -> Result<(), FileError> {
    Ok(())
}

#[cfg(not(unix))]
fn private(_: &mut OpenOptions) {}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn set_mode(_: &File) -> io::Result<()> {
    Ok(())
}
