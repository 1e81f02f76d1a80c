//! Values as JSON, the form of states on disk. It is read by the schema, and numbers from their
//! text, so that no digit is lost.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json, value::RawValue};

use super::{DecodeError, Path, Step, Type, Value};

/// Reads a value of the type `ty`.
///
/// An object's missing attributes are read as null and those its type does not know are left
/// out: a state may be older or newer than the schema.
pub fn from_json(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    let path = Path::root();
    let raw: Box<RawValue> = serde_json::from_slice(bytes)
        .map_err(|error| DecodeError::new(&path, format!("the text is no JSON: {error}")))?;
    read(&raw, ty, &path)
}

/// Writes a value as JSON; unknown values, which no state holds, are written as null.
pub fn to_json(value: &Value) -> Json {
    match value {
        Value::Null | Value::Unknown(_) => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Number(number) => match (number.as_i64(), number.as_exact_f64()) {
            (Some(integer), _) => json!(integer),
            (None, Some(float)) => json!(float),
            (None, None) => json!(number.to_string()),
        },
        Value::String(text) => json!(text),
        Value::List(items) | Value::Set(items) | Value::Tuple(items) => {
            items.iter().map(to_json).collect()
        }
        Value::Map(members) | Value::Object(members) => Json::Object(
            members
                .iter()
                .map(|(name, value)| (name.clone(), to_json(value)))
                .collect(),
        ),
        Value::Dynamic(ty, value) => json!({"type": ty.to_json(), "value": to_json(value)}),
    }
}

fn read(raw: &RawValue, ty: &Type, path: &Path) -> Result<Value, DecodeError> {
    if raw.get() == "null" {
        return Ok(Value::Null);
    }
    match ty {
        Type::Bool => Ok(Value::Bool(part(raw, ty, path)?)),
        Type::String => Ok(Value::String(part(raw, ty, path)?)),
        Type::Number => {
            // Quoted numbers appear where a writer kept digits that JSON readers lose.
            let text = raw.get().trim_matches('"');
            text.parse()
                .map(Value::Number)
                .map_err(|_| wrong(raw, ty, path))
        }
        Type::List(element) => Ok(Value::List(sequence(raw, element, path, Step::Index)?)),
        Type::Set(element) => Ok(Value::set(sequence(raw, element, path, |_| {
            Step::Element(String::new())
        })?)),
        Type::Tuple(types) => {
            let items: Vec<Box<RawValue>> = part(raw, ty, path)?;
            if items.len() != types.len() {
                return Err(wrong(raw, ty, path));
            }
            let pairs = items.iter().zip(types).enumerate();
            pairs
                .map(|(index, (item, ty))| read(item, ty, &path.join(Step::Index(index))))
                .collect::<Result<_, _>>()
                .map(Value::Tuple)
        }
        Type::Map(element) => {
            let members: BTreeMap<String, Box<RawValue>> = part(raw, ty, path)?;
            let read_member = |(name, item): (String, Box<RawValue>)| {
                let value = read(&item, element, &path.join(Step::Key(name.clone())))?;
                Ok((name, value))
            };
            members
                .into_iter()
                .map(read_member)
                .collect::<Result<_, _>>()
                .map(Value::Map)
        }
        Type::Object(types) => {
            let members: BTreeMap<String, Box<RawValue>> = part(raw, ty, path)?;
            let read_member = |(name, ty): (&String, &Type)| {
                let value = members.get(name).map_or(Ok(Value::Null), |item| {
                    read(item, ty, &path.join_attribute(name))
                })?;
                Ok((name.clone(), value))
            };
            types
                .iter()
                .map(read_member)
                .collect::<Result<_, _>>()
                .map(Value::Object)
        }
        Type::Dynamic => {
            let mut pair: BTreeMap<String, Box<RawValue>> = part(raw, ty, path)?;
            let (Some(inner), Some(value)) = (pair.remove("type"), pair.remove("value")) else {
                return Err(wrong(raw, ty, path));
            };
            let inner: Json = part(&inner, ty, path)?;
            let inner = Type::from_json(&inner)
                .map_err(|error| DecodeError::new(path, error.to_string()))?;
            let value = read(&value, &inner, path)?;
            Ok(Value::Dynamic(inner, Box::new(value)))
        }
    }
}

fn sequence(
    raw: &RawValue,
    element: &Type,
    path: &Path,
    step: impl Fn(usize) -> Step,
) -> Result<Vec<Value>, DecodeError> {
    let items: Vec<Box<RawValue>> = part(raw, &Type::List(Box::new(element.clone())), path)?;
    items
        .iter()
        .enumerate()
        .map(|(index, item)| read(item, element, &path.join(step(index))))
        .collect()
}

fn part<T: serde::de::DeserializeOwned>(
    raw: &RawValue,
    ty: &Type,
    path: &Path,
) -> Result<T, DecodeError> {
    serde_json::from_str(raw.get()).map_err(|_| wrong(raw, ty, path))
}

fn wrong(raw: &RawValue, ty: &Type, path: &Path) -> DecodeError {
    // The text itself may be a secret; its first character tells its kind.
    let found = match raw.get().as_bytes().first() {
        Some(b'"') => "a string",
        Some(b'{') => "an object",
        Some(b'[') => "a list",
        Some(b't' | b'f') => "a bool",
        _ => "a number",
    };
    DecodeError::new(path, format!("wanted {}, found {found}", ty.to_json()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_read_by_its_schema() {
        let ty = Type::Object(BTreeMap::from([
            ("any".to_owned(), Type::Dynamic),
            ("big".to_owned(), Type::Number),
            ("new".to_owned(), Type::Bool),
            ("tags".to_owned(), Type::Set(Box::new(Type::String))),
        ]));
        let state = br#"{"any":{"value":[1],"type":["tuple",["number"]]},"big":123456789012345678901234567890.5,"old":1,"tags":["b","a"]}"#;

        let value = from_json(state, &ty);

        let any = Value::Dynamic(
            Type::Tuple(vec![Type::Number]),
            Box::new(Value::Tuple(vec![1_i64.into()])),
        );
        let big = Value::Number("123456789012345678901234567890.5".parse().unwrap());
        let expected = Value::object([
            ("any", any),
            ("big", big),
            ("new", Value::Null),
            ("tags", Value::set(vec!["a".into(), "b".into()])),
        ]);
        assert_eq!(value, Ok(expected));
    }

    #[test]
    fn an_error_names_the_place_and_not_the_text() {
        let ty = Type::Object(BTreeMap::from([("port".to_owned(), Type::Number)]));

        let error = from_json(br#"{"port":"hunter2"}"#, &ty).unwrap_err();

        assert_eq!(error.to_string(), "port: wanted \"number\", found a string");
    }
}
