//! `Status` (meta/v1): how the API server says that something did not go as asked, in the reasons
//! and texts of `k8s.io/apimachinery/pkg/api/errors`.

use serde_json::{Value, json};

use super::kind::Kind;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// HTTP status code.
    pub(crate) code: u16,
    /// Machine-readable, such as `NotFound`; empty where the server gives none.
    pub(crate) reason: &'static str,
    pub(crate) message: String,
    pub(crate) details: Option<Box<Details>>,
}

/// What a refusal is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Details {
    pub(crate) name: String,
    pub(crate) group: String,
    /// The plural resource, or the kind for `Invalid`.
    pub(crate) kind: String,
    pub(crate) uid: String,
    pub(crate) causes: Vec<Cause>,
    pub(crate) retry_after_seconds: u64,
}

/// One of the things that are wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// Such as `FieldValueInvalid`, `FieldValueRequired` or `FieldManagerConflict`.
    pub(crate) reason: &'static str,
    /// Without the field: `Invalid value: "x": …`.
    pub(crate) message: String,
    /// Path of the field, such as `spec.ports[0].port`.
    pub(crate) field: String,
}

impl Cause {
    /// A cause with any reason.
    pub(crate) fn new(
        reason: &'static str,
        field: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            reason,
            message: message.into(),
            field: field.into(),
        }
    }
}

impl Status {
    fn new(code: u16, reason: &'static str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason,
            message: message.into(),
            details: None,
        }
    }

    fn about(mut self, kind: &Kind, name: &str) -> Self {
        self.details = Some(Box::new(Details {
            name: name.to_owned(),
            group: kind.group.to_owned(),
            kind: kind.resource.to_owned(),
            ..Details::default()
        }));
        self
    }

    /// 400 without an object.
    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(400, "BadRequest", message)
    }

    /// 401: nobody known asks.
    pub(crate) fn unauthorized() -> Self {
        Self::new(401, "Unauthorized", "Unauthorized")
    }

    /// 403 about an object: the message ends with what is not allowed.
    pub(crate) fn forbidden(kind: &Kind, name: &str, why: &str) -> Self {
        let message = if name.is_empty() {
            format!("{} is forbidden: {why}", kind.qualified())
        } else {
            format!("{} {} is forbidden: {why}", kind.qualified(), quoted(name))
        };
        Self::new(403, "Forbidden", message).about(kind, name)
    }

    /// 404 of an object.
    pub(crate) fn not_found(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {} not found", kind.qualified(), quoted(name));
        Self::new(404, "NotFound", message).about(kind, name)
    }

    /// 404 of a path nothing is served at.
    pub(crate) fn no_such_path() -> Self {
        let mut status = Self::new(
            404,
            "NotFound",
            "the server could not find the requested resource",
        );
        status.details = Some(Box::default());
        status
    }

    /// 405: the resource is known, and cannot do that.
    pub(crate) fn method_not_allowed() -> Self {
        let mut status = Self::new(
            405,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        );
        status.details = Some(Box::default());
        status
    }

    /// 409 of a create.
    pub(crate) fn already_exists(kind: &Kind, name: &str) -> Self {
        let message = format!("{} {} already exists", kind.qualified(), quoted(name));
        Self::new(409, "AlreadyExists", message).about(kind, name)
    }

    /// 409: somebody else changed the object, or a precondition does not hold.
    pub(crate) fn conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {}: {why}",
            kind.qualified(),
            quoted(name)
        );
        Self::new(409, "Conflict", message).about(kind, name)
    }

    /// 409: what is to be deleted is not what was meant. The server names the kind where it should name
    /// the resource (`rest.BeforeDelete`).
    pub(crate) fn deletion_conflict(kind: &Kind, name: &str, why: &str) -> Self {
        let mut what = kind.kind.to_owned();
        if !kind.group.is_empty() {
            what = format!("{what}.{}", kind.group);
        }
        let message = format!(
            "Operation cannot be fulfilled on {what} {}: {why}",
            quoted(name)
        );
        let mut status = Self::new(409, "Conflict", message);
        status.details = Some(Box::new(Details {
            name: name.to_owned(),
            group: kind.group.to_owned(),
            kind: kind.kind.to_owned(),
            ..Details::default()
        }));
        status
    }

    /// 409 of server-side apply: other managers own what is to be changed.
    pub(crate) fn apply_conflict(message: String, causes: Vec<Cause>) -> Self {
        let mut status = Self::new(409, "Conflict", message);
        status.details = Some(Box::new(Details {
            causes,
            ..Details::default()
        }));
        status
    }

    /// 410: the history asked for is no longer there.
    pub(crate) fn expired(message: impl Into<String>) -> Self {
        Self::new(410, "Expired", message)
    }

    /// 415: a body in a form the server does not read here.
    pub(crate) fn unsupported_media_type(accepted: &str) -> Self {
        Self::new(
            415,
            "UnsupportedMediaType",
            format!(
                "the body of the request was in an unknown format - accepted media types include: \
                 {accepted}"
            ),
        )
    }

    /// 422: the object is understood, and wrong.
    pub(crate) fn invalid(kind: &Kind, name: &str, causes: Vec<Cause>) -> Self {
        Self::invalid_as(kind.group, kind.kind, name, causes)
    }

    /// The same for a kind that the server does not name as it should.
    pub(crate) fn invalid_as(group: &str, kind: &str, name: &str, causes: Vec<Cause>) -> Self {
        let texts: Vec<String> = causes
            .iter()
            .map(|cause| format!("{}: {}", cause.field, cause.message))
            .collect();
        let what = match texts.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let kind_name = if group.is_empty() {
            kind.to_owned()
        } else {
            format!("{kind}.{group}")
        };
        let message = format!("{kind_name} {} is invalid: {what}", quoted(name));
        let mut status = Self::new(422, "Invalid", message);
        status.details = Some(Box::new(Details {
            name: name.to_owned(),
            group: group.to_owned(),
            kind: kind.to_owned(),
            causes,
            ..Details::default()
        }));
        status
    }

    /// 422 of a patch that does not fit the object.
    pub(crate) fn unprocessable(message: impl Into<String>) -> Self {
        Self::new(422, "Invalid", message)
    }

    /// 501: no answer of Kubernetes', but an honest one.
    pub(crate) fn not_simulated(method: &str, path: &str) -> Self {
        let text = format!("the simulator does not know {method} {path}");
        Self::new(501, "NotSimulated", text)
    }

    /// 500 for an error the server has no reason for.
    pub(crate) fn untold(message: impl Into<String>) -> Self {
        Self::new(500, "", message)
    }

    /// 500.
    pub(crate) fn internal(message: impl std::fmt::Display) -> Self {
        let message = format!("Internal error occurred: {message}");
        Self::new(500, "InternalError", message)
    }

    /// Adds a cause to a refusal about an object.
    pub(crate) fn because(mut self, cause: Cause) -> Self {
        self.details.get_or_insert_default().causes.push(cause);
        self
    }

    /// The object sent.
    pub(crate) fn body(&self) -> Value {
        let mut body = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        });
        if let Some(members) = body.as_object_mut() {
            if !self.reason.is_empty() {
                members.insert("reason".into(), self.reason.into());
            }
            if let Some(details) = &self.details {
                members.insert("details".into(), details.body());
            }
            members.insert("code".into(), self.code.into());
        }
        body
    }
}

impl Details {
    fn body(&self) -> Value {
        let mut body = serde_json::Map::new();
        let texts = [
            ("name", &self.name),
            ("group", &self.group),
            ("kind", &self.kind),
            ("uid", &self.uid),
        ];
        for (key, text) in texts {
            if !text.is_empty() {
                body.insert(key.into(), text.as_str().into());
            }
        }
        if !self.causes.is_empty() {
            let causes = self.causes.iter().map(|cause| {
                json!({ "reason": cause.reason, "message": cause.message, "field": cause.field })
            });
            body.insert("causes".into(), causes.collect());
        }
        if self.retry_after_seconds > 0 {
            body.insert("retryAfterSeconds".into(), self.retry_after_seconds.into());
        }
        Value::Object(body)
    }
}

/// As Go's `%q` writes a name.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::kind;
    use super::*;

    #[test]
    fn several_causes_are_listed_in_brackets() {
        let roles = kind::of_resource("rbac.authorization.k8s.io", "roles").unwrap();
        let causes = vec![
            Cause::new("FieldValueRequired", "a", "Required value"),
            Cause::new("FieldValueRequired", "b", "Required value"),
        ];

        let status = Status::invalid(roles, "x", causes);

        assert_eq!(
            status.message,
            "Role.rbac.authorization.k8s.io \"x\" is invalid: \
             [a: Required value, b: Required value]"
        );
    }

    #[test]
    fn a_missing_object_is_named_with_its_group() {
        let deployments = kind::of_resource("apps", "deployments").unwrap();

        let body = Status::not_found(deployments, "web").body();

        assert_eq!(
            body,
            json!({
                "kind": "Status",
                "apiVersion": "v1",
                "metadata": {},
                "status": "Failure",
                "message": "deployments.apps \"web\" not found",
                "reason": "NotFound",
                "details": { "name": "web", "group": "apps", "kind": "deployments" },
                "code": 404,
            })
        );
    }
}
