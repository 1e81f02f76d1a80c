//! Creating a cluster, or seeing through what a killed process began.

use super::{
    applier, body, ended, made,
    outputs::Outputs,
    ownership, resumed,
    role::SubnetRole,
    spec::Spec,
    update,
    work::{Begun, Work, is_settled},
};
use crate::{
    azure::{Operation, Precondition, arm::managed_cluster::ManagedCluster},
    framework::{Call, Diagnostic, Failure, PENDING, Verb},
    resources::{
        Session,
        ownership::{Vouched, continues, held, predecessor},
    },
};

/// Creates the cluster.
pub(super) async fn create(call: &Call<Session>, spec: &Spec) -> Result<Outputs, Failure> {
    let subscription = call.client.azure()?.subscription_id().to_owned();
    let id = super::id_of(&subscription, spec)?;
    let work = Work::begin(call, id, Verb::Create)?;
    call.client.ownership.reserve(&work.id)?;
    if let Some(found) = work.find().await.map_err(|error| work.fail(&error))? {
        return Box::pin(found_one(&work, &found, spec, By::AnEarlierRun)).await;
    }
    let now = work.azure.clock().now();
    let mark = call.client.ownership.begin(&work.id, now).await?;
    let role = SubnetRole::wanted(spec)?;
    let body = body::created(spec, &mark.to_string())?;
    let asked = Box::pin(ask_for(&work, &body, role.as_ref())).await;
    let begun = match asked {
        Ok(Asked::Begun(begun)) => begun,
        Ok(Asked::Found(found)) => {
            return Box::pin(found_one(&work, &found, spec, By::ThisRun)).await;
        }
        Err(failure) => return Err(Box::pin(unbegun(&work, role.as_ref(), failure)).await),
    };
    call.keep(&work.outputs(&begun.cluster));
    let finished = finish(
        &work,
        begun.operation.as_ref(),
        begun.cluster,
        role.as_ref(),
        spec,
    );
    match Box::pin(finished).await {
        Ok(outputs) => Ok(outputs),
        Err(failure) => Err(Box::pin(cut_short(&work, failure)).await),
    }
}

/// What came of asking for the cluster.
enum Asked {
    /// Azure makes it.
    Begun(Begun),
    /// There is one: another hand was faster, or it was this one and the answer was lost.
    Found(ManagedCluster),
}

/// Asks for the cluster, once an identity that exists by itself has its role.
async fn ask_for(
    work: &Work<'_>,
    body: &ManagedCluster,
    role: Option<&SubnetRole>,
) -> Result<Asked, Failure> {
    if let Some(role) = role {
        role.begin(work).await?;
    }
    let begun_at = work.azure.clock().now();
    loop {
        match work.put(body, Precondition::Absent).await {
            Ok(begun) => return Ok(Asked::Begun(begun)),
            Err(error) if error.is_precondition_failed() => {
                let found = work.find().await.map_err(|error| work.fail(&error))?;
                return found.map(Asked::Found).ok_or_else(|| work.fail(&error));
            }
            Err(error)
                if role.is_some_and(|role| role.may_not_be_known_yet(work, &error, begun_at)) =>
            {
                // AKS takes twenty PUTs of a cluster at once and then one a minute.
                for _ in 0..3 {
                    work.pause().await.map_err(|error| work.fail(&error))?;
                }
            }
            Err(error) => return Err(work.fail(&error)),
        }
    }
}

/// How a create ends that has asked for no cluster, or in vain: nothing is in the state, so what was given for the cluster is
/// taken away again, unless there is one all the same.
async fn unbegun(work: &Work<'_>, role: Option<&SubnetRole>, mut failure: Failure) -> Failure {
    let ending = work.ending();
    let left = match ending.find().await {
        Ok(Some(_)) => return failure,
        Err(error) if !error.is_not_found() => role.and_then(|role| role.unseen(&ending, &error)),
        Ok(None) | Err(_) => {
            if let Failure::Interrupted(stopped) = &mut failure {
                "Terraform was asked to stop before the cluster was asked for. There is none."
                    .clone_into(&mut stopped.detail);
            }
            match role {
                Some(role) => role.take_back(&ending).await.err(),
                None => None,
            }
        }
    };
    let left = left.map(Failure::told).unwrap_or_default();
    match &mut failure {
        Failure::Failed(told) | Failure::Accepted(told) => told.extend(left),
        Failure::Interrupted(stopped) => {
            for left in left {
                stopped.detail = format!("{} {}: {}", stopped.detail, left.summary, left.detail);
            }
        }
    }
    failure
}

/// How a create ends whose cluster is in the state and is not as configured. Other machines are told that a state holds
/// it, if Azure takes a change of it now; else the next apply tells them.
async fn cut_short(work: &Work<'_>, failure: Failure) -> Failure {
    let ending = work.ending();
    if let Ok(Some(found)) = ending.find().await
        && is_settled(&found)
    {
        drop(ended::mark(&ending, found).await);
    }
    accepted(work, failure)
}

/// How a create ends that Azure has accepted, and that then failed: the cluster is there, and is to stay. A client
/// marks what comes with an error as tainted, and its next apply deletes that and all that is in it; so it comes with
/// warnings, and the next apply goes on where this one ended.
fn accepted(work: &Work<'_>, failure: Failure) -> Failure {
    let Failure::Failed(told) = failure else {
        return failure;
    };
    work.call.client.planned.failed(&work.id);
    let why = Diagnostic::error(
        "Cluster exists and is not as configured",
        format!(
            "{} is in the state, and the next apply goes on with it. What went wrong is told as warnings: after an error the client would mark the cluster as tainted, and its next apply would delete it. Where the apply must fail all the same, write a `postcondition` that `provisioning_state` is `Succeeded`.",
            work.id
        ),
    );
    Failure::Accepted(told.into_iter().chain([why]).collect())
}

/// Waits for the cluster, and grants the role that only an existing identity can have.
async fn finish(
    work: &Work<'_>,
    operation: Option<&Operation>,
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
    work.call.keep(&work.outputs(&accepted));
    let waited = waited.map_err(|error| work.fail(&error));
    let cluster = match (granted, waited) {
        // Without its role a cluster cannot succeed: why it has none comes first.
        (Err(Failure::Failed(mut told)), Err(Failure::Failed(consequence))) => {
            told.extend(consequence);
            return Err(Failure::Failed(told));
        }
        (granted, waited) => {
            let cluster = waited?.ok_or_else(|| vanished(work))?;
            work.call.keep(&work.outputs(&cluster));
            granted?;
            cluster
        }
    };
    if let Ok(clusters) = &work.call.client.clusters {
        clusters.created(&work.id);
    }
    applier::prove(work).await?;
    let cluster = ended::mark(work, cluster).await?;
    work.call.drop_private(PENDING);
    Ok(work.outputs(&cluster))
}

/// Who asked for a cluster of ours that is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    AnEarlierRun,
    /// The answer to its request was lost.
    ThisRun,
}

/// There is a cluster of that name already. One that carries our mark is a half-made one of ours.
async fn found_one(
    work: &Work<'_>,
    found: &ManagedCluster,
    spec: &Spec,
    by: By,
) -> Result<Outputs, Failure> {
    let vouched = vouched(work, found).await;
    if vouched != Vouched::Begun {
        return Err(spec
            .name
            .error(SUMMARY, taken(work, found, &vouched))
            .into());
    }
    let now = work.azure.clock().now();
    work.call.client.ownership.begin(&work.id, now).await?;
    if by == By::AnEarlierRun {
        work.call.warn(continues("cluster", &work.id));
    }
    applier::doubt(work, spec);
    for strange in resumed::strange(found, spec) {
        work.call.warn(strange);
    }
    // What the interrupted run gave may be wanted no more; a look that may not be made changes nothing.
    for one in made::at(work, &work.id).await.unwrap_or_default() {
        work.note_id(&one.id);
    }
    work.call.keep(&work.outputs(found));
    if let Ok(clusters) = &work.call.client.clusters {
        clusters.created(&work.id);
    }
    let role = SubnetRole::wanted(spec)?;
    match Box::pin(update::converge(work, spec, role.as_ref(), None)).await {
        Ok(outputs) => Ok(outputs),
        Err(failure) => Err(Box::pin(cut_short(work, failure)).await),
    }
}

/// What is said of a cluster that has the name of one that is to be created.
pub(super) const SUMMARY: &str = "Cluster exists already";

/// Who has to do with a cluster that has the name.
pub(super) async fn vouched(work: &Work<'_>, found: &ManagedCluster) -> Vouched {
    match ownership::mark_of(found) {
        Some(mark) => work.call.client.ownership.vouched(&work.id, mark).await,
        None => Vouched::Unknown,
    }
}

/// What to do about a cluster that is there already.
pub(super) fn taken(work: &Work<'_>, found: &ManagedCluster, vouched: &Vouched) -> String {
    let id = &work.id;
    let uid = found
        .properties
        .as_ref()
        .and_then(|properties| properties.resource_uid.clone());
    let is_it = uid.is_some() && uid == work.call.predecessor();
    if is_it || work.call.client.ownership.is_to_be_replaced(id) {
        return predecessor(id);
    }
    match vouched {
        Vouched::Held(by) => held(id, "secureaks_cluster", by),
        Vouched::Begun | Vouched::Unknown => format!(
            "A cluster of that name exists, and this configuration did not create it:\n\n  {id}\n\nChoose another name, or take the cluster over with\n\n  terraform import secureaks_cluster.NAME '{id}'\n\nor with an `import` block of that id. Nothing was changed."
        ),
    }
}

fn vanished(work: &Work<'_>) -> Failure {
    Diagnostic::error("Cluster is gone", format!("{} was accepted by Azure and is no longer there; it was deleted meanwhile. Run apply again.", work.id)).into()
}
