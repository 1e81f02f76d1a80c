//! Tokens of people who signed in with a code, kept on disk until they end, so that each kubectl does not
//! ask again. There are no refresh tokens in it: a stolen file is worth at most what is left of an hour.

use std::{
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    azure::{Secret, auth::Token},
    provider::Environment,
};

/// How long a token must still last to be worth handing out, as in Azure's SDKs.
const LEAST: Duration = Duration::from_mins(5);

/// The namespace of file names; drawn once.
const NAMES: Uuid = Uuid::from_u128(0x5c1f_6f0a_8d3e_4b52_a7c4_19e0_64bd_f2a3);

/// A folder that only one user may read.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cache {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    name: String,
    token: String,
    expires: String,
}

impl Cache {
    /// The user's own: `secureaks/credentials` below `XDG_CACHE_HOME`, else `~/.cache`, on Windows
    /// `LOCALAPPDATA`. `None` for a user without any of them.
    pub(super) fn of(environment: &Environment) -> Option<Self> {
        let root = environment
            .text("XDG_CACHE_HOME")
            .map(PathBuf::from)
            // A relative path is to be ignored (XDG Base Directory Specification).
            .filter(|root| root.is_absolute())
            .or_else(|| environment.text("LOCALAPPDATA").map(PathBuf::from))
            .or_else(|| Some(Path::new(&environment.text("HOME")?).join(".cache")))?;
        Some(Self {
            folder: root.join("secureaks").join("credentials"),
        })
    }

    /// Where the files are.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The token kept under `name`, if it is still good for a while. A file that others may read does not
    /// count: they may have written it.
    pub(super) fn find(&self, name: &str, now: Timestamp) -> Option<Token> {
        let path = self.path(name);
        let metadata = fs::symlink_metadata(&path).ok()?;
        if !metadata.is_file() || !is_private(&metadata) {
            return None;
        }
        let entry: Entry = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        let expires: Timestamp = entry.expires.parse().ok()?;
        let worth = now.checked_add(LEAST).ok()? < expires;
        (entry.name == name && worth).then(|| Token {
            secret: Secret::new(entry.token),
            expires,
        })
    }

    /// Keeps a token under `name`, in a file that is whole and private from its first byte on.
    pub(super) fn keep(&self, name: &str, token: &Token) -> io::Result<()> {
        let entry = Entry {
            name: name.to_owned(),
            token: token.secret.expose().to_owned(),
            expires: token.expires.to_string(),
        };
        make_private_folder(&self.folder)?;
        let draft = self.folder.join(format!("{}.draft", Uuid::new_v4()));
        let written = private_file(&draft)
            .and_then(|mut file| {
                file.write_all(&serde_json::to_vec(&entry)?)?;
                file.sync_all()
            })
            .and_then(|()| fs::rename(&draft, self.path(name)));
        if written.is_err() {
            // What is left of it holds a token.
            drop(fs::remove_file(&draft));
        }
        written
    }

    fn path(&self, name: &str) -> PathBuf {
        let file = Uuid::new_v5(&NAMES, name.as_bytes());
        self.folder.join(format!("{file}.json"))
    }
}

#[cfg(unix)]
fn is_private(metadata: &fs::Metadata) -> bool {
    // The six lowest bits are the rights of the group and of others.
    use std::os::unix::fs::MetadataExt as _;
    metadata.mode().trailing_zeros() >= 6
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// On Windows a user's folders are closed to others by their own lists of rights.
#[cfg(not(unix))]
fn is_private(_: &fs::Metadata) -> bool {
    true
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<fs::File> {
    fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn kept(folder: &tempfile::TempDir) -> (Cache, Token) {
        let cache = Cache {
            folder: folder.path().join("secureaks/credentials"),
        };
        let token = Token {
            secret: Secret::new("t0ken"),
            expires: at("2026-11-21T13:00:00Z"),
        };
        cache.keep("ada", &token).unwrap();
        (cache, token)
    }

    #[test]
    fn a_token_is_found_until_five_minutes_before_its_end_and_only_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, token) = kept(&folder);

        let found = [
            cache.find("ada", at("2026-11-21T12:54:59Z")),
            cache.find("ada", at("2026-11-21T12:55:00Z")),
            cache.find("dev", at("2026-11-21T12:00:00Z")),
        ];

        assert_eq!(found, [Some(token), None, None]);
    }

    #[test]
    fn nobody_else_may_read_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, _) = kept(&folder);

        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let files: Vec<_> = fs::read_dir(cache.folder())
            .unwrap()
            .map(|entry| mode(&entry.unwrap().path()))
            .collect();

        assert_eq!((mode(cache.folder()), files), (0o700, vec![0o600]));
    }

    #[test]
    fn a_file_that_others_may_read_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, _) = kept(&folder);
        let path = cache.path("ada");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();

        let found = cache.find("ada", at("2026-11-21T12:00:00Z"));

        assert_eq!(found, None);
    }

    #[test]
    fn the_folder_is_the_users_own() {
        let of = |variables: &[(&str, &str)]| {
            let variables = variables
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            Cache::of(&Environment::of(variables, 0)).map(|cache| cache.folder)
        };

        let folders = [
            of(&[("XDG_CACHE_HOME", "/cache"), ("HOME", "/people/ada")]),
            of(&[("XDG_CACHE_HOME", "cache"), ("HOME", "/people/ada")]),
            of(&[]),
        ];

        let folder = |path: &str| Some(PathBuf::from(path));
        assert_eq!(
            folders,
            [
                folder("/cache/secureaks/credentials"),
                folder("/people/ada/.cache/secureaks/credentials"),
                None
            ]
        );
    }
}
