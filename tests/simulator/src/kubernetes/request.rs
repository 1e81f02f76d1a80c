//! What a request asks for, read off its path, method and query as the API server does
//! (`RequestInfoFactory`).

use std::collections::BTreeMap;

use super::attributes::{Attributes, ResourceAttributes, Target};
use super::kind::{self, Kind};
use super::status::{Cause, Status, quoted};
use crate::message::Message;

/// A request that was understood.
pub(crate) struct Request {
    pub(crate) attributes: Attributes,
    /// `None` for paths and resources nothing is known of.
    pub(crate) kind: Option<&'static Kind>,
    /// The query's parameters; names in lower case.
    parameters: BTreeMap<String, String>,
    /// What writes are booked under when the query does not say.
    agent: String,
}

/// What to do about fields no schema has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

impl Request {
    pub(crate) fn parse(message: &Message) -> Self {
        let parameters = message.parameters();
        let attributes = attributes(message, &parameters);
        let kind = match &attributes.target {
            Target::Path(_) => None,
            Target::Resource(resource) => kind::of_resource(&resource.group, &resource.resource)
                .filter(|kind| kind.version == resource.version),
        };
        let agent = message.header("user-agent").unwrap_or_default();
        Self {
            attributes,
            kind,
            parameters,
            agent: agent.split('/').next().unwrap_or_default().to_owned(),
        }
    }

    /// The resource asked for; empty for a path.
    pub(crate) fn resource(&self) -> ResourceAttributes {
        match &self.attributes.target {
            Target::Path(_) => ResourceAttributes::default(),
            Target::Resource(resource) => resource.clone(),
        }
    }

    /// A parameter by its name in lower case; empty when it is absent.
    pub(crate) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        matches!(self.parameter(name), "true" | "1")
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.parameter(name).parse().ok()
    }

    /// Whether the request must leave no trace.
    pub(crate) fn is_dry_run(&self) -> Result<bool, Status> {
        match self.parameter("dryrun") {
            "" => Ok(false),
            "All" => Ok(true),
            other => Err(options_invalid(
                "dryRun",
                "FieldValueNotSupported",
                &format!(
                    "Unsupported value: {}: supported values: \"All\"",
                    quoted(other)
                ),
            )),
        }
    }

    /// The name a write is booked under; empty when an apply gives none.
    pub(crate) fn field_manager(&self, is_apply: bool) -> Result<String, Status> {
        let named = self.parameter("fieldmanager");
        if named.len() > 128 {
            return Err(options_invalid(
                "fieldManager",
                "FieldValueTooLong",
                "Too long: may not be more than 128 bytes",
            ));
        }
        match (named, is_apply) {
            ("", true) => Err(options_invalid(
                "fieldManager",
                "FieldValueRequired",
                "Required value: is required for apply patch",
            )),
            ("", false) => Ok(self.agent.clone()),
            (named, _) => Ok(named.to_owned()),
        }
    }

    /// Unless asked otherwise the server warns.
    pub(crate) fn field_validation(&self) -> FieldValidation {
        match self.parameter("fieldvalidation") {
            "Ignore" => FieldValidation::Ignore,
            "Strict" => FieldValidation::Strict,
            _ => FieldValidation::Warn,
        }
    }
}

fn options_invalid(field: &str, reason: &'static str, message: &str) -> Status {
    let mut status = Status::unprocessable(format!(
        "PatchOptions.meta.k8s.io \"\" is invalid: {field}: {message}"
    ));
    status = status.because(Cause::new(reason, field, message));
    status
}

fn attributes(message: &Message, parameters: &BTreeMap<String, String>) -> Attributes {
    let segments = message.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (group, version, rest) = match path.as_slice() {
        ["api", version, rest @ ..] if !rest.is_empty() => ("", *version, rest),
        ["apis", group, version, rest @ ..] if !rest.is_empty() => (*group, *version, rest),
        _ => {
            return Attributes {
                verb: message.method.to_lowercase(),
                target: Target::Path(message.path.clone()),
            };
        }
    };
    let (namespace, parts) = match rest {
        ["namespaces", name] | ["namespaces", name, "status" | "finalize"] => (*name, rest),
        ["namespaces", namespace, parts @ ..] if !parts.is_empty() => (*namespace, parts),
        _ => ("", rest),
    };
    let mut parts = parts.iter();
    let mut next = || {
        parts
            .next()
            .map(|part| (*part).to_owned())
            .unwrap_or_default()
    };
    let (resource, mut name, subresource) = (next(), next(), next());
    let watches = parameters
        .get("watch")
        .is_some_and(|value| matches!(value.as_str(), "true" | "1"));
    let verb = match (message.method.as_str(), name.is_empty()) {
        ("GET" | "HEAD", true) if watches => "watch",
        ("GET" | "HEAD", true) => "list",
        ("GET" | "HEAD", false) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", true) => "deletecollection",
        ("DELETE", false) => "delete",
        _ => "",
    };
    // Rules that name objects hold for a list of one object as well.
    if matches!(verb, "list" | "watch" | "deletecollection")
        && let Some(wanted) = parameters
            .get("fieldselector")
            .and_then(|selector| selector.strip_prefix("metadata.name="))
            .filter(|wanted| !wanted.contains(','))
    {
        wanted.clone_into(&mut name);
    }
    Attributes {
        verb: verb.to_owned(),
        target: Target::Resource(ResourceAttributes {
            group: group.to_owned(),
            version: version.to_owned(),
            resource,
            subresource,
            namespace: namespace.to_owned(),
            name,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(method: &str, address: &str) -> String {
        let (path, query) = address.split_once('?').unwrap_or((address, ""));
        let message = Message {
            method: method.into(),
            path: path.into(),
            query: query.into(),
            ..Message::default()
        };
        let Attributes { verb, target } = Request::parse(&message).attributes;
        match target {
            Target::Path(path) => format!("{verb} {path}"),
            Target::Resource(own) => format!(
                "{verb} {}|{}|{}|{}|{}",
                own.group,
                own.version,
                own.with_subresource(),
                own.namespace,
                own.name
            ),
        }
    }

    #[test]
    fn a_path_gives_verb_resource_namespace_and_name() {
        let cases = [
            ("GET", "/version", "get /version"),
            ("GET", "/apis/apps/v1", "get /apis/apps/v1"),
            ("GET", "/api/v1/pods", "list |v1|pods||"),
            ("GET", "/api/v1/pods?watch=true", "watch |v1|pods||"),
            ("GET", "/api/v1/namespaces/n", "get |v1|namespaces|n|n"),
            (
                "PUT",
                "/api/v1/namespaces/n/finalize",
                "update |v1|namespaces/finalize|n|n",
            ),
            (
                "DELETE",
                "/apis/apps/v1/namespaces/n/deployments",
                "deletecollection apps|v1|deployments|n|",
            ),
            (
                "PATCH",
                "/apis/apps/v1/namespaces/n/deployments/d/scale",
                "patch apps|v1|deployments/scale|n|d",
            ),
            (
                "GET",
                "/api/v1/namespaces/n/secrets?fieldSelector=metadata.name%3Da",
                "list |v1|secrets|n|a",
            ),
        ];

        for (method, address, expected) in cases {
            assert_eq!(parsed(method, address), expected, "{method} {address}");
        }
    }
}
