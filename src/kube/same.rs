//! Whether a cluster is still the one that this process knows: another tool may replace it in the same run.

use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{Access, Cluster, Error, known::Known};
use crate::azure::{
    Call,
    arm::managed_cluster::{self, API_VERSION, ManagedCluster},
    clock::later,
};

/// How long a cluster that was created a moment ago may take until its name is known everywhere and its
/// sign-in works.
const BRAND_NEW: Duration = Duration::from_mins(5);
/// How long Azure's word on how a cluster is reached is taken for true: less than the fastest replacement of one takes.
const FRESH: Duration = Duration::from_mins(2);

impl Cluster {
    /// What is known of it.
    pub(super) fn known(&self) -> Arc<Known> {
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known of it, after Azure was asked whether it is still the same where it has not been for a while. That
    /// Azure does not say so changes nothing, unless it is that the cluster is gone.
    pub(super) async fn current(&self, call: &Call) -> Result<Arc<Known>, Error> {
        let known = self.known();
        if known.access.get().is_some() {
            self.is_another(&known, FRESH, call).await?;
        }
        Ok(self.known())
    }

    /// Whether the cluster is another one than that of which `known` is known. Azure is asked unless it was within
    /// `patience`.
    pub(super) async fn is_another(
        &self,
        known: &Arc<Known>,
        patience: Duration,
        call: &Call,
    ) -> Result<bool, Error> {
        self.judge(known, || self.is_within(known.checked(), patience), call)
            .await
    }

    /// The same when the API server of `known` cannot be reached: Azure is asked unless it was for this within
    /// `patience`.
    pub(super) async fn is_another_reached(
        &self,
        known: &Arc<Known>,
        patience: Duration,
        call: &Call,
    ) -> Result<bool, Error> {
        let is_another = self
            .judge(known, || self.is_within(known.missed(), patience), call)
            .await?;
        known.miss(self.azure().clock().now());
        Ok(is_another)
    }

    fn is_within(&self, moment: Option<Timestamp>, patience: Duration) -> bool {
        moment.is_some_and(|moment| self.azure().clock().now() < later(moment, patience))
    }

    async fn judge(
        &self,
        known: &Arc<Known>,
        is_fresh: impl Fn() -> bool,
        call: &Call,
    ) -> Result<bool, Error> {
        let clock = self.azure().clock();
        if is_fresh() {
            return Ok(!Arc::ptr_eq(known, &self.known()));
        }
        let turn = call.lock(clock, &self.asking).await?;
        if is_fresh() || !Arc::ptr_eq(known, &self.known()) {
            return Ok(!Arc::ptr_eq(known, &self.known()));
        }
        let asked = self.ask_access(call).await;
        known.check(clock.now());
        drop(turn);
        match asked {
            Ok(access) => {
                let is_another = known.access.get().is_some_and(|old| !old.is_same(&access));
                if is_another {
                    self.learn_of_another(&access);
                }
                Ok(is_another)
            }
            Err(error @ (Error::Cancelled | Error::TimedOut)) => Err(error),
            Err(error) if error.is_cluster_gone() => Err(error),
            Err(_) => Ok(false),
        }
    }

    /// The access of what is known, asked of Azure once.
    pub(super) async fn access_of(&self, known: &Known, call: &Call) -> Result<Arc<Access>, Error> {
        let ask = async || {
            let access = self.ask_access(call).await?;
            known.check(self.azure().clock().now());
            Ok(access)
        };
        let known = async { Ok(known.access.get_or_try_init(ask).await.cloned()) };
        call.guard(self.azure().clock(), known).await?
    }

    /// Another cluster has taken the place of the one that was known: all that was remembered is forgotten.
    pub(super) fn learn_of_another(&self, access: &Arc<Access>) {
        let known = Known::nothing(Some(self.patience()));
        known.check(self.azure().clock().now());
        // It is new, so that nothing is set yet.
        if known.access.set(Arc::clone(access)).is_ok() {
            tracing::info!(
                resource.id = self.id().as_str(),
                "Another cluster has taken this one's place"
            );
            self.learn(known);
        }
    }

    pub(super) fn learn(&self, known: Known) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }

    /// Until when a cluster that is new now is to be waited for.
    pub(super) fn patience(&self) -> Timestamp {
        later(self.azure().clock().now(), BRAND_NEW)
    }

    pub(super) fn is_new(&self, known: &Known) -> bool {
        known
            .patient_until
            .is_some_and(|until| self.azure().clock().now() < until)
    }

    pub(super) async fn ask_access(&self, call: &Call) -> Result<Arc<Access>, Error> {
        let request = managed_cluster::list_user_credentials(self.id());
        match self.azure().send(&request, call).await {
            Ok(answer) => Ok(Arc::new(Access::from_answer(&answer)?)),
            Err(error) => Err(self.believed(error, call).await),
        }
    }

    pub(super) async fn ask_facts(&self, call: &Call) -> Result<Arc<ManagedCluster>, Error> {
        let answer = self
            .azure()
            .read(&managed_cluster::get(self.id()), call)
            .await;
        match answer.and_then(|answer| answer.json()) {
            Ok(facts) => Ok(Arc::new(facts)),
            Err(error) => Err(self.believed(error, call).await),
        }
    }

    /// That the cluster is gone is believed when a second look agrees.
    async fn believed(&self, error: crate::azure::Error, call: &Call) -> Error {
        self.azure()
            .believe(error, self.id(), API_VERSION, call)
            .await
            .into()
    }
}
