//! What is judged when a plan is made: what the cluster's engine does not enforce, and what the API
//! server would say.

use super::{
    NetworkPolicy, WHAT, body,
    engine::Engine,
    fields,
    place::Place,
    spec::Spec,
    write::{Written, is_forced, object},
};
use crate::{
    framework::{Call, Failure, Planned, Verb, schema::Kind},
    kube::Apply,
    resources::{Session, inside::Inside},
};

/// Judges a plan. A cluster that is not known yet, or cannot be asked, is asked by nobody.
pub(super) async fn judge(
    call: &Call<Session>,
    plan: &Planned<'_, NetworkPolicy>,
) -> Result<(), Failure> {
    let Some(spec) = plan.spec else { return Ok(()) };
    let changes = plan
        .changes
        .iter()
        .any(|change| change.attribute.kind != Kind::Local);
    if plan.prior.is_some() && !changes {
        return Ok(());
    }
    let Ok(work) = Inside::begin(call, &spec.cluster_id, Verb::Read, WHAT) else {
        return Ok(());
    };
    // Without an answer of Azure there is no cluster yet, and nobody to ask.
    if let Ok(cluster) = work.cluster.facts(&work.limits).await {
        tell_of_engine(call, &Engine::of(cluster), spec);
        rehearse(&work, spec).await?;
    }
    Ok(())
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
