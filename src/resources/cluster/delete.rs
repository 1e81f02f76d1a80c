//! Deleting a cluster, and what was made for it.

use super::{
    applier, role,
    work::{Work, is_of_state},
};
use crate::{
    azure::{
        Error, Operation, Precondition,
        arm::managed_cluster::{self, ManagedCluster},
    },
    framework::{Call, Diagnostic, Failure, State, Verb},
    resources::Session,
};

/// Deletes the cluster.
pub(super) async fn delete(
    call: &Call<Session>,
    prior: &State<super::Cluster>,
) -> Result<(), Failure> {
    let work = Work::begin(call, super::id_in(&prior.outputs)?, Verb::Delete)?;
    let work = work.knowing(&prior.outputs);
    let found = look(&work).await.map_err(|error| work.fail(&error))?;
    let another = match found {
        Some(found) => {
            if is_of_state(&found, &prior.outputs) {
                applier::revoke(&work).await?;
            }
            Box::pin(delete_found(&work, prior, found)).await?
        }
        None => None,
    };
    if let Ok(clusters) = &call.client.clusters {
        clusters.deleted(&work.id);
    }
    // Until it is gone the cluster needs the role. What cannot be taken away keeps the cluster in the state, which
    // alone knows of it.
    role::take_away_left(&work, &prior.spec, another.as_ref()).await?;
    call.client.ownership.forget(&work.id).await;
    call.client.leaving.forget(&work.id).await;
    Ok(())
}

/// The cluster as it is; `None` when it is certain that it is gone.
async fn look(work: &Work<'_>) -> Result<Option<ManagedCluster>, Error> {
    let answer = work
        .azure
        .send(&managed_cluster::get(&work.id), &work.limits)
        .await;
    match answer {
        Ok(response) => response.json().map(Some),
        Err(error) => match work.believe(error).await {
            error if error.is_not_found() => Ok(None),
            error => Err(error),
        },
    }
}

/// Deletes the cluster of the state, and no other that has its name by now; that one, if there is one.
async fn delete_found(
    work: &Work<'_>,
    prior: &State<super::Cluster>,
    mut found: ManagedCluster,
) -> Result<Option<ManagedCluster>, Failure> {
    let mut conflicts = 0;
    loop {
        if !is_of_state(&found, &prior.outputs) {
            work.call.warn(Diagnostic::warning(
                "Another cluster has the name",
                format!("The cluster of the state is gone, and {} is another one that another hand made since. It stays.", work.id),
            ));
            return Ok(Some(found));
        }
        let version = found
            .etag
            .clone()
            .map_or(Precondition::None, Precondition::Matches);
        let request = managed_cluster::delete(&work.id, version);
        match work.send_whole(&request).await {
            Ok(response) => {
                if let Some(operation) = Operation::begun(&request, &response) {
                    work.follow(&operation)
                        .await
                        .map_err(|error| work.fail(&error))?;
                }
                return Ok(None);
            }
            // It is looked at again: it may be gone, or have changed, or be another one.
            Err(error) if error.is_not_found() || error.is_precondition_failed() => {
                work.pause().await.map_err(|error| work.fail(&error))?;
            }
            // What is going on ends first; it may be a deletion.
            Err(error) if error.in_progress_conflict() => {
                conflicts += 1;
                let paused = work.pause_after_conflict(conflicts).await;
                paused.map_err(|error| work.fail(&error))?;
                work.settled().await.map_err(|error| work.fail(&error))?;
            }
            Err(error) => return Err(work.fail(&error)),
        }
        match look(work).await.map_err(|error| work.fail(&error))? {
            Some(now) => found = now,
            None => return Ok(None),
        }
    }
}
