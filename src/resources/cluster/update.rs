//! Changing a cluster in place: read, change, write under the version that was read, until it is
//! as wanted.

use super::{
    applier, body, ended, live,
    outputs::Outputs,
    ownership,
    role::{self, SubnetRole},
    spec::Spec,
    work::{Work, has_failed, is_of_state},
};
use crate::{
    azure::{Error, Precondition, arm::managed_cluster::ManagedCluster},
    framework::{Block as _, Call, Diagnostic, Failure, Field as _, PENDING, State, Verb},
    resources::Session,
};

/// How often a change is tried again when others change the cluster meanwhile.
const TRIES: u32 = 10;

/// Changes the cluster.
pub(super) async fn update(
    call: &Call<Session>,
    prior: &State<super::Cluster>,
    spec: &Spec,
) -> Result<Outputs, Failure> {
    let work = Work::begin(call, super::id_in(&prior.outputs)?, Verb::Update)?;
    let work = work.knowing(&prior.outputs);
    // Another identity needs the role anew; else the provider looks after it where it gave it.
    let changed = prior.spec.identity.encode() != spec.identity.encode();
    let role = SubnetRole::wanted(spec)?;
    let role = if changed || is_looked_after(&work, spec).await? {
        role
    } else {
        None
    };
    Box::pin(converge(&work, spec, role.as_ref(), Some(&prior.outputs))).await
}

/// Whether the role on the subnet was given by the provider, so that it is the provider's to give again.
async fn is_looked_after(work: &Work<'_>, spec: &Spec) -> Result<bool, Failure> {
    let Some(subnet) = role::subnet_of(spec)? else {
        return Ok(false);
    };
    if !work.made_at(&subnet).is_empty() {
        return Ok(true);
    }
    match role::standing(work, &subnet, None).await {
        Ok(standing) if standing.is_looked_after() => return Ok(true),
        Err(error @ (Error::Cancelled | Error::TimedOut)) => return Err(work.fail(&error)),
        Ok(_) | Err(_) => {}
    }
    // A create that was interrupted may not have come to it.
    let found = work.find().await.map_err(|error| work.fail(&error))?;
    Ok(found.is_some_and(|found| ownership::mark_of(&found).is_some()))
}

/// Brings the cluster and its roles to what is wanted, from wherever they are. `prior` names the cluster that is meant.
pub(super) async fn converge(
    work: &Work<'_>,
    spec: &Spec,
    role: Option<&SubnetRole>,
    prior: Option<&Outputs>,
) -> Result<Outputs, Failure> {
    if let Some(role) = role {
        role.begin(work).await?;
    }
    let cluster = Box::pin(reach(work, spec, prior)).await?;
    work.call.keep(&work.outputs(&cluster));
    if let Some(role) = role {
        role.finish(work, &cluster).await?;
    }
    applier::grant(work, spec).await?;
    applier::prove(work).await?;
    let cluster = ended::mark(work, cluster).await?;
    work.call.drop_private(PENDING);
    Ok(work.outputs(&cluster))
}

async fn reach(
    work: &Work<'_>,
    spec: &Spec,
    prior: Option<&Outputs>,
) -> Result<ManagedCluster, Failure> {
    let (mut overtaken, mut conflicts) = (0, 0);
    let left = work.follow_left_over().await;
    left.map_err(|error| work.fail(&error))?;
    loop {
        let found = work.settled().await.map_err(|error| work.fail(&error))?;
        let Some(found) = found else {
            return Err(gone(work));
        };
        if prior.is_some_and(|prior| !is_of_state(&found, prior)) {
            return Err(another(work));
        }
        let mut wanted = found.clone();
        body::change(&mut wanted, spec)?;
        if !has_failed(&found) && !matters(work, &found, &wanted, spec) {
            return Ok(found);
        }
        if found.is_stopped() {
            return Err(stopped(work));
        }
        let precondition = found
            .etag
            .clone()
            .map_or(Precondition::None, Precondition::Matches);
        match work.put(&wanted.for_put(), precondition).await {
            Ok(begun) => {
                work.call.keep(&work.outputs(&begun.cluster));
                let Some(operation) = begun.operation else {
                    return Ok(begun.cluster);
                };
                let ended = work.follow(&operation).await;
                let ended = ended.map_err(|error| work.fail(&error))?;
                return ended.ok_or_else(|| gone(work));
            }
            // Another change was faster: look again.
            Err(error) if error.is_precondition_failed() && overtaken < TRIES => {
                overtaken += 1;
                work.pause().await.map_err(|error| work.fail(&error))?;
            }
            // Another operation was: it ends, or our time does.
            Err(error) if error.in_progress_conflict() => {
                conflicts += 1;
                let paused = work.pause_after_conflict(conflicts).await;
                paused.map_err(|error| work.fail(&error))?;
            }
            Err(error) => return Err(work.fail(&error)),
        }
    }
}

/// Whether a change of the body changes what the specification means.
fn matters(work: &Work<'_>, found: &ManagedCluster, wanted: &ManagedCluster, spec: &Spec) -> bool {
    let meaning = |cluster| live::state(&work.id, cluster, Some(spec)).spec.encode();
    let versions = |cluster: &ManagedCluster| {
        let properties = cluster.properties.as_ref()?;
        let pools = properties.agent_pool_profiles.iter().flatten();
        let pools = pools.map(|pool| pool.orchestrator_version.clone());
        Some((
            properties.kubernetes_version.clone(),
            pools.collect::<Vec<_>>(),
        ))
    };
    meaning(found) != meaning(wanted) || versions(found) != versions(wanted)
}

fn stopped(work: &Work<'_>) -> Failure {
    Diagnostic::error(
        "Cluster is stopped",
        format!(
            "{} is stopped, and Azure changes no stopped cluster. Start it with `az aks start --name {} --resource-group {}`, and run apply again.",
            work.id,
            work.id.name(),
            work.id.resource_group().unwrap_or("GROUP")
        ),
    )
    .into()
}

fn another(work: &Work<'_>) -> Failure {
    Diagnostic::error(
        "Another cluster has the name",
        format!(
            "The cluster of the state was deleted, and {} is another one that another hand made since. Nothing was changed. Run it again: the plan tells what is to be done.",
            work.id
        ),
    )
    .into()
}

fn gone(work: &Work<'_>) -> Failure {
    Diagnostic::error(
        "Cluster is gone",
        format!(
            "{} was deleted while it was being changed. Run apply again to create it anew.",
            work.id
        ),
    )
    .into()
}
