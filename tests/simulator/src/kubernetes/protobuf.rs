//! Bodies in Kubernetes' protobuf encoding, which kubectl's own commands (`create`, `auth`) send:
//! read by the schema and the numbers of fields, into what JSON would have said.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::metadata::members;
use super::shape::{Form, Shape};
use super::status::Status;

/// The media type.
pub(crate) const MEDIA_TYPE: &str = "application/vnd.kubernetes.protobuf";

/// What every body begins with, before a `runtime.Unknown`.
const MAGIC: &[u8] = b"k8s\0";

/// Fields whose zero says something else than their absence; Go holds them by pointer. Any other
/// zero is one that JSON leaves out.
const POINTERS: [&str; 12] = [
    "allowPrivilegeEscalation",
    "automountServiceAccountToken",
    "backoffLimit",
    "completions",
    "optional",
    "parallelism",
    "replicas",
    "revisionHistoryLimit",
    "runAsNonRoot",
    "runAsUser",
    "suspend",
    "terminationGracePeriodSeconds",
];

/// An object in this encoding.
pub(crate) fn decode(body: &[u8], kind: &Kind) -> Result<Value, Status> {
    of_definition(body, &kind.definition())
}

/// A message in this encoding, by the name of its schema.
pub(crate) fn of_definition(body: &[u8], definition: &str) -> Result<Value, Status> {
    let malformed =
        || Status::bad_request("provided data does not appear to be a protobuf message");
    let envelope = body.strip_prefix(MAGIC).ok_or_else(malformed)?;
    let shape = Shape::named(definition).ok_or_else(malformed)?;
    let (mut identity, mut raw) = (None, None);
    for field in Fields(envelope) {
        match field.ok_or_else(malformed)? {
            (1, Wire::Bytes(bytes)) => identity = Some(bytes),
            (2, Wire::Bytes(bytes)) => raw = Some(bytes),
            _ => {}
        }
    }
    let mut object = message(raw.ok_or_else(malformed)?, shape).ok_or_else(malformed)?;
    for field in Fields(identity.unwrap_or_default()) {
        let name = match field.ok_or_else(malformed)? {
            (1, Wire::Bytes(text)) => ("apiVersion", text),
            (2, Wire::Bytes(text)) => ("kind", text),
            _ => continue,
        };
        let text = String::from_utf8_lossy(name.1).into_owned();
        members(&mut object).insert(name.0.into(), text.into());
    }
    Ok(object)
}

/// The fields of a message by number; names with `>` are messages inlined in JSON.
fn numbers(definition: &str) -> Option<&'static BTreeMap<u64, &'static str>> {
    type Messages = BTreeMap<&'static str, BTreeMap<u64, &'static str>>;
    static NUMBERS: OnceLock<Messages> = OnceLock::new();
    let numbers = NUMBERS.get_or_init(|| {
        include_str!("field_numbers.txt")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| {
                let mut words = line.split(' ');
                let fields = words.clone().skip(1).filter_map(|word| {
                    let (number, name) = word.split_once('=')?;
                    Some((number.parse().ok()?, name))
                });
                Some((words.next()?, fields.collect()))
            })
            .collect()
    });
    let short = definition
        .strip_prefix("io.k8s.api.")
        .or_else(|| definition.strip_prefix("io.k8s.apimachinery.pkg.apis."))
        .unwrap_or(definition);
    numbers.get(short)
}

fn message(bytes: &[u8], shape: Shape) -> Option<Value> {
    let mut object = Value::Object(Map::new());
    fill(&mut object, bytes, shape, numbers(shape.name())?)?;
    Some(object)
}

fn fill(
    object: &mut Value,
    bytes: &[u8],
    shape: Shape,
    numbers: &BTreeMap<u64, &'static str>,
) -> Option<()> {
    for field in Fields(bytes) {
        let (number, wire) = field?;
        let Some(name) = numbers.get(&number) else {
            continue;
        };
        if let Some(inlined) = name.strip_prefix('>') {
            fill(object, wire.bytes()?, shape, self::numbers(inlined)?)?;
            continue;
        }
        let Some(own) = shape.member(name) else {
            continue;
        };
        let object = members(object);
        match (own.structure(), own.items()) {
            (Form::Map(values), _) => {
                let (key, value) = entry(wire.bytes()?, values)?;
                let map = object.entry(*name).or_insert_with(|| json!({}));
                members(map).insert(key, value);
            }
            (_, Some(items)) => {
                let item = value(&wire, items)?;
                let list = object.entry(*name).or_insert_with(|| json!([]));
                list.as_array_mut()?.push(item);
            }
            _ => {
                let value = value(&wire, own)?;
                let says_nothing = value.is_null() || value == "" || value == 0 || value == false;
                if !says_nothing || (POINTERS.contains(name) && !value.is_null()) {
                    object.insert((*name).into(), value);
                }
            }
        }
    }
    Some(())
}

fn entry(bytes: &[u8], values: Shape) -> Option<(String, Value)> {
    let (mut key, mut own) = (String::new(), Value::Null);
    for field in Fields(bytes) {
        match field? {
            (1, wire) => key = String::from_utf8(wire.bytes()?.to_vec()).ok()?,
            // A list as a value is a message with its items (`ExtraValue`).
            (2, wire) if values.items().is_some() => {
                let items: Option<Vec<Value>> = Fields(wire.bytes()?)
                    .map(|item| value(&item?.1, values.items()?))
                    .collect();
                own = items?.into();
            }
            (2, wire) => own = value(&wire, values)?,
            _ => {}
        }
    }
    if own.is_null() {
        own = "".into();
    }
    Some((key, own))
}

fn value(wire: &Wire<'_>, shape: Shape) -> Option<Value> {
    match shape.go_name() {
        "Time" | "MicroTime" => return time(wire.bytes()?),
        "Quantity" => return text_of(wire.bytes()?, 1),
        "IntOrString" => return int_or_string(wire.bytes()?),
        "FieldsV1" => {
            let raw = Fields(wire.bytes()?).next()??;
            return serde_json::from_slice(raw.1.bytes()?).ok();
        }
        _ => {}
    }
    match (shape.type_name(), shape.format(), wire) {
        ("integer", _, Wire::Number(number)) => Some(number.cast_signed().into()),
        ("boolean", _, Wire::Number(number)) => Some((*number != 0).into()),
        ("string", "byte", Wire::Bytes(bytes)) => Some(STANDARD.encode(bytes).into()),
        ("string", _, Wire::Bytes(bytes)) => Some(String::from_utf8(bytes.to_vec()).ok()?.into()),
        ("object", _, Wire::Bytes(bytes)) => message(bytes, shape),
        _ => None,
    }
}

/// An absent time is an empty message.
fn time(bytes: &[u8]) -> Option<Value> {
    for field in Fields(bytes) {
        if let (1, Wire::Number(seconds)) = field? {
            let time = Timestamp::from_second(seconds.cast_signed()).ok()?;
            return Some(super::metadata::time(time).into());
        }
    }
    Some(Value::Null)
}

fn text_of(bytes: &[u8], wanted: u64) -> Option<Value> {
    for field in Fields(bytes) {
        if let (number, Wire::Bytes(text)) = field?
            && number == wanted
        {
            return Some(String::from_utf8(text.to_vec()).ok()?.into());
        }
    }
    Some(Value::Null)
}

fn int_or_string(bytes: &[u8]) -> Option<Value> {
    let (mut is_text, mut number) = (false, 0);
    for field in Fields(bytes) {
        match field? {
            (1, Wire::Number(kind)) => is_text = kind == 1,
            (2, Wire::Number(own)) => number = own.cast_signed(),
            _ => {}
        }
    }
    if is_text {
        text_of(bytes, 3)
    } else {
        Some(number.into())
    }
}

/// A value as it is on the wire.
enum Wire<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Wire<'a> {
    fn bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            Self::Number(_) => None,
        }
    }
}

/// The fields of a message in order; `None` among them where it cannot be read.
struct Fields<'a>(&'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = Option<(u64, Wire<'a>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field)
    }
}

impl<'a> Fields<'a> {
    fn field(&mut self) -> Option<(u64, Wire<'a>)> {
        let tag = self.number()?;
        let wire = match tag & 7 {
            0 => Wire::Number(self.number()?),
            1 => Wire::Bytes(self.take(8)?),
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => Wire::Bytes(self.take(4)?),
            _ => return None,
        };
        Some((tag >> 3, wire))
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::super::kind;
    use super::*;

    fn field(number: u8, contents: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2, u8::try_from(contents.len()).unwrap()];
        bytes.extend(contents);
        bytes
    }

    #[test]
    fn a_message_is_read_as_what_json_would_have_said() {
        let metadata = [
            field(1, b"c"),
            field(3, b""),
            field(8, b""),
            field(11, &[field(1, b"app"), field(2, b"web")].concat()),
        ]
        .concat();
        let raw = [
            field(1, &metadata),
            field(2, &[field(1, b"k"), field(2, b"v")].concat()),
        ];
        let identity = [field(1, b"v1"), field(2, b"ConfigMap")].concat();
        let unknown = [field(1, &identity), field(2, &raw.concat())].concat();
        let body = [MAGIC, &unknown].concat();

        let object = decode(&body, kind::of_resource("", "configmaps").unwrap()).unwrap();

        assert_eq!(
            object,
            json!({
                "metadata": { "name": "c", "labels": { "app": "web" } },
                "data": { "k": "v" },
                "apiVersion": "v1",
                "kind": "ConfigMap",
            })
        );
    }

    #[test]
    fn a_message_that_is_cut_off_is_refused() {
        let kind = kind::of_resource("", "configmaps").unwrap();

        let status = decode(b"k8s\0\x12\x7f\x0a", kind).unwrap_err();

        assert_eq!(status.code, 400);
    }
}
