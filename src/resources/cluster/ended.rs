//! The last request of a create: it tells other machines that a state holds the cluster now.

use std::collections::BTreeMap;

use super::{ownership::MARK, work::Work};
use crate::{
    azure::{
        Operation,
        arm::managed_cluster::{self, ManagedCluster},
    },
    framework::Failure,
};

/// Gives the cluster the mark of one whose create has ended, where other machines could take it for one that was
/// interrupted; the cluster as it is then.
pub(super) async fn mark(
    work: &Work<'_>,
    cluster: ManagedCluster,
) -> Result<ManagedCluster, Failure> {
    let Some(ended) = work.call.client.ownership.ended(&work.id) else {
        return Ok(cluster);
    };
    let ended = ended.to_string();
    let tags = cluster.tags.clone().unwrap_or_default();
    let carried = super::ownership::mark_of(&cluster);
    if carried.is_none_or(|carried| carried == ended) {
        return Ok(cluster);
    }
    let mut tags: BTreeMap<String, String> = tags
        .into_iter()
        .filter(|(name, _)| !super::ownership::is_mark(name))
        .collect();
    tags.insert(MARK.to_owned(), ended);
    let request = managed_cluster::patch_tags(&work.id, &tags);
    let mut conflicts = 0;
    loop {
        match work.send_whole(&request).await {
            Ok(response) => {
                let changed = response.json().map_err(|error| work.fail(&error))?;
                let Some(operation) = Operation::begun(&request, &response) else {
                    return Ok(changed);
                };
                let ended = work.follow(&operation).await;
                return Ok(ended.map_err(|error| work.fail(&error))?.unwrap_or(changed));
            }
            Err(error) if error.in_progress_conflict() => {
                conflicts += 1;
                let paused = work.pause_after_conflict(conflicts).await;
                paused.map_err(|error| work.fail(&error))?;
            }
            Err(error) => return Err(work.fail(&error)),
        }
    }
}
