//! The contents an attribute can have: text, numbers, collections and blocks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Deref,
    slice,
};

use super::{
    Block, Content, Slot,
    block::Origin,
    schema::{Nesting, Shape},
};
use crate::value::{Number, Step, Type, Value, to_json};

impl Content for String {
    fn shape() -> Shape {
        Shape::Value(Type::String)
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        let text = value.as_str().map(str::to_owned);
        text.or_else(|| wrong_kind(value, "a string", slot))
    }

    fn write(&self) -> Value {
        Value::String(self.clone())
    }
}

impl Content for bool {
    fn shape() -> Shape {
        Shape::Value(Type::Bool)
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        if let Value::Bool(value) = value {
            Some(*value)
        } else {
            wrong_kind(value, "a bool", slot)
        }
    }

    fn write(&self) -> Value {
        Value::Bool(*self)
    }
}

impl Content for i64 {
    fn shape() -> Shape {
        Shape::Value(Type::Number)
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        let Value::Number(number) = value else {
            return wrong_kind(value, "a number", slot);
        };
        let integer = number.as_i64();
        if integer.is_none() {
            slot.error(
                "Not a whole number",
                format!(
                    "{} is {number}; a whole number is wanted.",
                    slot.path.subject()
                ),
            );
        }
        integer
    }

    fn write(&self) -> Value {
        Value::from(*self)
    }
}

/// A number of any size and precision.
impl Content for Number {
    fn shape() -> Shape {
        Shape::Value(Type::Number)
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        if let Value::Number(number) = value {
            Some(number.clone())
        } else {
            wrong_kind(value, "a number", slot)
        }
    }

    fn write(&self) -> Value {
        Value::Number(self.clone())
    }
}

impl<T: Content> Content for Vec<T> {
    const SENSITIVE: bool = T::SENSITIVE;
    const IS_BLOCK: bool = T::IS_BLOCK;

    fn shape() -> Shape {
        collection(T::shape(), Nesting::List, Type::List)
    }

    fn same(left: &Value, right: &Value) -> bool {
        let (Some(left), Some(right)) = (left.elements(), right.elements()) else {
            return left == right;
        };
        left.len() == right.len()
            && left
                .iter()
                .zip(right)
                .all(|(left, right)| T::same(left, right))
    }

    fn allowed() -> Vec<&'static str> {
        T::allowed()
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        let Some(items) = value.elements() else {
            return wrong_kind(value, "a list", slot);
        };
        let path = slot.path.clone();
        let read = |(index, item)| element(item, &mut slot.at(path.join(Step::Index(index))));
        // Every element is read before it is asked whether all are known, so that each error is told.
        let read: Vec<Option<T>> = items.iter().enumerate().map(read).collect();
        read.into_iter().collect()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn write(&self) -> Value {
        Value::List(self.iter().map(Content::write).collect())
    }
}

impl<T: Content + Ord> Content for BTreeSet<T> {
    const SENSITIVE: bool = T::SENSITIVE;
    const IS_BLOCK: bool = T::IS_BLOCK;

    fn shape() -> Shape {
        collection(T::shape(), Nesting::Set, Type::Set)
    }

    fn same(left: &Value, right: &Value) -> bool {
        let (Some(left), Some(right)) = (left.elements(), right.elements()) else {
            return left == right;
        };
        let covered = |some: &[Value], others: &[Value]| {
            some.iter()
                .all(|value| others.iter().any(|other| T::same(value, other)))
        };
        left.len() == right.len() && covered(left, right) && covered(right, left)
    }

    fn allowed() -> Vec<&'static str> {
        T::allowed()
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        let read: Vec<T> = read_set(value, slot)?;
        Some(read.into_iter().collect())
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn write(&self) -> Value {
        Value::set(self.iter().map(Content::write).collect())
    }
}

/// Blocks of one name that may be written in any order: a set, in the order of `T`. Unlike in a [`BTreeSet`], two of
/// which something is not known yet stay two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Blocks<T>(Vec<T>);

impl<T: Ord> From<Vec<T>> for Blocks<T> {
    fn from(mut blocks: Vec<T>) -> Self {
        blocks.sort();
        Self(blocks)
    }
}

impl<T> Deref for Blocks<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a Blocks<T> {
    type Item = &'a T;
    type IntoIter = slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: Content + Ord> Content for Blocks<T> {
    const SENSITIVE: bool = T::SENSITIVE;
    const IS_BLOCK: bool = T::IS_BLOCK;

    fn shape() -> Shape {
        BTreeSet::<T>::shape()
    }

    fn same(left: &Value, right: &Value) -> bool {
        BTreeSet::<T>::same(left, right)
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        read_set(value, slot).map(Self::from)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn write(&self) -> Value {
        Value::set(self.0.iter().map(Content::write).collect())
    }
}

impl<T: Content> Content for BTreeMap<String, T> {
    const SENSITIVE: bool = T::SENSITIVE;
    const IS_BLOCK: bool = T::IS_BLOCK;

    fn shape() -> Shape {
        collection(T::shape(), Nesting::Map, Type::Map)
    }

    fn same(left: &Value, right: &Value) -> bool {
        let (Some(left), Some(right)) = (left.members(), right.members()) else {
            return left == right;
        };
        let mut pairs = left.iter().zip(right);
        left.len() == right.len()
            && pairs.all(|((name, left), (other, right))| name == other && T::same(left, right))
    }

    fn allowed() -> Vec<&'static str> {
        T::allowed()
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        let Some(items) = value.members() else {
            return wrong_kind(value, "a map", slot);
        };
        let path = slot.path.clone();
        let read = |(name, item): (&String, &Value)| {
            (
                name.clone(),
                element(item, &mut slot.at(path.join(Step::Key(name.clone())))),
            )
        };
        let read: Vec<(String, Option<T>)> = items.iter().map(read).collect();
        read.into_iter()
            .map(|(name, item)| Some((name, item?)))
            .collect()
    }

    fn is_empty(&self) -> bool {
        self.is_empty()
    }

    fn write(&self) -> Value {
        Value::Map(
            self.iter()
                .map(|(name, item)| (name.clone(), item.write()))
                .collect(),
        )
    }
}

impl<B: Block> Content for B {
    const IS_BLOCK: bool = true;

    fn shape() -> Shape {
        Shape::Nested(Nesting::Single, B::schema())
    }

    fn same(left: &Value, right: &Value) -> bool {
        left == right || B::schema().same(left, right)
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        if value.members().is_none() {
            return wrong_kind(value, "an object", slot);
        }
        Some(B::decode(&mut slot.fields(value)))
    }

    fn write(&self) -> Value {
        self.encode()
    }
}

/// A value of any type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Any(pub Value);

impl Content for Any {
    fn shape() -> Shape {
        Shape::Value(Type::Dynamic)
    }

    fn read(value: &Value, _: &mut Slot<'_>) -> Option<Self> {
        value.is_wholly_known().then(|| Self(value.clone()))
    }

    fn write(&self) -> Value {
        self.0.clone()
    }
}

/// Text that is never printed and always marked sensitive.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The text itself, for the one place that sends it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl Content for Secret {
    const SENSITIVE: bool = true;

    fn shape() -> Shape {
        String::shape()
    }

    fn read(value: &Value, slot: &mut Slot<'_>) -> Option<Self> {
        String::read(value, slot).map(Self)
    }

    fn write(&self) -> Value {
        self.0.write()
    }
}

fn element<T: Content>(value: &Value, slot: &mut Slot<'_>) -> Option<T> {
    match value {
        Value::Unknown(_) => None,
        Value::Null => {
            if slot.origin == Origin::Configuration {
                slot.error(
                    "Null element",
                    format!(
                        "{} is null; leave the element out instead.",
                        slot.path.subject()
                    ),
                );
            }
            None
        }
        value => T::read(value, slot),
    }
}

/// The elements of a set.
fn read_set<T: Content>(value: &Value, slot: &mut Slot<'_>) -> Option<Vec<T>> {
    let Some(items) = value.elements() else {
        return wrong_kind(value, "a set", slot);
    };
    let path = slot.path.clone();
    // Only what a user wrote is told of.
    let is_told = slot.origin == Origin::Configuration;
    let is_shown = is_told && !has_secrets::<T>();
    let step = |item: &Value| {
        if is_shown {
            Step::into_element(item)
        } else {
            Step::Element(String::new())
        }
    };
    let read: Vec<Option<T>> = items
        .iter()
        .map(|item| element(item, &mut slot.at(path.join(step(item)))))
        .collect();
    if is_told {
        tell_of_doubles::<T>(items, is_shown, slot);
    }
    read.into_iter().collect()
}

/// An element of a set as a diagnostic shows it.
fn displayed(item: &Value) -> String {
    match Step::into_element(item) {
        Step::Element(text) if !text.is_empty() => format!("`{text}`"),
        _ => format!("`{}`", to_json(item)),
    }
}

fn has_secrets<T: Content>() -> bool {
    T::SENSITIVE
        || T::IS_BLOCK && matches!(T::shape(), Shape::Nested(_, block) if block.has_secrets())
}

/// Tells of two elements of a set that mean the same: only one of them would be in what the service has, and no plan
/// would settle.
fn tell_of_doubles<T: Content>(items: &[Value], is_shown: bool, slot: &mut Slot<'_>) {
    for (index, item) in items.iter().enumerate() {
        let mut others = items.iter().skip(index + 1);
        let is_known = item.is_wholly_known();
        let Some(other) = others.find(|other| is_known && T::same(item, other)) else {
            continue;
        };
        let shown = if is_shown {
            format!(": {} and {}", displayed(item), displayed(other))
        } else {
            String::new()
        };
        slot.error(
            "One value in two spellings",
            format!(
                "{} names one value twice{shown}. Remove one of the two.",
                slot.path.subject()
            ),
        );
    }
}

fn collection(element: Shape, nesting: Nesting, of: fn(Box<Type>) -> Type) -> Shape {
    match element {
        Shape::Nested(Nesting::Single, block) => Shape::Nested(nesting, block),
        Shape::Nested(inner, block) => Shape::Value(of(Box::new(inner.of(block.ty())))),
        Shape::Value(ty) => Shape::Value(of(Box::new(ty))),
    }
}

fn wrong_kind<T>(value: &Value, wanted: &str, slot: &mut Slot<'_>) -> Option<T> {
    slot.error(
        "Invalid value",
        format!(
            "{} is {}; {wanted} is wanted.",
            slot.path.subject(),
            value.kind()
        ),
    );
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framework::Span;

    #[test]
    fn maps_are_the_same_when_their_elements_mean_the_same() {
        let map = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            Value::Map(
                pairs
                    .map(|(name, span)| ((*name).to_owned(), (*span).into()))
                    .collect(),
            )
        };
        let hour = map(&[("create", "60m")]);
        let others = [
            map(&[("create", "1h")]),
            map(&[("create", "2h")]),
            map(&[("delete", "1h")]),
            map(&[]),
        ];

        let same = others.map(|other| BTreeMap::<String, Span>::same(&hour, &other));

        assert_eq!(same, [true, false, false, false]);
    }

    #[test]
    fn a_secret_shows_nothing() {
        let secret = Secret::from("hunter2".to_owned());

        assert_eq!(format!("{secret:?}"), "Secret(..)");
    }
}
