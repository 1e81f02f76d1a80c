//! Values as msgpack, the form Terraform speaks to providers
//! (Terraform `docs/plugin-protocol/object-wire-format.md`).

use std::collections::BTreeMap;

use rmpv::Value as Wire;

use super::{DecodeError, NotANumber, Number, Path, Refinement, Step, Type, Value};

/// How deep values may be nested. Each level takes some of the stack, and no schema comes near.
pub(super) const MOST_LEVELS: usize = 100;

/// Reads a value of the type `ty`.
///
/// An object's missing attributes are read as null and those its type does not know are left
/// out, so that states written under another schema can still be read.
pub fn from_msgpack(bytes: &[u8], ty: &Type) -> Result<Value, DecodeError> {
    let path = Path::root();
    let wire = rmpv::decode::read_value_with_max_depth(&mut &*bytes, MOST_LEVELS)
        .map_err(|error| DecodeError::new(&path, format!("the bytes are no msgpack: {error}")))?;
    read(wire, ty, &path)
}

/// Writes a value of the type `ty`.
pub fn to_msgpack(value: &Value, ty: &Type) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, &write(value, ty)).expect_written();
    bytes
}

/// Writing to a `Vec` cannot fail; this says so in one place.
trait Written {
    fn expect_written(self);
}

impl Written for Result<(), rmpv::encode::Error> {
    #[expect(clippy::expect_used, reason = "writing to memory cannot fail")]
    fn expect_written(self) {
        self.expect("writing msgpack to memory cannot fail");
    }
}

fn read(wire: Wire, ty: &Type, path: &Path) -> Result<Value, DecodeError> {
    let wire = match wire {
        Wire::Nil => return Ok(Value::Null),
        Wire::Ext(code, bytes) => return Ok(Value::Unknown(Refinement::from_wire(code, &bytes))),
        other => other,
    };
    match (ty, wire) {
        (Type::Bool, Wire::Boolean(value)) => Ok(Value::Bool(value)),
        (Type::String, Wire::String(text)) => match text.into_str() {
            Some(text) => Ok(Value::String(text)),
            None => Err(DecodeError::new(path, "the text is not UTF-8")),
        },
        (Type::Number, wire) => number(&wire, path),
        (Type::List(element), Wire::Array(items)) => {
            Ok(Value::List(sequence(items, element, path, Step::Index)?))
        }
        (Type::Set(element), Wire::Array(items)) => {
            Ok(Value::set(sequence(items, element, path, |_| {
                Step::Element(String::new())
            })?))
        }
        (Type::Tuple(types), Wire::Array(items)) if types.len() == items.len() => {
            let pairs = items.into_iter().zip(types).enumerate();
            pairs
                .map(|(index, (item, ty))| read(item, ty, &path.join(Step::Index(index))))
                .collect::<Result<_, _>>()
                .map(Value::Tuple)
        }
        (Type::Map(element), Wire::Map(entries)) => {
            let mut members = BTreeMap::new();
            for (name, item) in entries {
                let name = key(name, path)?;
                let value = read(item, element, &path.join(Step::Key(name.clone())))?;
                members.insert(name, value);
            }
            Ok(Value::Map(members))
        }
        (Type::Object(types), Wire::Map(entries)) => {
            let mut found = BTreeMap::new();
            for (name, item) in entries {
                found.insert(key(name, path)?, item);
            }
            let mut members = BTreeMap::new();
            for (name, ty) in types {
                let item = found.remove(name).unwrap_or(Wire::Nil);
                members.insert(name.clone(), read(item, ty, &path.join_attribute(name))?);
            }
            Ok(Value::Object(members))
        }
        (Type::Dynamic, Wire::Array(mut items)) if items.len() == 2 => {
            let value = items.pop().unwrap_or(Wire::Nil);
            let Some(Wire::Binary(json)) = items.pop() else {
                return Err(DecodeError::new(
                    path,
                    "a dynamic value is a pair of its type and itself",
                ));
            };
            let ty = serde_json::from_slice(&json)
                .map_err(|error| {
                    DecodeError::new(path, format!("the value's type is no JSON: {error}"))
                })
                .and_then(|json| {
                    Type::from_json(&json)
                        .map_err(|error| DecodeError::new(path, error.to_string()))
                })?;
            let value = read(value, &ty, path)?;
            Ok(Value::Dynamic(ty, Box::new(value)))
        }
        (ty, wire) => Err(DecodeError::new(
            path,
            format!("wanted {}, found {}", ty.to_json(), kind(&wire)),
        )),
    }
}

fn sequence(
    items: Vec<Wire>,
    element: &Type,
    path: &Path,
    step: impl Fn(usize) -> Step,
) -> Result<Vec<Value>, DecodeError> {
    items
        .into_iter()
        .enumerate()
        .map(|(index, item)| read(item, element, &path.join(step(index))))
        .collect()
}

fn key(name: Wire, path: &Path) -> Result<String, DecodeError> {
    let Wire::String(text) = name else {
        return Err(DecodeError::new(path, "a key is not text"));
    };
    text.into_str()
        .ok_or_else(|| DecodeError::new(path, "a key is not UTF-8"))
}

/// Numbers come as integers, as floats, or as text when neither holds them (cty `msgpack/marshal.go`).
fn number(wire: &Wire, path: &Path) -> Result<Value, DecodeError> {
    let number = match wire {
        Wire::Integer(integer) => integer
            .as_i64()
            .map(Number::from)
            .or_else(|| integer.as_u64().map(Number::from)),
        Wire::F32(float) => Number::from_float(f64::from(*float)),
        Wire::F64(float) => Number::from_float(*float),
        Wire::String(text) => {
            let read = text.as_str().unwrap_or_default().parse();
            return read
                .map(Value::Number)
                .map_err(|error: NotANumber| DecodeError::new(path, format!("the text {error}")));
        }
        _ => None,
    };
    number
        .map(Value::Number)
        .ok_or_else(|| DecodeError::new(path, format!("wanted a number, found {}", kind(wire))))
}

fn write(value: &Value, ty: &Type) -> Wire {
    // A known value for a dynamic attribute is a pair; null and unknown stay what they are.
    if let (Type::Dynamic, Value::Dynamic(inner, value)) = (ty, value) {
        let json = inner.to_json().to_string().into_bytes();
        return Wire::Array(vec![Wire::Binary(json), write(value, inner)]);
    }
    match value {
        Value::Null => Wire::Nil,
        Value::Unknown(refinement) => refinement.to_wire(),
        Value::Bool(value) => Wire::Boolean(*value),
        Value::Number(number) => match (number.as_i64(), number.as_exact_f64()) {
            (Some(integer), _) => Wire::from(integer),
            (None, Some(float)) => Wire::F64(float),
            (None, None) => Wire::from(number.to_string()),
        },
        Value::String(text) => Wire::from(text.as_str()),
        Value::List(items) | Value::Set(items) => {
            let element = match ty {
                Type::List(element) | Type::Set(element) => element,
                _ => &Type::Dynamic,
            };
            Wire::Array(items.iter().map(|item| write(item, element)).collect())
        }
        Value::Tuple(items) => {
            let types: &[Type] = if let Type::Tuple(types) = ty {
                types
            } else {
                &[]
            };
            Wire::Array(
                items
                    .iter()
                    .zip(types)
                    .map(|(item, ty)| write(item, ty))
                    .collect(),
            )
        }
        Value::Map(members) => {
            let element = if let Type::Map(element) = ty {
                element
            } else {
                &Type::Dynamic
            };
            Wire::Map(
                members
                    .iter()
                    .map(|(name, item)| (Wire::from(name.as_str()), write(item, element)))
                    .collect(),
            )
        }
        // Exactly the attributes of the type: one more or less is refused by Terraform.
        Value::Object(members) => {
            let empty = BTreeMap::new();
            let types = if let Type::Object(types) = ty {
                types
            } else {
                &empty
            };
            let member = |(name, ty): (&String, &Type)| {
                (
                    Wire::from(name.as_str()),
                    write(members.get(name).unwrap_or(&Value::Null), ty),
                )
            };
            Wire::Map(types.iter().map(member).collect())
        }
        Value::Dynamic(inner, value) => write(value, inner),
    }
}

fn kind(wire: &Wire) -> &'static str {
    match wire {
        Wire::Nil => "null",
        Wire::Boolean(_) => "a bool",
        Wire::Integer(_) | Wire::F32(_) | Wire::F64(_) => "a number",
        Wire::String(_) => "a string",
        Wire::Binary(_) => "bytes",
        Wire::Array(_) => "a list",
        Wire::Map(_) => "a map",
        Wire::Ext(..) => "an unknown value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thing() -> Type {
        Type::Object(BTreeMap::from([
            ("any".to_owned(), Type::Dynamic),
            ("name".to_owned(), Type::String),
            ("size".to_owned(), Type::Number),
            ("tags".to_owned(), Type::Set(Box::new(Type::String))),
        ]))
    }

    #[test]
    fn a_value_survives_the_wire() {
        let any = Value::Dynamic(
            Type::List(Box::new(Type::Bool)),
            Box::new(Value::List(vec![Value::Bool(true), Value::Null])),
        );
        let value = Value::object([
            ("any", any),
            ("name", Value::unknown()),
            (
                "size",
                Value::Number("123456789012345678901234567890.5".parse().unwrap()),
            ),
            ("tags", Value::set(vec!["b".into(), "a".into()])),
        ]);

        let back = from_msgpack(&to_msgpack(&value, &thing()), &thing());

        assert_eq!(back, Ok(value));
    }

    #[test]
    fn numbers_are_written_as_cty_writes_them() {
        let numbers = ["9007199254740993", "2.5", "0.1", "18446744073709551617"];

        let wire: Vec<Wire> = numbers
            .iter()
            .map(|text| write(&Value::Number(text.parse().unwrap()), &Type::Number))
            .collect();

        assert_eq!(
            wire,
            [
                Wire::from(9_007_199_254_740_993_i64),
                Wire::F64(2.5),
                Wire::from("0.1"),
                Wire::from("18446744073709551617")
            ]
        );
    }

    /// `"pre-${unknown}"` as Terraform 1.6 and later send it: extension 12, not null, prefix "pre-".
    #[test]
    fn a_refined_unknown_is_read_and_sent_back_unchanged() {
        let map = [0x82, 0x01, 0xc2, 0x02, 0xa4, b'p', b'r', b'e', b'-'];
        let mut sent = vec![0xc7, map.len().try_into().unwrap(), 12];
        sent.extend(map);

        let value = from_msgpack(&sent, &Type::String).unwrap();

        let Value::Unknown(refinement) = &value else {
            panic!("{value:?}")
        };
        assert_eq!(
            (refinement.is_not_null(), refinement.prefix()),
            (true, Some("pre-".to_owned()))
        );
        assert_eq!(to_msgpack(&value, &Type::String), sent);
    }

    #[test]
    fn a_plain_unknown_is_written_as_terraform_writes_it() {
        let bytes = to_msgpack(&Value::unknown(), &Type::String);

        assert_eq!(bytes, [0xd4, 0x00, 0x00]);
    }

    #[test]
    fn missing_attributes_are_null_and_foreign_ones_are_dropped() {
        let wire = Wire::Map(vec![
            ("name".into(), "x".into()),
            ("gone".into(), true.into()),
        ]);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &wire).unwrap();

        let value = from_msgpack(&bytes, &thing());

        let expected = Value::object([
            ("any", Value::Null),
            ("name", "x".into()),
            ("size", Value::Null),
            ("tags", Value::Null),
        ]);
        assert_eq!(value, Ok(expected));
    }

    #[test]
    fn what_is_nested_too_deep_is_told_and_not_followed() {
        let deep = |levels: usize| {
            let mut bytes = vec![0x91; levels];
            bytes.push(0xc0);
            from_msgpack(&bytes, &Type::List(Box::new(Type::Bool)))
        };

        let (within, beyond) = (deep(MOST_LEVELS / 2 - 1), deep(100_000));

        let told = |path: Path, what: &str| Err(DecodeError::new(&path, what));
        let place = Path::root().join(Step::Index(0));
        assert_eq!(within, told(place, r#"wanted "bool", found a list"#));
        assert_eq!(
            beyond,
            told(
                Path::root(),
                "the bytes are no msgpack: depth limit exceeded"
            )
        );
    }

    #[test]
    fn a_number_that_is_none_is_told() {
        let wire = Wire::from("1e999999999");
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &wire).unwrap();

        let read = from_msgpack(&bytes, &Type::Number);

        let told = "the text is not a decimal number of at most 2000 digits";
        assert_eq!(read, Err(DecodeError::new(&Path::root(), told)));
    }

    #[test]
    fn a_wrong_kind_is_told_with_its_place() {
        let wire = Wire::Map(vec![("name".into(), 5.into())]);
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &wire).unwrap();

        let error = from_msgpack(&bytes, &thing()).unwrap_err();

        assert_eq!(error.to_string(), "name: wanted \"string\", found a number");
    }

    #[test]
    fn a_number_that_is_no_number_is_refused() {
        let mut bytes = Vec::new();
        rmpv::encode::write_value(&mut bytes, &Wire::F64(f64::NAN)).unwrap();

        let error = from_msgpack(&bytes, &Type::Number).unwrap_err();

        assert_eq!(error.problem, "wanted a number, found a number");
    }
}
