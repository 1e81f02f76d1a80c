//! Folders that last as long as a process. They are locked while it runs, so that what a killed process left can be
//! told from what another one uses.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{FileError, draft, rights};

/// How many hexadecimal digits follow the prefix of a name.
const DIGITS: usize = 12;

/// A private folder that no other process takes for an abandoned one while this value lives.
#[derive(Debug)]
pub struct HeldFolder {
    path: PathBuf,
    /// Holds the lock until it is closed. Not every file system knows locks; where there are none, no folder is taken
    /// for an abandoned one.
    _lock: File,
}

impl HeldFolder {
    /// A new folder in `parent`, with a drawn name that begins with `prefix`.
    pub fn make(parent: &Path, prefix: &str) -> Result<Self, FileError> {
        for _ in 0..draft::ATTEMPTS {
            let drawn = Uuid::new_v4().simple().to_string();
            let path = parent.join(format!("{prefix}{}", drawn.get(..DIGITS).unwrap_or(&drawn)));
            DirBuilder::new()
                .mode(rights::FOLDER)
                .create(&path)
                .map_err(FileError::system(parent, "used"))?;
            // The mode that a folder is made with is less what the process masks.
            let closed = fs::set_permissions(&path, Permissions::from_mode(rights::FOLDER));
            let lock = closed
                .map_err(|error| ("closed to other users", error))
                .and_then(|()| open(&path).map_err(|error| ("opened", error)));
            // Another process may have taken it for an abandoned one a moment ago, and removed it.
            let lock = match lock {
                Ok(lock) => lock,
                Err((_, error)) if error.kind() == io::ErrorKind::NotFound => continue,
                Err((what, error)) => return Err(FileError::system(&path, what)(error)),
            };
            let taken = matches!(lock.try_lock(), Err(TryLockError::WouldBlock));
            if !taken && is_at(&lock, &path) {
                return Ok(Self { path, _lock: lock });
            }
        }
        let error = io::Error::other("a new folder in it was removed again and again");
        Err(FileError::system(parent, "used")(error))
    }

    /// The folders in `parent` of names that begin with `prefix` which processes of this user have left behind. They
    /// are this process' now.
    pub fn abandoned(parent: &Path, prefix: &str) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(parent) else {
            return Vec::new();
        };
        let named = entries.filter_map(Result::ok).filter(|entry| {
            let name = entry.file_name();
            let drawn = name.to_str().and_then(|name| name.strip_prefix(prefix));
            drawn.is_some_and(is_drawn)
        });
        named.filter_map(|entry| Self::take(entry.path())).collect()
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes the file `name` in it, and the folder, unless something else is in it.
    pub fn remove(self, name: &str) {
        // It may be gone already: some systems clean up behind a logout.
        drop(fs::remove_file(self.path.join(name)));
        drop(fs::remove_dir(&self.path));
    }

    fn take(path: PathBuf) -> Option<Self> {
        let lock = open(&path).ok()?;
        let found = lock.metadata().ok()?;
        let ours = found.is_dir() && rights::unlike(&found, rights::FOLDER).is_none();
        (ours && lock.try_lock().is_ok() && is_at(&lock, &path))
            .then_some(Self { path, _lock: lock })
    }
}

fn is_drawn(text: &str) -> bool {
    let digits = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == DIGITS && text.bytes().all(digits)
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    rights::follow_no_link(&mut options);
    options.open(path)
}

/// Whether what is open is what stands at `path`.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |found: fs::Metadata| (found.dev(), found.ino());
    let open = file.metadata().ok().map(identity);
    open.is_some() && open == fs::symlink_metadata(path).ok().map(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "held-";

    fn names(folders: &[HeldFolder]) -> Vec<PathBuf> {
        let mut names: Vec<_> = folders
            .iter()
            .map(|folder| folder.path().to_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_folder_is_abandoned_when_its_process_no_longer_holds_it() {
        let parent = tempfile::tempdir().unwrap();
        let held = HeldFolder::make(parent.path(), PREFIX).unwrap();
        let path = held.path().to_owned();

        let while_held = names(&HeldFolder::abandoned(parent.path(), PREFIX));
        drop(held);
        let afterwards = names(&HeldFolder::abandoned(parent.path(), PREFIX));

        assert_eq!((while_held, afterwards), (vec![], vec![path]));
    }

    /// One that clears takes what another is making for abandoned until it is locked.
    #[test]
    fn folders_can_be_made_while_others_are_cleared() {
        let parent = tempfile::tempdir().unwrap();
        let is_done = std::sync::atomic::AtomicBool::new(false);

        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(std::sync::atomic::Ordering::Relaxed) {
                    for folder in HeldFolder::abandoned(parent.path(), PREFIX) {
                        folder.remove("rpc");
                    }
                }
            });
            let made: Vec<_> = (0..500)
                .map(|_| HeldFolder::make(parent.path(), PREFIX).map(drop))
                .collect();
            is_done.store(true, std::sync::atomic::Ordering::Relaxed);
            for made in made {
                made.unwrap();
            }
        });
    }

    #[test]
    fn what_is_not_ours_by_name_mode_or_kind_is_left_alone() {
        let parent = tempfile::tempdir().unwrap();
        let path = |name: &str| parent.path().join(name);
        let ours = path("held-0123456789ab");
        for name in [
            "held-0123456789ab",
            "held-0123456789abc",
            "held-0123456789AB",
            "0123456789ab",
        ] {
            fs::create_dir(path(name)).unwrap();
            fs::set_permissions(path(name), Permissions::from_mode(0o700)).unwrap();
        }
        fs::create_dir(path("held-000000000001")).unwrap();
        fs::set_permissions(path("held-000000000001"), Permissions::from_mode(0o755)).unwrap();
        fs::write(path("held-000000000002"), "").unwrap();
        std::os::unix::fs::symlink(&ours, path("held-000000000003")).unwrap();

        let found = names(&HeldFolder::abandoned(parent.path(), PREFIX));

        assert_eq!(found, [ours]);
    }

    #[test]
    fn only_the_named_file_goes_with_the_folder() {
        let parent = tempfile::tempdir().unwrap();
        let [one, other] = [(); 2].map(|()| HeldFolder::make(parent.path(), PREFIX).unwrap());
        let paths = [one.path().to_owned(), other.path().to_owned()];
        fs::write(one.path().join("rpc"), "").unwrap();
        fs::write(other.path().join("rpc"), "").unwrap();
        fs::write(other.path().join("notes"), "").unwrap();

        one.remove("rpc");
        other.remove("rpc");

        let left = paths.map(|path| {
            path.join("notes")
                .exists()
                .then_some(path.join("rpc").exists())
        });
        assert_eq!(left, [None, Some(false)]);
    }
}
