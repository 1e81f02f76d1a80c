//! `OpenAPI` version 2, in JSON and in the protobuf form kubectl reads (`openapiv2.Document` of
//! google/gnostic): it checks lists by it before it sends them.

use serde_json::{Map, Value, json};

use super::schema::{REFERENCE, definitions};

/// How clients ask for the protobuf form.
pub(crate) const MEDIA_TYPE: &str = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf";

/// What it is answered as: the name asked by is no valid media type.
pub(crate) const CONTENT_TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

const TITLE: &str = "Kubernetes";
const VERSION: &str = "v1.33.0";

/// The document in JSON.
pub(crate) fn document() -> Value {
    let definitions: Map<String, Value> = definitions()
        .iter()
        .map(|(name, schema)| (name.clone(), version_2(schema)))
        .collect();
    json!({
        "swagger": "2.0",
        "info": { "title": TITLE, "version": VERSION },
        "paths": {},
        "definitions": definitions,
    })
}

/// The document in protobuf.
pub(crate) fn protobuf() -> Vec<u8> {
    let mut info = Message::default();
    info.text(1, TITLE);
    info.text(2, VERSION);
    let mut named = Message::default();
    for (name, schema) in definitions() {
        named.message(1, named_schema(name, &version_2(schema)));
    }
    let mut document = Message::default();
    document.text(1, "2.0");
    document.message(2, info);
    document.message(8, Message::default());
    document.message(9, named);
    document.0
}

/// A schema in the terms of version 2: references stand alone, and what may be several things is a
/// text with a format.
fn version_2(schema: &Value) -> Value {
    if let Some(name) = super::schema::reference(schema) {
        return json!({ "$ref": format!("#/definitions/{name}") });
    }
    if schema
        .get("format")
        .is_some_and(|own| own == "int-or-string")
    {
        return json!({ "type": "string", "format": "int-or-string" });
    }
    match schema {
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (name.clone(), version_2(member)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(version_2).collect(),
        Value::String(text) => text.replace(REFERENCE, "#/definitions/").into(),
        other => other.clone(),
    }
}

fn named_schema(name: &str, schema: &Value) -> Message {
    let mut message = Message::default();
    message.text(1, name);
    message.message(2, self::schema(schema));
    message
}

/// `openapiv2.Schema`, by its field numbers.
fn schema(schema: &Value) -> Message {
    let text = |name: &str| schema.get(name).and_then(Value::as_str);
    let mut message = Message::default();
    if let Some(reference) = text("$ref") {
        message.text(1, reference);
        return message;
    }
    for (number, name) in [(2, "format"), (4, "description")] {
        if let Some(text) = text(name) {
            message.text(number, text);
        }
    }
    let required = schema.get("required").and_then(Value::as_array);
    for name in required.into_iter().flatten().filter_map(Value::as_str) {
        message.text(19, name);
    }
    if let Some(values) = schema
        .get("additionalProperties")
        .filter(|own| own.is_object())
    {
        let mut item = Message::default();
        item.message(1, self::schema(values));
        message.message(21, item);
    }
    if let Some(kind) = text("type") {
        let mut item = Message::default();
        item.text(1, kind);
        message.message(22, item);
    }
    if let Some(items) = schema.get("items") {
        let mut item = Message::default();
        item.message(1, self::schema(items));
        message.message(23, item);
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        let mut named = Message::default();
        for (name, property) in properties {
            named.message(1, named_schema(name, property));
        }
        message.message(25, named);
    }
    let extensions = schema.as_object().into_iter().flatten();
    for (name, value) in extensions.filter(|(name, _)| name.starts_with("x-")) {
        let mut any = Message::default();
        // JSON is YAML.
        any.text(2, &value.to_string());
        let mut named = Message::default();
        named.text(1, name);
        named.message(2, any);
        message.message(31, named);
    }
    message
}

/// A message being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn text(&mut self, number: u64, text: &str) {
        self.bytes(number, text.as_bytes());
    }

    #[expect(clippy::needless_pass_by_value, reason = "a message has one place")]
    fn message(&mut self, number: u64, message: Self) {
        self.bytes(number, &message.0);
    }

    fn bytes(&mut self, number: u64, bytes: &[u8]) {
        self.number(number << 3 | 2);
        self.number(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number.to_le_bytes()[0] | 0x80);
            number >>= 7;
        }
        self.0.push(number.to_le_bytes()[0]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_written_by_its_field_numbers() {
        let own = json!({ "type": "object", "required": ["a"], "x-b": [1] });

        let message = schema(&own).0;

        let expected = [
            b"\x9a\x01\x01a".as_slice(),
            b"\xb2\x01\x08\x0a\x06object",
            b"\xfa\x01\x0c\x0a\x03x-b\x12\x05\x12\x03[1]",
        ]
        .concat();
        assert_eq!(message, expected);
    }

    #[test]
    fn references_stand_alone_in_version_2() {
        let own = json!({
            "description": "d",
            "allOf": [{ "$ref": format!("{REFERENCE}io.k8s.X") }],
        });

        assert_eq!(version_2(&own), json!({ "$ref": "#/definitions/io.k8s.X" }));
    }
}
