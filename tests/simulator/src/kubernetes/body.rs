//! Bodies of requests: JSON, YAML or protobuf, of the kind their path names.

use serde_json::Value;

use super::kind::Kind;
use super::protobuf;
use super::status::Status;
use crate::message::Message;

/// An object sent to be kept or answered.
pub(crate) fn decode(message: &Message, kind: &Kind) -> Result<Value, Status> {
    let object = match media_type(message) {
        "" | "application/json" => from_json(&message.body)?,
        "application/yaml" => from_yaml(&message.body)?,
        protobuf::MEDIA_TYPE => protobuf::decode(&message.body, kind)?,
        _ => return Err(unknown_media_type()),
    };
    of_kind(object, kind)
}

/// The refusal of a body in another form.
pub(crate) fn unknown_media_type() -> Status {
    Status::unsupported_media_type(
        "application/json, application/yaml, application/vnd.kubernetes.protobuf",
    )
}

/// The `Content-Type` without its parameters.
pub(crate) fn media_type(message: &Message) -> &str {
    let header = message.header("content-type").unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim()
}

pub(crate) fn from_json(body: &[u8]) -> Result<Value, Status> {
    serde_json::from_slice(body)
        .map_err(|error| Status::bad_request(format!("error decoding request body: {error}")))
}

/// JSON is YAML as well.
pub(crate) fn from_yaml(body: &[u8]) -> Result<Value, Status> {
    serde_saphyr::from_slice(body)
        .map_err(|error| Status::bad_request(format!("error decoding YAML: {error}")))
}

/// The object if it is of the kind; one that does not say is taken for it.
pub(crate) fn of_kind(mut object: Value, kind: &Kind) -> Result<Value, Status> {
    let Some(members) = object.as_object_mut() else {
        return Err(Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): it is not an object",
            kind.kind
        )));
    };
    let wanted = kind.api_version();
    let text = |name: &str| {
        let text = members.get(name).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let (version, own) = (text("apiVersion"), text("kind"));
    if !own.is_empty() && own != kind.kind {
        return Err(Status::bad_request(format!(
            "{own} in version \"{}\" cannot be handled as a {}: the object provided is of another \
             kind",
            if version.is_empty() {
                &wanted
            } else {
                &version
            },
            kind.kind
        )));
    }
    if !version.is_empty() && version != wanted {
        return Err(Status::bad_request(format!(
            "the API version in the data ({version}) does not match the expected API version \
             ({wanted})"
        )));
    }
    members.insert("apiVersion".into(), wanted.into());
    members.insert("kind".into(), kind.kind.into());
    if !members.get("metadata").is_some_and(Value::is_object) {
        members.insert("metadata".into(), Value::Object(serde_json::Map::new()));
    }
    let mut ordered = serde_json::Map::new();
    for first in ["kind", "apiVersion", "metadata"] {
        if let Some(value) = members.shift_remove(first) {
            ordered.insert(first.into(), value);
        }
    }
    ordered.append(members);
    Ok(Value::Object(ordered))
}
