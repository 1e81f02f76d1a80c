//! Clusters of every kind that somebody else made: they are imported, one tag is changed, and nothing else of what
//! Azure says about them is otherwise than before.

use std::collections::BTreeMap;

use secureaks::{
    framework::{
        schema::{Block, Mode, Shape},
        service::Service as _,
    },
    value::Value,
};
use serde_json::{Value as Json, json};

use crate::{
    change::leaves,
    support::{Provider, assert_understood, azure, kinds},
};

/// What a client would write into a configuration of what was imported.
pub(crate) fn configuration(block: &Block, state: &Value) -> Value {
    let mut config = state.clone();
    for attribute in &block.attributes {
        let written = state.member(attribute.name);
        let value = match &attribute.shape {
            _ if attribute.mode == Mode::Computed => Value::Null,
            Shape::Nested(_, inner) => {
                written.map_objects(&mut |object| configuration(inner, object))
            }
            Shape::Value(_) => written.clone(),
        };
        config.set_member(attribute.name, value);
    }
    config
}

/// What Azure's document says otherwise after a change, but for the marks of its version.
fn difference(before: &Json, after: &Json) -> BTreeMap<String, Json> {
    let (before, mut after) = (leaves(before), leaves(after));
    for (pointer, value) in before {
        match after.remove(&pointer) {
            Some(same) if same == value => {}
            Some(other) => drop(after.insert(pointer, other)),
            None => drop(after.insert(pointer, Json::Null)),
        }
    }
    after.retain(|pointer, _| !pointer.ends_with("/eTag"));
    after
}

/// The simulator has no rules for pools that name single machines, takes no tier of before 2023, and no write of a cluster
/// with applications of its own for signing in.
const ONLY_PLANNED: [&str; 3] = ["virtual-machines", "paid", "legacy-entra"];

#[test]
fn a_tag_is_all_that_changes_of_a_cluster_whatever_kind_it_is() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let schema = provider.server().schemas().resources["secureaks_cluster"].clone();
    let kinds = kinds::all(&azure);
    let tag = ("/tags/team".to_owned(), json!("platform"));

    let changed: BTreeMap<&str, BTreeMap<String, Json>> = kinds
        .iter()
        .map(|kind| {
            let (name, id) = (kind.name, kind.put(&azure));
            let before = azure.resource(&id).expect("a cluster");
            let (imported, told) = provider.read(&provider.import(&id));
            let summaries: Vec<&str> = told.iter().map(|told| told.summary.as_str()).collect();
            assert_eq!(summaries, kind.warnings, "{name}");
            let mut config = configuration(&schema.block, &imported.value);
            let nothing = provider.plan(&imported, &config);
            assert_eq!(
                (nothing.value, nothing.diagnostics),
                (imported.value.clone(), vec![]),
                "{name}"
            );
            if ONLY_PLANNED.contains(&name) {
                return (name, BTreeMap::from([tag.clone()]));
            }
            let mut tags = config.member("tags").members().cloned().unwrap_or_default();
            tags.insert("team".to_owned(), "platform".into());
            config.set_member("tags", Value::Map(tags));
            let (_, told) = provider.apply(&imported, &config);
            assert_eq!(told, [], "{name}");
            let after = azure.resource(&id).expect("a cluster");
            (name, difference(&before, &after))
        })
        .collect();

    let expected = kinds
        .iter()
        .map(|kind| (kind.name, BTreeMap::from([tag.clone()])));
    assert_eq!(changed, expected.collect());
    assert_understood(&azure);
}
