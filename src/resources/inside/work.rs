//! One verb's work inside a cluster.

use std::{sync::Arc, time::Duration};

use super::going::PLAN;
use crate::{
    azure::{self, arm::ResourceId},
    framework::{Attr, Call, Diagnostic, Failure, Text as _, Verb},
    kube::Cluster,
    resources::{Session, texts::ClusterId},
};

/// The work.
pub(crate) struct Inside<'a> {
    /// What the verb was called with.
    pub(crate) call: &'a Call<Session>,
    /// The cluster.
    pub(crate) cluster: Arc<Cluster>,
    /// When to stop.
    pub(crate) limits: azure::Call,
    /// What is being done.
    pub(crate) verb: Verb,
    /// The kind of object it is done to: "namespace".
    pub(crate) what: &'static str,
}

/// The bounds of what a plan asks: nobody waits for a plan for longer than this.
pub(crate) fn planning_limits(session: &Session, call: &Call<Session>) -> azure::Call {
    const PATIENCE: Duration = Duration::from_mins(5);
    let now = session.azure().ok().map(|azure| azure.clock().now());
    azure::Call {
        cancelled: call.cancelled.clone(),
        deadline: now.and_then(|now| now.checked_add(PATIENCE).ok()),
        ..azure::Call::default()
    }
}

impl<'a> Inside<'a> {
    /// Begins `verb` on an object of the kind `what` in the cluster `cluster_id`, which must be known.
    pub(crate) fn begin(
        call: &'a Call<Session>,
        cluster_id: &Attr<ClusterId>,
        verb: Verb,
        what: &'static str,
    ) -> Result<Self, Failure> {
        let id = ResourceId::parse(&cluster_id.known()?.text())
            .map_err(|error| cluster_id.error("Invalid id", error.to_string()))?;
        Self::within(call, &id, verb, what)
    }

    /// Begins `verb` in the cluster `id`.
    pub(crate) fn within(
        call: &'a Call<Session>,
        id: &ResourceId,
        verb: Verb,
        what: &'static str,
    ) -> Result<Self, Failure> {
        const LONG: Duration = Duration::from_mins(20);
        const SHORT: Duration = Duration::from_mins(5);
        let usual = match verb {
            Verb::Create | Verb::Update | Verb::Delete => LONG,
            Verb::Read => SHORT,
        };
        if verb == Verb::Create && call.client.planned.has_failed(id) {
            return Err(Diagnostic::error(
                "Cluster is not ready",
                format!("{id} was created by this apply and is not as configured, as the warning about it says. The {what} is made by the next apply, when the cluster is."),
            )
            .into());
        }
        if verb == Verb::Create {
            call.drop_private(PLAN);
        }
        let cluster = call.client.cluster(id)?;
        let deadline = cluster
            .azure()
            .clock()
            .now()
            .checked_add(call.timeout.unwrap_or(usual))
            .ok();
        let limits = azure::Call {
            cancelled: call.cancelled.clone(),
            deadline,
            ..azure::Call::default()
        };
        Ok(Self {
            call,
            cluster,
            limits,
            verb,
            what,
        })
    }

    /// The same work for its last steps, which are short, and not given up because Terraform says Stop.
    pub(crate) fn ending(&self) -> Self {
        const PATIENCE: Duration = Duration::from_secs(30);
        let now = self.cluster.azure().clock().now();
        Self {
            cluster: Arc::clone(&self.cluster),
            limits: azure::Call {
                deadline: now.checked_add(PATIENCE).ok(),
                ..azure::Call::default()
            },
            ..*self
        }
    }

    /// Waits before looking again at something, or ends as the work does.
    pub(crate) async fn pause(&self, duration: Duration) -> Result<(), crate::kube::Error> {
        let clock = self.cluster.azure().clock();
        let nap = async {
            clock.sleep(duration).await;
            Ok(())
        };
        Ok(self.limits.guard(clock, nap).await?)
    }

    /// Warns that what is done here is done as the local administrator, whom nobody can tell from another.
    pub(crate) async fn warn_of_local_administrator(&self) {
        let access = self.cluster.access(&self.limits).await;
        if access
            .is_ok_and(|access| matches!(access.login, crate::kube::Login::LocalAdministrator(_)))
        {
            self.call.warn(Diagnostic::warning(
                "Working as the cluster's local administrator",
                format!("{} has no sign-in with Microsoft Entra, so the provider uses the administrator's certificate, which is held in memory only. Those who have that certificate cannot be told apart or locked out: turn on `entra` for the cluster.", self.cluster.id()),
            ));
        }
    }
}
