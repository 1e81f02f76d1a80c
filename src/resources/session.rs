//! What every call to a resource is handed: the Azure client, and by what objects are known as
//! ours.

use std::{
    collections::BTreeSet,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::aad_binding::Bindings;
use crate::{
    azure::{Client, arm::ResourceId},
    framework::Diagnostic,
    kube::{Cluster, Clusters},
    resources::PlannedClusters,
};

/// A configured provider.
#[derive(Debug)]
pub struct Session {
    /// Talks to Azure; an error where the provider block is not known yet.
    pub azure: Result<Client, Diagnostic>,
    /// The clusters that are looked into, each of them once.
    pub clusters: Result<Clusters, Diagnostic>,
    /// The clusters that the plan makes.
    pub planned: PlannedClusters,
    /// Whether missing resource providers are registered.
    pub register_providers: bool,
    /// Whether a refresh fails where a cluster cannot be asked.
    pub strict_refresh: bool,
    /// By what objects are known as ours.
    pub ownership: Ownership,
    /// What is known of the bindings in all clusters.
    pub bindings: Bindings,
}

impl Session {
    /// The client, or why there is none.
    pub(crate) fn azure(&self) -> Result<&Client, Diagnostic> {
        self.azure.as_ref().map_err(Clone::clone)
    }

    /// The cluster `id`, in any casing, or why nobody can be asked.
    pub(crate) fn cluster(&self, id: &ResourceId) -> Result<Arc<Cluster>, Diagnostic> {
        let clusters = self.clusters.as_ref().map_err(Clone::clone)?;
        Ok(clusters.of(id))
    }
}

/// By what an object is known as ours, should the process die between asking for it and saving
/// the state: a mark that the first request carries.
#[derive(Debug)]
pub struct Ownership {
    /// With an owner the mark follows from it, so that any machine knows it; without one it is
    /// drawn and kept in the journal.
    owner: Option<String>,
    /// Where drawn marks are kept.
    journal: Journal,
    /// The ids of which marks were given out: a second resource of the same name would take the
    /// first one's object for its own.
    given: Mutex<BTreeSet<String>>,
}

/// The namespace of marks that follow from an owner; drawn once.
const MARKS: Uuid = Uuid::from_u128(0x0d5b_44d7_5f7e_4c0b_9d41_8a9a_63b2_7c1f);

impl Ownership {
    /// Marks that follow from `owner`, or without one are drawn and kept in `journal`.
    pub fn new(owner: Option<String>, journal: Journal) -> Self {
        Self {
            owner,
            journal,
            given: Mutex::default(),
        }
    }

    /// The mark for the object `id`, kept before anything carries it. It is given once.
    pub(crate) async fn mark(&self, id: &ResourceId) -> Result<String, Diagnostic> {
        let key = id.as_str().to_ascii_lowercase();
        let first = self
            .given
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key);
        if !first {
            let detail = format!(
                "Another resource of this configuration creates {id} too. Give one of them another name, or remove it."
            );
            return Err(Diagnostic::error(
                "Two resources have the same name",
                detail,
            ));
        }
        match &self.owner {
            Some(owner) => Ok(derived(owner, id)),
            None => self.journal.mark(id).await,
        }
    }

    /// Whether `mark` is one we gave the object `id`.
    pub(crate) async fn is_ours(&self, id: &ResourceId, mark: &str) -> bool {
        let ours = match &self.owner {
            Some(owner) => Some(derived(owner, id)),
            None => self.journal.kept(id).await,
        };
        ours.as_deref() == Some(mark)
    }

    /// Whether `mark`, on the object `id`, is another configuration's. Of one that was drawn nobody can say it once
    /// the journal has forgotten it.
    pub(crate) fn is_anothers(&self, id: &ResourceId, mark: &str) -> Option<bool> {
        let owner = self.owner.as_ref().filter(|_| is_derived(mark))?;
        Some(derived(owner, id) != mark)
    }

    /// Whether another mark than `mark` is to be given to an object of ours: an owner has been named since.
    pub(crate) fn is_outdated(&self, mark: &str) -> bool {
        self.owner.is_some() && !is_derived(mark)
    }

    /// The state holds the object `id` now, or it is gone; the journal need not.
    pub(crate) async fn settle(&self, id: &ResourceId) {
        let key = id.as_str().to_ascii_lowercase();
        self.given
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key);
        self.journal.forget(id).await;
    }
}

/// Whether a mark follows from an owner; one that was drawn does not.
fn is_derived(mark: &str) -> bool {
    Uuid::parse_str(mark).is_ok_and(|mark| mark.get_version_num() == 5)
}

fn derived(owner: &str, id: &ResourceId) -> String {
    Uuid::new_v5(
        &MARKS,
        format!("{owner}|{}", id.as_str().to_ascii_lowercase()).as_bytes(),
    )
    .to_string()
}

/// Marks on disk, one file an object, so that a killed process can be told from a stranger.
#[derive(Clone, Debug)]
pub struct Journal {
    /// The folder of the files; made when first needed.
    pub folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Entry {
    id: String,
    mark: String,
}

impl Journal {
    async fn mark(&self, id: &ResourceId) -> Result<String, Diagnostic> {
        if let Some(mark) = self.kept(id).await {
            return Ok(mark);
        }
        let mark = Uuid::new_v4().to_string();
        let entry = Entry {
            id: id.as_str().to_owned(),
            mark: mark.clone(),
        };
        let (path, draft) = (self.path(id), self.folder.join(format!("{mark}.draft")));
        let written =
            tokio::task::spawn_blocking(move || write_durably(&path, &draft, &entry)).await;
        let failed = |reason: String| {
            Diagnostic::error(
                "Cannot write the journal",
                format!(
                    "Before a cluster is asked for, a note of it is written to {}, by which it is found again should this process be killed. That failed: {reason}. Make the folder writable, or set `owner` in the provider block, which needs no note.",
                    self.folder.display()
                ),
            )
        };
        match written {
            Ok(Ok(())) => Ok(mark),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(error) => Err(failed(error.to_string())),
        }
    }

    async fn kept(&self, id: &ResourceId) -> Option<String> {
        let bytes = tokio::fs::read(self.path(id)).await.ok()?;
        let entry: Entry = serde_json::from_slice(&bytes).ok()?;
        entry
            .id
            .eq_ignore_ascii_case(id.as_str())
            .then_some(entry.mark)
    }

    async fn forget(&self, id: &ResourceId) {
        // There is nothing to do about a note that stays: it only says again what the state says.
        drop(tokio::fs::remove_file(self.path(id)).await);
    }

    fn path(&self, id: &ResourceId) -> PathBuf {
        let name = Uuid::new_v5(&MARKS, id.as_str().to_ascii_lowercase().as_bytes());
        self.folder.join(format!("{name}.json"))
    }
}

/// Writes a file that is whole or absent after a crash: a new file, synced, renamed, its folder
/// synced.
fn write_durably(path: &Path, draft: &Path, entry: &Entry) -> io::Result<()> {
    let folder = path
        .parent()
        .ok_or_else(|| io::Error::other("the file has no folder"))?;
    std::fs::create_dir_all(folder)?;
    let mut file = std::fs::File::create(draft)?;
    file.write_all(&serde_json::to_vec(entry)?)?;
    file.sync_all()?;
    std::fs::rename(draft, path)?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id() -> ResourceId {
        ResourceId::managed_cluster("00000000-0000-0000-0000-000000000000", "rg", "aks").unwrap()
    }

    fn ownership(owner: Option<&str>, folder: &tempfile::TempDir) -> Ownership {
        let folder = folder.path().join("journal");
        Ownership::new(owner.map(str::to_owned), Journal { folder })
    }

    #[tokio::test]
    async fn a_mark_outlives_the_process_and_not_the_settling() {
        let folder = tempfile::tempdir().unwrap();
        let mark = ownership(None, &folder).mark(&id()).await.unwrap();

        let later = ownership(None, &folder);
        let (again, ours) = (
            later.mark(&id()).await.unwrap(),
            later.is_ours(&id(), &mark).await,
        );
        later.settle(&id()).await;
        let settled = later.is_ours(&id(), &mark).await;

        assert_eq!((again, ours, settled), (mark, true, false));
    }

    #[tokio::test]
    async fn an_owner_knows_its_objects_from_any_machine_and_another_does_not() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let mark = ownership(Some("platform"), &here)
            .mark(&id())
            .await
            .unwrap();

        let ours = ownership(Some("platform"), &there)
            .is_ours(&id(), &mark)
            .await;
        let theirs = ownership(Some("others"), &there)
            .is_ours(&id(), &mark)
            .await;

        assert_eq!((ours, theirs), (true, false));
    }

    #[tokio::test]
    async fn a_name_is_given_to_one_resource_only() {
        let folder = tempfile::tempdir().unwrap();
        let ownership = ownership(Some("platform"), &folder);
        ownership.mark(&id()).await.unwrap();

        let refused = ownership.mark(&id()).await.unwrap_err();

        assert_eq!(refused.summary, "Two resources have the same name");
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_is_told_before_anything_is_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("journal"), "a file").unwrap();

        let refused = ownership(None, &folder).mark(&id()).await.unwrap_err();

        assert_eq!(refused.summary, "Cannot write the journal");
    }
}
