//! Whether a resource is gone. One 404 is not believed: a replica of Resource Manager that lags says it of what is
//! there.

use serde::Deserialize;

use super::arm::{ResourceId, resource_group};
use super::call::Call;
use super::client::Client;
use super::error::Error;
use super::request::{Method, Request};

/// One resource in a list.
#[derive(Deserialize)]
struct Listed {
    id: Option<String>,
}

impl Client {
    /// What to believe of `missing`, by which Azure says that the resource `id` of a group is not there: the same when
    /// a second look at another path agrees, else [`Error::Contradicted`] or [`Error::Unconfirmed`].
    pub async fn believe(
        &self,
        missing: Error,
        id: &ResourceId,
        api_version: &str,
        call: &Call,
    ) -> Error {
        if !missing.is_not_found() {
            return missing;
        }
        let collection = id.as_str().rsplit_once('/').map_or("", |(list, _)| list);
        let request = Request::path(Method::Get, collection, api_version);
        match self.read_pages::<Listed>(&request, call).await {
            Ok(listed) => {
                let is_listed = |one: &Listed| {
                    let listed = one.id.as_deref().unwrap_or_default();
                    listed.eq_ignore_ascii_case(id.as_str())
                };
                if listed.iter().any(is_listed) {
                    contradicted(id)
                } else {
                    missing
                }
            }
            Err(error) if error.is_resource_group_missing() => {
                self.believe_of_group(missing, id, call).await
            }
            Err(error) => unclear(id, error),
        }
    }

    /// The same where Azure says that not even the resource's group is there.
    async fn believe_of_group(&self, missing: Error, id: &ResourceId, call: &Call) -> Error {
        let name = id.resource_group().unwrap_or_default();
        let Ok(group) = ResourceId::resource_group_of(id.subscription(), name) else {
            return missing;
        };
        match self.read(&resource_group::get(&group), call).await {
            Ok(_) => contradicted(id),
            Err(error) if error.is_not_found() => missing,
            Err(error) => unclear(id, error),
        }
    }
}

fn contradicted(id: &ResourceId) -> Error {
    Error::Contradicted {
        resource: id.to_string(),
    }
}

fn unclear(id: &ResourceId, error: Error) -> Error {
    match error {
        Error::Cancelled | Error::TimedOut => error,
        error => Error::Unconfirmed {
            resource: id.to_string(),
            reason: Box::new(error),
        },
    }
}

#[cfg(test)]
mod tests;
