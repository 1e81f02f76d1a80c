//! What is judged when a plan is made: what the cluster's engine does not enforce, and what the API
//! server would say.

use k8s_openapi::api::networking::v1::NetworkPolicy as Object;

use super::{
    NetworkPolicy, TYPE, WHAT, body,
    engine::Engine,
    fields,
    place::Place,
    spec::Spec,
    write::{Written, is_forced, object},
};
use crate::{
    framework::{Call, Failure, Planned, Text, Verb, schema::Kind},
    kube::{Apply, Right},
    resources::{
        Session,
        inside::{Inside, check_planned, goes_by_this_plan, planning_limits},
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
        work.tell_of_marked::<Object>(&place.id, namespace, &place.name, TYPE)
            .await;
    }
    rehearse(&work, spec).await
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
/// somebody else owns its fields is told: its namespace may not be there yet, and whoever plans
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
