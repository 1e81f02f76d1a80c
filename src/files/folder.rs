//! A folder of one user, closed to all others, and the files in it.

use std::{
    fs::{self, DirBuilder},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{FileError, Refusal, draft, rights};

/// The size a private file is read to at most: those of ours have a few kilobytes.
const MOST: u64 = 1024 * 1024;

/// A folder that belongs to the user who runs this, that nobody else may use, and that is no link. All calls block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateFolder {
    path: PathBuf,
}

impl PrivateFolder {
    /// The folder at `path`, made where it is missing together with the folders that lead to it. One of ours that is
    /// open to others is closed.
    pub fn make(path: &Path) -> Result<Self, FileError> {
        let mut missing: Vec<&Path> = path
            .ancestors()
            .filter(|folder| !folder.as_os_str().is_empty())
            .take_while(|folder| fs::symlink_metadata(folder).is_err())
            .collect();
        while let Some(folder) = missing.pop() {
            make_one(folder)?;
        }
        Self::find(path)?.ok_or_else(|| {
            let gone = io::Error::from(io::ErrorKind::NotFound);
            FileError::system(path, "opened")(gone)
        })
    }

    /// The folder at `path`; `None` where there is none. One of ours that is open to others is closed.
    pub fn find(path: &Path) -> Result<Option<Self>, FileError> {
        let found = rights::close_folder(path)?;
        Ok(found.then(|| Self {
            path: path.to_owned(),
        }))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the file `name` holds; `None` where there is none. It is refused unless it is a regular file of this
    /// user's, and private.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, FileError> {
        let path = self.place(name)?;
        let Some(file) = rights::open_file(&path)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.take(MOST + 1)
            .read_to_end(&mut bytes)
            .map_err(FileError::system(&path, "read"))?;
        if bytes.len() as u64 > MOST {
            return Err(FileError::new(&path, Refusal::TooLarge { most: MOST }));
        }
        Ok(Some(bytes))
    }

    /// Puts a file `name` with these bytes into the folder. After a crash it is there as a whole, or what was there
    /// before; once this returns, it is there. A failure leaves nothing of it behind.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        draft::write(&self.path, &self.place(name)?, bytes)
    }

    /// Gives the file `from` the name `to`, in the place of what has it, and stays so after a crash. That there is none
    /// is well.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        let (from, to) = (self.place(from)?, self.place(to)?);
        match fs::rename(&from, &to) {
            Ok(()) => draft::sync_folder(&self.path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(FileError::system(&from, "renamed")(error)),
        }
    }

    /// The names of what is in the folder, in order.
    pub fn names(&self) -> Result<Vec<String>, FileError> {
        let failed = || FileError::system(&self.path, "listed");
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed())? {
            // No file of ours has a name that is no text.
            if let Ok(name) = entry.map_err(failed())?.file_name().into_string() {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    /// Takes the file `name` away, which stays so after a crash. That there is none is well.
    pub fn remove(&self, name: &str) -> Result<(), FileError> {
        let path = self.place(name)?;
        match fs::remove_file(&path) {
            Ok(()) => draft::sync_folder(&self.path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(FileError::system(&path, "removed")(error)),
        }
    }

    /// Removes what killed processes have left half written. What another process writes meanwhile stays.
    pub fn clear_drafts(&self) -> Result<(), FileError> {
        draft::clear(&self.path)
    }

    fn place(&self, name: &str) -> Result<PathBuf, FileError> {
        let path = self.path.join(name);
        // A name with a slash, or `..`, would lead out of the folder.
        if path.parent() == Some(&self.path) && path.file_name() == Some(name.as_ref()) {
            Ok(path)
        } else {
            let named = io::Error::new(io::ErrorKind::InvalidInput, "it is not a file name");
            Err(FileError::system(&path, "used")(named))
        }
    }
}

/// Makes a folder that is closed to others from its first moment on. One that another process makes meanwhile is
/// judged like any other.
fn make_one(folder: &Path) -> Result<(), FileError> {
    match private().create(folder) {
        Ok(()) => set_mode(folder).map_err(FileError::system(folder, "closed to other users"))?,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(FileError::system(folder, "made")(error)),
    }
    match folder.parent() {
        Some(parent) if parent.as_os_str().is_empty() => draft::sync_folder(Path::new(".")),
        Some(parent) => draft::sync_folder(parent),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn private() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt as _;
    let mut builder = DirBuilder::new();
    builder.mode(rights::FOLDER);
    builder
}

/// The mode that a folder is made with is less what the process masks.
#[cfg(unix)]
fn set_mode(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(rights::FOLDER))
}

#[cfg(not(unix))]
fn private() -> DirBuilder {
    DirBuilder::new()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "on Unix it can fail")]
fn set_mode(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
