//! What we ask Azure, as plain data: built by pure functions, sent by [`Client`](super::Client) only.

use serde::Serialize;
use serde_json::Value;
use url::Url;

pub use azure_core::http::Method;

use super::arm::ResourceId;
use super::auth::Audience;

/// One request, not yet sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Where to.
    pub target: Target,
    /// The JSON to send.
    pub body: Option<Value>,
    /// What must hold for the service to act.
    pub precondition: Precondition,
    /// Whether sending it twice does no harm. A POST is taken to do harm unless its builder knows better.
    pub repeatable: bool,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A path below the cloud's Azure Resource Manager.
    Path {
        /// The path, beginning with a slash.
        path: String,
        /// The version of the service's API.
        api_version: String,
        /// Further query parameters.
        query: Vec<(String, String)>,
    },
    /// A whole address, to be followed to the letter: operation addresses carry signatures.
    Url(Url),
    /// A path below the cloud's Microsoft Graph, version and all, such as `/v1.0/$batch`.
    Graph(String),
}

/// A condition on the object's present version (`learn.microsoft.com/azure/aks/use-etags`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Act whatever is there.
    #[default]
    None,
    /// Act only on exactly this version (`If-Match`).
    Matches(String),
    /// Act only if nothing is there yet (`If-None-Match: *`).
    Absent,
}

impl Request {
    /// A request about `resource`.
    pub fn on(method: Method, resource: &ResourceId, api_version: &str) -> Self {
        Self::path(method, resource.as_str(), api_version)
    }

    /// A request for a `path` below Azure Resource Manager.
    pub fn path(method: Method, path: impl Into<String>, api_version: &str) -> Self {
        Self::to(
            method,
            Target::Path {
                path: path.into(),
                api_version: api_version.to_owned(),
                query: Vec::new(),
            },
        )
    }

    /// A request for a `path` below Microsoft Graph.
    pub fn graph(method: Method, path: impl Into<String>) -> Self {
        Self::to(method, Target::Graph(path.into()))
    }

    /// Reads a whole address as it is.
    pub fn get_url(url: Url) -> Self {
        Self::to(Method::Get, Target::Url(url))
    }

    /// With a JSON body.
    #[must_use]
    pub fn with_body(mut self, body: &impl Serialize) -> Self {
        self.body = Some(serde_json::to_value(body).unwrap_or(Value::Null));
        self
    }

    /// With a condition.
    #[must_use]
    pub fn with_precondition(mut self, precondition: Precondition) -> Self {
        self.precondition = precondition;
        self
    }

    /// With one more query parameter.
    #[must_use]
    pub fn with_query(mut self, name: &str, value: &str) -> Self {
        if let Target::Path { query, .. } = &mut self.target {
            query.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// A POST that may be sent twice, because it only reads or because the second does nothing.
    #[must_use]
    pub fn repeatable(mut self) -> Self {
        self.repeatable = true;
        self
    }

    /// The path, for messages: never with a query, which may hold a signature.
    pub fn subject(&self) -> &str {
        match &self.target {
            Target::Path { path, .. } | Target::Graph(path) => path,
            Target::Url(url) => url.path(),
        }
    }

    /// The service it goes to, which wants a token of its own.
    pub(crate) fn audience(&self) -> Audience {
        match self.target {
            Target::Path { .. } | Target::Url(_) => Audience::ResourceManager,
            Target::Graph(_) => Audience::Graph,
        }
    }

    fn to(method: Method, target: Target) -> Self {
        let repeatable = method != Method::Post && method != Method::Patch;
        Self {
            method,
            target,
            body: None,
            precondition: Precondition::None,
            repeatable,
        }
    }
}
