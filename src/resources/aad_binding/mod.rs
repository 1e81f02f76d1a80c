//! `secureaks_aad_binding`: rights inside a cluster for principals of Microsoft Entra.

mod check;
mod create;
mod delete;
mod given;
mod grant;
mod judged;
mod live;
mod objects;
mod ordered;
mod outputs;
mod own;
mod places;
mod planning;
mod probes;
mod proof;
mod registry;
mod resolve;
mod revoke;
mod roles;
mod spec;
mod subject;
mod twice;
mod update;
mod work;

use async_trait::async_trait;
use serde_json::Value as Json;

pub use self::registry::Bindings;
use self::{
    outputs::{BindingIdentity, Outputs},
    own::Own,
    spec::Spec,
    work::WHAT,
};
use crate::{
    azure::arm::ResourceId,
    framework::{
        Call, Diagnostic, Diagnostics, Event, Failure, ImportTarget, Planned, Resource, State,
        Timeouts, Verb, plan::Change,
    },
    resources::{
        Session,
        inside::{Inside, goes_with_cluster},
    },
};

/// The resource.
#[derive(Debug, Default)]
pub struct AadBinding;

#[async_trait]
impl Resource for AadBinding {
    const NAME: &'static str = "aad_binding";
    const VERSION: i64 = 1;
    type Client = Session;
    type Spec = Spec;
    type Outputs = Outputs;
    type Identity = BindingIdentity;

    fn check(&self, spec: &Spec, diagnostics: &mut Diagnostics) {
        check::check(spec, diagnostics);
    }

    async fn plan(&self, call: &Call<Session>, plan: Planned<'_, Self>) -> Result<(), Failure> {
        Box::pin(planning::judge(call, &plan)).await
    }

    async fn create(&self, call: &Call<Session>, spec: &Spec) -> Result<Outputs, Failure> {
        Box::pin(create::create(call, spec)).await
    }

    async fn read(
        &self,
        call: &Call<Session>,
        prior: &State<Self>,
    ) -> Result<Option<State<Self>>, Failure> {
        let id = prior.outputs.resource_id()?;
        let cluster = outputs::cluster_in(&id).ok_or_else(|| no_binding(&id))?;
        let inside = Inside::within(call, &cluster, Verb::Read, WHAT)?;
        match Box::pin(live::read(&inside, &id, prior)).await {
            Ok(Some(state)) => {
                // The state names the binding, so that nobody needs the journal to find it. An update that was killed
                // while it gave an imported one its mark needs it yet.
                if Own::of(call).mark().is_some() {
                    call.client.ownership.settle(&id).await;
                }
                Ok(Some(state))
            }
            Ok(None) => Ok(None),
            // Azure keeps the role assignments of a cluster that is gone.
            Err(error) if error.is_cluster_gone() && !prior.spec.is_azures() => {
                Ok(live::unbound(&inside, &id, prior).await)
            }
            Err(error) => inside.unread(id.name(), &error).await,
        }
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
        if let Ok(id) = state.outputs.resource_id() {
            session.ownership.note(&id, event);
        }
    }

    fn goes_with(
        &self,
        session: &Session,
        change: &Change<'_>,
        prior: &State<Self>,
    ) -> Option<&'static str> {
        let id = prior.outputs.resource_id().ok()?;
        goes_with_cluster(session, change, &outputs::cluster_in(&id)?)
    }

    fn import(&self, target: ImportTarget<BindingIdentity>) -> Result<Outputs, Diagnostic> {
        let text = match target {
            ImportTarget::Id(text) => text,
            ImportTarget::Identity(identity) => {
                format!(
                    "{}/aadBindings/{}",
                    identity.cluster_id.known()?,
                    identity.name.known()?
                )
            }
        };
        let id = ResourceId::parse(&text).map_err(|error| not_importable(&error.to_string()))?;
        if objects::is_built_in_name(id.name()) {
            Err(own::built_in_name(id.name()))
        } else if outputs::cluster_in(&id).is_some() {
            Ok(Outputs::of_id(&id))
        } else {
            Err(not_importable(&format!("{id} is the id of something else")))
        }
    }

    fn identity(&self, state: &State<Self>) -> Option<BindingIdentity> {
        let id = state.outputs.resource_id().ok()?;
        Some(BindingIdentity {
            cluster_id: outputs::cluster_in(&id)?.as_str().to_owned().into(),
            name: id.name().to_owned().into(),
        })
    }

    fn upgrade(&self, _: i64, state: Json) -> Result<Json, Diagnostic> {
        Ok(ordered::subjects(state))
    }

    fn timeouts<'a>(&self, spec: &'a Spec) -> Option<&'a Timeouts> {
        spec.timeouts.if_set()
    }
}

fn not_importable(found: &str) -> Diagnostic {
    Diagnostic::error(
        "Cannot import this",
        format!(
            "{found}. Expected the id of a cluster, followed by `/aadBindings/` and the name of a ClusterRoleBinding, of RoleBindings that all have that name, or of a binding of this provider."
        ),
    )
}

fn no_binding(id: &ResourceId) -> Diagnostic {
    Diagnostic::error(
        "State names no binding",
        format!(
            "{id} is the id of something else. Remove the resource from the state and import it."
        ),
    )
}
