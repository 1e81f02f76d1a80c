//! Every string of a schema, and configurations in which one of them is something else.

use secureaks::{
    framework::schema::{Attribute, Block, Nesting, Shape},
    value::Type,
};
use serde_json::{Map, Value as Json, json};

/// One step towards a string.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    Member(String),
    /// The first element of a list or set.
    Element,
    /// The value of the first element of a map.
    Value,
    /// The key of the first element of a map.
    Key,
}

/// The ways to all strings of a block that `counts` lets in.
pub(crate) fn positions(block: &Block, counts: fn(&Attribute) -> bool) -> Vec<Vec<Step>> {
    let attributes = block.attributes.iter().filter(|one| counts(one));
    let attributes = attributes.flat_map(|attribute| {
        let within = match &attribute.shape {
            Shape::Value(ty) => of_type(ty),
            Shape::Nested(nesting, block) => nested(*nesting, positions(block, counts)),
        };
        after(&Step::Member(attribute.name.to_owned()), within)
    });
    attributes.collect()
}

fn of_type(ty: &Type) -> Vec<Vec<Step>> {
    match ty {
        Type::String => vec![Vec::new()],
        Type::List(element) | Type::Set(element) => after(&Step::Element, of_type(element)),
        Type::Map(element) => {
            let mut all = after(&Step::Value, of_type(element));
            all.push(vec![Step::Key]);
            all
        }
        Type::Object(members) => members
            .iter()
            .flat_map(|(name, ty)| after(&Step::Member(name.clone()), of_type(ty)))
            .collect(),
        Type::Bool | Type::Number | Type::Dynamic | Type::Tuple(_) => Vec::new(),
    }
}

fn nested(nesting: Nesting, within: Vec<Vec<Step>>) -> Vec<Vec<Step>> {
    match nesting {
        Nesting::Single | Nesting::Group => within,
        Nesting::List | Nesting::Set => after(&Step::Element, within),
        Nesting::Map => after(&Step::Value, within),
    }
}

fn after(step: &Step, within: Vec<Vec<Step>>) -> Vec<Vec<Step>> {
    let join = |rest: Vec<Step>| std::iter::once(step.clone()).chain(rest).collect();
    within.into_iter().map(join).collect()
}

/// What a configuration has at a position; nothing where it is not written.
pub(crate) fn at<'a>(config: &'a Json, position: &[Step]) -> &'a str {
    let Some((step, rest)) = position.split_first() else {
        return config.as_str().unwrap_or_default();
    };
    let first = || config.as_object().and_then(|members| members.iter().next());
    match step {
        Step::Member(name) => at(&config[name.as_str()], rest),
        Step::Element => at(&config[0], rest),
        Step::Value => first().map_or("", |(_, value)| at(value, rest)),
        Step::Key => first().map_or("", |(key, _)| key.as_str()),
    }
}

/// The configuration with `text` at a position; what leads there is made.
pub(crate) fn with(config: &Json, position: &[Step], text: &str) -> Json {
    let Some((step, rest)) = position.split_first() else {
        return json!(text);
    };
    let mut members = config.as_object().cloned().unwrap_or_default();
    let first = members
        .iter()
        .next()
        .map(|(key, value)| (key.clone(), value.clone()));
    match step {
        Step::Member(name) => {
            let changed = with(members.get(name).unwrap_or(&Json::Null), rest, text);
            members.insert(name.clone(), changed);
            Json::Object(members)
        }
        Step::Element => json!([with(&config[0], rest, text)]),
        Step::Value => {
            let (key, value) = first.unwrap_or_else(|| ("key".to_owned(), Json::Null));
            Json::Object(Map::from_iter([(key, with(&value, rest, text))]))
        }
        Step::Key => {
            let value = first.map_or_else(|| json!("1"), |(_, value)| value);
            Json::Object(Map::from_iter([(text.to_owned(), value)]))
        }
    }
}
