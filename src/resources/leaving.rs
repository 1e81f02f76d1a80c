//! Which clusters a plan takes away. A client deletes what is inside a cluster before the cluster, in another process
//! than the one that planned it, and tells neither of the other: a note in its data folder says that both go together.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{azure::arm::ResourceId, files::PrivateFolder};

/// The namespace of file names; drawn once.
const NAMES: Uuid = Uuid::from_u128(0x5b1e_6a0c_93f4_4d27_8c1d_2f7a_e04b_96d3);

/// The clusters that go, and the plan that this process makes, if it makes one.
#[derive(Debug)]
pub struct Leaving {
    folder: PathBuf,
    plan: Uuid,
}

/// One note.
#[derive(Serialize, Deserialize)]
struct Note {
    /// The cluster that goes, in lower case.
    cluster: String,
    /// The plan that takes it away.
    plan: Uuid,
}

impl Leaving {
    /// Notes in the folder `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            plan: Uuid::new_v4(),
        }
    }

    /// The plan that this process makes. What it takes away carries this number to the apply.
    pub(crate) fn plan(&self) -> Uuid {
        self.plan
    }

    /// Notes that this plan takes the cluster `id` away. Where that cannot be written, what is inside is deleted as it
    /// is without its cluster.
    pub(crate) async fn note(&self, id: &ResourceId) {
        let note = Note {
            cluster: key(id),
            plan: self.plan,
        };
        let (folder, name) = (self.folder.clone(), name(id));
        let written = tokio::task::spawn_blocking(move || {
            let bytes = serde_json::to_vec(&note).map_err(|error| error.to_string())?;
            let folder = PrivateFolder::make(&folder).map_err(|error| error.to_string())?;
            let written = folder.write(&name, &bytes);
            written.map_err(|error| error.to_string())
        });
        let failed = match written.await {
            Ok(Ok(())) => return,
            Ok(Err(reason)) => reason,
            Err(error) => error.to_string(),
        };
        tracing::warn!(resource.id = id.as_str(), reason = %failed, "That the plan takes this cluster away could not be noted");
    }

    /// Whether the plan `plan` takes the cluster `id` away.
    pub(crate) async fn goes(&self, id: &ResourceId, plan: Uuid) -> bool {
        let (folder, name, cluster) = (self.folder.clone(), name(id), key(id));
        let read = tokio::task::spawn_blocking(move || {
            let bytes = PrivateFolder::find(&folder).ok()??.read(&name).ok()??;
            serde_json::from_slice::<Note>(&bytes).ok()
        });
        let note = read.await.ok().flatten();
        note.is_some_and(|note| note.plan == plan && note.cluster == cluster)
    }

    /// The cluster `id` is gone.
    pub(crate) async fn forget(&self, id: &ResourceId) {
        let (folder, name) = (self.folder.clone(), name(id));
        let removed = tokio::task::spawn_blocking(move || {
            if let Ok(Some(folder)) = PrivateFolder::find(&folder) {
                // A note that stays is of a plan that nobody applies any more.
                drop(folder.remove(&name));
            }
        });
        drop(removed.await);
    }
}

fn key(id: &ResourceId) -> String {
    id.as_str().to_ascii_lowercase()
}

fn name(id: &ResourceId) -> String {
    format!("{}.leaving", Uuid::new_v5(&NAMES, key(id).as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(name: &str) -> ResourceId {
        ResourceId::managed_cluster("c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365", "rg", name).unwrap()
    }

    #[tokio::test]
    async fn a_cluster_goes_with_the_plan_that_noted_it_and_with_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("secureaks");
        let (first, second) = (Leaving::new(place.clone()), Leaving::new(place.clone()));
        let apply = Leaving::new(place);
        first.note(&cluster("one")).await;

        let goes = [
            apply.goes(&cluster("ONE"), first.plan()).await,
            apply.goes(&cluster("one"), second.plan()).await,
            apply.goes(&cluster("two"), first.plan()).await,
        ];
        apply.forget(&cluster("one")).await;
        let after = apply.goes(&cluster("one"), first.plan()).await;

        assert_eq!((goes, after), ([true, false, false], false));
    }
}
