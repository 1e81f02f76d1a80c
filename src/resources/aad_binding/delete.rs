//! Deleting a binding, and the role assignments that were made for it.

use super::{
    AadBinding, grant, outputs,
    work::{self, WHAT},
};
use crate::{
    framework::{Call, Failure, State, Verb},
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
    let mut others = None;
    if !prior.spec.is_azures() {
        for place in prior.spec.places() {
            match work::delete_object(&inside, place.as_deref(), id.name()).await {
                Ok(()) => {}
                // With the cluster all that was in it is gone.
                Err(error) if error.is_cluster_gone() => break,
                Err(error) => return Err(inside.fail(&error, &NoFields).await),
            }
        }
        // Asked after our own is gone: of two that are deleted at the same time, the later one sees none.
        others = match work::bound_of_ours(&inside).await {
            Ok(others) => Some(others),
            Err(error) if error.is_cluster_gone() => Some(Vec::new()),
            Err(_) => None,
        };
    }
    grant::revoke_all_but(&inside, &[], id.name(), others.as_deref()).await?;
    call.client.bindings.release(&id);
    call.client.ownership.settle(&id).await;
    Ok(())
}
