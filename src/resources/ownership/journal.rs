//! Notes on disk of what runs from this folder have begun to make, one file an object: by them a killed run is told
//! from a stranger.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::place::{Place, Surroundings};
use crate::azure::arm::ResourceId;

/// The namespace of file names; drawn once.
const NAMES: Uuid = Uuid::from_u128(0x0d5b_44d7_5f7e_4c0b_9d41_8a9a_63b2_7c1f);

/// The endings of the files' names.
const OPEN: &str = "open";
const CLOSED: &str = "closed";

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
    pub(super) fn open(&self, entry: &Entry) -> io::Result<()> {
        let path = self.path(&entry.id, &entry.place, OPEN);
        write_durably(&path, entry)?;
        // An older note was of another object of that name.
        forget(&self.path(&entry.id, &entry.place, CLOSED));
        Ok(())
    }

    /// What the notes say of the object `id`; of this run's state first.
    pub(super) fn find(&self, id: &ResourceId) -> Option<Note> {
        let place = self.place();
        let read = |state: &str| {
            let entry = read(&self.path(id.as_str(), &place, state))?;
            (entry.place == place && entry.id.eq_ignore_ascii_case(id.as_str())).then_some(entry)
        };
        read(OPEN)
            .map(Note::Open)
            .or_else(|| read(CLOSED).map(Note::Closed))
            .or_else(|| self.elsewhere(id).map(Note::Elsewhere))
    }

    /// The note of another state about the object.
    fn elsewhere(&self, id: &ResourceId) -> Option<Entry> {
        let files = std::fs::read_dir(self.folder()).ok()?;
        let mut paths: Vec<PathBuf> = files.filter_map(|file| Some(file.ok()?.path())).collect();
        paths.sort();
        let mut entries = paths.iter().filter_map(|path| read(path));
        entries.find(|entry| entry.id.eq_ignore_ascii_case(id.as_str()))
    }

    /// The state of this run holds the object: only another create of it needs to know.
    pub(super) fn close(&self, id: &ResourceId) {
        let place = self.place();
        let [open, closed] = [OPEN, CLOSED].map(|state| self.path(id.as_str(), &place, state));
        // A note that stays open says too much only to a run in this very folder, workspace and backend.
        drop(std::fs::rename(open, closed));
    }

    /// The object is gone.
    pub(super) fn forget(&self, id: &ResourceId) {
        let place = self.place();
        for state in [OPEN, CLOSED] {
            forget(&self.path(id.as_str(), &place, state));
        }
    }

    fn path(&self, id: &str, place: &Place, state: &str) -> PathBuf {
        let Place {
            folder,
            workspace,
            backend,
        } = place;
        let key = format!("{}|{folder}|{workspace}|{backend}", id.to_ascii_lowercase());
        let name = Uuid::new_v5(&NAMES, key.as_bytes());
        self.folder().join(format!("{name}.{state}"))
    }
}

fn read(path: &Path) -> Option<Entry> {
    serde_json::from_slice(&std::fs::read(path).ok()?).ok()
}

fn forget(path: &Path) {
    // There is nothing to do about a note that stays: it is of an object that is not there.
    drop(std::fs::remove_file(path));
}

/// Writes a file that is whole or absent after a crash: a new file, synced, renamed, its folder
/// synced.
fn write_durably(path: &Path, entry: &Entry) -> io::Result<()> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("the file has no folder"))?;
    std::fs::create_dir_all(folder)?;
    let draft = folder.join(format!("{}.draft", Uuid::new_v4()));
    let mut file = std::fs::File::create(&draft)?;
    file.write_all(&serde_json::to_vec(entry)?)?;
    file.sync_all()?;
    std::fs::rename(draft, path)?;
    std::fs::File::open(folder)?.sync_all()
}
