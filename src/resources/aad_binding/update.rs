//! Changing a binding in place: principals, namespaces, Azure's role.

use super::{
    AadBinding,
    outputs::Outputs,
    own::Own,
    spec::Spec,
    work::{WHAT, Work},
};
use crate::{
    framework::{Call, Failure, State, Verb},
    resources::{Session, inside::Inside},
};

/// Changes the binding.
pub(super) async fn update(
    call: &Call<Session>,
    prior: &State<AadBinding>,
    spec: &Spec,
) -> Result<Outputs, Failure> {
    let inside = Inside::begin(call, &spec.cluster_id, Verb::Update, WHAT)?;
    let id = prior.outputs.resource_id()?;
    let work = Box::pin(Work::begin(inside, id, spec)).await?;
    let before = work.given_before(Some(prior)).await?;
    let own = Own::of(call).marked(&work.inside, &work.id).await?;
    let own = own.closed(&work.inside, &work.id);
    let Some(objects) = work.objects(&own)? else {
        work.begun();
        work.grant(&before).await?;
        return work.prove(None).await;
    };
    let judged = Box::pin(work.judge(&objects)).await?;
    work.stand(&objects, &own).await?;
    work.begun();
    work.apply(&objects).await?;
    let places = prior.spec.places();
    work.remove_others(&objects, &own, places, &judged.others)
        .await?;
    work.grant(&before).await?;
    work.prove(judged.probes.as_deref()).await
}
