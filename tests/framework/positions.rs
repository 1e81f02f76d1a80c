//! Every position of a configuration at which a value may be unknown, by its schema.

use std::collections::BTreeMap;

use secureaks::{
    framework::schema::{Attribute, Block, Mode, Nesting, Shape},
    value::{Path, Refinement, Step, Type, Value, from_msgpack},
};

/// A configuration in which one more thing is unknown than before.
pub(crate) struct Position {
    /// Where.
    pub(crate) path: Path,
    /// The configuration.
    pub(crate) config: Value,
}

/// An unknown value of which something is known: that it is not null, and how text begins.
pub(crate) fn refined(ty: &Type) -> Value {
    let mut wire = vec![0xc7, 0, 12];
    match ty {
        Type::String => wire.extend([0x82, 0x01, 0xc2, 0x02, 0xa4, b'p', b'r', b'e', b'-']),
        _ => wire.extend([0x81, 0x01, 0xc2]),
    }
    wire[1] = u8::try_from(wire.len() - 3).unwrap();
    from_msgpack(&wire, ty).unwrap()
}

/// `config` once for each position, with an unknown value there: in each attribute and block, at
/// any depth, in what is written and in what is left out.
pub(crate) fn positions(block: &Block, config: &Value) -> Vec<Position> {
    of_block(block, config, &Path::root())
}

fn of_block(block: &Block, config: &Value, path: &Path) -> Vec<Position> {
    let mut found = Vec::new();
    let mut add = |name: &str, inner: Vec<Position>| {
        for position in inner {
            let mut whole = config.clone();
            whole.set_member(name, position.config);
            found.push(Position {
                path: position.path,
                config: whole,
            });
        }
    };
    for attribute in block
        .attributes
        .iter()
        .filter(|attribute| attribute.mode != Mode::Computed)
    {
        let path = path.join_attribute(attribute.name);
        add(
            attribute.name,
            of_attribute(attribute, config.member(attribute.name), &path),
        );
    }
    found
}

fn of_attribute(attribute: &Attribute, written: &Value, path: &Path) -> Vec<Position> {
    if let (Shape::Nested(nesting, block), true) = (&attribute.shape, attribute.is_block()) {
        let mut found = of_nesting(*nesting, block, written, path);
        // The whole of a repeated block is unknown where a `dynamic` block repeats by what is unknown.
        if !matches!(nesting, Nesting::Single | Nesting::Group) {
            found.push(Position {
                path: path.clone(),
                config: Value::unknown(),
            });
        }
        return found;
    }
    let ty = attribute.ty();
    let mut found: Vec<Position> = [Value::unknown(), refined(&ty)]
        .map(|config| Position {
            path: path.clone(),
            config,
        })
        .into();
    match &attribute.shape {
        Shape::Value(ty) => found.extend(of_type(ty, written, path)),
        Shape::Nested(nesting, block) => {
            found.extend(of_nesting(*nesting, block, written, path));
            // An element can be unknown as a whole in attributes, never in blocks.
            if *nesting != Nesting::Single {
                found.extend(of_elements(*nesting, &block.ty(), written, path));
            }
        }
    }
    found
}

/// An unknown value in each element of a collection, and as one element more.
fn of_type(ty: &Type, written: &Value, path: &Path) -> Vec<Position> {
    let (nesting, element) = match ty {
        Type::List(element) => (Nesting::List, element),
        Type::Set(element) => (Nesting::Set, element),
        Type::Map(element) => (Nesting::Map, element),
        _ => return Vec::new(),
    };
    let mut found = of_elements(nesting, element, written, path);
    if let (Type::List(_) | Type::Set(_) | Type::Map(_), Nesting::List) = (&**element, nesting) {
        let path = path.join(Step::Index(0));
        for inner in of_type(element, &Value::Null, &path) {
            found.push(Position {
                path: inner.path,
                config: Value::List(vec![inner.config]),
            });
        }
    }
    found
}

fn of_elements(nesting: Nesting, element: &Type, written: &Value, path: &Path) -> Vec<Position> {
    let mut found = Vec::new();
    for (place, item) in elements(nesting, written, path) {
        for unknown in [Value::unknown(), refined(element)] {
            let config = replaced(nesting, written, &place, &item, unknown);
            found.push(Position {
                path: place.clone(),
                config,
            });
        }
    }
    found
}

/// An unknown value in each attribute of each object, and of one object more.
fn of_nesting(nesting: Nesting, block: &Block, written: &Value, path: &Path) -> Vec<Position> {
    let object = |value: &Value| {
        if value.members().is_some() {
            value.clone()
        } else {
            least(block)
        }
    };
    if let Nesting::Single | Nesting::Group = nesting {
        return of_block(block, &object(written), path);
    }
    let mut found = Vec::new();
    for (place, item) in elements(nesting, written, path) {
        for inner in of_block(block, &object(&item), &place) {
            let config = replaced(nesting, written, &place, &item, inner.config);
            found.push(Position {
                path: inner.path,
                config,
            });
        }
    }
    found
}

/// The elements of a collection with their places, and the place of one more, where null stands.
fn elements(nesting: Nesting, written: &Value, path: &Path) -> Vec<(Path, Value)> {
    if nesting == Nesting::Map {
        let members = written.members().cloned().unwrap_or_default();
        let place = |name: &str| path.join(Step::Key(name.to_owned()));
        let mut found: Vec<_> = members
            .iter()
            .map(|(name, item)| (place(name), item.clone()))
            .collect();
        found.push((place("new"), Value::Null));
        return found;
    }
    let items = written.elements().unwrap_or_default();
    let place = |index| match nesting {
        Nesting::Set => path.join(Step::Element(String::new())),
        _ => path.join(Step::Index(index)),
    };
    let mut found: Vec<_> = items
        .iter()
        .enumerate()
        .map(|(index, item)| (place(index), item.clone()))
        .collect();
    found.push((place(items.len()), Value::Null));
    found
}

/// The collection with `value` in the place of `item`, or added where that is null.
fn replaced(nesting: Nesting, written: &Value, place: &Path, item: &Value, value: Value) -> Value {
    if nesting == Nesting::Map {
        let mut members: BTreeMap<String, Value> = written.members().cloned().unwrap_or_default();
        if let Some(Step::Key(name)) = place.steps().last() {
            members.insert(name.clone(), value);
        }
        return Value::Map(members);
    }
    let mut items = written.elements().unwrap_or_default().to_vec();
    let index = match place.steps().last() {
        Some(Step::Index(index)) => Some(*index).filter(|index| *index < items.len()),
        _ => items.iter().position(|other| other == item),
    };
    match index {
        Some(index) => items[index] = value,
        None => items.push(value),
    }
    if nesting == Nesting::Set {
        Value::set(items)
    } else {
        Value::List(items)
    }
}

/// An object of which only what must be written is written, and none of it known.
fn least(block: &Block) -> Value {
    let mut object = block.empty();
    for attribute in block
        .attributes
        .iter()
        .filter(|attribute| attribute.mode == Mode::Required)
    {
        object.set_member(attribute.name, Value::unknown());
    }
    object
}

/// What of the user's is unknown in a value, with what is known of it. Write-only attributes are
/// left out: no plan has them.
pub(crate) fn unknowns(block: &Block, value: &Value) -> Vec<(String, Refinement)> {
    let mut found = Vec::new();
    in_block(block, value, &Path::root(), &mut found);
    found.sort();
    found
}

fn in_block(block: &Block, value: &Value, path: &Path, found: &mut Vec<(String, Refinement)>) {
    for attribute in &block.attributes {
        if attribute.mode == Mode::Computed || attribute.write_only {
            continue;
        }
        let inner = match &attribute.shape {
            Shape::Nested(_, inner) => Some(inner),
            Shape::Value(_) => None,
        };
        in_value(
            inner,
            value.member(attribute.name),
            &path.join_attribute(attribute.name),
            found,
        );
    }
}

fn in_value(
    block: Option<&Block>,
    value: &Value,
    path: &Path,
    found: &mut Vec<(String, Refinement)>,
) {
    match (value, block) {
        (Value::Unknown(refinement), _) => found.push((path.to_string(), refinement.clone())),
        (Value::Object(_), Some(block)) => in_block(block, value, path, found),
        (Value::List(items) | Value::Tuple(items), _) => {
            for (index, item) in items.iter().enumerate() {
                in_value(block, item, &path.join(Step::Index(index)), found);
            }
        }
        (Value::Set(items), _) => {
            for item in items {
                in_value(block, item, &path.join(Step::Element(String::new())), found);
            }
        }
        (Value::Map(members) | Value::Object(members), _) => {
            for (name, item) in members {
                in_value(block, item, &path.join(Step::Key(name.clone())), found);
            }
        }
        _ => {}
    }
}
