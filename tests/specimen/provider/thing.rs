//! The resource `thing`: every kind and option an attribute can have.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use secureaks::{
    framework::{
        Attr, Block, Call, Computed, Diagnostic, Diagnostics, Failure, ImportTarget, Origin,
        PENDING, Planned, Resource, Secret, Source, State, Text, Timeouts, WriteOnly,
    },
    text_content,
    value::{from_json, to_json},
    words,
};
use serde_json::{Value as Json, json};

use super::{
    conduct::{self, Conduct, Deed},
    store::Store,
};

/// A thing.
///
/// It has every kind of attribute.
#[derive(Block, Debug)]
pub(crate) struct Spec {
    /// Name of the thing: letters, digits and hyphens.
    #[tf(replace = "a thing cannot be renamed")]
    pub(crate) name: Attr<String>,
    /// Where the thing is, such as `north`. Case and spaces do not matter.
    #[tf(replace = "a thing cannot be moved")]
    pub(crate) place: Attr<Place>,
    /// Size of the thing.
    #[tf(default = 1)]
    pub(crate) size: Attr<i64>,
    /// Way it is made.
    #[tf(default = Make::Second, sticky)]
    pub(crate) make: Attr<Make>,
    /// Version, left to the service unless it is set; `current_version` says which. `newest` is the
    /// newest at the time of the plan.
    #[tf(unmanaged)]
    pub(crate) version: Attr<Option<String>>,
    /// Labels.
    pub(crate) labels: Attr<Option<BTreeMap<String, String>>>,
    /// Zones it is spread over.
    pub(crate) zones: Attr<Option<BTreeSet<String>>>,
    /// Places it is also at.
    pub(crate) copies: Attr<Option<Vec<Place>>>,
    /// How it is connected.
    #[tf(default)]
    pub(crate) network: Attr<Network>,
    /// What it is kept in.
    pub(crate) case: Attr<Option<Case>>,
    /// Layers it has, from the outside in.
    pub(crate) layers: Attr<Option<Vec<Case>>>,
    /// Password of the thing.
    pub(crate) password: WriteOnly<Secret>,
    /// Counts the changes of `password`.
    pub(crate) password_version: Attr<Option<i64>>,
    /// Word that opens the thing.
    #[tf(replace = "the word is built in")]
    pub(crate) word: Attr<Option<Secret>>,
    /// A remark.
    #[tf(deprecated = "use `labels` instead.")]
    pub(crate) remark: Attr<Option<String>>,
    /// Whether a change that cannot be made in place may make the thing anew.
    #[tf(default = false, local)]
    pub(crate) allow_replacement: Attr<bool>,
    /// What the verbs do; left out, what they should.
    #[tf(local)]
    pub(crate) conduct: Attr<Option<Conduct>>,
    /// How long each verb may take.
    #[tf(local)]
    pub(crate) timeouts: Attr<Option<Timeouts>>,
}

/// How a thing is connected.
#[derive(Block, Debug)]
pub(crate) struct Network {
    /// Kind of connection.
    #[tf(default = "wire".to_owned())]
    pub(crate) kind: Attr<String>,
    /// Range of its addresses, left to the service unless it is set.
    #[tf(unmanaged, replace = "addresses are given once")]
    pub(crate) range: Attr<Option<String>>,
    /// Whether the connection is shown.
    #[tf(default = true, local)]
    pub(crate) shown: Attr<bool>,
}

/// What a thing is kept in.
#[derive(Block, Debug)]
pub(crate) struct Case {
    /// Material of the case.
    #[tf(replace = "a case is for ever")]
    pub(crate) material: Attr<String>,
    /// How thick it is.
    #[tf(default = 2)]
    pub(crate) thickness: Attr<i64>,
}

words! {
    /// A way to make things.
    pub enum Make {
        /// The old one.
        First = "first",
        /// The new one.
        Second = "second",
    }
}

/// Where a thing is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(String);

impl Text for Place {
    const WANTED: &'static str = "a direction such as `north`";

    fn parse(text: &str) -> Result<Self, String> {
        match plain(text).as_str() {
            "north" | "east" | "south" | "west" => Ok(Self(text.to_owned())),
            _ => Err("there is no such place".to_owned()),
        }
    }

    fn other(text: &str) -> Self {
        Self(text.to_owned())
    }

    fn text(&self) -> String {
        self.0.clone()
    }

    fn same(left: &str, right: &str) -> bool {
        plain(left) == plain(right)
    }
}

text_content!(Place);

fn plain(text: &str) -> String {
    text.replace(' ', "").to_lowercase()
}

/// What the service says about a thing.
#[derive(Block, Clone, Debug, PartialEq)]
pub(crate) struct Outputs {
    /// Id of the thing.
    #[tf(stable)]
    pub(crate) id: Computed<String>,
    /// Counts the changes.
    pub(crate) revision: Computed<i64>,
    /// Version it has.
    #[tf(follows("version"))]
    pub(crate) current_version: Computed<String>,
    /// Length of the password it got last.
    pub(crate) password_length: Computed<i64>,
    /// Key to the thing.
    #[tf(stable)]
    pub(crate) key: Computed<Secret>,
}

/// What names a thing.
#[derive(Block, Clone, Debug, PartialEq)]
pub(crate) struct Identity {
    /// Name of the thing.
    pub(crate) name: Attr<String>,
}

pub(crate) struct Thing;

/// The version that is whichever is newest when it is planned.
const NEWEST: &str = "newest";

#[async_trait]
impl Resource for Thing {
    const NAME: &'static str = "thing";
    const VERSION: i64 = 1;
    const LOSS: &'static str =
        "What is in the thing would be lost; set `allow_replacement = true` to accept that.";
    type Client = Store;
    type Spec = Spec;
    type Outputs = Outputs;
    type Identity = Identity;

    fn check(&self, spec: &Spec, diagnostics: &mut Diagnostics) {
        if let Some(name) = spec.name.if_known()
            && !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        {
            let detail = format!("`name` is {name:?}; wanted are letters, digits and hyphens.");
            diagnostics.push(spec.name.error("Invalid name", detail));
        }
        if spec.size.if_known().is_some_and(|size| *size < 1) {
            diagnostics.push(
                spec.size
                    .error("Invalid size", "`size` must be at least 1."),
            );
        }
    }

    fn replacement_allowed(&self, spec: &Spec) -> bool {
        spec.allow_replacement.if_known() == Some(&true)
    }

    async fn plan(&self, call: &Call<Store>, plan: Planned<'_, Self>) -> Result<(), Failure> {
        let deed = plan
            .spec
            .and_then(|spec| deed(spec, |conduct| &conduct.plan));
        conduct::before(deed, "plan", call)?;
        if let Some(spec) = plan.spec
            && spec
                .version
                .if_set()
                .is_some_and(|version| version == NEWEST)
        {
            call.plan_outputs(&Outputs {
                current_version: call.client.newest()?.into(),
                ..plan.outputs
            });
        }
        Ok(())
    }

    async fn create(&self, call: &Call<Store>, spec: &Spec) -> Result<Outputs, Failure> {
        let deed = deed(spec, |conduct| &conduct.create);
        conduct::before(deed, "create", call)?;
        let name = spec.name.known()?;
        if call.client.find(&id(name))?.is_some() {
            return Err(
                Diagnostic::error("Thing exists", format!("There is a thing {name}.")).into(),
            );
        }
        let outputs = store(call, spec, 1)?;
        conduct::after(deed, "create", Some(&outputs), call).await?;
        Ok(outputs)
    }

    async fn read(
        &self,
        call: &Call<Store>,
        prior: &State<Self>,
    ) -> Result<Option<State<Self>>, Failure> {
        conduct::before(deed(&prior.spec, |conduct| &conduct.read), "read", call)?;
        let found = call
            .client
            .find(prior.outputs.id.value().map_or("", String::as_str))?;
        Ok(found.map(|object| {
            call.keep_private("revision", object["revision"].clone());
            live(&object)
        }))
    }

    async fn update(
        &self,
        call: &Call<Store>,
        prior: &State<Self>,
        spec: &Spec,
    ) -> Result<Outputs, Failure> {
        let deed = deed(spec, |conduct| &conduct.update);
        conduct::before(deed, "update", call)?;
        let revision = prior.outputs.revision.value().copied().unwrap_or_default();
        if call.private("revision") != Some(json!(revision)) {
            return Err(
                Diagnostic::error("Private state is lost", "It says another revision.").into(),
            );
        }
        call.drop_private(PENDING);
        let outputs = store(call, spec, revision + 1)?;
        conduct::after(deed, "update", Some(&outputs), call).await?;
        Ok(outputs)
    }

    async fn delete(&self, call: &Call<Store>, prior: &State<Self>) -> Result<(), Failure> {
        let deed = deed(&prior.spec, |conduct| &conduct.delete);
        conduct::before(deed, "delete", call)?;
        call.client
            .remove(prior.outputs.id.value().map_or("", String::as_str))?;
        conduct::after(deed, "delete", None, call).await
    }

    fn import(&self, target: ImportTarget<Identity>) -> Result<Outputs, Diagnostic> {
        match target {
            ImportTarget::Id(text) if text.starts_with("things/") => Ok(named(&text)),
            ImportTarget::Id(text) => {
                let detail = format!("{text:?} is no id of a thing; expected `things/NAME`.");
                Err(Diagnostic::error("Invalid import id", detail))
            }
            ImportTarget::Identity(identity) => Ok(named(&id(identity.name.known()?))),
        }
    }

    fn identity(&self, state: &State<Self>) -> Option<Identity> {
        let id = state.outputs.id.value()?;
        Some(Identity {
            name: id.trim_start_matches("things/").to_owned().into(),
        })
    }

    fn timeouts<'a>(&self, spec: &'a Spec) -> Option<&'a Timeouts> {
        spec.timeouts.if_set()
    }

    fn adopt(&self, source: &Source) -> Option<Result<Outputs, Diagnostic>> {
        let id = source.state.get("id").and_then(Json::as_str)?;
        (source.type_name == "specimen_relic").then(|| Ok(named(id)))
    }

    fn upgrade(&self, version: i64, mut state: Json) -> Result<Json, Diagnostic> {
        match state.get("title").cloned() {
            // Version 0 had a title where there is a name now.
            Some(title) if version == 0 => {
                state["name"] = title;
                Ok(state)
            }
            _ => Err(Diagnostic::error(
                "State is of an unknown version",
                format!("It is {version}."),
            )),
        }
    }
}

fn id(name: &str) -> String {
    format!("things/{name}")
}

fn deed(spec: &Spec, verb: impl Fn(&Conduct) -> &Attr<Option<Deed>>) -> Option<&Deed> {
    spec.conduct
        .if_set()
        .and_then(|conduct| verb(conduct).if_set())
}

fn named(id: &str) -> Outputs {
    Outputs {
        id: id.to_owned().into(),
        revision: Computed::none(),
        current_version: Computed::none(),
        password_length: Computed::none(),
        key: Computed::none(),
    }
}

/// Writes the thing as the service spells it and says what is known of it.
fn store(call: &Call<Store>, spec: &Spec, revision: i64) -> Result<Outputs, Failure> {
    let id = id(spec.name.known()?);
    let mut object = to_json(&spec.encode());
    object["place"] = json!(plain(&spec.place.known()?.0));
    object["network"]["range"] = json!(
        spec.network
            .known()?
            .range
            .if_set()
            .map_or("10.0.0.0/8", String::as_str)
    );
    object["version"] = json!(spec.version.if_set().map_or("7", String::as_str));
    if object["version"] == NEWEST {
        object["newest"] = match call.planned_outputs::<Outputs>().current_version.value() {
            Some(planned) => json!(planned),
            None => json!(call.client.newest()?),
        };
    }
    object["network"]["shown"] = Json::Null;
    for local in ["conduct", "timeouts", "allow_replacement"] {
        object[local] = Json::Null;
    }
    object["revision"] = json!(revision);
    object["password_length"] = match spec.password.value() {
        Some(password) => json!(password.expose().len()),
        None => call
            .client
            .find(&id)?
            .map_or(Json::Null, |before| before["password_length"].clone()),
    };
    call.client.put(&id, &object)?;
    call.keep_private("revision", json!(revision));
    Ok(outputs(&id, &object))
}

fn outputs(id: &str, object: &Json) -> Outputs {
    let version = object.get("newest").unwrap_or(&object["version"]);
    Outputs {
        id: id.to_owned().into(),
        revision: object["revision"].as_i64().into(),
        current_version: version.as_str().map(str::to_owned).into(),
        password_length: object["password_length"].as_i64().into(),
        key: Secret::from(format!("key of {id}")).into(),
    }
}

fn live(object: &Json) -> State<Thing> {
    let value = from_json(object.to_string().as_bytes(), &Spec::schema().ty());
    let spec = Spec::from_value(
        &value.unwrap_or(secureaks::value::Value::Null),
        Origin::Service,
        &mut Diagnostics::default(),
    );
    let id = id(object["name"].as_str().unwrap_or_default());
    State {
        outputs: outputs(&id, object),
        spec,
    }
}
