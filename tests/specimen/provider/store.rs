//! The service behind the specimen: each object a JSON file in a directory, and a journal of what
//! was done.

use std::{fs, io, path::PathBuf};

use secureaks::framework::Diagnostic;
use serde_json::Value as Json;

/// Where the objects are.
#[derive(Debug)]
pub(crate) struct Store {
    directory: Option<PathBuf>,
}

impl Store {
    /// The objects in `directory`; nowhere as long as it is not known.
    pub(crate) fn in_directory(directory: Option<PathBuf>) -> Self {
        Self { directory }
    }

    /// The object of that id.
    pub(crate) fn find(&self, id: &str) -> Result<Option<Json>, Diagnostic> {
        match fs::read(self.file(id)?) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map(Some)
                .map_err(|error| Diagnostic::error("Object is no JSON", error.to_string())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(refused(&error)),
        }
    }

    /// Makes or changes the object of that id.
    pub(crate) fn put(&self, id: &str, object: &Json) -> Result<(), Diagnostic> {
        fs::write(self.file(id)?, object.to_string()).map_err(|error| refused(&error))?;
        self.note(&format!("put {id}"))
    }

    /// Deletes the object of that id, if it is there.
    pub(crate) fn remove(&self, id: &str) -> Result<(), Diagnostic> {
        match fs::remove_file(self.file(id)?) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(refused(&error)),
            _ => self.note(&format!("remove {id}")),
        }
    }

    /// The newest version of things, as the file `newest` says.
    pub(crate) fn newest(&self) -> Result<String, Diagnostic> {
        let text = fs::read_to_string(self.path("newest")?);
        Ok(text.unwrap_or_else(|_| "7".to_owned()))
    }

    /// Adds a line to the journal.
    pub(crate) fn note(&self, line: &str) -> Result<(), Diagnostic> {
        let journal = self.journal()?;
        let path = self.path("journal")?;
        fs::write(path, journal + line + "\n").map_err(|error| refused(&error))
    }

    /// What was done so far, a line each.
    pub(crate) fn journal(&self) -> Result<String, Diagnostic> {
        Ok(fs::read_to_string(self.path("journal")?).unwrap_or_default())
    }

    fn file(&self, id: &str) -> Result<PathBuf, Diagnostic> {
        self.path(&format!("{}.json", id.replace('/', "-")))
    }

    fn path(&self, name: &str) -> Result<PathBuf, Diagnostic> {
        let directory = self.directory.as_ref();
        directory
            .map(|directory| directory.join(name))
            .ok_or_else(|| {
                Diagnostic::error(
                    "Directory is not known",
                    "The provider's `directory` is not known yet.",
                )
            })
    }
}

fn refused(error: &io::Error) -> Diagnostic {
    Diagnostic::error("Directory cannot be used", error.to_string())
}
