//! The folder of the Unix socket, and those that plugins left which were killed before they could clean up.

use std::{
    fs,
    io::ErrorKind,
    os::unix::{fs::FileTypeExt as _, net::UnixStream},
    path::{Path, PathBuf},
};

use crate::files::{FileError, HeldFolder};

/// What the names of our folders begin with. They are short because a socket's path may have no more than some hundred
/// bytes.
const PREFIX: &str = "secureaks-";

/// The socket's name in its folder.
const SOCKET: &str = "rpc";

/// The folder of a socket, which goes with the socket when this is dropped.
#[derive(Debug)]
pub(super) struct SocketFolder(Option<HeldFolder>);

impl SocketFolder {
    /// A new folder in `parent`. A folder of its own is closed to others from its first moment on; a socket is not,
    /// because its mode can only be set once it is there.
    pub(super) fn make(parent: &Path) -> Result<(Self, PathBuf), FileError> {
        let folder = HeldFolder::make(parent, PREFIX)?;
        let socket = folder.path().join(SOCKET);
        Ok((Self(Some(folder)), socket))
    }

    /// Removes what plugins of this user that were killed have left in `parent`.
    pub(super) fn clear(parent: &Path) {
        for folder in HeldFolder::abandoned(parent, PREFIX) {
            if is_silent(&folder.path().join(SOCKET)) {
                folder.remove(SOCKET);
            }
        }
    }
}

impl Drop for SocketFolder {
    fn drop(&mut self) {
        if let Some(folder) = self.0.take() {
            folder.remove(SOCKET);
        }
    }
}

/// Whether nobody listens: there is no socket, or one that takes no connection.
fn is_silent(socket: &Path) -> bool {
    match fs::symlink_metadata(socket) {
        Err(error) => error.kind() == ErrorKind::NotFound,
        Ok(found) if !found.file_type().is_socket() => false,
        Ok(_) => {
            let answer = UnixStream::connect(socket);
            matches!(answer, Err(error) if error.kind() == ErrorKind::ConnectionRefused)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    fn names(parent: &tempfile::TempDir) -> Vec<PathBuf> {
        let entries = fs::read_dir(parent.path()).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names
    }

    /// What a plugin leaves that is killed after `make`: nothing is dropped, and the lock goes with the process.
    fn leave(parent: &tempfile::TempDir) -> PathBuf {
        let folder = HeldFolder::make(parent.path(), PREFIX).unwrap();
        folder.path().join(SOCKET)
    }

    #[test]
    fn only_sockets_that_nobody_listens_on_are_cleared() {
        let parent = tempfile::tempdir().unwrap();
        let (_alive, unbound) = SocketFolder::make(parent.path()).unwrap();
        let listened = leave(&parent);
        let _listener = UnixListener::bind(&listened).unwrap();
        let file = leave(&parent);
        fs::write(&file, "").unwrap();
        drop(UnixListener::bind(leave(&parent)).unwrap());
        leave(&parent);

        SocketFolder::clear(parent.path());

        let mut wanted =
            [unbound, listened, file].map(|socket| socket.parent().unwrap().to_owned());
        wanted.sort();
        assert_eq!(names(&parent), wanted);
    }
}
