//! Reading a cluster, and what is said of one that does not run as it should.

use super::{
    Cluster, applier, live, outdated, ownership,
    role::{self, Standing},
    work::{Work, has_failed, is_of_state, is_settled},
};
use crate::{
    azure::{
        Error,
        arm::managed_cluster::{self, ManagedCluster},
    },
    framework::{Call, Diagnostic, Failure, GONE, PENDING, Resource as _, State, Verb, made_anew},
    resources::Session,
};

/// Reads the cluster.
pub(super) async fn read(
    call: &Call<Session>,
    prior: &State<Cluster>,
) -> Result<Option<State<Cluster>>, Failure> {
    let work = Work::begin(call, super::id_in(&prior.outputs)?, Verb::Read)?;
    let work = work.knowing(&prior.outputs);
    call.drop_private(GONE);
    let answer = work
        .azure
        .read(&managed_cluster::get(&work.id), &work.limits)
        .await;
    let cluster: ManagedCluster = match answer.and_then(|response| response.json()) {
        Ok(cluster) => cluster,
        Err(error) => {
            return match work.believe(error).await {
                error if error.is_not_found() => {
                    call.client.planned.gone(&work.id);
                    gone(&work, prior, None).await
                }
                error => Err(not_read(&work, &error)),
            };
        }
    };
    if !is_of_state(&cluster, &prior.outputs) {
        call.warn(made_anew(Cluster::NAME));
        return gone(&work, prior, Some(&cluster)).await;
    }
    // The state names the cluster, so that nobody needs the journal to find it.
    call.client.ownership.settle(&work.id).await;
    // A mark that says to other machines yet that its create was cut short is work, too.
    let is_unclosed = ownership::mark_of(&cluster)
        .is_some_and(|mark| call.client.ownership.is_unclosed(&work.id, mark));
    let is_pending = !is_settled(&cluster) || has_failed(&cluster) || is_unclosed;
    // A run that was stopped while it waited for the applier's right has more to do than the cluster tells.
    let is_waited_for = call.private(PENDING).is_some() && applier::is_unproved(&work);
    if (!is_pending && !is_waited_for) || cluster.is_stopped() {
        call.drop_private(PENDING);
    } else if call.private(PENDING).is_none() {
        // What was begun by a run that was killed must not pass for what is wanted.
        call.keep_private(PENDING, true.into());
    }
    tell_of_trouble(&work, &cluster);
    outdated::tell(&work, &cluster);
    look_at_role(&work, prior, &cluster).await?;
    let granted = prior.spec.grant_applier_access.if_known().copied();
    let granted = applier::is_granted(&work, granted).await;
    let mut state = live::state(&work.id, &cluster, Some(&prior.spec));
    state.outputs = work.outputs(&cluster);
    if let Some(granted) = granted {
        state.spec.grant_applier_access = granted.into();
    }
    Ok(Some(state))
}

/// Why the cluster is not read. One that may be gone stays in the state, and it is said.
fn not_read(work: &Work<'_>, error: &Error) -> Failure {
    match (work.fail(error), error) {
        (Failure::Failed(told), Error::Unconfirmed { .. }) => Failure::Failed(
            told.into_iter()
                .map(|told| Diagnostic::warning(told.summary, told.detail))
                .collect(),
        ),
        (failure, _) => failure,
    }
}

/// A cluster that is gone leaves the state, unless something is left that was made for it, and that only the state
/// still tells of: the next apply takes that away, whether it makes the cluster anew or not.
async fn gone(
    work: &Work<'_>,
    prior: &State<Cluster>,
    another: Option<&ManagedCluster>,
) -> Result<Option<State<Cluster>>, Failure> {
    if !role::is_any_left(work, &prior.spec, another).await? {
        return Ok(None);
    }
    work.call.keep_private(GONE, true.into());
    let made: Vec<String> = work.made().into_iter().collect();
    Err(Failure::Failed(vec![Diagnostic::warning(
        "Cluster is gone, and a role assignment is left",
        format!(
            "{} is gone. What was made for it is still there, or cannot be seen: {}. The next apply or destroy takes it away.",
            work.id,
            made.join(", ")
        ),
    )]))
}

/// Looks whether the role on the subnet is as it is to be, where the provider has given it. A look that may not be
/// made changes nothing.
async fn look_at_role(
    work: &Work<'_>,
    prior: &State<Cluster>,
    cluster: &ManagedCluster,
) -> Result<(), Failure> {
    let Ok(Some(subnet)) = role::subnet_of(&prior.spec) else {
        return Ok(());
    };
    let principal = live::principal(cluster);
    let known = work.made_at(&subnet);
    let standing: Standing = match role::standing(work, &subnet, principal.as_deref()).await {
        Ok(standing) => standing,
        Err(error @ (Error::Cancelled | Error::TimedOut)) => return Err(work.fail(&error)),
        Err(_) => return Ok(()),
    };
    // What this provider has created gets the role from it, and had it not yet when the create was cut short.
    let is_looked_after =
        standing.is_looked_after() || !known.is_empty() || ownership::mark_of(cluster).is_some();
    if is_looked_after && standing.has_work(principal.as_deref()) {
        work.call.keep_private(PENDING, true.into());
    }
    if standing.is_looked_after() {
        for id in &known {
            work.forget_id(id);
        }
        for id in standing.ids() {
            work.note_id(id);
        }
    }
    Ok(())
}

/// A cluster that does not run as it should is read all the same, and it is said.
fn tell_of_trouble(work: &Work<'_>, cluster: &ManagedCluster) {
    let state = cluster.provisioning_state().unwrap_or_default();
    if state.eq_ignore_ascii_case("Deleting") {
        let detail = format!(
            "Azure is deleting {}. It is still there, and an apply waits until it is gone.",
            work.id
        );
        work.call
            .warn(Diagnostic::warning("Cluster is being deleted", detail));
    }
    let properties = cluster.properties.clone().unwrap_or_default();
    let power = properties
        .power_state
        .and_then(|state| state.code)
        .unwrap_or_default();
    if power.eq_ignore_ascii_case("Stopped") {
        work.call.warn(Diagnostic::warning(
            "Cluster is stopped",
            format!("{} is stopped; it can be read and not changed.", work.id),
        ));
    }
    if is_settled(cluster) && has_failed(cluster) {
        let error = properties
            .status
            .and_then(|status| status.provisioning_error)
            .unwrap_or_default();
        let reason = [error.code, error.message]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(": ");
        let reason = match reason.trim_end_matches('.') {
            "" => "Azure gives no reason",
            reason => reason,
        };
        let advice = if work.call.private(PENDING).is_some() {
            "The next apply tries again"
        } else {
            "An apply that changes something tries again"
        };
        work.call.warn(Diagnostic::warning(
            "Cluster is in a failed state",
            format!(
                "The last operation on {} ended as {}: {reason}. {advice}.",
                work.id,
                cluster.provisioning_state().unwrap_or_default()
            ),
        ));
    }
}
