//! Changing a cluster in place: read, change, write under the version that was read, until it is
//! as wanted.

use super::{
    applier, body, live,
    outputs::Outputs,
    role::{self, SubnetRole},
    spec::Spec,
    work::{Work, has_failed},
};
use crate::{
    azure::{Precondition, arm::managed_cluster::ManagedCluster},
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
    // Another identity needs the role anew, and so does one that an earlier run did not come to;
    // else the one there was has it, from whomever.
    let changed = prior.spec.identity.encode() != spec.identity.encode();
    let role = if changed || role::is_left_over(call) {
        SubnetRole::wanted(spec)?
    } else {
        None
    };
    Box::pin(converge(&work, spec, role.as_ref())).await
}

/// Brings the cluster and its role to what is wanted, from wherever they are.
pub(super) async fn converge(
    work: &Work<'_>,
    spec: &Spec,
    role: Option<&SubnetRole>,
) -> Result<Outputs, Failure> {
    if let Some(role) = role {
        role.begin(work).await?;
    }
    let cluster = Box::pin(reach(work, spec)).await?;
    if let Some(role) = role {
        role.finish(work, &cluster).await?;
    }
    applier::grant(work, spec).await?;
    applier::prove(work).await?;
    work.call.drop_private(PENDING);
    Ok(outputs(work, &cluster))
}

async fn reach(work: &Work<'_>, spec: &Spec) -> Result<ManagedCluster, Failure> {
    let (mut overtaken, mut conflicts) = (0, 0);
    let left = work.follow_left_over().await;
    left.map_err(|error| work.fail(&error))?;
    loop {
        let found = work.settled().await.map_err(|error| work.fail(&error))?;
        let Some(found) = found else {
            return Err(gone(work));
        };
        let mut wanted = found.clone();
        body::change(&mut wanted, spec)?;
        if !has_failed(&found) && !matters(work, &found, &wanted, spec) {
            return Ok(found);
        }
        if is_stopped(&found) {
            return Err(stopped(work));
        }
        let precondition = found
            .etag
            .clone()
            .map_or(Precondition::None, Precondition::Matches);
        match work.put(&wanted.for_put(), precondition).await {
            Ok(begun) => {
                work.call.keep(&outputs(work, &begun.cluster));
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

fn outputs(work: &Work<'_>, cluster: &ManagedCluster) -> Outputs {
    let properties = cluster.properties.clone().unwrap_or_default();
    live::outputs(&work.id, cluster, &properties)
}

fn is_stopped(cluster: &ManagedCluster) -> bool {
    let code = cluster
        .properties
        .as_ref()
        .and_then(|properties| properties.power_state.as_ref()?.code.as_deref());
    code.is_some_and(|code| code.eq_ignore_ascii_case("Stopped"))
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
