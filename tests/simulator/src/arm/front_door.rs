//! The checks every request passes before a service sees it, and the headers every answer gets.

use serde_json::{Value, json};

use super::ResourceManager;
use super::error::{gateway_error, ok, resource_group_not_found};
use super::exchange::{Body, Caller, Moment, Request, Response};
use super::path::{Address, permission};
use super::region::{REGIONS, normalize};
use crate::entra::{Audience, Directory, Refusal, SigningKey, verify};
use crate::message::{Message, Reply};
use crate::origins::Origins;
use crate::random::guid;

/// The newest api-version any service has; later ones do not exist yet.
const NEWEST_API_VERSION: &str = "2026-08-01";

/// Who sends the request, or the 401 it gets.
pub(crate) fn authenticate(
    message: &Message,
    key: &SigningKey,
    origins: &Origins,
    tenant_id: &str,
    token_time: jiff::Timestamp,
) -> Result<Caller, Response> {
    let Some(header) = message.header("authorization") else {
        let text = "Authentication failed. The 'Authorization' header is missing.";
        return Err(unauthorized(
            "AuthenticationFailed",
            text,
            origins,
            tenant_id,
        ));
    };
    let token = header
        .strip_prefix("Bearer ")
        .or_else(|| header.strip_prefix("bearer "));
    let verified = verify(
        token.unwrap_or_default(),
        Audience::ResourceManager,
        key,
        origins,
        token_time,
    );
    let claims = verified.map_err(|refusal| {
        let (code, text) = match refusal {
            Refusal::Invalid => (
                "InvalidAuthenticationToken",
                "The access token is invalid.".to_owned(),
            ),
            Refusal::Audience(audience) => (
                "InvalidAuthenticationTokenAudience",
                format!(
                    "The access token has been obtained for wrong audience or resource \
                     '{audience}'. It should exactly match with one of the allowed audiences \
                     'https://management.core.windows.net/','https://management.core.windows.net',\
                     'https://management.azure.com/','https://management.azure.com'."
                ),
            ),
            Refusal::Expired { expiry, now } => (
                "ExpiredAuthenticationToken",
                format!(
                    "The access token expiry UTC time '{}' is earlier than current UTC time '{}'.",
                    expiry.strftime("%-m/%-d/%Y %-I:%M:%S %p"),
                    now.strftime("%-m/%-d/%Y %-I:%M:%S %p"),
                ),
            ),
        };
        unauthorized(code, &text, origins, tenant_id)
    })?;
    Ok(Caller {
        object_id: claims.text("oid").to_owned(),
        app_id: claims.text("appid").to_owned(),
        tenant_id: claims.text("tid").to_owned(),
    })
}

/// A 401, with the header by which clients find the directory to sign in to.
fn unauthorized(code: &str, text: &str, origins: &Origins, tenant_id: &str) -> Response {
    let challenge = format!(
        "Bearer authorization_uri=\"{}/{tenant_id}\", error=\"invalid_token\", \
         error_description=\"{text}\"",
        origins.login
    );
    gateway_error(401, code, text).with("www-authenticate", challenge)
}

/// The request in parsed form, or the 400 it gets.
pub(crate) fn open(message: &Message, caller: Caller) -> Result<Request, Response> {
    let query = message.parameters();
    match query.get("api-version").map(String::as_str) {
        None | Some("") => {
            let text =
                "The api-version query parameter (?api-version=) is required for all requests.";
            return Err(gateway_error(400, "MissingApiVersionParameter", text));
        }
        Some(version) if !is_api_version(version) => {
            let text = format!(
                "The api-version '{version}' is invalid. The supported versions are \
                 '{NEWEST_API_VERSION}' and earlier."
            );
            return Err(gateway_error(400, "InvalidApiVersionParameter", text));
        }
        Some(_) => {}
    }
    let body = if message.body.iter().all(u8::is_ascii_whitespace) {
        None
    } else {
        let parsed = serde_json::from_slice::<Value>(&message.body).map_err(|error| {
            let text = format!(
                "The request content was invalid and could not be deserialized: '{error}'."
            );
            gateway_error(400, "InvalidRequestContent", text)
        })?;
        Some(parsed)
    };
    Ok(Request {
        method: message.method.clone(),
        segments: message.segments(),
        query,
        headers: message.headers.clone(),
        body,
        caller,
    })
}

/// `YYYY-MM-DD`, perhaps with a preview suffix, and not from the future.
fn is_api_version(version: &str) -> bool {
    let (date, suffix) = version.split_at_checked(10).unwrap_or((version, ""));
    date.parse::<jiff::civil::Date>().is_ok()
        && date <= NEWEST_API_VERSION
        && ["", "-preview", "-privatepreview"].contains(&suffix)
}

impl ResourceManager {
    /// The first reason why this request must not reach its service.
    pub(super) fn refuse(
        &self,
        request: &Request,
        address: &Address,
        directory: &Directory,
    ) -> Option<Response> {
        self.refuse_subscription(address)
            .or_else(|| self.refuse_unregistered(request, address))
            .or_else(|| self.refuse_caller(request, address, directory))
            .or_else(|| self.refuse_group(request, address))
            .or_else(|| Self::refuse_location(request, address))
            .or_else(|| self.refuse_linked(request, address, directory))
            .or_else(|| self.refuse_by_policy(request, address))
    }

    fn refuse_subscription(&self, address: &Address) -> Option<Response> {
        let named = address.subscription.as_ref()?;
        if uuid::Uuid::try_parse(named).is_err() {
            let text =
                format!("The provided subscription identifier '{named}' is malformed or invalid.");
            return Some(gateway_error(400, "InvalidSubscriptionId", text));
        }
        if !named.eq_ignore_ascii_case(&self.subscription.id) {
            let text = format!("The subscription '{named}' could not be found.");
            return Some(gateway_error(404, "SubscriptionNotFound", text));
        }
        None
    }

    /// Reading a resource by its id passes without registration: Resource Manager answers 404
    /// from its own list of resources.
    fn refuse_unregistered(&self, request: &Request, address: &Address) -> Option<Response> {
        let reads = matches!(request.method.as_str(), "GET" | "HEAD");
        let provider_itself = address.types.is_empty();
        if (reads && address.resource_group.is_some()) || provider_itself {
            return None;
        }
        let namespace = self.registrations.unregistered(&address.namespace)?;
        let text = format!(
            "The subscription is not registered to use namespace '{namespace}'. See \
             https://aka.ms/rps-not-found for how to register subscriptions."
        );
        let mut response = gateway_error(409, "MissingSubscriptionRegistration", text.clone());
        if let Body::Gateway(body) = &mut response.body
            && let Some(error) = body.get_mut("error").and_then(Value::as_object_mut)
        {
            error.insert(
                "details".into(),
                json!([{
                    "code": "MissingSubscriptionRegistration",
                    "target": namespace,
                    "message": text,
                }]),
            );
        }
        Some(response)
    }

    fn refuse_caller(
        &self,
        request: &Request,
        address: &Address,
        directory: &Directory,
    ) -> Option<Response> {
        address.subscription.as_ref()?;
        let (action, scope) = permission(&request.method, &request.segments, address);
        let caller = &request.caller;
        if self
            .access
            .allows(directory, &caller.object_id, &action, &scope)
        {
            return None;
        }
        let text = format!(
            "The client '{}' with object id '{}' does not have authorization to perform action \
             '{action}' over scope '{scope}' or the scope is invalid. If access was recently \
             granted, please refresh your credentials.",
            caller_name(caller, directory),
            caller.object_id,
        );
        Some(gateway_error(403, "AuthorizationFailed", text))
    }

    fn refuse_group(&self, request: &Request, address: &Address) -> Option<Response> {
        let name = address.resource_group.as_ref()?;
        if address.namespace.is_empty() {
            return None;
        }
        if !self.groups.exists(name) {
            return Some(resource_group_not_found(name));
        }
        if self.groups.is_deleting(name) && matches!(request.method.as_str(), "PUT" | "PATCH") {
            let text = format!(
                "The resource group '{name}' is in deprovisioning state and cannot perform this \
                 operation."
            );
            return Some(gateway_error(409, "ResourceGroupBeingDeleted", text));
        }
        None
    }

    /// Resources of the kinds that live in a region must name one that exists.
    fn refuse_location(request: &Request, address: &Address) -> Option<Response> {
        let located = [
            "managedclusters",
            "userassignedidentities",
            "virtualnetworks",
            "routetables",
            "publicipaddresses",
            "workspaces",
            "applicationsecuritygroups",
            "publicipprefixes",
            "natgateways",
            "networksecuritygroups",
            "capacityreservationgroups",
            "proximityplacementgroups",
        ];
        let [kind] = address.types.as_slice() else {
            return None;
        };
        if request.method != "PUT"
            || address.is_collection()
            || !located.contains(&kind.to_lowercase().as_str())
        {
            return None;
        }
        let location = request.body.as_ref().and_then(|body| body.get("location"));
        let Some(location) = location.and_then(Value::as_str) else {
            let text = "The location property is required for this definition.";
            return Some(gateway_error(400, "LocationRequired", text));
        };
        if REGIONS.contains(&normalize(location).as_str()) {
            return None;
        }
        let text = format!(
            "The provided location '{location}' is not available for resource type '{}'. List of \
             available regions for the resource type is '{}'.",
            address.resource_type(),
            REGIONS.join(",")
        );
        Some(gateway_error(
            400,
            "LocationNotAvailableForResourceType",
            text,
        ))
    }

    /// Linked access: naming another resource needs a permission on that one too.
    fn refuse_linked(
        &self,
        request: &Request,
        address: &Address,
        directory: &Directory,
    ) -> Option<Response> {
        let kind = address.types.first()?.to_lowercase();
        if request.method != "PUT" || kind != "managedclusters" {
            return None;
        }
        let links = links(request.body.as_ref()?);
        let caller = &request.caller;
        let (action, scope) = links.into_iter().find(|(action, scope)| {
            !self
                .access
                .allows(directory, &caller.object_id, action, scope)
        })?;
        let text = format!(
            "The client '{}' with object id '{}' has permission to perform action '{}/write' on \
             scope '/{}'; however, it does not have permission to perform action '{action}' on \
             the linked scope(s) '{scope}' or the linked scope(s) are invalid.",
            caller_name(caller, directory),
            caller.object_id,
            address.resource_type(),
            request.segments.join("/"),
        );
        Some(gateway_error(403, "LinkedAuthorizationFailed", text))
    }

    fn refuse_by_policy(&self, request: &Request, address: &Address) -> Option<Response> {
        let writes = matches!(request.method.as_str(), "PUT" | "PATCH");
        let policy = self.policy.as_ref().filter(|_| writes)?;
        policy.denies(&address.resource_type()).then(|| {
            ok(
                403,
                policy.error(&self.subscription.id, address.names.last()),
            )
        })
    }
}

/// The permissions a cluster's or pool's body needs on what it names.
fn links(body: &Value) -> Vec<(&'static str, String)> {
    let properties = body.get("properties");
    let pools = properties.and_then(|properties| properties.get("agentPoolProfiles"));
    let pools = pools
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .chain(properties);
    let subnets = pools.filter_map(|pool| pool.get("vnetSubnetID")?.as_str());
    let identities = body
        .pointer("/identity/userAssignedIdentities")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(serde_json::Map::keys);
    let join = "Microsoft.Network/virtualNetworks/subnets/join/action";
    let assign = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
    subnets
        .map(|id| (join, id.to_owned()))
        .chain(identities.map(|id| (assign, id.clone())))
        .collect()
}

/// Users are named by their sign-in name, applications by their client id.
fn caller_name(caller: &Caller, directory: &Directory) -> String {
    directory
        .principal(&caller.object_id)
        .and_then(|principal| principal.user_principal_name.clone())
        .unwrap_or_else(|| caller.app_id.clone())
}

/// The answer as it goes over the wire, with the headers every answer carries.
pub(crate) fn wire(response: Response, message: &Message, moment: &mut Moment<'_>) -> Reply {
    let (content_type, body) = match response.body {
        Body::Empty => (None, Vec::new()),
        Body::Gateway(body) => (
            Some("application/json; charset=utf-8"),
            body.to_string().into_bytes(),
        ),
        Body::Provider(body) => (Some("application/json"), indented(&body)),
        Body::Html(page) => (Some("text/html"), page.into_bytes()),
    };
    let request_id = guid(moment.random);
    let correlation_id = message
        .header("x-ms-correlation-request-id")
        .map_or_else(|| request_id.clone(), str::to_owned);
    let routing = format!(
        "WESTEUROPE:{}:{request_id}",
        moment.now.strftime("%Y%m%dT%H%M%SZ")
    );
    let mut reply = Reply {
        status: response.status,
        headers: response.headers,
        body,
    };
    if let Some(content_type) = content_type {
        reply = reply.with("content-type", content_type);
    }
    if let (Some(id), Some("true")) = (
        message.header("x-ms-client-request-id"),
        message.header("x-ms-return-client-request-id"),
    ) {
        reply = reply.with("x-ms-client-request-id", id);
    }
    let (kind, remaining, global) = match message.method.as_str() {
        "DELETE" => ("deletes", "799", "11999"),
        "GET" | "HEAD" => ("reads", "1099", "16499"),
        _ => ("writes", "799", "11999"),
    };
    reply
        .with(
            &format!("x-ms-ratelimit-remaining-subscription-{kind}"),
            remaining,
        )
        .with(
            &format!("x-ms-ratelimit-remaining-subscription-global-{kind}"),
            global,
        )
        .with("x-ms-request-id", request_id)
        .with("x-ms-correlation-request-id", correlation_id)
        .with("x-ms-routing-request-id", routing)
        .with("cache-control", "no-cache")
        .with("pragma", "no-cache")
        .with("expires", "-1")
        .with(
            "strict-transport-security",
            "max-age=31536000; includeSubDomains",
        )
        .with("x-content-type-options", "nosniff")
        .with("x-cache", "CONFIG_NOCACHE")
}

/// JSON as the AKS resource provider writes it: indented by one space (recorded).
fn indented(body: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b" ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    match serde::Serialize::serialize(body, &mut serializer) {
        Ok(()) => bytes,
        Err(_) => body.to_string().into_bytes(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_are_dates_that_exist() {
        let versions = [
            "2026-05-01",
            "2022-05-01-preview",
            "2099-01-01",
            "2026-13-01",
            "v1",
            "2026-05-01-x",
        ];

        let accepted: Vec<bool> = versions.into_iter().map(is_api_version).collect();

        assert_eq!(accepted, [true, true, false, false, false, false]);
    }

    #[test]
    fn provider_bodies_are_indented_by_one_space() {
        assert_eq!(
            indented(&json!({ "a": { "b": 1 } })),
            b"{\n \"a\": {\n  \"b\": 1\n }\n}"
        );
    }
}
