//! Whose an object is: by a mark that its first request carries, and by notes of what was begun, an object that a run
//! of this state has half made is told from one that a state holds, and from a stranger's.

mod journal;
mod mark;
mod place;
mod planned;
mod telling;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use uuid::Uuid;

pub(crate) use self::mark::Mark;
use self::place::Place;
pub use self::place::Surroundings;
pub(crate) use self::telling::{continues, held, predecessor};
use self::{
    journal::{Entry, Journal, Note},
    mark::{Stage, derived},
};
use crate::{
    azure::{Secret, arm::ResourceId},
    files::FileError,
    framework::{Diagnostic, Event},
};

/// What is told of an object that carries no owner's name and of which there is no note.
const FROM_ELSEWHERE: &str = "It was made by this provider, from another folder or machine.";

/// By what the objects of this run's state are known.
#[derive(Debug)]
pub struct Ownership {
    owner: Option<Owner>,
    journal: Journal,
    /// Whether nobody will say that the client has saved the state: it attached itself to this process.
    attached: bool,
    /// The ids of what this process makes: a second resource of the same name would take the
    /// first one's object for its own.
    reserved: Mutex<BTreeSet<String>>,
    /// The objects of which the client was told that they exist.
    answered: Mutex<Vec<ResourceId>>,
    /// The ids of the objects of which this process has found a note that a plan was to replace them.
    replaced: Mutex<BTreeSet<String>>,
    /// What the plan that this process makes has named.
    planned: planned::Planned,
}

/// Who owns the state of this run.
#[derive(Clone, Debug)]
pub struct Owner {
    /// `owner` of the provider block.
    pub name: String,
    /// `SECUREAKS_OWNER_SECRET`: with it marks follow from the owner, and prove that they are the owner's.
    pub secret: Option<Secret>,
}

/// Who has to do with an object, by the mark it carries.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Vouched {
    /// A run of this state made it and ended before the client had saved that.
    Begun,
    /// A state holds it, as far as can be told here; which, as a sentence.
    Held(String),
    /// No mark of this provider's.
    Unknown,
}

impl Ownership {
    /// What is known by `owner` and by the notes in the client's data folder.
    pub fn new(owner: Option<Owner>, surroundings: Surroundings, attached: bool) -> Self {
        Self {
            owner,
            journal: Journal::new(surroundings),
            attached,
            reserved: Mutex::default(),
            answered: Mutex::default(),
            replaced: Mutex::default(),
            planned: planned::Planned::default(),
        }
    }

    /// The folder of the notes.
    pub fn folder(&self) -> PathBuf {
        self.journal.folder()
    }

    /// The name of the object `id`, which is to be made, for one resource only.
    pub(crate) fn reserve(&self, id: &ResourceId) -> Result<(), Diagnostic> {
        if self.reserved().insert(key(id)) {
            return Ok(());
        }
        let detail = format!(
            "Another resource of this configuration creates {id} too. Give one of them another name, or remove it."
        );
        Err(Diagnostic::error(
            "Two resources have the same name",
            detail,
        ))
    }

    /// The mark for the object `id`, which is about to be made; noted before anything carries it.
    pub(crate) async fn begin(&self, id: &ResourceId, now: Timestamp) -> Result<Mark, Diagnostic> {
        let derived = self.derived(id, Stage::Begun);
        let (journal, object) = (self.journal.clone(), id.clone());
        let noted =
            tokio::task::spawn_blocking(move || note(&journal, &object, derived, now)).await;
        let failed = |reason: String| unusable(&self.journal, &reason);
        let number = match noted {
            Ok(Ok(number)) => number,
            Ok(Err(error)) => return Err(failed(error.to_string())),
            Err(error) => return Err(failed(error.to_string())),
        };
        Ok(self.mark(number))
    }

    /// Notes that the object `id`, which carries the mark `text`, is this state's although the state is about to forget
    /// it: a later run goes on with it. An error is the reason why there is no note.
    pub(crate) async fn reopen(
        &self,
        id: &ResourceId,
        text: &str,
        now: Timestamp,
    ) -> Result<(), String> {
        let mark = Mark::read(text).ok_or("it carries no mark of this provider's")?;
        let entry = Entry {
            id: id.as_str().to_owned(),
            mark: mark.number,
            begun: now.to_string(),
            place: self.journal.place(),
        };
        let journal = self.journal.clone();
        let noted = tokio::task::spawn_blocking(move || journal.open(&entry)).await;
        match noted {
            Ok(noted) => noted.map_err(|error| error.to_string()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// The mark that an object gets with the last request of its create, where that tells other machines that a
    /// state holds it; `None` where the mark stays.
    pub(crate) fn ended(&self, id: &ResourceId) -> Option<Mark> {
        Some(self.mark(self.derived(id, Stage::Ended)?))
    }

    /// Whether `text`, on the object `id`, says that its create has not ended. Of an object that a state holds it must not
    /// say so for long: another machine of the owner would go on with that create.
    pub(crate) fn is_unclosed(&self, id: &ResourceId, text: &str) -> bool {
        let begun = self.derived(id, Stage::Begun);
        begun.is_some() && Mark::read(text).map(|mark| mark.number) == begun
    }

    /// The mark that the object `id` of a state is to carry, which carries `text`: the same, unless that says that its
    /// create has not ended.
    pub(crate) fn closed(&self, id: &ResourceId, text: &str) -> String {
        match self.ended(id) {
            Some(ended) if self.is_unclosed(id, text) => ended.to_string(),
            _ => text.to_owned(),
        }
    }

    /// Who has to do with the object `id`, which carries the mark `text`.
    pub(crate) async fn vouched(&self, id: &ResourceId, text: &str) -> Vouched {
        let Some(mark) = Mark::read(text) else {
            return Vouched::Unknown;
        };
        let (journal, object) = (self.journal.clone(), id.clone());
        let noted = tokio::task::spawn_blocking(move || (journal.find(&object), journal.place()));
        let Ok((note, place)) = noted.await else {
            return Vouched::Unknown;
        };
        let begun = self.derived(id, Stage::Begun);
        let ended = self.derived(id, Stage::Ended);
        let is_of = |entry: &Entry| {
            entry.mark == mark.number || begun == Some(entry.mark) && ended == Some(mark.number)
        };
        match note {
            Ok(Some(Note::Open(entry))) if is_of(&entry) => Vouched::Begun,
            Ok(Some(Note::Closed(entry) | Note::Elsewhere(entry))) if is_of(&entry) => {
                Vouched::Held(made_by(&entry, &place))
            }
            _ if begun == Some(mark.number) => Vouched::Begun,
            Err(refused) => Vouched::Held(unbelieved(&refused)),
            Ok(_) => Vouched::Held(match mark.owner {
                Some(owner) => {
                    format!("It was made by the configuration whose `owner` is {owner:?}.")
                }
                None => FROM_ELSEWHERE.to_owned(),
            }),
        }
    }

    /// Whether a run of this state has made the object `id` that carries the mark `text`, whether or not it came to
    /// its end.
    pub(crate) async fn is_own(&self, id: &ResourceId, text: &str) -> bool {
        let Some(mark) = Mark::read(text) else {
            return false;
        };
        let (journal, object) = (self.journal.clone(), id.clone());
        let noted = tokio::task::spawn_blocking(move || journal.find(&object)).await;
        let is_noted = match noted {
            Ok(Ok(Some(Note::Open(entry) | Note::Closed(entry)))) => entry.mark == mark.number,
            _ => false,
        };
        let derived = [Stage::Begun, Stage::Ended].map(|stage| self.derived(id, stage));
        is_noted || derived.contains(&Some(mark.number))
    }

    /// Who holds the object `id`, which carries no mark of its own, as a sentence; `None` where a run of this state
    /// began it and ended before the client had saved that.
    pub(crate) async fn begun(&self, id: &ResourceId) -> Option<String> {
        let (journal, object) = (self.journal.clone(), id.clone());
        let noted = tokio::task::spawn_blocking(move || (journal.find(&object), journal.place()));
        match noted.await {
            Ok((Ok(Some(Note::Open(_))), _)) => None,
            Ok((Ok(Some(Note::Closed(entry) | Note::Elsewhere(entry))), place)) => {
                Some(made_by(&entry, &place))
            }
            Ok((Err(refused), _)) => Some(unbelieved(&refused)),
            Ok((Ok(None), _)) | Err(_) => Some(FROM_ELSEWHERE.to_owned()),
        }
    }

    /// Whether `text`, on an object, is another configuration's mark: a hint, as anybody can write an owner's name.
    /// Of one without an owner nobody can say it.
    pub(crate) fn is_anothers(&self, text: &str) -> Option<bool> {
        let own = &self.owner.as_ref()?.name;
        Some(Mark::read(text)?.owner? != *own)
    }

    /// Whether another mark than `text` is to be given to an object of ours: an owner has been named since.
    pub(crate) fn is_outdated(&self, text: &str) -> bool {
        let named = Mark::read(text).and_then(|mark| mark.owner);
        self.owner
            .as_ref()
            .is_some_and(|owner| named.as_ref() != Some(&owner.name))
    }

    /// Notes what has come of the object `id`. From when on the client's state holds an object that it was told of nobody
    /// says; a client that ends this process in order has come to that.
    pub(crate) fn note(&self, id: &ResourceId, event: Event) {
        match event {
            Event::Answered if self.attached => self.journal.close(id),
            Event::Answered => self.all_answered().push(id.clone()),
            Event::Replaced => self.journal.replace(id),
            Event::InState => self.seen_in_state(id),
        }
    }

    /// Whether the last plan of this state was to replace the object `id`: a create that finds it comes too early. The
    /// note counts once, for one process: a plan that was given up must not explain what comes later.
    pub(crate) fn is_to_be_replaced(&self, id: &ResourceId) -> bool {
        let mut replaced = self.all_replaced();
        if self.journal.is_replaced(id) {
            self.journal.keep(id);
            replaced.insert(key(id));
        }
        replaced.contains(&key(id))
    }

    /// The client ends this process in order: whatever it was told is in its state.
    pub fn close(&self) {
        for id in self.all_answered().drain(..) {
            self.journal.close(&id);
        }
    }

    /// A state that names the object `id` was read: it holds the object.
    pub(crate) async fn settle(&self, id: &ResourceId) {
        self.reserved().remove(&key(id));
        self.all_replaced().remove(&key(id));
        let (journal, id) = (self.journal.clone(), id.clone());
        let settled = tokio::task::spawn_blocking(move || {
            journal.close(&id);
            journal.keep(&id);
        });
        drop(settled.await);
    }

    /// The object `id` is gone.
    pub(crate) async fn forget(&self, id: &ResourceId) {
        self.reserved().remove(&key(id));
        self.all_replaced().remove(&key(id));
        let (journal, id) = (self.journal.clone(), id.clone());
        drop(tokio::task::spawn_blocking(move || journal.forget(&id)).await);
    }

    fn mark(&self, number: Uuid) -> Mark {
        Mark {
            number,
            owner: self.owner.as_ref().map(|owner| owner.name.clone()),
        }
    }

    fn derived(&self, id: &ResourceId, stage: Stage) -> Option<Uuid> {
        let owner = self.owner.as_ref()?;
        Some(derived(owner.secret.as_ref()?, &owner.name, id, stage))
    }

    fn reserved(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.reserved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all_replaced(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.replaced.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn all_answered(&self) -> MutexGuard<'_, Vec<ResourceId>> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Notes that the object `id` is about to be made, and returns the number it gets: the one that an earlier run has
/// drawn which did not come to its end.
fn note(
    journal: &Journal,
    id: &ResourceId,
    derived: Option<Uuid>,
    now: Timestamp,
) -> Result<Uuid, FileError> {
    if let Some(Note::Open(entry)) = journal.find(id)? {
        return Ok(entry.mark);
    }
    let entry = Entry {
        id: id.as_str().to_owned(),
        mark: derived.unwrap_or_else(Uuid::new_v4),
        begun: now.to_string(),
        place: journal.place(),
    };
    journal.open(&entry)?;
    Ok(entry.mark)
}

/// The error about notes that cannot be kept, or not be believed.
fn unusable(journal: &Journal, reason: &str) -> Diagnostic {
    Diagnostic::error(
        "Cannot use the journal",
        format!(
            "Before an object is asked for, a note of it is written to {}, by which a later run goes on with it should this process be killed. Expected a folder and notes that this user alone may write; found: {reason}. Nothing was asked for. If that cannot be put right, set TF_DATA_DIR to a folder that belongs to this user.",
            journal.folder().display()
        ),
    )
}

fn unbelieved(refused: &FileError) -> String {
    format!(
        "Whether a run of this state began to make it cannot be told, as notes that another user could have written are not believed: {refused}."
    )
}

fn made_by(entry: &Entry, place: &Place) -> String {
    format!(
        "It was made {}, by a run that began at {}.",
        place.tell_apart(&entry.place),
        entry.begun
    )
}

fn key(id: &ResourceId) -> String {
    id.as_str().to_ascii_lowercase()
}

#[cfg(test)]
mod tests;
