//! Notes on disk of what runs from this folder have begun to make, one file an object: by them a killed run is told
//! from a stranger.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::place::{Place, Surroundings};
use crate::{
    azure::arm::ResourceId,
    files::{FileError, PrivateFolder, Refusal},
};

/// The namespace of file names; drawn once.
const NAMES: Uuid = Uuid::from_u128(0x0d5b_44d7_5f7e_4c0b_9d41_8a9a_63b2_7c1f);

/// The endings of the files' names.
const OPEN: &str = "open";
const CLOSED: &str = "closed";
const REPLACED: &str = "replaced";

/// The notes.
#[derive(Clone, Debug)]
pub(super) struct Journal {
    surroundings: Surroundings,
}

/// One note.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// The object's id.
    pub(super) id: String,
    /// The number of its mark.
    pub(super) mark: Uuid,
    /// When the run began to make it, RFC 3339.
    pub(super) begun: String,
    /// The state of that run.
    pub(super) place: Place,
}

/// What the notes say of an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Note {
    /// A run of this state has begun to make it and was not seen to end.
    Open(Entry),
    /// A run of this state has made it, and was ended in order by its client.
    Closed(Entry),
    /// A run of another state in the same data folder has to do with it.
    Elsewhere(Entry),
}

impl Journal {
    /// The notes in the client's data folder.
    pub(super) fn new(surroundings: Surroundings) -> Self {
        Self { surroundings }
    }

    /// The folder of the notes.
    pub(super) fn folder(&self) -> PathBuf {
        self.surroundings.data().join("secureaks")
    }

    /// The state of this run.
    pub(super) fn place(&self) -> Place {
        self.surroundings.place()
    }

    /// Notes that this run begins to make the object `id`.
    pub(super) fn open(&self, entry: &Entry) -> Result<(), FileError> {
        let folder = PrivateFolder::make(&self.folder())?;
        // What a killed run left half written is of no use, and one that cannot be removed does no harm.
        drop(folder.clear_drafts());
        let text = serde_json::to_vec(entry).map_err(|error| FileError {
            path: folder.path().to_owned(),
            refusal: Refusal::System {
                what: "written",
                source: error.into(),
            },
        })?;
        folder.write(&name(&entry.id, &entry.place, OPEN), &text)?;
        // An older note was of another object of that name.
        drop(folder.remove(&name(&entry.id, &entry.place, CLOSED)));
        Ok(())
    }

    /// What the notes say of the object `id`; of this run's state first. Notes that another user could have written
    /// are an error, where they are of this run's state: a forged one would let it go on with a stranger's object.
    pub(super) fn find(&self, id: &ResourceId) -> Result<Option<Note>, FileError> {
        let Some(folder) = PrivateFolder::find(&self.folder())? else {
            return Ok(None);
        };
        let place = self.place();
        let read = |state: &str| {
            let entry = read(&folder, &name(id.as_str(), &place, state))?;
            let is_it =
                |entry: &Entry| entry.place == place && entry.id.eq_ignore_ascii_case(id.as_str());
            Ok(entry.filter(is_it))
        };
        if let Some(entry) = read(OPEN)? {
            return Ok(Some(Note::Open(entry)));
        }
        if let Some(entry) = read(CLOSED)? {
            return Ok(Some(Note::Closed(entry)));
        }
        Ok(elsewhere(&folder, id)?.map(Note::Elsewhere))
    }

    /// The state of this run holds the object: only another create of it needs to know.
    pub(super) fn close(&self, id: &ResourceId) {
        let place = self.place();
        let [open, closed] = [OPEN, CLOSED].map(|state| name(id.as_str(), &place, state));
        if let Ok(Some(folder)) = PrivateFolder::find(&self.folder()) {
            // A note that stays open says too much only to a run in this very folder, workspace and backend.
            drop(folder.rename(&open, &closed));
        }
    }

    /// A plan is to delete the object, and to make another one in its place. It only explains a refusal, so that it does
    /// no harm when it is missing.
    pub(super) fn replace(&self, id: &ResourceId) {
        if let Ok(folder) = PrivateFolder::make(&self.folder()) {
            drop(folder.write(&name(id.as_str(), &self.place(), REPLACED), b""));
        }
    }

    /// Whether the last plan was to replace the object.
    pub(super) fn is_replaced(&self, id: &ResourceId) -> bool {
        let note = name(id.as_str(), &self.place(), REPLACED);
        let folder = PrivateFolder::find(&self.folder()).ok().flatten();
        folder.is_some_and(|folder| matches!(folder.read(&note), Ok(Some(_))))
    }

    /// No plan is to replace the object any more.
    pub(super) fn keep(&self, id: &ResourceId) {
        if let Ok(Some(folder)) = PrivateFolder::find(&self.folder()) {
            drop(folder.remove(&name(id.as_str(), &self.place(), REPLACED)));
        }
    }

    /// The object is gone.
    pub(super) fn forget(&self, id: &ResourceId) {
        let place = self.place();
        if let Ok(Some(folder)) = PrivateFolder::find(&self.folder()) {
            for state in [OPEN, CLOSED, REPLACED] {
                // There is nothing to do about a note that stays: it is of an object that is not there.
                drop(folder.remove(&name(id.as_str(), &place, state)));
            }
        }
    }
}

/// The note of another state about the object. It only explains a refusal, so one that cannot be believed is no reason
/// for another one.
fn elsewhere(folder: &PrivateFolder, id: &ResourceId) -> Result<Option<Entry>, FileError> {
    let notes = folder.names()?;
    let mut entries = notes
        .iter()
        .filter_map(|name| read(folder, name).ok().flatten());
    Ok(entries.find(|entry| entry.id.eq_ignore_ascii_case(id.as_str())))
}

/// The note in the file `name`; `None` where there is none. What says something else is none of ours.
fn read(folder: &PrivateFolder, name: &str) -> Result<Option<Entry>, FileError> {
    let found = folder.read(name)?;
    Ok(found.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// The name of the file with the note of a state about an object.
fn name(id: &str, place: &Place, state: &str) -> String {
    let Place {
        folder,
        workspace,
        backend,
    } = place;
    let key = format!("{}|{folder}|{workspace}|{backend}", id.to_ascii_lowercase());
    format!("{}.{state}", Uuid::new_v5(&NAMES, key.as_bytes()))
}
