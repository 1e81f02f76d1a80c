//! `secureaks_cluster`: an AKS cluster that is secure unless told otherwise.

mod applier;
mod baseline;
mod body;
mod check;
mod create;
mod data_source;
mod delete;
mod live;
mod outputs;
mod ownership;
mod places;
mod planning;
mod role;
mod spec;
#[cfg(test)]
mod tests;
mod update;
mod work;

use async_trait::async_trait;

pub use self::data_source::ExistingCluster;

use self::{
    baseline::Choices,
    outputs::{ClusterIdentity, Outputs},
    spec::{NetworkMode, Spec},
    work::{Work, has_failed, is_settled},
};
use crate::{
    azure::arm::{
        ResourceId,
        managed_cluster::{self, ManagedCluster, RESOURCE_TYPE},
    },
    framework::{
        Call, Diagnostic, Diagnostics, Failure, ImportTarget, PENDING, Planned, Resource, State,
        Timeouts, Verb, plan::Change,
    },
    resources::Session,
    value::Value,
};

/// The resource.
#[derive(Debug)]
pub struct Cluster {
    baselines: &'static [Choices],
}

impl Default for Cluster {
    fn default() -> Self {
        Self {
            baselines: baseline::ALL,
        }
    }
}

#[async_trait]
impl Resource for Cluster {
    const NAME: &'static str = "cluster";
    type Client = Session;
    type Spec = Spec;
    type Outputs = Outputs;
    type Identity = ClusterIdentity;

    const LOSS: &'static str = "The cluster would be deleted with everything in it, and a new one created. Undo the change, or set `allow_replacement = true` to lose the cluster.";

    fn defaults(&self, filled: &mut Value, config: &Value, prior: &Value) {
        baseline::choose(self.baselines, filled, config, prior);
    }

    fn check(&self, spec: &Spec, diagnostics: &mut Diagnostics) {
        check::check(spec, diagnostics);
    }

    fn replacement_allowed(&self, spec: &Spec) -> bool {
        spec.allow_replacement.if_known().copied().unwrap_or(false)
    }

    /// Changes Azure makes in one direction only (AKS documentation; `PropertyChangeNotAllowed`).
    fn replaces(
        &self,
        change: &Change<'_>,
        prior: &State<Self>,
        spec: &Spec,
    ) -> Option<&'static str> {
        let turned_off = change.from == Value::Bool(true) && change.to == Value::Bool(false);
        match change.path.to_string().as_str() {
            "entra.enabled" if turned_off => Some("Azure cannot turn Entra sign-in off again"),
            "oidc_issuer" if turned_off => Some("Azure cannot turn the issuer off again"),
            "network.mode"
                if spec.network.if_known()?.mode.if_known() != Some(&NetworkMode::Overlay) =>
            {
                Some("Azure cannot take a cluster out of overlay")
            }
            "network.policy"
                if prior.spec.network.if_known()?.policy.if_known()
                    == Some(&spec::NetworkPolicy::Cilium) =>
            {
                Some("Azure cannot take a cluster off the Cilium data plane")
            }
            _ => None,
        }
    }

    fn is_already(&self, change: &Change<'_>, prior: &State<Self>) -> bool {
        let Some(network) = prior.outputs.current_network.value() else {
            return false;
        };
        let running = match change.path.to_string().as_str() {
            "network.pod_cidr" => &network.pod_cidr,
            "network.service_cidr" => &network.service_cidr,
            "network.dns_service_ip" => &network.dns_service_ip,
            _ => return false,
        };
        running
            .value()
            .is_some_and(|running| (change.attribute.same)(&change.to, &running.as_str().into()))
    }

    async fn plan(&self, call: &Call<Session>, plan: Planned<'_, Self>) -> Result<(), Failure> {
        planning::judge(self, call, &plan).await
    }

    async fn create(&self, call: &Call<Session>, spec: &Spec) -> Result<Outputs, Failure> {
        Box::pin(create::create(call, spec)).await
    }

    async fn read(
        &self,
        call: &Call<Session>,
        prior: &State<Self>,
    ) -> Result<Option<State<Self>>, Failure> {
        let work = Work::begin(call, id_in(&prior.outputs)?, Verb::Read)?;
        let answer = work
            .azure
            .read(&managed_cluster::get(&work.id), &work.limits)
            .await;
        let cluster: ManagedCluster = match answer.and_then(|response| response.json()) {
            Ok(cluster) => cluster,
            Err(error) if error.is_not_found() => {
                role::tell_of_left(&work).await;
                return Ok(None);
            }
            Err(error) => {
                return Err(work.fail(&error));
            }
        };
        // The state names the cluster, so that nobody needs the journal to find it.
        call.client.ownership.settle(&work.id).await;
        // What failed of ours is still to be done: only a cluster that succeeded has nothing pending.
        let done = is_settled(&cluster) && !has_failed(&cluster);
        if done && !role::is_left_over(call) {
            call.drop_private(PENDING);
        }
        tell_of_trouble(&work, &cluster);
        let mut state = live::state(&work.id, &cluster, Some(&prior.spec));
        let imported = prior.spec.grant_applier_access.if_known().is_none();
        if let Some(granted) = applier::is_granted(&work, imported).await {
            state.spec.grant_applier_access = granted.into();
        }
        Ok(Some(state))
    }

    async fn update(
        &self,
        call: &Call<Session>,
        prior: &State<Self>,
        spec: &Spec,
    ) -> Result<Outputs, Failure> {
        Box::pin(update::update(call, prior, spec)).await
    }

    async fn delete(&self, call: &Call<Session>, prior: &State<Self>) -> Result<(), Failure> {
        Box::pin(delete::delete(call, prior)).await
    }

    fn import(&self, target: ImportTarget<ClusterIdentity>) -> Result<Outputs, Diagnostic> {
        let wanted = "Wanted is the id of a cluster, `/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.ContainerService/managedClusters/NAME` (`az aks show --name NAME --resource-group GROUP --query id`)";
        let refuse =
            |found: String| Diagnostic::error("Cannot import this", format!("{found}. {wanted}."));
        let id = match target {
            ImportTarget::Id(text) => {
                ResourceId::parse(&text).map_err(|error| refuse(error.to_string()))?
            }
            ImportTarget::Identity(identity) => {
                let (subscription, group, name) = (
                    identity.subscription_id.known()?,
                    identity.resource_group_name.known()?,
                    identity.name.known()?,
                );
                ResourceId::managed_cluster(subscription, group, name)
                    .map_err(|error| refuse(error.to_string()))?
            }
        };
        if id.is_a(RESOURCE_TYPE) {
            Ok(Outputs::of_id(id.as_str()))
        } else {
            Err(refuse(format!("{id} is the id of something else")))
        }
    }

    fn identity(&self, state: &State<Self>) -> Option<ClusterIdentity> {
        let id = ResourceId::parse(state.outputs.id.value()?).ok()?;
        Some(ClusterIdentity {
            subscription_id: id.subscription().to_owned().into(),
            resource_group_name: id.resource_group()?.to_owned().into(),
            name: id.name().to_owned().into(),
        })
    }

    fn timeouts<'a>(&self, spec: &'a Spec) -> Option<&'a Timeouts> {
        spec.timeouts.if_set()
    }
}

/// A cluster that does not run as it should is read all the same, and it is said.
fn tell_of_trouble(work: &Work<'_>, cluster: &ManagedCluster) {
    let state = cluster.provisioning_state().unwrap_or_default();
    if state.eq_ignore_ascii_case("Deleting") {
        let detail = format!(
            "Azure is deleting {}. It is still there, and an apply waits until it is gone.",
            work.id
        );
        work.call
            .warn(Diagnostic::warning("Cluster is being deleted", detail));
        // It must not pass for a cluster that is as wanted.
        work.call.keep_private(PENDING, true.into());
    }
    let properties = cluster.properties.clone().unwrap_or_default();
    let power = properties
        .power_state
        .and_then(|state| state.code)
        .unwrap_or_default();
    if power.eq_ignore_ascii_case("Stopped") {
        work.call.warn(Diagnostic::warning(
            "Cluster is stopped",
            format!("{} is stopped; it can be read and not changed.", work.id),
        ));
    }
    if is_settled(cluster) && has_failed(cluster) {
        let error = properties
            .status
            .and_then(|status| status.provisioning_error)
            .unwrap_or_default();
        let reason = [error.code, error.message]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(": ");
        let reason = match reason.trim_end_matches('.') {
            "" => "Azure gives no reason",
            reason => reason,
        };
        let advice = if work.call.private(PENDING).is_some() {
            "The next apply tries again"
        } else {
            "An apply that changes something tries again"
        };
        work.call.warn(Diagnostic::warning(
            "Cluster is in a failed state",
            format!(
                "The last operation on {} ended as {}: {reason}. {advice}.",
                work.id,
                cluster.provisioning_state().unwrap_or_default()
            ),
        ));
    }
}

fn id_of(subscription: &str, spec: &Spec) -> Result<ResourceId, Diagnostic> {
    let (group, name) = (spec.resource_group_name.known()?, spec.name.known()?);
    ResourceId::managed_cluster(subscription, group.as_ref(), name.as_ref())
        .map_err(|error| spec.name.error("Invalid id", error.to_string()))
}

fn id_in(outputs: &Outputs) -> Result<ResourceId, Diagnostic> {
    let id = outputs.id.value().map(String::as_str).unwrap_or_default();
    ResourceId::parse(id).map_err(|error| {
        Diagnostic::error(
            "State names no cluster",
            format!("{error}. Remove the resource from the state and import it."),
        )
    })
}
