//! What is judged when a plan is made: what the cluster's engine does not enforce, and what the API
//! server would say.

use k8s_openapi::api::{core::v1::Namespace, networking::v1::NetworkPolicy as Object};

use super::{
    NetworkPolicy, TYPE, WHAT, body,
    engine::Engine,
    fields,
    place::Place,
    spec::Spec,
    write::{Written, is_forced, object},
};
use crate::{
    framework::{Call, Diagnostic, Failure, Planned, Severity, Text, Verb, schema::Kind},
    kube::{Apply, Right},
    resources::{
        Session,
        inside::{Inside, check_planned, goes_by_this_plan, has_label, mark_of, planning_limits},
        namespace::{DENY, DNS},
    },
};

/// Judges a plan. A cluster that is not known yet, or cannot be asked, is asked by nobody.
pub(super) async fn judge(
    call: &Call<Session>,
    plan: &Planned<'_, NetworkPolicy>,
) -> Result<(), Failure> {
    goes_by_this_plan(call, plan);
    let Some(spec) = plan.spec else { return Ok(()) };
    let changes = plan
        .changes
        .iter()
        .any(|change| change.attribute.kind != Kind::Local);
    judge_name(call, plan, spec, changes)?;
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
        Ok(cluster) => tell_of_engine(call, &Engine::of(&cluster), spec),
        // There is no cluster yet, and nobody to ask.
        Err(error) if error.is_cluster_gone() => return Ok(()),
        Err(_) => {}
    }
    let right = Right {
        verb: "patch",
        group: "networking.k8s.io",
        resource: "networkpolicies",
        namespace: spec.namespace.if_known().map(Text::text),
    };
    work.check_right(&right, &spec.cluster_id).await?;
    if plan.prior.is_none()
        && let Ok(place) = Place::of(spec)
    {
        let namespace = Some(place.namespace.as_str());
        judge_standing(&work, spec, &place).await?;
        work.tell_of_marked::<Object>(&place.id, namespace, &place.name, TYPE)
            .await;
    }
    rehearse(&work, spec).await
}

/// One name is for one policy: the configuration must not create two of it, nor one that its namespace makes by itself.
fn judge_name(
    call: &Call<Session>,
    plan: &Planned<'_, NetworkPolicy>,
    spec: &Spec,
    changes: bool,
) -> Result<(), Failure> {
    let Ok(place) = Place::of(spec) else {
        return Ok(());
    };
    let ownership = &call.client.ownership;
    let is_new = plan.prior.is_none();
    if is_new && call.predecessor().is_none() {
        let planned = ownership.plan_creation(&place.id);
        planned.map_err(|told| told.at(spec.name.path()))?;
    }
    let told = namespaces_own(spec, &place);
    match ownership.plan_object(&place.id, is_new || changes) {
        None => Ok(()),
        Some(true) => Err(told.into()),
        // It was so before this plan.
        Some(false) => {
            let severity = Severity::Warning;
            call.warn(Diagnostic { severity, ..told });
            Ok(())
        }
    }
}

/// The error about a policy that the resource of its namespace makes by itself.
fn namespaces_own(spec: &Spec, place: &Place) -> Diagnostic {
    spec.name.error(
        "Namespace makes this policy itself",
        format!(
            "Expected a name that no other resource uses, found `{}`: it is one of the policies that `secureaks_namespace` makes in `{}`, and the two resources would overwrite each other in every apply. Choose another name, or turn the namespace's own policies off in its block `network`.",
            place.name, place.namespace
        ),
    )
}

/// Refuses a name that a policy in the cluster has, unless a state at hand holds that one or it is to be overwritten. One
/// that the namespace's resource made is never overwritten.
async fn judge_standing(work: &Inside<'_>, spec: &Spec, place: &Place) -> Result<(), Failure> {
    let namespace = Some(place.namespace.as_str());
    let found = work
        .in_the_way::<Object>(&place.id, namespace, &place.name)
        .await;
    let Some(found) = found else { return Ok(()) };
    if is_namespaces_own(work, place, &found).await {
        return Err(namespaces_own(spec, place).into());
    }
    // What carries a mark is told below; it may be of this state, whose notes are elsewhere.
    if mark_of(&found).is_some() || spec.force_conflicts.if_known() != Some(&false) {
        return Ok(());
    }
    let wanted = object(place, spec, None)?;
    let written = Written(spec);
    let refused = work.refuse_foreign(&place.id, &wanted, TYPE, &written);
    Err(refused.await)
}

/// Whether the resource of the namespace made the policy: it carries the namespace's own mark, or none where the namespace
/// has none.
async fn is_namespaces_own(work: &Inside<'_>, place: &Place, found: &Object) -> bool {
    if ![DENY, DNS].contains(&place.name.as_str()) || !has_label(found) {
        return false;
    }
    let namespace = work
        .cluster
        .get::<Namespace>(None, &place.namespace, &work.limits)
        .await;
    match namespace {
        Ok(Some(namespace)) => mark_of(&namespace) == mark_of(found),
        _ => false,
    }
}

fn tell_of_engine(call: &Call<Session>, engine: &Engine, spec: &Spec) {
    let whole = [
        engine.no_effect("the policy", spec.name.path()),
        engine.retirement(spec.name.path()),
    ];
    let limits = body::policy(spec)
        .map(|policy| engine.limits(&policy, |field| fields::place(spec, field)))
        .unwrap_or_default();
    for warning in whole.into_iter().flatten().chain(limits) {
        call.warn(warning);
    }
}

/// Lets the API server judge the policy without storing it. Only that it is not valid or that
/// somebody else owns its fields is told: its namespace may not be there yet, and the signed-in identity
/// may not be who applies.
async fn rehearse(work: &Inside<'_>, spec: &Spec) -> Result<(), Failure> {
    let Ok(place) = Place::of(spec) else {
        return Ok(());
    };
    let Ok(wanted) = object(&place, spec, None) else {
        return Ok(());
    };
    let how = Apply {
        force: is_forced(spec)?,
        dry_run: true,
    };
    match work.cluster.apply(&wanted, how, &work.limits).await {
        Err(error) if !error.causes().is_empty() && (error.is_invalid() || error.is_conflict()) => {
            Err(work.fail(&error, &Written(spec)).await)
        }
        _ => Ok(()),
    }
}
