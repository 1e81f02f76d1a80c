//! Principals written down in a file, on top of those that are there from the start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::directory::{Directory, Principal};

/// The directory file could not be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryFileError {
    /// Reading failed.
    #[error("directory file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The file holds something else than a list of principals.
    #[error("directory file {path} cannot be understood: {source}")]
    Contents {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: serde_json::Error,
    },
}

/// The principals of a file, each with an object id.
pub(crate) fn read(path: &Path) -> Result<Vec<Principal>, DirectoryFileError> {
    let text = fs::read(path).map_err(|source| DirectoryFileError::File {
        path: path.into(),
        source,
    })?;
    let mut principals: Vec<Principal> =
        serde_json::from_slice(&text).map_err(|source| DirectoryFileError::Contents {
            path: path.into(),
            source,
        })?;
    for principal in &mut principals {
        principal.identify();
    }
    Ok(principals)
}

impl Principal {
    /// Gives it an object id if it has none: always the same one for the same name.
    pub(crate) fn identify(&mut self) {
        if self.object_id.is_empty() {
            let name = self.user_principal_name.as_ref();
            let name = format!("{:?} {}", self.kind, name.unwrap_or(&self.display_name));
            self.object_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
        }
    }
}

impl Directory {
    /// Adds principals whose groups may be named instead of identified, in any order.
    pub(crate) fn put_all(&mut self, principals: &[Principal]) {
        for principal in principals {
            self.put(principal.clone());
        }
        for principal in principals {
            let mut principal = principal.clone();
            for group in &mut principal.member_of {
                if let Some(id) = self.called(group) {
                    *group = id;
                }
            }
            self.put(principal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_named_in_any_order_and_ids_stay_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("directory.json");
        let text = r#"[
            { "kind": "User", "user_principal_name": "a@b", "member_of": ["Auditors"] },
            { "kind": "Group", "display_name": "auditors" }
        ]"#;
        fs::write(&path, text).unwrap();
        let mut directory = Directory::new("t", "d");

        directory.put_all(&read(&path).unwrap());

        let user = directory.called("a@b").unwrap();
        let group = directory.called("auditors").unwrap();
        assert_eq!(directory.groups(&user), [group]);
        assert_eq!(read(&path).unwrap()[0].object_id, user);
    }

    #[test]
    fn a_misspelt_field_is_an_error_that_names_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("directory.json");
        fs::write(&path, r#"[{ "kind": "User", "members_of": [] }]"#).unwrap();

        let error = read(&path).unwrap_err().to_string();

        assert!(error.contains("unknown field `members_of`"), "{error}");
    }

    #[test]
    fn the_example_in_the_readme_is_read() {
        let readme = include_str!("../../README.md");
        let (_, section) = readme.split_once("### More people").unwrap();
        let (_, example) = section.split_once("```json").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("directory.json");
        fs::write(&path, example).unwrap();
        let mut directory = Directory::new("t", "d");

        directory.put_all(&read(&path).unwrap());

        let user = directory.called("sam@simulated.onmicrosoft.com").unwrap();
        let group = directory.called("auditors").unwrap();
        assert_eq!(directory.groups(&user), [group]);
        let pipeline = directory.called("pipeline").unwrap();
        let permissions = &directory.principal(&pipeline).unwrap().graph;
        assert_eq!(permissions, &["Group.Read.All"]);
    }
}
