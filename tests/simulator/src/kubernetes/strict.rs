//! Whether an object has the fields its kind has, with values of the right types.

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeError, Engine as _};
use serde_json::Value;

use super::kind::Kind;
use super::quantity::Quantity;
use super::request::FieldValidation;
use super::shape::{Form, Shape};
use super::status::Status;

/// The object without fields its kind does not have. Those are refused or warned of as asked;
/// values of another type are always refused.
pub(crate) fn check(
    mut object: Value,
    kind: &Kind,
    validation: FieldValidation,
    warnings: &mut Vec<String>,
) -> Result<Value, Status> {
    let Some(shape) = Shape::of(kind) else {
        return Ok(object);
    };
    let mut unknown = Vec::new();
    let refused = |text: &str| {
        Status::bad_request(format!(
            "{} in version \"{}\" cannot be handled as a {}: {text}",
            kind.kind, kind.version, kind.kind
        ))
    };
    prune(&mut object, shape, "", "", &mut unknown).map_err(|text| refused(&text))?;
    let unknown: Vec<String> = unknown
        .into_iter()
        .map(|path| format!("unknown field \"{path}\""))
        .collect();
    match validation {
        FieldValidation::Strict if !unknown.is_empty() => Err(refused(&format!(
            "strict decoding error: {}",
            unknown.join(", ")
        ))),
        FieldValidation::Warn => {
            warnings.extend(unknown);
            Ok(object)
        }
        FieldValidation::Strict | FieldValidation::Ignore => Ok(object),
    }
}

fn prune(
    value: &mut Value,
    shape: Shape,
    owner: &str,
    path: &str,
    unknown: &mut Vec<String>,
) -> Result<(), String> {
    if value.is_null() {
        return Ok(());
    }
    if shape.go_name() == "Quantity" {
        return amount(value);
    }
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match (shape.structure(), &mut *value) {
        (Form::Object(fields), Value::Object(members)) => {
            members.retain(|name, member| {
                let known = fields.contains_key(name);
                if !known {
                    unknown.push(below(name));
                }
                // To Go, null and absent are the same.
                known && !member.is_null()
            });
            for (name, member) in members.iter_mut() {
                if let Some(own) = shape.member(name) {
                    prune(member, own, shape.go_name(), &below(name), unknown)?;
                }
            }
            return Ok(());
        }
        (Form::Map(values), Value::Object(members)) => {
            for (name, member) in members.iter_mut() {
                prune(member, values, owner, &below(name), unknown)?;
            }
            return Ok(());
        }
        _ => {}
    }
    if let (Some(items), Value::Array(list)) = (shape.items(), &mut *value) {
        for (index, item) in list.iter_mut().enumerate() {
            prune(item, items, owner, &format!("{path}[{index}]"), unknown)?;
        }
        return Ok(());
    }
    if shape.format() == "byte"
        && let Value::String(text) = &*value
    {
        return base64(text);
    }
    if fits(value, shape) {
        return Ok(());
    }
    // Go's text; indexes are not part of the path it names.
    let path: String = path
        .split('[')
        .map(|part| part.split_once(']').map_or(part, |(_, rest)| rest))
        .collect();
    Err(format!(
        "json: cannot unmarshal {} into Go struct field {owner}.{path} of type {}",
        json_type(value),
        go_type(shape)
    ))
}

/// Amounts are kept in the one way the server writes them.
fn amount(value: &mut Value) -> Result<(), String> {
    let text = match &*value {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    let amount = Quantity::parse(&text).ok_or(
        "quantities must match the regular expression \
         '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    )?;
    *value = amount.to_string().into();
    Ok(())
}

/// Go's text names the first byte that is wrong.
fn base64(text: &str) -> Result<(), String> {
    let offset = match STANDARD.decode(text) {
        Ok(_) => return Ok(()),
        Err(DecodeError::InvalidByte(offset, _) | DecodeError::InvalidLastSymbol(offset, _)) => {
            offset
        }
        Err(DecodeError::InvalidLength(length)) => length / 4 * 4,
        Err(DecodeError::InvalidPadding) => text.len(),
    };
    Err(format!("illegal base64 data at input byte {offset}"))
}

fn fits(value: &Value, shape: Shape) -> bool {
    if shape.format() == "int-or-string" {
        return value.is_string() || value.is_number();
    }
    match shape.type_name() {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    }
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn go_type(shape: Shape) -> String {
    match (shape.type_name(), shape.format()) {
        ("integer", "") => "int".to_owned(),
        ("integer" | "number", format) => format.to_owned(),
        ("boolean", _) => "bool".to_owned(),
        ("array", _) => format!("[]{}", shape.items().map(go_type).unwrap_or_default()),
        ("object", _) if !shape.go_name().is_empty() => shape.go_name().to_owned(),
        ("object", _) => "map[string]string".to_owned(),
        (name, _) => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kind;
    use super::*;

    fn checked(spec: &Value, validation: FieldValidation) -> Result<(Value, Vec<String>), String> {
        let kind = kind::of_resource("apps", "deployments").unwrap();
        let mut warnings = Vec::new();
        check(json!({ "spec": spec }), kind, validation, &mut warnings)
            .map(|object| (object, warnings))
            .map_err(|status| status.message)
    }

    #[test]
    fn unknown_fields_are_dropped_with_a_warning_or_refused() {
        let spec = json!({ "replicas": 1, "template": { "spec": { "containers": [{ "x": 1 }] } } });

        let warned = checked(&spec, FieldValidation::Warn);
        let refused = checked(&spec, FieldValidation::Strict);

        let pruned = json!({
            "spec": { "replicas": 1, "template": { "spec": { "containers": [{}] } } },
        });
        let unknown = "unknown field \"spec.template.spec.containers[0].x\"".to_owned();
        assert_eq!(warned, Ok((pruned, vec![unknown.clone()])));
        assert_eq!(
            refused,
            Err(format!(
                "Deployment in version \"v1\" cannot be handled as a Deployment: strict decoding \
                 error: {unknown}"
            ))
        );
    }

    #[test]
    fn amounts_are_kept_in_the_servers_way() {
        let kind = kind::of_resource("", "resourcequotas").unwrap();
        let quota = |cpu: Value| json!({ "spec": { "hard": { "cpu": cpu, "memory": "2048Mi" } } });
        let checked = |cpu: Value| {
            check(quota(cpu), kind, FieldValidation::Strict, &mut Vec::new())
                .map_err(|status| status.message)
        };

        let kept = checked(json!(0.5));
        let refused = checked(json!("a lot"));

        let expected = json!({ "spec": { "hard": { "cpu": "500m", "memory": "2Gi" } } });
        assert_eq!(kept, Ok(expected));
        assert_eq!(
            refused,
            Err(
                "ResourceQuota in version \"v1\" cannot be handled as a ResourceQuota: quantities \
                 must match the regular expression \
                 '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
                    .to_owned()
            )
        );
    }

    #[test]
    fn a_field_that_is_null_is_absent() {
        let spec = json!({ "replicas": null, "template": { "metadata": null } });

        let kept = checked(&spec, FieldValidation::Strict);

        assert_eq!(
            kept,
            Ok((json!({ "spec": { "template": {} } }), Vec::new()))
        );
    }

    #[test]
    fn data_of_secrets_must_be_base64() {
        let kind = kind::of_resource("", "secrets").unwrap();
        let secret = json!({ "data": { "a": "YWI=", "b": "a b" } });

        let refused = check(secret, kind, FieldValidation::Ignore, &mut Vec::new());

        assert_eq!(
            refused.unwrap_err().message,
            "Secret in version \"v1\" cannot be handled as a Secret: illegal base64 data at input \
             byte 1"
        );
    }

    #[test]
    fn a_value_of_another_type_is_refused_in_gos_words() {
        let refused = checked(&json!({ "replicas": "two" }), FieldValidation::Ignore);

        assert_eq!(
            refused,
            Err(
                "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot \
                 unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
                    .to_owned()
            )
        );
    }
}
