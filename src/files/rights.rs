//! Whom a file belongs to and who else may use it. What is judged is what is open, not what its name stands for a
//! moment later.

use std::{
    fs::{self, File, Metadata, OpenOptions},
    io,
    path::Path,
};

use super::{FileError, Refusal};

/// The mode of a private file.
pub(super) const FILE: u32 = 0o600;
/// The mode of a private folder.
pub(super) const FOLDER: u32 = 0o700;

/// Opens the file at `path` if it is a regular one, ours and private; `None` where there is nothing.
pub(super) fn open_file(path: &Path) -> Result<Option<File>, FileError> {
    let refuse = |refusal| Err(FileError::new(path, refusal));
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(FileError::system(path, "looked at")(error)),
        Ok(found) if found.is_symlink() => return refuse(Refusal::Link),
        Ok(found) if !found.is_file() => return refuse(Refusal::NotAFile),
        Ok(_) => {}
    }
    let mut options = OpenOptions::new();
    options.read(true);
    follow_no_link(&mut options);
    let file = options
        .open(path)
        .map_err(FileError::system(path, "read"))?;
    let found = file
        .metadata()
        .map_err(FileError::system(path, "looked at"))?;
    if !found.is_file() {
        return refuse(Refusal::NotAFile);
    }
    match unlike(&found, FILE) {
        Some(refusal) => refuse(refusal),
        None => Ok(Some(file)),
    }
}

/// Whether there is a folder at `path`. It is refused unless it is ours and no link, and closed to others.
pub(super) fn close_folder(path: &Path) -> Result<bool, FileError> {
    let refuse = |refusal| Err(FileError::new(path, refusal));
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(FileError::system(path, "looked at")(error)),
        Ok(found) if found.is_symlink() => return refuse(Refusal::Link),
        Ok(found) if !found.is_dir() => return refuse(Refusal::NotAFolder),
        Ok(_) => {}
    }
    match close_to_others(path)? {
        Some(refusal) => refuse(refusal),
        None => Ok(true),
    }
}

/// Opening neither leads through a link that has just taken the file's place nor waits for somebody who writes
/// into a pipe.
#[cfg(unix)]
pub(super) fn follow_no_link(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;

    use rustix::fs::OFlags;
    options.custom_flags((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed());
}

/// Gives a folder of ours the mode of a private one, and tells why it is none.
#[cfg(unix)]
fn close_to_others(path: &Path) -> Result<Option<Refusal>, FileError> {
    use std::os::unix::fs::PermissionsExt as _;

    let mut options = OpenOptions::new();
    options.read(true);
    follow_no_link(&mut options);
    let folder = options
        .open(path)
        .map_err(FileError::system(path, "opened"))?;
    let look = || {
        folder
            .metadata()
            .map_err(FileError::system(path, "looked at"))
    };
    let refusal = unlike(&look()?, FOLDER);
    if !matches!(refusal, Some(Refusal::Exposed { .. })) {
        return Ok(refusal);
    }
    // A file in it that another user wrote meanwhile belongs to that user, or is open to others itself.
    folder
        .set_permissions(fs::Permissions::from_mode(FOLDER))
        .map_err(FileError::system(path, "closed to other users"))?;
    Ok(match unlike(&look()?, FOLDER) {
        Some(Refusal::Exposed { mode, wanted }) => Some(Refusal::Unprotected { mode, wanted }),
        other => other,
    })
}

/// How a file differs from one of ours that is private.
#[cfg(unix)]
pub(super) fn unlike(found: &Metadata, wanted: u32) -> Option<Refusal> {
    use std::os::unix::fs::MetadataExt as _;

    let user = rustix::process::geteuid().as_raw();
    differs((found.uid(), found.mode() & 0o7777), user, wanted)
}

#[cfg(unix)]
fn differs((owner, mode): (u32, u32), user: u32, wanted: u32) -> Option<Refusal> {
    if owner != user {
        Some(Refusal::Foreign { owner, user })
    } else if mode & 0o077 != 0 {
        Some(Refusal::Exposed { mode, wanted })
    } else {
        None
    }
}

#[cfg(not(unix))]
fn follow_no_link(_: &mut OpenOptions) {}

#[cfg(not(unix))]
fn close_to_others(_: &Path) -> Result<Option<Refusal>, FileError> {
    Ok(None)
}

#[cfg(not(unix))]
fn unlike(_: &Metadata, _: u32) -> Option<Refusal> {
    None
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn told(owner: u32, mode: u32, wanted: u32) -> Option<String> {
        differs((owner, mode), 1000, wanted).map(|refusal| refusal.to_string())
    }

    #[test]
    fn what_belongs_to_another_user_is_refused_even_when_it_is_private() {
        let told = [told(0, 0o600, FILE), told(1001, 0o700, FOLDER)];

        let wanted = |owner| {
            format!(
                "belongs to the user {owner}, and this program runs as the user 1000; remove it"
            )
        };
        assert_eq!(told, [Some(wanted(0)), Some(wanted(1001))]);
    }

    #[test]
    fn what_others_may_use_is_refused_by_its_mode() {
        let modes = [0o600, 0o400, 0o000, 0o640, 0o601, 0o4620];

        let told = modes.map(|mode| told(1000, mode, FILE));

        let wanted = |mode: &str| {
            Some(format!(
                "has the mode {mode}, with which other users may use it, where 600 is expected; remove it"
            ))
        };
        assert_eq!(
            told,
            [
                None,
                None,
                None,
                wanted("640"),
                wanted("601"),
                wanted("4620")
            ]
        );
    }
}
