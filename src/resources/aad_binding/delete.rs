//! Deleting a binding, and the role assignments that were made for it.

use std::collections::BTreeSet;

use super::{
    AadBinding, outputs,
    own::{self, Own},
    registry::Stage,
    revoke,
    work::WHAT,
};
use crate::{
    framework::{Call, Failure, State, Verb},
    kube::Error,
    resources::{
        Session,
        inside::{Inside, NoFields},
    },
};

/// Deletes the binding.
pub(super) async fn delete(call: &Call<Session>, prior: &State<AadBinding>) -> Result<(), Failure> {
    let id = prior.outputs.resource_id()?;
    let cluster = outputs::cluster_in(&id).unwrap_or_else(|| id.clone());
    let inside = Inside::within(call, &cluster, Verb::Delete, WHAT)?;
    let own = Own::of(call);
    let before = revoke::look(&inside, &id, &prior.spec, Some(prior)).await?;
    call.client.bindings.touch(Stage::Applied, own.uids());
    if !prior.spec.is_azures()
        && let Err(error) = remove(&inside, prior, &own, id.name()).await
        // With the cluster all that was in it is gone, or will be.
        && !error.is_cluster_gone()
        && !inside.lets_go(&id, &error).await
    {
        return Err(inside.fail(&error, &NoFields).await);
    }
    // Our own is gone by now: of two that are deleted at the same time, the later one sees no other.
    revoke::all_but(&inside, &before, &[], id.name()).await?;
    call.client.bindings.release(&id);
    call.client.ownership.forget(&id).await;
    Ok(())
}

/// Deletes the binding's objects in the cluster.
async fn remove(
    inside: &Inside<'_>,
    prior: &State<AadBinding>,
    own: &Own,
    name: &str,
) -> Result<(), Error> {
    let mut places: BTreeSet<Option<String>> = prior.spec.places().into_iter().collect();
    // An update that was killed may have made some of which the state does not know.
    match inside.call.client.bindings.found_in(inside).await {
        Ok(found) => {
            places.extend(own.places_in(name, &found));
            places.extend(own::places_without_note(inside, own, name, &found));
        }
        Err(error) if error.is_forbidden() => {}
        Err(error) => return Err(error),
    }
    for place in places {
        own::remove(inside, own, place.as_deref(), name).await?;
    }
    Ok(())
}
