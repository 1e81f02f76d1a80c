//! Creating a cluster, or seeing through what a killed process began.

use super::{
    applier, body, live,
    outputs::Outputs,
    ownership, planning,
    role::{self, SubnetRole},
    spec::Spec,
    update,
    work::Work,
};
use crate::{
    azure::{Precondition, arm::managed_cluster::ManagedCluster},
    framework::{Call, Diagnostic, Failure, PENDING, Verb},
    resources::Session,
};

/// Creates the cluster.
pub(super) async fn create(call: &Call<Session>, spec: &Spec) -> Result<Outputs, Failure> {
    let subscription = call.client.azure()?.subscription_id().to_owned();
    let id = super::id_of(&subscription, spec)?;
    let work = Work::begin(call, id, Verb::Create)?;
    call.drop_private(planning::REPLACES);
    let mark = call.client.ownership.mark(&work.id).await?;
    if let Some(found) = work.find().await.map_err(|error| work.fail(&error))? {
        return Box::pin(found_one(&work, &found, spec)).await;
    }
    let role = SubnetRole::wanted(spec)?;
    if let Some(role) = &role {
        role.begin(&work).await?;
    }
    let body = body::created(spec, &mark)?;
    let begun_at = work.azure.clock().now();
    let begun = loop {
        match work.put(&body, Precondition::Absent).await {
            Ok(begun) => break begun,
            // Somebody was faster, or it was us and the answer was lost.
            Err(error) if error.is_precondition_failed() => {
                let found = work.find().await.map_err(|error| work.fail(&error))?;
                return match found {
                    Some(found) => Box::pin(found_one(&work, &found, spec)).await,
                    None => Err(work.fail(&error)),
                };
            }
            Err(error)
                if role
                    .as_ref()
                    .is_some_and(|role| role.may_not_be_known_yet(&work, &error, begun_at)) =>
            {
                // AKS takes twenty PUTs of a cluster at once and then one a minute.
                for _ in 0..3 {
                    work.pause().await.map_err(|error| work.fail(&error))?;
                }
            }
            Err(error) => {
                // Azure has said no: there is no cluster that needs what was granted for it.
                if error.refusal().is_some() {
                    role::revoke(&work).await;
                }
                return Err(work.fail(&error));
            }
        }
    };
    keep(call, &work, &begun.cluster);
    finish(
        &work,
        begun.operation.as_ref(),
        begun.cluster,
        role.as_ref(),
        spec,
    )
    .await
}

/// Keeps what is known of the cluster, so that it is in the state whatever happens.
fn keep(call: &Call<Session>, work: &Work<'_>, cluster: &ManagedCluster) {
    call.keep(&outputs(work, cluster));
}

/// Waits for the cluster, and grants the role that only an existing identity can have.
async fn finish(
    work: &Work<'_>,
    operation: Option<&crate::azure::Operation>,
    accepted: ManagedCluster,
    role: Option<&SubnetRole>,
    spec: &Spec,
) -> Result<Outputs, Failure> {
    // Roles spread while the cluster is being made.
    let grant = async {
        if let Some(role) = role {
            role.finish(work, &accepted).await?;
        }
        applier::grant(work, spec).await
    };
    let wait = async {
        match operation {
            Some(operation) => work.follow(operation).await,
            None => Ok(Some(accepted.clone())),
        }
    };
    let (granted, waited) = futures::join!(grant, wait);
    let waited = waited.map_err(|error| work.fail(&error));
    let cluster = match (granted, waited) {
        // Without its role a cluster cannot succeed: why it has none comes first.
        (Err(Failure::Failed(mut told)), Err(Failure::Failed(consequence))) => {
            told.extend(consequence);
            return Err(Failure::Failed(told));
        }
        (granted, waited) => {
            let cluster = waited?.ok_or_else(|| vanished(work))?;
            keep(work.call, work, &cluster);
            granted?;
            cluster
        }
    };
    if let Ok(clusters) = &work.call.client.clusters {
        clusters.created(&work.id);
    }
    applier::prove(work).await?;
    work.call.drop_private(PENDING);
    Ok(outputs(work, &cluster))
}

/// There is a cluster of that name already. One that carries our mark is a half-made one of ours.
async fn found_one(
    work: &Work<'_>,
    found: &ManagedCluster,
    spec: &Spec,
) -> Result<Outputs, Failure> {
    let ours = match ownership::mark_of(found) {
        Some(mark) => work.call.client.ownership.is_ours(&work.id, mark).await,
        None => false,
    };
    if !ours {
        return Err(spec
            .name
            .error("Cluster exists already", taken(work.id.as_str()))
            .into());
    }
    keep(work.call, work, found);
    if let Ok(clusters) = &work.call.client.clusters {
        clusters.created(&work.id);
    }
    let role = SubnetRole::wanted(spec)?;
    Box::pin(update::converge(work, spec, role.as_ref())).await
}

/// What to do about a cluster that is there already.
pub(super) fn taken(id: &str) -> String {
    format!(
        "A cluster of that name exists, and this configuration did not create it:\n\n  {id}\n\nChoose another name, or take the cluster over with\n\n  terraform import secureaks_cluster.NAME '{id}'\n\nor with an `import` block of that id. Nothing was changed."
    )
}

fn outputs(work: &Work<'_>, cluster: &ManagedCluster) -> Outputs {
    live::outputs(
        &work.id,
        cluster,
        &cluster.properties.clone().unwrap_or_default(),
    )
}

fn vanished(work: &Work<'_>) -> Failure {
    Diagnostic::error("Cluster is gone", format!("{} was accepted by Azure and is no longer there; somebody must have deleted it. Run apply again.", work.id)).into()
}
