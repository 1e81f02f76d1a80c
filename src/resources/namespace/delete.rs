//! Deleting a namespace, or giving up one that is not ours to delete.

use k8s_openapi::api::core::v1::Namespace as Object;

use super::{
    Namespace, WHAT,
    body::{self, Contents},
    check, contents,
    loss::loss,
    place::Place,
    planning,
    read::{PartMarks, is_another, is_terminating, mark},
};
use crate::{
    framework::{Call, Diagnostic, Failure, State, Verb},
    kube::{self, Apply},
    resources::{
        Session,
        inside::{Inside, NoFields},
    },
};

/// Deletes the namespace and waits until it is gone.
pub(super) async fn delete(call: &Call<Session>, prior: &State<Namespace>) -> Result<(), Failure> {
    let place = super::place_in(&prior.outputs)?;
    let work = Inside::within(call, &place.cluster, Verb::Delete, WHAT)?;
    let found = work
        .cluster
        .get::<Object>(None, &place.name, &work.limits)
        .await;
    match found {
        Ok(Some(found)) if is_another(&found, prior.outputs.uid.value()) => {
            call.warn(Diagnostic::warning(
                "Another namespace has the name",
                format!("{} was deleted by another hand, and what has its name now is another namespace, which stays.", place.id),
            ));
        }
        Ok(Some(found)) if is_left_to_cluster(&work, &place, prior, &found).await? => return Ok(()),
        Ok(Some(found)) => remove(&work, &place, prior, found).await?,
        Ok(None) => {}
        Err(error) if error.is_cluster_gone() => {}
        Err(error) if work.lets_go(&place.id, &error).await => {}
        Err(error) => return Err(work.fail(&error, &NoFields).await),
    }
    call.client.ownership.forget(&place.id).await;
    Ok(())
}

/// Whether the namespace stays until its cluster is deleted, which is what this replacement does next. Should it not come
/// to that, as with `create_before_destroy`, nothing is lost: a note says that the namespace is this state's, and the
/// next apply goes on with it.
async fn is_left_to_cluster(
    work: &Inside<'_>,
    place: &Place,
    prior: &State<Namespace>,
    found: &Object,
) -> Result<bool, Failure> {
    let is_planned = work.call.private(planning::WITH_CLUSTER).is_some();
    let (true, Some(mark)) = (is_planned && !prior.outputs.is_adopted(), mark(found)) else {
        return Ok(false);
    };
    if !planning::is_allowed(work.call, prior) {
        refuse_loss(work, place).await?;
    }
    let now = work.cluster.azure().clock().now();
    let noted = work
        .call
        .client
        .ownership
        .reopen(&place.id, mark, now)
        .await;
    Ok(noted.is_ok())
}

async fn remove(
    work: &Inside<'_>,
    place: &Place,
    prior: &State<Namespace>,
    found: Object,
) -> Result<(), Failure> {
    if prior.outputs.is_adopted() && mark(&found).is_some() {
        work.call.warn(left(place));
        return Ok(());
    }
    if prior.outputs.is_adopted() || check::is_built_in(&place.name) {
        return release(work, place, prior).await;
    }
    if !is_terminating(&found) {
        if !planning::is_allowed(work.call, prior) {
            refuse_loss(work, place).await?;
        }
        let uid = found.metadata.uid.as_deref();
        let deleted = work
            .cluster
            .delete::<Object>(None, &place.name, uid, &work.limits)
            .await;
        if let Err(error) = deleted {
            return Err(work.fail(&error, &NoFields).await);
        }
    }
    wait(work, place, found).await
}

/// What is told of a namespace that a configuration of this provider made and may hold yet: each of them applies under
/// the same field manager, so what this one would take away can be the other's.
fn left(place: &Place) -> Diagnostic {
    Diagnostic::warning(
        "Namespace was not deleted",
        format!(
            "{} was imported, and this provider made it before: another configuration may hold it. It stays as it is, with its labels, annotations, quota, limits and network policies. To delete it, destroy it with that configuration; if there is none, run `kubectl delete namespace {}`.",
            place.id, place.name
        ),
    )
}

/// Takes away what is ours in a namespace that was there before.
async fn release(
    work: &Inside<'_>,
    place: &Place,
    prior: &State<Namespace>,
) -> Result<(), Failure> {
    let how = Apply {
        force: prior.spec.force_conflicts.if_known() == Some(&true),
        dry_run: false,
    };
    let marks = PartMarks::within(work, place, None);
    contents::converge(work, &place.name, &Contents::default(), &marks, how).await?;
    let applied = work
        .cluster
        .apply(&body::released(&place.name), how, &work.limits)
        .await;
    if let Err(error) = applied {
        return Err(work.fail(&error, &NoFields).await);
    }
    work.call.warn(Diagnostic::warning(
        "Namespace was not deleted",
        format!("{} was there before and was taken over, so it stays with what is in it. The labels, annotations, quota, limits and network policies of this resource were taken away: pods are no longer denied traffic by it. To delete the namespace run `kubectl delete namespace {}`.", place.id, place.name),
    ));
    Ok(())
}

/// Refuses to delete a namespace with what others have put into it, which may have come after the plan.
async fn refuse_loss(work: &Inside<'_>, place: &Place) -> Result<(), Failure> {
    match loss(work, &place.name).await {
        Ok(lost) => lost.refusal(place).map_or(Ok(()), |told| Err(told.into())),
        Err(error) => Err(work.fail(&error, &NoFields).await),
    }
}

/// Waits until a namespace that is being deleted is gone. When time runs out it is said what
/// holds it.
pub(super) async fn wait(
    work: &Inside<'_>,
    place: &Place,
    mut last: Object,
) -> Result<(), Failure> {
    let uid = last.metadata.uid.clone();
    loop {
        let looked = work
            .cluster
            .get::<Object>(None, &place.name, &work.limits)
            .await;
        let error = match looked {
            Ok(None) => return Ok(()),
            Ok(Some(found)) if is_another(&found, uid.as_ref()) => return Ok(()),
            Ok(Some(found)) => {
                last = found;
                match work.pause(work.cluster.azure().poll_interval()).await {
                    Ok(()) => continue,
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        return Err(match error {
            kube::Error::TimedOut => held(place, &last).into(),
            error => work.fail(&error, &NoFields).await,
        });
    }
}

/// What keeps a namespace from going (Kubernetes, `NamespaceConditionType`).
fn held(place: &Place, found: &Object) -> Diagnostic {
    let conditions = found
        .status
        .iter()
        .flat_map(|status| status.conditions.iter().flatten())
        .filter(|condition| condition.status == "True")
        .map(|condition| {
            format!(
                "{}: {}",
                condition.type_,
                condition.message.as_deref().unwrap_or_default()
            )
        });
    let own = found.metadata.finalizers.iter().flatten();
    let own = own.map(|finalizer| format!("the namespace's own finalizer `{finalizer}`"));
    let reasons: Vec<String> = conditions.chain(own).collect();
    let reasons = if reasons.is_empty() {
        "Kubernetes gives no reason yet".to_owned()
    } else {
        reasons.join("; ")
    };
    Diagnostic::error(
        "Namespace is still being deleted",
        format!(
            "{} was asked to go, and is still there: {reasons}. A finalizer is removed by the controller that set it, when its work is done: see that the controller runs, or remove the object that holds it. Then run it again, or allow more time in `timeouts.delete`.",
            place.id
        ),
    )
}
