//! Creating a binding, or seeing through what a killed process began.

use super::{
    outputs::{self, Outputs},
    own::{self, Own},
    spec::Spec,
    work::{WHAT, Work},
};
use crate::{
    framework::{Call, Failure, Verb},
    resources::{Session, inside::Inside},
};

/// Creates the binding.
pub(super) async fn create(call: &Call<Session>, spec: &Spec) -> Result<Outputs, Failure> {
    let inside = Inside::begin(call, &spec.cluster_id, Verb::Create, WHAT)?;
    let id = outputs::id_of(inside.cluster.id(), spec.name.known()?.as_ref())
        .map_err(|error| spec.name.error("Invalid id", error.to_string()))?;
    let work = Box::pin(Work::begin(inside, id, spec)).await?;
    let before = work.given_before(None).await?;
    let own = Own::anew(&work.inside, &work.id)?;
    let Some(objects) = work.objects(&own)? else {
        own.begun(&work.inside, &work.id).await?;
        work.begun();
        work.grant(&before).await?;
        return work.prove(None).await;
    };
    let judged = Box::pin(work.judge(&objects)).await?;
    work.stand(&objects, &own).await?;
    let left = own::left_behind(&work.inside, &work.id, &judged.others).await;
    let own = own.begun(&work.inside, &work.id).await?.having(&left);
    let objects = objects.marked(own.mark());
    work.begun();
    let places = left.into_iter().map(|one| one.namespace).collect();
    let given = async {
        work.apply(&objects).await?;
        work.remove_others(&objects, &own, places, &judged.others)
            .await?;
        work.grant(&before).await?;
        work.prove(judged.probes.as_deref()).await
    };
    match Box::pin(given).await {
        Ok(outputs) => {
            work.close(own).await?;
            Ok(outputs)
        }
        Err(failure) if call.has_kept() => {
            // The state holds it all the same. Where this fails, the next apply does it.
            drop(work.ending().close(own).await);
            Err(failure)
        }
        Err(failure) => Err(failure),
    }
}
