//! `secureaks_cluster`: an AKS cluster that is secure unless told otherwise.

mod applier;
mod baseline;
mod body;
mod check;
mod create;
mod data_source;
mod delete;
mod ended;
mod live;
mod machines;
mod made;
mod outdated;
mod outputs;
mod ownership;
mod places;
mod planning;
mod read;
mod resumed;
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
};
use crate::{
    azure::arm::{ResourceId, managed_cluster::RESOURCE_TYPE},
    framework::{
        Call, Diagnostic, Diagnostics, Event, Failure, ImportTarget, Planned, Resource, State,
        Timeouts, plan::Change,
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
        Box::pin(read::read(call, prior)).await
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

    fn note(&self, session: &Session, state: &State<Self>, event: Event) {
        if let Ok(id) = id_in(&state.outputs) {
            session.ownership.note(&id, event);
        }
    }

    fn instance<'a>(&self, outputs: &'a Outputs) -> Option<&'a str> {
        outputs.resource_uid.value().map(String::as_str)
    }

    fn import(&self, target: ImportTarget<ClusterIdentity>) -> Result<Outputs, Diagnostic> {
        let wanted = "Expected the id of a cluster, `/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.ContainerService/managedClusters/NAME` (`az aks show --name NAME --resource-group GROUP --query id`)";
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
