//! The two shapes of Azure's error bodies: ARM's gateway wraps it in `error`, AKS sends it flat. Both, and
//! bodies that are neither, give the same [`Body`].

use serde_json::Value;

use super::Detail;

/// What an error body says, as far as it says anything.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) code: Option<String>,
    pub(crate) subcode: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) details: Vec<Detail>,
    pub(crate) policy_assignment: Option<String>,
}

impl Body {
    /// Reads a response's body. An empty one, or a page, says nothing.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        serde_json::from_slice::<Value>(bytes)
            .map_or_else(|_| Self::default(), |body| Self::of(&body))
    }

    /// Reads an error object, wrapped or flat.
    pub(crate) fn of(body: &Value) -> Self {
        let error = body
            .get("error")
            .filter(|error| error.is_object())
            .unwrap_or(body);
        let details = error.get("details").and_then(Value::as_array);
        Self {
            code: text(error, "code"),
            subcode: text(error, "subcode"),
            message: text(error, "message"),
            target: text(error, "target"),
            details: details
                .map(|details| details.iter().map(detail).collect())
                .unwrap_or_default(),
            policy_assignment: policy_assignment(error),
        }
    }
}

fn detail(value: &Value) -> Detail {
    Detail {
        code: text(value, "code"),
        message: text(value, "message"),
        target: text(value, "target"),
    }
}

/// The assignment in a policy violation (ARM common-api-details, `additionalInfo`): its display name, or the
/// last part of its id.
fn policy_assignment(error: &Value) -> Option<String> {
    let further = error.get("additionalInfo")?.as_array()?;
    let violation = further
        .iter()
        .find(|one| text(one, "type").as_deref() == Some("PolicyViolation"))?;
    let info = violation.get("info")?;
    text(info, "policyAssignmentDisplayName")
        .or_else(|| text(info, "policyAssignmentName"))
        .or_else(|| {
            text(info, "policyAssignmentId")?
                .rsplit('/')
                .next()
                .map(str::to_owned)
        })
}

fn text(value: &Value, name: &str) -> Option<String> {
    value
        .get(name)?
        .as_str()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_gateways_wrapped_shape_is_read() {
        let body = json!({"error": {
            "code": "RequestDisallowedByPolicy",
            "target": "aks-demo",
            "message": "Resource 'aks-demo' was disallowed by policy.",
            "additionalInfo": [{"type": "PolicyViolation", "info": {
                "policyAssignmentId": "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/no-public-aks"
            }}]
        }});

        let expected = Body {
            code: Some("RequestDisallowedByPolicy".into()),
            target: Some("aks-demo".into()),
            message: Some("Resource 'aks-demo' was disallowed by policy.".into()),
            policy_assignment: Some("no-public-aks".into()),
            ..Body::default()
        };
        assert_eq!(Body::of(&body), expected);
    }

    #[test]
    fn the_flat_shape_of_aks_is_read() {
        let body = json!({
            "code": "NotFound",
            "details": [{"code": "Unspecified", "message": "rpc error: code = NotFound"}],
            "message": "Could not find the agentpool: user.",
            "subcode": "GetAgentPool_NotFound"
        });

        let expected = Body {
            code: Some("NotFound".into()),
            subcode: Some("GetAgentPool_NotFound".into()),
            message: Some("Could not find the agentpool: user.".into()),
            details: vec![Detail {
                code: Some("Unspecified".into()),
                message: Some("rpc error: code = NotFound".into()),
                target: None,
            }],
            ..Body::default()
        };
        assert_eq!(Body::of(&body), expected);
    }

    #[test]
    fn a_body_that_is_no_error_says_nothing() {
        let read = [
            &b""[..],
            b"<html></html>",
            b"[1]",
            b"\"text\"",
            b"{\"details\": null}",
        ]
        .map(Body::read);

        assert_eq!(read, [const { None::<String> }; 5].map(|_| Body::default()));
    }
}
