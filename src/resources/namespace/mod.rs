//! `secureaks_namespace`: a namespace that is closed unless opened.

mod body;
mod check;
mod contents;
mod delete;
mod live;
mod loss;
mod outputs;
mod owned;
mod place;
mod planning;
mod read;
mod spec;
#[cfg(test)]
mod tests;
mod write;

pub(super) use body::{DENY, DNS};
pub(super) use check::is_the_clusters_own;

use async_trait::async_trait;

use self::{
    outputs::{NamespaceIdentity, Outputs},
    place::Place,
    spec::Spec,
};
use crate::{
    framework::{
        Call, Diagnostic, Diagnostics, Event, Failure, ImportTarget, Planned, Resource, State,
        Timeouts, plan::Change,
    },
    kube::LABEL,
    resources::{
        Session,
        inside::{MARK, goes_with_cluster},
    },
};

/// The kind of object, in messages.
const WHAT: &str = "namespace";

/// The resource, as configurations name it.
const TYPE: &str = "secureaks_namespace";

/// Labels and annotations by which an object is known as ours, and that nobody may write.
const MARKS: [&str; 2] = [LABEL, MARK];

/// The resource.
#[derive(Debug, Default)]
pub struct Namespace;

#[async_trait]
impl Resource for Namespace {
    const NAME: &'static str = "namespace";
    type Client = Session;
    type Spec = Spec;
    type Outputs = Outputs;
    type Identity = NamespaceIdentity;

    fn check(&self, spec: &Spec, diagnostics: &mut Diagnostics) {
        check::check(spec, &MARKS, diagnostics);
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
        Box::pin(read::read(call, prior)).await
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
        Box::pin(delete::delete(call, prior)).await
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

    fn import(&self, target: ImportTarget<NamespaceIdentity>) -> Result<Outputs, Diagnostic> {
        let place = match target {
            ImportTarget::Id(text) => Place::parse(&text),
            ImportTarget::Identity(identity) => {
                Place::new(identity.cluster_id.known()?, identity.name.known()?)
            }
        };
        let place = place.map_err(|problem| {
            Diagnostic::error(
                "Cannot import this",
                format!(
                    "{problem}. Expected the id of the cluster, followed by `/namespaces/NAME`."
                ),
            )
        })?;
        Ok(Outputs::of(&place))
    }

    fn identity(&self, state: &State<Self>) -> Option<NamespaceIdentity> {
        let place = Place::parse(state.outputs.id.value()?).ok()?;
        Some(NamespaceIdentity {
            cluster_id: place.cluster.as_str().to_owned().into(),
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
            "State names no namespace",
            format!("{problem}. Remove the resource from the state and import it."),
        )
    })
}
