//! What is judged when a plan is made: what would be lost with a namespace that goes, whether the
//! name of a new one is taken, and whether anything enforces its policies.

use k8s_openapi::api::core::v1::Namespace as Object;

use super::{
    Namespace, TYPE, WHAT,
    body::{DENY, DNS},
    loss::loss,
    place::Place,
    read::is_another,
    spec::Spec,
    write::taken,
};
use crate::{
    framework::{Attr, Call, Diagnostic, Failure, Planned, Severity, State, Verb, schema::Kind},
    kube::Right,
    resources::{
        Session,
        inside::{Inside, NoFields, check_planned, goes_by_this_plan, mark_of, planning_limits},
        network_policy::engine::Engine,
    },
    value::Step,
};

/// A replacement deletes by the state, which has the flag as it was. Under this private name the
/// plan tells the deletion that the configuration allows it.
pub(super) const ALLOWED: &str = "delete_with_workloads";

/// Under this private name the plan tells the deletion that the same plan deletes the namespace's cluster.
pub(super) const WITH_CLUSTER: &str = "goes_with_cluster";

/// What the signed-in identity must be able to do.
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
    let changes = changes.any(|change| change.attribute.kind != Kind::Local);
    judge_names(call, plan, spec, changes)?;
    if plan.prior.is_some() && !changes {
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

/// One name is for one object: the configuration must not create two namespaces of it, nor a policy that this one makes by
/// itself.
fn judge_names(
    call: &Call<Session>,
    plan: &Planned<'_, Namespace>,
    spec: &Spec,
    changes: bool,
) -> Result<(), Failure> {
    let Ok(place) = Place::of(spec) else {
        return Ok(());
    };
    let ownership = &call.client.ownership;
    if plan.prior.is_none() && call.predecessor().is_none() {
        let planned = ownership.plan_creation(&place.id);
        planned.map_err(|told| told.at(spec.name.path()))?;
    }
    let policies = |name: &str| {
        place
            .id
            .child("networkPolicies", name)
            .map_err(|problem| spec.name.error("Invalid id", problem.to_string()))
    };
    let mut parts = Vec::new();
    for name in own_policies(spec) {
        parts.push(policies(name)?);
    }
    let changes = plan.prior.is_none() || changes;
    let mut errors = Vec::new();
    for (policy, is_new) in ownership.plan_parts(&parts, changes) {
        let told = spec.network.error(
            "Another resource makes a policy of this namespace",
            format!(
                "Expected no resource for {policy}, found a `secureaks_network_policy`: this namespace makes the policy by itself, and the two resources would overwrite each other in every apply. Give that one another name, or turn the namespace's own policies off in the block `network`."
            ),
        );
        if is_new {
            errors.push(told);
        } else {
            let severity = Severity::Warning;
            call.warn(Diagnostic { severity, ..told });
        }
    }
    if errors.is_empty() {
        Ok(())
    } else {
        Err(Failure::Failed(errors))
    }
}

/// The names of the policies that the namespace makes by itself, as far as that is known.
fn own_policies(spec: &Spec) -> Vec<&'static str> {
    let is_on = |switch: &Attr<bool>| switch.if_known() == Some(&true);
    let Some(network) = spec.network.if_known() else {
        return Vec::new();
    };
    let (ingress, egress) = (
        is_on(&network.default_deny_ingress),
        is_on(&network.default_deny_egress),
    );
    let deny = (ingress || egress).then_some(DENY);
    let dns = (egress && is_on(&network.allow_dns)).then_some(DNS);
    deny.into_iter().chain(dns).collect()
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

/// A namespace that exists under the name is told already now, whether another configuration owns it or another tool;
/// only apply refuses, because it may be gone by then.
async fn tell_of_taken_name(work: &Inside<'_>, spec: &Spec, place: &Place) {
    if spec.adopt.if_known() != Some(&false) {
        return;
    }
    let found = work.in_the_way::<Object>(&place.id, None, &place.name);
    // Of one with a mark more is told.
    if found.await.is_some_and(|found| mark_of(&found).is_none()) {
        let told = taken(spec, place);
        work.call.warn(Diagnostic {
            severity: Severity::Warning,
            detail: format!(
                "Unless this plan deletes it first, apply will refuse: {}",
                told.detail
            ),
            ..told
        });
    }
}
