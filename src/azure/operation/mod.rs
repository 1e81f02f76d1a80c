//! Long-running operations: what an answer says about one, in a form that survives the process.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{Error, OperationFailure};
use super::request::{Method, Request, Target};
use super::response::Response;

mod poller;
mod status;

pub(crate) use poller::wait;

/// Work that Azure has accepted and not finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    kind: Kind,
    /// The path of what is worked on.
    resource: String,
    api_version: String,
    /// The address in `Azure-AsyncOperation`, to the letter: it is signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status_url: Option<String>,
    /// The address in `Location`, to the letter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result_url: Option<String>,
    /// Joins the operation with the request that began it, for Azure's support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    correlation_id: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// Ends with a resource.
    Write,
    /// Ends with no resource.
    Delete,
    /// Ends with nothing to look at.
    Action,
}

/// How an operation ended well.
#[derive(Debug, Clone, PartialEq)]
pub enum Ending {
    /// The resource is there, as Azure shows it now.
    Resource {
        /// Its body.
        body: Value,
        /// What the operation failed with, although the resource went on to succeed
        /// (Azure/AKS issue 1972). The resource may lack what was asked for: compare before believing it.
        disputed: Option<Box<OperationFailure>>,
    },
    /// The resource is gone.
    Deleted,
    /// An action is done.
    Finished,
}

impl Ending {
    /// The resource in a known shape.
    pub fn resource<T: DeserializeOwned>(self, what: &str) -> Result<T, Error> {
        let Self::Resource { body, .. } = self else {
            return Err(Error::Decode {
                what: what.to_owned(),
                reason: "the operation left no resource".to_owned(),
            });
        };
        serde_json::from_value(body).map_err(|error| Error::Decode {
            what: what.to_owned(),
            reason: error.to_string(),
        })
    }
}

impl Operation {
    /// The operation that `response` says has begun; none if it is already over.
    pub fn begun(request: &Request, response: &Response) -> Option<Self> {
        let Target::Path {
            path, api_version, ..
        } = &request.target
        else {
            return None;
        };
        let header = |name| response.header(name).map(str::to_owned);
        let operation = Self {
            kind: match request.method {
                Method::Delete => Kind::Delete,
                Method::Put | Method::Patch => Kind::Write,
                _ => Kind::Action,
            },
            resource: path.clone(),
            api_version: api_version.clone(),
            status_url: header("azure-asyncoperation"),
            // After a PUT it may as well be the resource's own address (ARM async-api-reference).
            result_url: header("location").filter(|_| response.status == 202),
            correlation_id: header("x-ms-correlation-request-id"),
        };
        let state = status::provisioning_state(response.body());
        let unfinished = match operation.kind {
            Kind::Write => state.is_some_and(|state| !state.is_terminal()),
            Kind::Delete | Kind::Action => response.status == 202,
        };
        (operation.status_url.is_some() || response.status == 202 || unfinished)
            .then_some(operation)
    }

    /// Waits for whatever is going on with a resource whose operation is not known, such as one that another
    /// process began.
    pub fn on_resource(request: &Request) -> Option<Self> {
        let Target::Path {
            path, api_version, ..
        } = &request.target
        else {
            return None;
        };
        Some(Self {
            kind: if request.method == Method::Delete {
                Kind::Delete
            } else {
                Kind::Write
            },
            resource: path.clone(),
            api_version: api_version.clone(),
            status_url: None,
            result_url: None,
            correlation_id: None,
        })
    }

    /// The operation as a text to be kept, for [`Operation::resume`] in a later process.
    pub fn keep(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The operation that an earlier process kept.
    pub fn resume(kept: &str) -> Result<Self, Error> {
        serde_json::from_str(kept).map_err(|error| Error::Decode {
            what: "a kept operation".to_owned(),
            reason: error.to_string(),
        })
    }

    /// The path of what is worked on.
    pub fn resource(&self) -> &str {
        &self.resource
    }

    /// Reads what is worked on.
    fn read_resource(&self) -> Request {
        Request::path(Method::Get, self.resource.clone(), &self.api_version)
    }
}

#[cfg(test)]
mod tests;
