//! The resource `nest`: every nesting of attributes and of blocks, values of any type, numbers of
//! any size. Its schema is written by hand, because only that has objects that are assigned with `=`.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use secureaks::{
    framework::{
        Any, Attr, Block, Call, Computed, Diagnostic, Diagnostics, Failure, Field, Fields,
        ImportTarget, Origin, Resource, State, defaults,
        schema::{Attribute, Syntax},
    },
    value::{Number, Value, from_json, to_json},
};
use serde_json::{Value as Json, json};

use super::{store::Store, thing::Identity};

/// What a user writes about a nest.
#[derive(Debug)]
pub(crate) struct Spec {
    name: Attr<String>,
    any: Attr<Option<Any>>,
    number: Attr<Option<Number>>,
    numbers: Attr<Option<BTreeSet<Number>>>,
    rows: Attr<Option<Vec<Vec<String>>>>,
    single: Attr<Option<Leaf>>,
    list: Attr<Option<Vec<Leaf>>>,
    set: Attr<Option<BTreeSet<Leaf>>>,
    map: Attr<Option<BTreeMap<String, Leaf>>>,
    single_block: Attr<Option<Branch>>,
    group_block: Attr<Group>,
    list_block: Attr<Option<Vec<Branch>>>,
    set_block: Attr<Option<BTreeSet<Leaf>>>,
    map_block: Attr<Option<BTreeMap<String, Leaf>>>,
}

/// An attribute whose objects are written with `=`.
fn assigned<F: Field>(name: &'static str, doc: &'static str) -> Attribute {
    Attribute {
        syntax: Syntax::Assigned,
        ..Attribute::of::<F>(name, doc)
    }
}

impl Block for Spec {
    const DOC: &'static str = "A nest: every nesting there is.";

    fn attributes() -> Vec<Attribute> {
        vec![
            Attribute {
                replace: Some("a nest cannot be renamed"),
                ..Attribute::of::<Attr<String>>("name", "Name of the nest.")
            },
            Attribute::of::<Attr<Option<Any>>>("any", "A value of any type."),
            Attribute::of::<Attr<Option<Number>>>("number", "A number of any size."),
            Attribute::of::<Attr<Option<BTreeSet<Number>>>>("numbers", "Numbers of any size."),
            Attribute::of::<Attr<Option<Vec<Vec<String>>>>>("rows", "Rows of words."),
            assigned::<Attr<Option<Leaf>>>("single", "One leaf."),
            assigned::<Attr<Option<Vec<Leaf>>>>("list", "Leaves in a row."),
            assigned::<Attr<Option<BTreeSet<Leaf>>>>("set", "Leaves in no order."),
            assigned::<Attr<Option<BTreeMap<String, Leaf>>>>("map", "Leaves with names."),
            Attribute::of::<Attr<Option<Branch>>>("single_block", "One branch."),
            Attribute::of::<Attr<Group>>("group_block", "A leaf with nothing on it.")
                .default_value(defaults(&Group::schema())),
            Attribute {
                syntax: Syntax::Blocks { most: 3 },
                ..Attribute::of::<Attr<Option<Vec<Branch>>>>("list_block", "Branches in a row.")
            },
            Attribute::of::<Attr<Option<BTreeSet<Leaf>>>>("set_block", "Leaves in no order."),
            Attribute::of::<Attr<Option<BTreeMap<String, Leaf>>>>(
                "map_block",
                "Leaves with names.",
            ),
        ]
    }

    fn decode(fields: &mut Fields<'_>) -> Self {
        Self {
            name: fields.take("name"),
            any: fields.take("any"),
            number: fields.take("number"),
            numbers: fields.take("numbers"),
            rows: fields.take("rows"),
            single: fields.take("single"),
            list: fields.take("list"),
            set: fields.take("set"),
            map: fields.take("map"),
            single_block: fields.take("single_block"),
            group_block: fields.take("group_block"),
            list_block: fields.take("list_block"),
            set_block: fields.take("set_block"),
            map_block: fields.take("map_block"),
        }
    }

    fn encode(&self) -> Value {
        Value::object([
            ("name", self.name.encode()),
            ("any", self.any.encode()),
            ("number", self.number.encode()),
            ("numbers", self.numbers.encode()),
            ("rows", self.rows.encode()),
            ("single", self.single.encode()),
            ("list", self.list.encode()),
            ("set", self.set.encode()),
            ("map", self.map.encode()),
            ("single_block", self.single_block.encode()),
            ("group_block", self.group_block.encode()),
            ("list_block", self.list_block.encode()),
            ("set_block", self.set_block.encode()),
            ("map_block", self.map_block.encode()),
        ])
    }
}

/// A leaf.
#[derive(Block, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Leaf {
    /// What is written on it.
    text: Attr<String>,
    /// How heavy it is.
    #[tf(default = 1)]
    weight: Attr<i64>,
    /// Its colours.
    colours: Attr<Option<BTreeSet<String>>>,
}

/// A leaf that is not there as long as nothing is written on it.
#[derive(Block, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    /// What is written on it.
    text: Attr<Option<String>>,
    /// How heavy it is.
    #[tf(default = 1)]
    weight: Attr<i64>,
}

/// A branch: attributes, and leaves of its own as blocks.
#[derive(Block, Clone, Debug)]
pub(crate) struct Branch {
    /// What is written on it.
    text: Attr<String>,
    /// What it grew from.
    #[tf(replace = "a branch stays where it grew")]
    root: Attr<Option<String>>,
    /// Leaves it has.
    leaf: Attr<Option<Vec<Leaf>>>,
}

/// What the service says about a nest.
#[derive(Block, Clone, Debug, PartialEq)]
pub(crate) struct Outputs {
    /// Id of the nest.
    #[tf(stable)]
    id: Computed<String>,
    /// Leaves it has, by where they are.
    leaves: Computed<Vec<Count>>,
    /// The value of any type, as it came.
    echo: Computed<Any>,
}

/// How many leaves are in one place.
#[derive(Block, Clone, Debug, PartialEq)]
pub(crate) struct Count {
    /// The place.
    place: Computed<String>,
    /// The number of leaves.
    number: Computed<i64>,
}

pub(crate) struct Nests;

#[async_trait]
impl Resource for Nests {
    const NAME: &'static str = "nest";
    type Client = Store;
    type Spec = Spec;
    type Outputs = Outputs;
    type Identity = Identity;

    async fn create(&self, call: &Call<Store>, spec: &Spec) -> Result<Outputs, Failure> {
        store(call, spec)
    }

    async fn read(
        &self,
        call: &Call<Store>,
        prior: &State<Self>,
    ) -> Result<Option<State<Self>>, Failure> {
        let id = prior.outputs.id.value().map_or("", String::as_str);
        let Some(object) = call.client.find(id)? else {
            return Ok(None);
        };
        let value = from_json(object.to_string().as_bytes(), &Spec::schema().ty());
        let value = value.map_err(|error| Diagnostic::error("Not a nest", error.to_string()))?;
        let spec = Spec::from_value(&value, Origin::Service, &mut Diagnostics::default());
        Ok(Some(State {
            outputs: outputs(id, &spec, &object),
            spec,
        }))
    }

    async fn update(
        &self,
        call: &Call<Store>,
        _: &State<Self>,
        spec: &Spec,
    ) -> Result<Outputs, Failure> {
        store(call, spec)
    }

    async fn delete(&self, call: &Call<Store>, prior: &State<Self>) -> Result<(), Failure> {
        let id = prior.outputs.id.value().map_or("", String::as_str);
        Ok(call.client.remove(id)?)
    }

    fn import(&self, target: ImportTarget<Identity>) -> Result<Outputs, Diagnostic> {
        let id = match target {
            ImportTarget::Id(id) => id,
            ImportTarget::Identity(identity) => format!("nests/{}", identity.name.known()?),
        };
        Ok(Outputs {
            id: id.into(),
            leaves: Computed::none(),
            echo: Computed::none(),
        })
    }

    fn identity(&self, state: &State<Self>) -> Option<Identity> {
        let name = state.outputs.id.value()?.trim_start_matches("nests/");
        Some(Identity {
            name: name.to_owned().into(),
        })
    }
}

fn store(call: &Call<Store>, spec: &Spec) -> Result<Outputs, Failure> {
    let id = format!("nests/{}", spec.name.known()?);
    let object = to_json(&spec.encode());
    call.client.put(&id, &object)?;
    Ok(outputs(&id, spec, &object))
}

fn outputs(id: &str, spec: &Spec, object: &Json) -> Outputs {
    let places = ["list", "set", "map", "list_block", "set_block", "map_block"];
    let counted = |place: &str| {
        let number = match &object[place] {
            Json::Array(items) => items.len(),
            Json::Object(members) => members.len(),
            _ => 0,
        };
        Count {
            place: place.to_owned().into(),
            number: json!(number).as_i64().into(),
        }
    };
    Outputs {
        id: id.to_owned().into(),
        leaves: places.map(counted).to_vec().into(),
        echo: spec.any.if_set().cloned().into(),
    }
}
