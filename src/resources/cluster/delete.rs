//! Deleting a cluster, and what was made for it.

use super::{applier, role, work::Work};
use crate::{
    azure::{Operation, Precondition, arm::managed_cluster},
    framework::{Call, Failure, State, Verb},
    resources::Session,
};

/// Deletes the cluster.
pub(super) async fn delete(
    call: &Call<Session>,
    prior: &State<super::Cluster>,
) -> Result<(), Failure> {
    let work = Work::begin(call, super::id_in(&prior.outputs)?, Verb::Delete)?;
    applier::revoke(&work).await;
    let request = managed_cluster::delete(&work.id, Precondition::None);
    let mut conflicts = 0;
    loop {
        match work.send_whole(&request).await {
            Ok(response) => {
                if let Some(operation) = Operation::begun(&request, &response) {
                    work.follow(&operation)
                        .await
                        .map_err(|error| work.fail(&error))?;
                }
                break;
            }
            Err(error) if error.is_not_found() => break,
            // What is going on ends first; it may be a deletion.
            Err(error) if error.in_progress_conflict() => {
                conflicts += 1;
                let paused = work.pause_after_conflict(conflicts).await;
                paused.map_err(|error| work.fail(&error))?;
                work.settled().await.map_err(|error| work.fail(&error))?;
            }
            Err(error) => return Err(work.fail(&error)),
        }
    }
    if let Ok(clusters) = &call.client.clusters {
        clusters.deleted(&work.id);
    }
    role::revoke(&work).await;
    call.client.ownership.settle(&work.id).await;
    Ok(())
}
