//! Tokens of people who signed in with a code, kept on disk until they end, so that each kubectl does not
//! ask again. There are no refresh tokens in it: a stolen file is worth at most what is left of an hour.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{
    azure::{Secret, auth::Token},
    files::{FileError, PrivateFolder},
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

#[derive(Deserialize)]
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

    /// The token kept under `name`, if it is still good for a while. What other users may have written does not
    /// count, and is told of.
    pub(super) fn find(&self, name: &str, now: Timestamp) -> Result<Option<Token>, FileError> {
        let Some(folder) = PrivateFolder::find(&self.folder)? else {
            return Ok(None);
        };
        // A draft that a killed command left holds a token. One that cannot be removed keeps nobody from signing in.
        drop(folder.clear_drafts());
        let kept = folder.read(&file_name(name))?;
        Ok(kept.and_then(|bytes| still_good(&bytes, name, now)))
    }

    /// Keeps a token under `name`, in a file that is whole and private from its first byte on.
    pub(super) fn keep(&self, name: &str, token: &Token) -> Result<(), FileError> {
        let entry = json!({
            "name": name,
            "token": token.secret.expose(),
            "expires": token.expires.to_string(),
        });
        let folder = PrivateFolder::make(&self.folder)?;
        folder.write(&file_name(name), entry.to_string().as_bytes())
    }
}

fn file_name(name: &str) -> String {
    format!("{}.json", Uuid::new_v5(&NAMES, name.as_bytes()))
}

fn still_good(bytes: &[u8], name: &str, now: Timestamp) -> Option<Token> {
    let entry: Entry = serde_json::from_slice(bytes).ok()?;
    let expires: Timestamp = entry.expires.parse().ok()?;
    let worth = now.checked_add(LEAST).ok()? < expires;
    (entry.name == name && worth).then(|| Token {
        secret: Secret::new(entry.token),
        expires,
    })
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

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

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_token_is_found_until_five_minutes_before_its_end_and_only_under_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, token) = kept(&folder);

        let found = [
            cache.find("ada", at("2026-11-21T12:54:59Z")).unwrap(),
            cache.find("ada", at("2026-11-21T12:55:00Z")).unwrap(),
            cache.find("dev", at("2026-11-21T12:00:00Z")).unwrap(),
        ];

        assert_eq!(found, [Some(token), None, None]);
    }

    #[test]
    fn nobody_else_may_read_what_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, _) = kept(&folder);

        let files: Vec<_> = fs::read_dir(&cache.folder)
            .unwrap()
            .map(|entry| mode(&entry.unwrap().path()))
            .collect();

        assert_eq!((mode(&cache.folder), files), (0o700, vec![0o600]));
    }

    #[test]
    fn a_file_that_others_may_read_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, _) = kept(&folder);
        let path = cache.folder.join(file_name("ada"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();

        let found = cache.find("ada", at("2026-11-21T12:00:00Z"));

        assert_eq!(
            found.unwrap_err().to_string(),
            format!(
                "{} has the mode 644, with which other users may use it, where 600 is expected; remove it",
                path.display()
            )
        );
    }

    #[test]
    fn a_folder_that_was_open_to_others_is_closed_before_a_token_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let own = folder.path().join("secureaks/credentials");
        fs::create_dir_all(&own).unwrap();
        fs::set_permissions(&own, fs::Permissions::from_mode(0o777)).unwrap();

        let (cache, _) = kept(&folder);

        assert_eq!(mode(&cache.folder), 0o700);
    }

    #[test]
    fn a_link_to_another_folder_gets_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, token) = kept(&folder);
        let elsewhere = folder.path().join("elsewhere");
        fs::rename(&cache.folder, &elsewhere).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &cache.folder).unwrap();

        let refused = [
            cache.keep("dev", &token).unwrap_err().to_string(),
            cache.find("ada", token.expires).unwrap_err().to_string(),
        ];

        let told = format!(
            "{} is a symbolic link, which is not followed; remove it",
            cache.folder.display()
        );
        assert_eq!(refused, [told.clone(), told]);
        assert_eq!(fs::read_dir(elsewhere).unwrap().count(), 1);
    }

    #[test]
    fn what_a_killed_command_left_of_a_token_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let (cache, token) = kept(&folder);
        let whole = cache.folder.join(file_name("ada"));
        let draft = cache
            .folder
            .join("00000000-0000-4000-8000-000000000001.draft");
        fs::rename(&whole, &draft).unwrap();

        let found = cache.find("ada", token.expires).unwrap();

        assert_eq!((found, draft.exists()), (None, false));
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
