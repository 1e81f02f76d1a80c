//! `secureaks_network_policy`: which traffic some pods may take part in.

mod body;
mod check;
pub(super) mod dns;
pub(super) mod engine;
mod fields;
mod live;
pub(super) mod meaning;
mod outputs;
mod place;
mod planning;
mod raw;
mod short;
mod spec;
#[cfg(test)]
mod tests;
mod write;

use async_trait::async_trait;
use k8s_openapi::api::networking::v1::NetworkPolicy as Object;

use self::{
    outputs::{NetworkPolicyIdentity, Outputs},
    place::Place,
    spec::Spec,
};
use crate::{
    framework::{
        Call, Diagnostic, Diagnostics, Event, Failure, ImportTarget, PENDING, Planned, Resource,
        State, Timeouts, Verb, plan::Change,
    },
    resources::{
        Session,
        inside::{Inside, MARK, goes_with_cluster},
    },
};

/// The kind of object, in messages.
const WHAT: &str = "network policy";

/// The resource, as configurations name it.
const TYPE: &str = "secureaks_network_policy";

/// The resource.
#[derive(Debug, Default)]
pub struct NetworkPolicy;

#[async_trait]
impl Resource for NetworkPolicy {
    const NAME: &'static str = "network_policy";
    type Client = Session;
    type Spec = Spec;
    type Outputs = Outputs;
    type Identity = NetworkPolicyIdentity;

    fn check(&self, spec: &Spec, diagnostics: &mut Diagnostics) {
        check::check(spec, diagnostics);
    }

    async fn plan(&self, call: &Call<Session>, plan: Planned<'_, Self>) -> Result<(), Failure> {
        Box::pin(planning::judge(call, &plan)).await
    }

    async fn create(&self, call: &Call<Session>, spec: &Spec) -> Result<Outputs, Failure> {
        Box::pin(write::create(call, spec)).await
    }

    async fn read(
        &self,
        call: &Call<Session>,
        prior: &State<Self>,
    ) -> Result<Option<State<Self>>, Failure> {
        let place = place_in(&prior.outputs)?;
        let work = Inside::within(call, &place.cluster, Verb::Read, WHAT)?;
        let namespace = Some(place.namespace.as_str());
        let found = work
            .cluster
            .find::<Object>(namespace, &place.name, &work.limits)
            .await;
        match found {
            Ok(Some(found)) => {
                // The state names the policy, so that nobody needs the journal to find it.
                call.client.ownership.settle(&place.id).await;
                let mark = found.metadata.annotations.as_ref();
                let mark = mark.and_then(|annotations| annotations.get(MARK));
                if mark.is_some_and(|mark| call.client.ownership.is_unclosed(&place.id, mark)) {
                    // The create that made it was cut short, and its mark says so to other machines yet.
                    call.keep_private(PENDING, true.into());
                } else {
                    call.drop_private(PENDING);
                }
                let policy = found.spec.clone().unwrap_or_default();
                Ok(Some(State {
                    spec: live::spec(&place, &policy, Some(&prior.spec)),
                    outputs: live::outputs(&place, &found),
                }))
            }
            Ok(None) => Ok(None),
            Err(error) => Box::pin(work.unread(place.id.as_str(), &error)).await,
        }
    }

    async fn update(
        &self,
        call: &Call<Session>,
        prior: &State<Self>,
        spec: &Spec,
    ) -> Result<Outputs, Failure> {
        Box::pin(write::update(call, prior, spec)).await
    }

    async fn delete(&self, call: &Call<Session>, prior: &State<Self>) -> Result<(), Failure> {
        Box::pin(write::delete(call, prior)).await
    }

    fn note(&self, session: &Session, state: &State<Self>, event: Event) {
        if let Ok(place) = place_in(&state.outputs) {
            session.ownership.note(&place.id, event);
        }
    }

    fn instance<'a>(&self, outputs: &'a Outputs) -> Option<&'a str> {
        outputs.uid.value().map(String::as_str)
    }

    fn goes_with(
        &self,
        session: &Session,
        change: &Change<'_>,
        prior: &State<Self>,
    ) -> Option<&'static str> {
        goes_with_cluster(session, change, &place_in(&prior.outputs).ok()?.cluster)
    }

    fn import(&self, target: ImportTarget<NetworkPolicyIdentity>) -> Result<Outputs, Diagnostic> {
        let place = match target {
            ImportTarget::Id(text) => Place::parse(&text),
            ImportTarget::Identity(identity) => Place::new(
                identity.cluster_id.known()?,
                identity.namespace.known()?,
                identity.name.known()?,
            ),
        };
        let place = place.map_err(|problem| {
            Diagnostic::error(
                "Cannot import this",
                format!("{problem}. Expected the id of the cluster, followed by `/namespaces/NAMESPACE/networkPolicies/NAME`."),
            )
        })?;
        Ok(Outputs::of(&place))
    }

    fn identity(&self, state: &State<Self>) -> Option<NetworkPolicyIdentity> {
        let place = Place::parse(state.outputs.id.value()?).ok()?;
        Some(NetworkPolicyIdentity {
            cluster_id: place.cluster.as_str().to_owned().into(),
            namespace: place.namespace.into(),
            name: place.name.into(),
        })
    }

    fn timeouts<'a>(&self, spec: &'a Spec) -> Option<&'a Timeouts> {
        spec.timeouts.if_set()
    }
}

fn place_in(outputs: &Outputs) -> Result<Place, Diagnostic> {
    let id = outputs.id.value().map(String::as_str).unwrap_or_default();
    Place::parse(id).map_err(|problem| {
        Diagnostic::error(
            "State names no network policy",
            format!("{problem}. Remove the resource from the state and import it."),
        )
    })
}
