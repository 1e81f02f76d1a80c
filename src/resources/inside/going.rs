//! Deleting what is inside a cluster that the same plan deletes: what cannot be reached is let go, for it goes with the
//! cluster.

use serde_json::json;
use uuid::Uuid;

use super::Inside;
use crate::{
    azure::arm::ResourceId,
    framework::{Call, Diagnostic, Planned, Resource},
    kube::Error,
    resources::Session,
};

/// Under this private name a plan tells the deletion which plan it is.
pub(super) const PLAN: &str = "taken_away_by";

/// Notes for the deletion which plan takes an object away, if it does.
pub(crate) fn goes_by_this_plan<R: Resource>(call: &Call<Session>, plan: &Planned<'_, R>) {
    if plan.prior.is_some() && (plan.spec.is_none() || plan.replaces) {
        call.keep_private(PLAN, json!(call.client.leaving.plan()));
    }
}

impl Inside<'_> {
    /// Whether the plan that takes the object away takes its cluster away, too.
    pub(crate) async fn cluster_goes(&self) -> bool {
        let plan = self.call.private(PLAN);
        let plan = plan.as_ref().and_then(|plan| plan.as_str());
        match plan.and_then(|plan| Uuid::parse_str(plan).ok()) {
            Some(plan) => self.call.client.leaving.goes(self.cluster.id(), plan).await,
            None => false,
        }
    }

    /// Whether a deletion of the object `id` that failed with `error` is left to the deletion of its cluster, which is
    /// told. It is where the cluster goes with the same plan and did not let us in.
    pub(crate) async fn lets_go(&self, id: &ResourceId, error: &Error) -> bool {
        let is_kept_out = matches!(
            error,
            Error::Unreachable { .. } | Error::Azure(_) | Error::Access { .. } | Error::TimedOut
        ) || error.is_forbidden()
            || error.is_unauthorized();
        if !is_kept_out || !self.cluster_goes().await {
            return false;
        }
        self.call.warn(Diagnostic::warning(
            format!("The {} is left to the deletion of its cluster", self.what),
            format!("{id} could not be deleted by itself: {error}. The same plan deletes its cluster, and the {} with it, so it leaves the state. Should the cluster stay all the same, delete the {} by hand, or import it.", self.what, self.what),
        ));
        true
    }
}
