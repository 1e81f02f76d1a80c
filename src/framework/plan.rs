//! What a plan says, from the schema alone: defaults, spellings that are kept, what changes, and
//! what is not known yet. Pure functions of values; each rule is the protocol's
//! (Terraform `internal/plans/objchange`, terraform-plugin-framework `server_planresourcechange.go`).

mod changes;
mod kept;

use std::collections::BTreeMap;

pub use changes::{Change, changes, only_local};
pub use kept::{check_kept, shown};

use super::schema::{Attribute, Block, Kind, Mode, Nesting, Shape};
use crate::value::Value;

/// A block of which nothing is written: its defaults, and null.
pub fn defaults(block: &Block) -> Value {
    with_defaults(block, &block.empty(), &Value::Null)
}

/// What the user wrote, with defaults where something was left out; a sticky attribute keeps what
/// it had before instead. Null and unknown blocks stay what they are.
pub fn with_defaults(block: &Block, config: &Value, prior: &Value) -> Value {
    let Some(members) = config.members() else {
        return config.clone();
    };
    let mut filled = members.clone();
    for attribute in &block.attributes {
        let (written, before) = (config.member(attribute.name), prior.member(attribute.name));
        let value = match (&attribute.default, &attribute.shape) {
            (Some(_), _) if written.is_null() && attribute.sticky && !before.is_null() => {
                before.clone()
            }
            (Some(default), _) if written.is_null() => default.clone(),
            (_, Shape::Nested(nesting, inner)) => {
                pairwise(*nesting, written, before, &mut |item, before| {
                    with_defaults(inner, item, before)
                })
            }
            _ => written.clone(),
        };
        filled.insert(attribute.name.to_owned(), value);
    }
    Value::Object(filled)
}

/// The planned state as far as the user determines it: what was written (with its defaults), in
/// the spelling of the prior state where the meaning is the same; nothing write-only; and what
/// the service said before.
pub fn merge(block: &Block, config: &Value, prior: &Value) -> Value {
    let Some(members) = config.members() else {
        return config.clone();
    };
    let mut merged = members.clone();
    for attribute in &block.attributes {
        let (written, before) = (config.member(attribute.name), prior.member(attribute.name));
        let value = match (attribute.mode, &attribute.shape) {
            _ if attribute.write_only => Value::Null,
            (Mode::Computed, _) => before.clone(),
            // Clients hold each block of a set against what was written alone.
            (_, Shape::Nested(Nesting::Set, inner)) if attribute.is_block() => {
                written.map_objects(&mut |item| merge(inner, item, &Value::Null))
            }
            (_, Shape::Nested(nesting, inner)) => {
                pairwise(*nesting, written, before, &mut |item, before| {
                    merge(inner, item, before)
                })
            }
            _ => keep_spelling(attribute, written, before),
        };
        merged.insert(attribute.name.to_owned(), value);
    }
    Value::Object(merged)
}

/// The state a read leaves: the live object by the kind of each attribute, and the prior
/// spelling where the meaning is the same.
pub fn reconcile(block: &Block, live: &Value, prior: &Value) -> Value {
    let Some(members) = live.members() else {
        return live.clone();
    };
    let mut state = members.clone();
    for attribute in &block.attributes {
        let (found, before) = (live.member(attribute.name), prior.member(attribute.name));
        let value = match (attribute.mode, attribute.kind, &attribute.shape) {
            _ if attribute.write_only => Value::Null,
            (Mode::Computed, ..) => found.clone(),
            // Without a prior object this is an import, which has nowhere to read it from.
            (_, Kind::Local, _) if prior.is_null() => {
                let default = attribute.default.clone();
                default.unwrap_or_else(|| attribute.absent())
            }
            (_, Kind::Local, _) => before.clone(),
            (_, Kind::UnmanagedWhenNull, _) if attribute.is_nothing(before) => before.clone(),
            (_, _, Shape::Nested(Nesting::Set, inner)) => {
                let earlier = before.elements().unwrap_or_default();
                found.map_objects(&mut |item| {
                    let before = earlier.iter().find(|before| inner.same(before, item));
                    reconcile(inner, item, before.unwrap_or(&Value::Null))
                })
            }
            (_, _, Shape::Nested(nesting, inner)) => {
                pairwise(*nesting, found, before, &mut |item, before| {
                    reconcile(inner, item, before)
                })
            }
            _ => kept_if_covered(attribute, found, before),
        };
        state.insert(attribute.name.to_owned(), value);
    }
    block.whole(&Value::Object(state))
}

/// Local attributes that are left out get their defaults, as if they had been planned: an import
/// has nowhere to read them from.
pub fn with_local_defaults(block: &Block, state: &mut Value) {
    for attribute in &block.attributes {
        let value = state.member(attribute.name);
        let value = match (&attribute.default, &attribute.shape) {
            (Some(default), _) if attribute.kind == Kind::Local && value.is_blank() => {
                default.clone()
            }
            (_, Shape::Nested(Nesting::Group, inner)) => value.map_objects(&mut |group| {
                let mut group = group.clone();
                with_local_defaults(inner, &mut group);
                group
            }),
            _ => continue,
        };
        state.set_member(attribute.name, value);
    }
}

/// The planned state with everything the service decides unknown; `keep` says which attributes
/// stay as they are.
pub fn forget(block: &Block, planned: &mut Value, keep: &dyn Fn(&Attribute, &Value) -> bool) {
    for attribute in block
        .attributes
        .iter()
        .filter(|attribute| attribute.mode == Mode::Computed)
    {
        if !keep(attribute, planned.member(attribute.name)) {
            planned.set_member(attribute.name, Value::unknown());
        }
    }
    for attribute in block
        .attributes
        .iter()
        .filter(|attribute| attribute.mode != Mode::Computed)
    {
        if let Shape::Nested(_, inner) = &attribute.shape {
            let value = planned
                .member(attribute.name)
                .map_objects(&mut |item| forgotten(inner, item, keep));
            planned.set_member(attribute.name, value);
        }
    }
}

fn forgotten(block: &Block, item: &Value, keep: &dyn Fn(&Attribute, &Value) -> bool) -> Value {
    let mut item = item.clone();
    if item.members().is_some() {
        forget(block, &mut item, keep);
    }
    item
}

/// The result of an apply: what was planned, with what the service says where that was not known.
/// What was planned as known stays, as Terraform demands; a read sees whatever else has changed.
pub fn settle(planned: &Value, outputs: &Value) -> Value {
    let mut state = planned.clone();
    foretell(&mut state, outputs);
    without_unknowns(&state)
}

/// Puts `outputs` in the place of what is not known of them in `planned`.
pub fn foretell(planned: &mut Value, outputs: &Value) {
    for (name, value) in outputs.members().into_iter().flatten() {
        let value = known_first(planned.member(name), value);
        planned.set_member(name, value);
    }
}

/// What is known of `planned`, down to the attributes of objects in lists, and `said` elsewhere.
fn known_first(planned: &Value, said: &Value) -> Value {
    match (planned, said) {
        (Value::Object(members), Value::Object(_)) => Value::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), known_first(value, said.member(name))))
                .collect(),
        ),
        (Value::List(items), Value::List(others)) if items.len() == others.len() => {
            let pairs = items.iter().zip(others);
            Value::List(
                pairs
                    .map(|(item, other)| known_first(item, other))
                    .collect(),
            )
        }
        (planned, _) if planned.is_wholly_known() => planned.clone(),
        (_, said) => said.clone(),
    }
}

/// What the user writes and what the service says, together.
pub fn overlay(planned: &Value, outputs: &Value) -> Value {
    let mut state = planned.clone();
    for (name, value) in outputs.members().into_iter().flatten() {
        state.set_member(name, value.clone());
    }
    without_unknowns(&state)
}

/// What is still unknown becomes null: a state holds no unknown value.
pub fn without_unknowns(value: &Value) -> Value {
    match value {
        Value::Unknown(_) => Value::Null,
        Value::List(items) => Value::List(items.iter().map(without_unknowns).collect()),
        Value::Set(items) => Value::set(items.iter().map(without_unknowns).collect()),
        Value::Tuple(items) => Value::Tuple(items.iter().map(without_unknowns).collect()),
        Value::Map(members) => Value::Map(cleared(members)),
        Value::Object(members) => Value::Object(cleared(members)),
        Value::Dynamic(ty, value) => Value::Dynamic(ty.clone(), Box::new(without_unknowns(value))),
        known => known.clone(),
    }
}

fn cleared(members: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    members
        .iter()
        .map(|(name, value)| (name.clone(), without_unknowns(value)))
        .collect()
}

/// Write-only values of the configuration, put where the plan has null: what an apply works with.
pub fn with_write_only(block: &Block, planned: &Value, config: &Value) -> Value {
    let Some(members) = planned.members() else {
        return planned.clone();
    };
    let mut filled = members.clone();
    for attribute in &block.attributes {
        let (value, written) = (
            planned.member(attribute.name),
            config.member(attribute.name),
        );
        let value = match &attribute.shape {
            _ if attribute.write_only => written.clone(),
            Shape::Nested(nesting, inner) if attribute.mode != Mode::Computed => {
                pairwise(*nesting, value, written, &mut |item, written| {
                    with_write_only(inner, item, written)
                })
            }
            _ => value.clone(),
        };
        filled.insert(attribute.name.to_owned(), value);
    }
    Value::Object(filled)
}

/// What is wanted, in the prior spelling if that is the same. `same` is asked whether the first
/// covers the second.
fn keep_spelling(attribute: &Attribute, wanted: &Value, prior: &Value) -> Value {
    let comparable = !prior.is_null() && !wanted.is_null() && wanted.is_wholly_known();
    if comparable && (attribute.same)(wanted, prior) {
        prior.clone()
    } else {
        wanted.clone()
    }
}

/// What was found, or what was wanted before if that still covers it.
fn kept_if_covered(attribute: &Attribute, found: &Value, prior: &Value) -> Value {
    if attribute.means_same(prior, found) {
        prior.clone()
    } else {
        found.clone()
    }
}

/// The objects of a nested value, each beside the one it had been. Elements of a set have no
/// address, so each is taken as new unless the whole set is unchanged.
fn pairwise(
    nesting: Nesting,
    value: &Value,
    prior: &Value,
    change: &mut dyn FnMut(&Value, &Value) -> Value,
) -> Value {
    match (nesting, value) {
        (Nesting::Single | Nesting::Group, Value::Object(_)) => change(value, prior),
        (Nesting::List, Value::List(items)) => {
            let before = prior.elements().unwrap_or_default();
            let paired = items
                .iter()
                .enumerate()
                .map(|(index, item)| change(item, before.get(index).unwrap_or(&Value::Null)));
            Value::List(paired.collect())
        }
        (Nesting::Map, Value::Map(members)) => {
            let paired = members
                .iter()
                .map(|(name, item)| (name.clone(), change(item, prior.member(name))));
            Value::Map(paired.collect())
        }
        (Nesting::Set, Value::Set(items)) => {
            let before = prior.elements().unwrap_or_default();
            let earlier = |item: &Value| {
                before
                    .iter()
                    .find(|other| *other == item || change_equal(item, other))
                    .unwrap_or(&Value::Null)
            };
            Value::set(
                items
                    .iter()
                    .map(|item| change(item, earlier(item)))
                    .collect(),
            )
        }
        (_, other) => other.clone(),
    }
}

/// Whether a configured element can have become the prior one: everything that was written is
/// the same (Terraform `objchange.go`, `setElementCompareValue`).
fn change_equal(item: &Value, prior: &Value) -> bool {
    match (item.members(), prior.members()) {
        (Some(item), Some(prior)) => item
            .iter()
            .all(|(name, value)| value.is_null() || prior.get(name) == Some(value)),
        _ => item == prior,
    }
}
