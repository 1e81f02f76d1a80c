//! The resource `relic`: the least there can be, and what a thing can be made of by a `moved` block.

use async_trait::async_trait;
use secureaks::framework::{
    Attr, Block, Call, Computed, Diagnostic, Failure, ImportTarget, Resource, State,
};
use serde_json::json;

use super::{store::Store, thing::Identity};

/// A thing as it was made once.
#[derive(Block, Debug)]
pub(crate) struct Spec {
    /// Name of the relic.
    #[tf(replace = "a relic cannot be renamed")]
    name: Attr<String>,
}

/// What the service says about a relic.
#[derive(Block, Debug)]
pub(crate) struct Outputs {
    /// Id of the relic.
    #[tf(stable)]
    id: Computed<String>,
}

pub(crate) struct Relics;

#[async_trait]
impl Resource for Relics {
    const NAME: &'static str = "relic";
    type Client = Store;
    type Spec = Spec;
    type Outputs = Outputs;
    type Identity = Identity;

    /// A relic is stored as the thing it can become.
    async fn create(&self, call: &Call<Store>, spec: &Spec) -> Result<Outputs, Failure> {
        let name = spec.name.known()?;
        let id = format!("things/{name}");
        let object = json!({
            "name": name, "place": "north", "size": 1, "make": "first", "version": "7", "revision": 1,
            "network": {"kind": "wire", "range": "10.0.0.0/8"},
        });
        call.client.put(&id, &object)?;
        Ok(Outputs { id: id.into() })
    }

    async fn read(
        &self,
        call: &Call<Store>,
        prior: &State<Self>,
    ) -> Result<Option<State<Self>>, Failure> {
        let id = prior.outputs.id.value().map_or("", String::as_str);
        let found = call.client.find(id)?;
        Ok(found.map(|object| State {
            spec: Spec {
                name: object["name"]
                    .as_str()
                    .unwrap_or_default()
                    .to_owned()
                    .into(),
            },
            outputs: Outputs {
                id: id.to_owned().into(),
            },
        }))
    }

    async fn update(&self, _: &Call<Store>, _: &State<Self>, _: &Spec) -> Result<Outputs, Failure> {
        Err(Diagnostic::error("Relics do not change", "There is nothing to change.").into())
    }

    async fn delete(&self, call: &Call<Store>, prior: &State<Self>) -> Result<(), Failure> {
        let id = prior.outputs.id.value().map_or("", String::as_str);
        Ok(call.client.remove(id)?)
    }

    fn import(&self, target: ImportTarget<Identity>) -> Result<Outputs, Diagnostic> {
        let id = match target {
            ImportTarget::Id(id) => id,
            ImportTarget::Identity(identity) => format!("things/{}", identity.name.known()?),
        };
        Ok(Outputs { id: id.into() })
    }

    fn identity(&self, state: &State<Self>) -> Option<Identity> {
        let name = state.outputs.id.value()?.trim_start_matches("things/");
        Some(Identity {
            name: name.to_owned().into(),
        })
    }
}
