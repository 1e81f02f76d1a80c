//! One request to Resource Manager and its answer, free of HTTP machinery, so that every service
//! is a function from one to the other.

use std::collections::BTreeMap;

use rand::rngs::StdRng;
use serde_json::Value;

/// A request that passed the front door: authenticated, with an api-version and a parsed body.
#[derive(Clone, Debug)]
pub struct Request {
    /// `GET`, `PUT`, `PATCH`, `POST`, `DELETE` or `HEAD`.
    pub method: String,
    /// The path's segments as the caller spelled them, percent-decoded, without empty ones.
    pub segments: Vec<String>,
    /// Query parameters; names in lower case.
    pub query: BTreeMap<String, String>,
    /// Headers; names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The JSON body; `None` when there was none.
    pub body: Option<Value>,
    /// Who asks.
    pub caller: Caller,
}

/// The principal an access token names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Object id of the user or service principal.
    pub object_id: String,
    /// Application (client) id the token was issued to.
    pub app_id: String,
    /// Directory the token was issued by.
    pub tenant_id: String,
}

/// The answer to a [`Request`].
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// Headers beside the ones every answer carries.
    pub headers: Vec<(String, String)>,
    /// The body, and by its variant who wrote it.
    pub body: Body,
}

/// The body of a [`Response`].
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// No body at all.
    Empty,
    /// Written by Resource Manager's front door: compact, `application/json; charset=utf-8`.
    Gateway(Value),
    /// Written by the AKS resource provider: indented by one space, `application/json`.
    Provider(Value),
    /// A page from a proxy in between.
    Html(String),
}

/// What a service may know of the moment in which it answers.
pub struct Moment<'a> {
    /// The simulated time.
    pub now: jiff::Timestamp,
    /// The run's one source of randomness.
    pub random: &'a mut StdRng,
    /// Origin of Resource Manager, such as `https://127.0.0.1:4433`, for operation addresses.
    pub resource_manager: &'a str,
    /// The directory of the subscription.
    pub tenant_id: &'a str,
}
