//! What of the user's attributes a plan changes, down to the innermost attribute.

use crate::{
    framework::schema::{Attribute, Block, Kind, Mode, Nesting, Shape},
    value::{Path, Step, Value},
};

/// One attribute of the user's that a plan changes.
#[derive(Clone, Debug)]
pub struct Change<'a> {
    /// Where it stands.
    pub path: Path,
    /// Its declaration.
    pub attribute: &'a Attribute,
    /// Its value so far.
    pub from: Value,
    /// Its value after apply; unknown where it is not known.
    pub to: Value,
}

/// What of the user's attributes a plan changes. An attribute with objects in it is named itself
/// where objects come or go, have no address or are not known; else the attributes within them are.
pub fn changes<'a>(block: &'a Block, prior: &Value, planned: &Value) -> Vec<Change<'a>> {
    let mut found = Vec::new();
    collect(block, prior, planned, &Path::root(), &mut found);
    found
}

/// Whether nothing but local attributes changes, if anything does: nothing the object has.
pub fn only_local(block: &Block, prior: &Value, planned: &Value) -> bool {
    set_by_users(block).all(|attribute| {
        let (from, to) = (prior.member(attribute.name), planned.member(attribute.name));
        let inner = match &attribute.shape {
            Shape::Nested(Nesting::Single | Nesting::Group, inner)
                if is_object(from) && is_object(to) =>
            {
                Some(inner)
            }
            _ => None,
        };
        is_unchanged(attribute, from, to)
            || attribute.kind == Kind::Local
            || inner.is_some_and(|inner| only_local(inner, from, to))
    })
}

/// Whether nothing changes: nothing and no elements are the same.
fn is_unchanged(attribute: &Attribute, from: &Value, to: &Value) -> bool {
    from == to || attribute.is_nothing(from) && attribute.is_nothing(to)
}

fn collect<'a>(
    block: &'a Block,
    prior: &Value,
    planned: &Value,
    path: &Path,
    found: &mut Vec<Change<'a>>,
) {
    for attribute in set_by_users(block) {
        let (from, to) = (prior.member(attribute.name), planned.member(attribute.name));
        if is_unchanged(attribute, from, to) {
            continue;
        }
        let path = path.join_attribute(attribute.name);
        let mut named = true;
        if let Shape::Nested(_, inner) = &attribute.shape
            && let (Some(before), Some(after)) = (addressed(from), addressed(to))
        {
            named = false;
            for (step, from, to) in beside(&before, &after) {
                let is_there = is_object(from) && is_object(to);
                named |= !is_there;
                // A block that comes or goes may be one that only a new object can have or lose.
                if is_there || attribute.is_block() {
                    collect(inner, from, to, &join(&path, step), found);
                }
            }
        }
        if named {
            found.push(Change {
                path,
                attribute,
                from: from.clone(),
                to: to.clone(),
            });
        }
    }
}

fn set_by_users(block: &Block) -> impl Iterator<Item = &Attribute> {
    block
        .attributes
        .iter()
        .filter(|attribute| attribute.mode != Mode::Computed && !attribute.write_only)
}

fn is_object(value: &Value) -> bool {
    matches!(value, Value::Object(_))
}

fn join(path: &Path, step: Option<&Step>) -> Path {
    step.map_or_else(|| path.clone(), |step| path.join(step.clone()))
}

/// An object within a nested value, and its address there.
type Item<'a> = (Option<Step>, &'a Value);

/// The objects of a nested value with their addresses; `None` where they have none.
fn addressed(value: &Value) -> Option<Vec<Item<'_>>> {
    match value {
        Value::Object(_) => Some(vec![(None, value)]),
        Value::List(items) => {
            let steps = (0..).map(|index| Some(Step::Index(index)));
            Some(steps.zip(items).collect())
        }
        Value::Map(members) => Some(
            members
                .iter()
                .map(|(name, item)| (Some(Step::Key(name.clone())), item))
                .collect(),
        ),
        _ => None,
    }
}

/// The objects of both sides, each beside the one of the same address or null.
fn beside<'a>(
    before: &'a [Item<'a>],
    after: &'a [Item<'a>],
) -> Vec<(Option<&'a Step>, &'a Value, &'a Value)> {
    let with_address = |items: &'a [Item<'a>], wanted: &Option<Step>| {
        let mut found = items.iter().filter(|(step, _)| step == wanted);
        found.next().map_or(&Value::Null, |(_, item)| *item)
    };
    let mut pairs: Vec<_> = after
        .iter()
        .map(|(step, to)| (step.as_ref(), with_address(before, step), *to))
        .collect();
    for (step, from) in before {
        if with_address(after, step).is_null() {
            pairs.push((step.as_ref(), *from, &Value::Null));
        }
    }
    pairs
}
