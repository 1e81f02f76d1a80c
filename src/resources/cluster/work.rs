//! One verb's work on one cluster: what it may take, how it asks Azure, and how it tells what
//! went wrong.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde_json::json;

use super::{live, outputs::Outputs, places::ClusterPlaces};
use crate::{
    azure::{
        self, Client, Ending, Error, Operation, Precondition, Response,
        arm::{
            ResourceId,
            managed_cluster::{self, ManagedCluster},
            provider,
        },
    },
    framework::{Call, Diagnostic, Failure, PENDING, Verb},
    resources::{Session, refusals},
};

/// The work.
pub(super) struct Work<'a> {
    /// What the verb was called with.
    pub(super) call: &'a Call<Session>,
    /// The client.
    pub(super) azure: &'a Client,
    /// When to stop.
    pub(super) limits: azure::Call,
    /// The cluster.
    pub(super) id: ResourceId,
    /// What is being done.
    verb: Verb,
    /// The ids of the role assignments that were made for the cluster, in lower case.
    made: Mutex<BTreeSet<String>>,
}

/// What AKS needs beside its own service.
const NAMESPACES: [&str; 3] = [
    "Microsoft.ContainerService",
    "Microsoft.Network",
    "Microsoft.Compute",
];

impl<'a> Work<'a> {
    /// Begins `verb` on the cluster `id`.
    pub(super) fn begin(
        call: &'a Call<Session>,
        id: ResourceId,
        verb: Verb,
    ) -> Result<Self, Failure> {
        const LONG: Duration = Duration::from_mins(90);
        const SHORT: Duration = Duration::from_mins(5);
        let usual = match verb {
            Verb::Create | Verb::Update | Verb::Delete => LONG,
            Verb::Read => SHORT,
        };
        let azure = call.client.azure()?;
        let deadline = azure
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
            azure,
            limits,
            id,
            verb,
            made: Mutex::default(),
        })
    }

    /// The same for the cluster of a state, which names the role assignments that were made for it.
    pub(super) fn knowing(self, outputs: &Outputs) -> Self {
        let ids = outputs.role_assignment_ids.value().into_iter().flatten();
        for id in ids {
            self.note_id(id);
        }
        self
    }

    /// The same work for its last steps, which are short, and not given up because Terraform says Stop.
    pub(super) fn ending(&self) -> Self {
        const PATIENCE: Duration = Duration::from_mins(1);
        Self {
            call: self.call,
            azure: self.azure,
            limits: azure::Call {
                deadline: self.azure.clock().now().checked_add(PATIENCE).ok(),
                ..azure::Call::default()
            },
            id: self.id.clone(),
            verb: self.verb,
            made: Mutex::new(self.made()),
        }
    }

    /// The ids of the role assignments that were made for the cluster, in lower case.
    pub(super) fn made(&self) -> BTreeSet<String> {
        self.ids().clone()
    }

    /// Those of them that are for `scope`.
    pub(super) fn made_at(&self, scope: &ResourceId) -> Vec<String> {
        let start = format!(
            "{}/providers/microsoft.authorization/",
            scope.as_str().to_ascii_lowercase()
        );
        let made = self.made().into_iter();
        made.filter(|id| id.starts_with(&start)).collect()
    }

    /// Notes a role assignment that was made for the cluster.
    pub(super) fn note_made(&self, id: &ResourceId) {
        self.note_id(id.as_str());
    }

    /// The same by its id as a text.
    pub(super) fn note_id(&self, id: &str) {
        self.ids().insert(id.to_ascii_lowercase());
    }

    /// Forgets a role assignment that is gone.
    pub(super) fn forget_made(&self, id: &ResourceId) {
        self.forget_id(id.as_str());
    }

    /// The same by its id as a text.
    pub(super) fn forget_id(&self, id: &str) {
        self.ids().remove(&id.to_ascii_lowercase());
    }

    fn ids(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the cluster, to be kept in the state.
    pub(super) fn outputs(&self, cluster: &ManagedCluster) -> Outputs {
        let properties = cluster.properties.clone().unwrap_or_default();
        Outputs {
            role_assignment_ids: self
                .made()
                .iter()
                .map(|id| ResourceId::canonical(id))
                .collect::<BTreeSet<_>>()
                .into(),
            ..live::outputs(&self.id, cluster, &properties)
        }
    }

    /// What Azure refused, in the user's words.
    pub(super) fn fail(&self, error: &Error) -> Failure {
        refusals::tell(error, self.verb, "cluster", &ClusterPlaces)
    }

    /// The cluster as it is now; `None` when there is none.
    pub(super) async fn find(&self) -> Result<Option<ManagedCluster>, Error> {
        match self
            .azure
            .send(&managed_cluster::get(&self.id), &self.limits)
            .await
        {
            Ok(response) => response.json().map(Some),
            Err(error) if error.is_not_found() && !error.is_resource_group_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Sends the cluster's body. An answer is waited for even when Terraform says Stop: without it
    /// nobody would know whether Azure has accepted.
    pub(super) async fn put(
        &self,
        body: &ManagedCluster,
        precondition: Precondition,
    ) -> Result<Begun, Error> {
        let request = managed_cluster::put(&self.id, body, precondition);
        let response = match self.send_whole(&request).await {
            Err(error)
                if error.missing_registration().is_some()
                    && self.call.client.register_providers =>
            {
                self.register().await?;
                self.send_whole(&request).await?
            }
            answer => answer?,
        };
        let operation = Operation::begun(&request, &response);
        if let Some(operation) = &operation {
            self.call.keep_private(PENDING, json!(operation.keep()));
        }
        Ok(Begun {
            cluster: response.json()?,
            operation,
        })
    }

    /// What to believe of an answer by which the cluster is not there: the same, when a second look agrees.
    pub(super) async fn believe(&self, missing: Error) -> Error {
        let version = managed_cluster::API_VERSION;
        self.azure
            .believe(missing, &self.id, version, &self.limits)
            .await
    }

    /// Sends a request whose answer must not be lost.
    pub(super) async fn send_whole(&self, request: &azure::Request) -> Result<Response, Error> {
        const PATIENCE: Duration = Duration::from_mins(3);
        if self.limits.cancelled.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let deadline = self.azure.clock().now().checked_add(PATIENCE).ok();
        self.azure
            .send(
                request,
                &azure::Call {
                    deadline,
                    last_try: self.limits.cancelled.clone(),
                    ..azure::Call::default()
                },
            )
            .await
    }

    /// Follows an operation on the cluster to its end, and returns the cluster.
    pub(super) async fn follow(
        &self,
        operation: &Operation,
    ) -> Result<Option<ManagedCluster>, Error> {
        let ending = self.azure.wait(operation, &self.limits).await?;
        if let Ending::Resource {
            disputed: Some(failure),
            ..
        } = &ending
        {
            self.call.warn(Diagnostic::warning(
                "Operation failed, cluster did not",
                format!("Azure reported that {failure}; the cluster itself then came to succeed, which counts. Nothing needs to be done."),
            ));
        }
        match ending {
            Ending::Resource { .. } => ending.resource("the cluster").map(Some),
            Ending::Deleted | Ending::Finished => Ok(None),
        }
    }

    /// Follows the operation that an earlier run left, if it left one. The cluster would show that
    /// it failed; only the operation says why.
    pub(super) async fn follow_left_over(&self) -> Result<(), Error> {
        let left = self.call.private(PENDING);
        let left = left.as_ref().and_then(|kept| kept.as_str());
        let Some(Ok(operation)) = left.map(Operation::resume) else {
            return Ok(());
        };
        match self.follow(&operation).await {
            Err(error @ Error::OperationFailed(_)) => {
                let detail = format!(
                    "What an earlier run began has failed in the meantime: {error}. It is tried again now."
                );
                self.call
                    .warn(Diagnostic::warning("An earlier operation failed", detail));
                Ok(())
            }
            Err(error) if error.is_not_found() => Ok(()),
            outcome => outcome.map(|_| ()),
        }
    }

    /// Follows an operation, and leaves it to the next run if this one ends before it does.
    async fn follow_kept(&self, operation: &Operation) -> Result<Option<ManagedCluster>, Error> {
        self.call.keep_private(PENDING, json!(operation.keep()));
        self.follow(operation).await
    }

    /// Waits until nothing is going on with the cluster, whoever began it.
    pub(super) async fn settled(&self) -> Result<Option<ManagedCluster>, Error> {
        match self.find().await? {
            Some(cluster) if !is_settled(&cluster) => {
                match Operation::on_resource(&managed_cluster::get(&self.id)) {
                    Some(operation) => match self.follow_kept(&operation).await {
                        // That it failed is seen in its body, and may be why we are here.
                        Err(Error::OperationFailed(_)) => self.find().await,
                        Err(error) if error.is_not_found() => Ok(None),
                        outcome => outcome,
                    },
                    None => Ok(Some(cluster)),
                }
            }
            found => Ok(found),
        }
    }

    /// Waits as long as between two looks at an operation.
    pub(super) async fn pause(&self) -> Result<(), Error> {
        self.pause_for(self.azure.poll_interval()).await
    }

    /// Waits before a write that was refused because of another operation is tried for the
    /// `nth` time: longer each time, so that a long operation does not use up the writes that AKS
    /// grants, one a minute and twenty at once.
    pub(super) async fn pause_after_conflict(&self, nth: u32) -> Result<(), Error> {
        const LONGEST: u32 = 6;
        self.pause_for(self.azure.poll_interval() * nth.clamp(1, LONGEST))
            .await
    }

    async fn pause_for(&self, span: Duration) -> Result<(), Error> {
        tokio::select! {
            () = self.azure.clock().sleep(span) => {}
            () = self.limits.cancelled.cancelled() => return Err(Error::Cancelled),
        }
        match self.limits.deadline {
            Some(deadline) if deadline <= self.azure.clock().now() => Err(Error::TimedOut),
            _ => Ok(()),
        }
    }

    /// Registers the subscription for what AKS needs, and waits until it is.
    async fn register(&self) -> Result<(), Error> {
        let subscription = self.id.subscription();
        for namespace in NAMESPACES {
            let request =
                provider::register(subscription, namespace).map_err(|error| undecodable(&error))?;
            self.azure.send(&request, &self.limits).await?;
        }
        for namespace in NAMESPACES {
            let request =
                provider::get(subscription, namespace).map_err(|error| undecodable(&error))?;
            while !self
                .azure
                .send(&request, &self.limits)
                .await?
                .json::<provider::Provider>()?
                .is_registered()
            {
                self.pause().await?;
            }
        }
        Ok(())
    }
}

fn undecodable(error: &azure::arm::InvalidResourceId) -> Error {
    Error::Decode {
        what: "a resource id".to_owned(),
        reason: error.to_string(),
    }
}

/// What a PUT has begun.
pub(super) struct Begun {
    /// The cluster as Azure accepted it.
    pub(super) cluster: ManagedCluster,
    /// What is still going on.
    pub(super) operation: Option<Operation>,
}

/// Whether the cluster is the one of a state. One whose state knows no uid is taken for it.
pub(super) fn is_of_state(cluster: &ManagedCluster, outputs: &Outputs) -> bool {
    let found = cluster
        .properties
        .as_ref()
        .and_then(|properties| properties.resource_uid.as_ref());
    match (found, outputs.resource_uid.value()) {
        (Some(found), Some(known)) => found == known,
        _ => true,
    }
}

/// Whether nothing is going on with a cluster.
pub(super) fn is_settled(cluster: &ManagedCluster) -> bool {
    cluster.provisioning_state().is_none_or(|state| {
        ["Succeeded", "Failed", "Canceled"]
            .iter()
            .any(|end| end.eq_ignore_ascii_case(state))
    })
}

/// Whether the last operation on a cluster failed.
pub(super) fn has_failed(cluster: &ManagedCluster) -> bool {
    cluster
        .provisioning_state()
        .is_some_and(|state| !state.eq_ignore_ascii_case("Succeeded"))
}
