//! What is judged when a plan is made: what would be lost with a namespace that goes, whether the
//! name of a new one is taken, and whether anything enforces its policies.

use k8s_openapi::api::core::v1::Namespace as Object;

use super::{
    Namespace, TYPE, WHAT,
    loss::loss,
    place::Place,
    read::{is_another, mark},
    spec::Spec,
    write::taken,
};
use crate::{
    framework::{Call, Diagnostic, Failure, Planned, Severity, State, Verb, schema::Kind},
    kube::Right,
    resources::{
        Session,
        inside::{Inside, NoFields, check_planned, goes_by_this_plan, planning_limits},
        network_policy::engine::Engine,
    },
    value::Step,
};

/// A replacement deletes by the state, which has the flag as it was. Under this private name the
/// plan tells the deletion that the configuration allows it.
pub(super) const ALLOWED: &str = "delete_with_workloads";

/// Under this private name the plan tells the deletion that the same plan deletes the namespace's cluster.
pub(super) const WITH_CLUSTER: &str = "goes_with_cluster";

/// What whoever applies must be able to do.
const RIGHT: Right = Right {
    verb: "patch",
    group: "",
    resource: "namespaces",
    namespace: None,
};

/// Judges a plan. A cluster that is not known yet, or cannot be asked, is asked by nobody.
pub(super) async fn judge(
    call: &Call<Session>,
    plan: &Planned<'_, Namespace>,
) -> Result<(), Failure> {
    goes_by_this_plan(call, plan);
    if let Some(prior) = plan.prior
        && (plan.spec.is_none() || plan.replaces)
    {
        judge_deletion(call, prior, plan.spec).await?;
    }
    let Some(spec) = plan.spec else { return Ok(()) };
    let mut changes = plan.changes.iter();
    if plan.prior.is_some() && !changes.any(|change| change.attribute.kind != Kind::Local) {
        return Ok(());
    }
    let limits = planning_limits(&call.client, call);
    if spec.cluster_id.if_known().is_none() {
        return check_planned(&call.client, &spec.cluster_id, &limits).await;
    }
    let verb = if plan.prior.is_none() {
        Verb::Create
    } else {
        Verb::Update
    };
    let Ok(work) = Inside::begin(call, &spec.cluster_id, verb, WHAT) else {
        return Ok(());
    };
    match work.cluster.facts(&work.limits).await {
        Ok(cluster) => tell_of_engine(call, &Engine::of(&cluster), plan),
        // There is no cluster yet, and nobody to ask.
        Err(error) if error.is_cluster_gone() => return Ok(()),
        Err(_) => {}
    }
    work.check_right(&RIGHT, &spec.cluster_id).await?;
    if plan.prior.is_none()
        && let Ok(place) = Place::of(spec)
    {
        work.tell_of_marked::<Object>(&place.id, None, &place.name, TYPE)
            .await;
        tell_of_taken_name(&work, spec, &place).await;
    }
    Ok(())
}

/// Whether the namespace may be deleted with what is in it.
pub(super) fn is_allowed(call: &Call<Session>, prior: &State<Namespace>) -> bool {
    let by_state = prior.spec.delete_with_workloads.if_known() == Some(&true);
    by_state || call.private(ALLOWED).is_some()
}

/// Refuses to delete a namespace with what others have put into it, before anything is destroyed.
async fn judge_deletion(
    call: &Call<Session>,
    prior: &State<Namespace>,
    spec: Option<&Spec>,
) -> Result<(), Failure> {
    // A deletion that failed has left what its plan said, which may no longer hold.
    call.drop_private(ALLOWED);
    call.drop_private(WITH_CLUSTER);
    if let Some(spec) = spec
        && spec.delete_with_workloads.if_known() == Some(&true)
    {
        call.keep_private(ALLOWED, true.into());
    }
    let cluster = super::place_in(&prior.outputs)?.cluster;
    if spec.is_some() && call.client.planned.makes_anew(&cluster) {
        call.keep_private(WITH_CLUSTER, true.into());
    }
    if is_allowed(call, prior) || prior.outputs.is_adopted() {
        return Ok(());
    }
    let place = super::place_in(&prior.outputs)?;
    let Ok(work) = Inside::within(call, &place.cluster, Verb::Read, WHAT) else {
        return Ok(());
    };
    let found = work
        .cluster
        .get::<Object>(None, &place.name, &work.limits)
        .await;
    match found {
        Ok(Some(found)) if is_another(&found, prior.outputs.uid.value()) => return Ok(()),
        Ok(None) => return Ok(()),
        Ok(Some(_)) | Err(_) => {}
    }
    match loss(&work, &place.name).await {
        Ok(lost) => match lost.refusal(&place) {
            None => Ok(()),
            // The identity that applies may see more than the one that plans.
            Some(told) if lost.is_unseen() => {
                let severity = Severity::Warning;
                call.warn(Diagnostic { severity, ..told });
                Ok(())
            }
            Some(told) => Err(told.into()),
        },
        Err(error) if error.is_cluster_gone() => Ok(()),
        Err(error) => {
            let told = match work.fail(&error, &NoFields).await {
                interrupted @ Failure::Interrupted(_) => return Err(interrupted),
                failure => failure.told(),
            };
            for told in told {
                call.warn(Diagnostic {
                    severity: Severity::Warning,
                    summary: "Cannot see what is in the namespace".to_owned(),
                    detail: format!("{} is to be deleted, and what would be lost with it could not be seen: {}. {} Apply looks again, and deletes nothing that it cannot see, unless the cluster goes with it.", place.id, told.summary, told.detail),
                    ..told
                });
            }
            Ok(())
        }
    }
}

/// What denies nothing is said when it is written down or changed.
fn tell_of_engine(call: &Call<Session>, engine: &Engine, plan: &Planned<'_, Namespace>) {
    let Some(spec) = plan.spec else { return };
    let Some(network) = spec.network.if_known() else {
        return;
    };
    let is_network =
        |step: Option<&Step>| matches!(step, Some(Step::Attribute(name)) if name == "network");
    let changed = plan
        .changes
        .iter()
        .any(|change| is_network(change.path.steps().first()));
    let denied = [&network.default_deny_ingress, &network.default_deny_egress]
        .iter()
        .any(|denied| denied.if_known() == Some(&true));
    if (changed || plan.prior.is_none())
        && denied
        && let Some(warning) = engine.no_effect("a default deny", spec.network.path())
    {
        call.warn(warning);
    }
}

/// A namespace that exists under the name is told already now; only apply refuses, because it may
/// be gone by then. What the provider made itself, and so what is being replaced, has a mark.
async fn tell_of_taken_name(work: &Inside<'_>, spec: &Spec, place: &Place) {
    if spec.adopt.if_known() != Some(&false) {
        return;
    }
    let found = work
        .cluster
        .get::<Object>(None, &place.name, &work.limits)
        .await;
    if let Ok(Some(found)) = found
        && mark(&found).is_none()
    {
        work.call.warn(Diagnostic {
            severity: Severity::Warning,
            ..taken(spec, place)
        });
    }
}
