//! `POST /$batch`: up to twenty requests in one (Graph, "Combine multiple HTTP requests").

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::azure::error::{Body, Error};
use crate::azure::request::{Method, Request};
use crate::azure::response::Response;
use crate::azure::segment::{InvalidSegment, query_value, segment};

/// How many steps a batch can have.
pub(super) const MOST_STEPS: usize = 20;

/// One request of a batch.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    /// Path and query below the version.
    pub(super) url: String,
    /// What to POST; without it, it is a GET.
    pub(super) body: Option<Value>,
}

impl Step {
    /// Reads what `segments` name, with a query.
    pub(super) fn get(segments: &[&str], query: &[(&str, &str)]) -> Result<Self, InvalidSegment> {
        Ok(Self {
            url: relative(segments, query)?,
            body: None,
        })
    }

    /// Asks what only a POST can.
    pub(super) fn post(segments: &[&str], body: Value) -> Result<Self, InvalidSegment> {
        Ok(Self {
            url: relative(segments, &[])?,
            body: Some(body),
        })
    }
}

/// What one step was answered.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body as JSON.
    pub(super) body: Value,
}

impl Reply {
    /// Whether it may be answered otherwise a moment later.
    pub(super) fn is_passing(&self) -> bool {
        matches!(self.status, 429 | 500 | 502 | 503 | 504)
    }

    /// Why it was refused, in Graph's words.
    pub(super) fn reason(&self) -> String {
        let body = Body::of(&self.body);
        let said: Vec<String> = body.code.into_iter().chain(body.message).collect();
        if said.is_empty() {
            format!("Microsoft Graph answered {}", self.status)
        } else {
            format!(
                "Microsoft Graph answered {}: {}",
                self.status,
                said.join(": ")
            )
        }
    }
}

/// The steps as one request. None of them writes, so it may be sent twice.
pub(super) fn request(steps: &[Step]) -> Request {
    let requests: Vec<Value> = steps
        .iter()
        .enumerate()
        .map(|(number, step)| {
            let mut request = Map::new();
            let method = if step.body.is_some() { "POST" } else { "GET" };
            request.insert("id".to_owned(), json!(number.to_string()));
            request.insert("method".to_owned(), json!(method));
            request.insert("url".to_owned(), json!(step.url));
            if let Some(body) = &step.body {
                let headers = json!({"Content-Type": "application/json"});
                request.insert("headers".to_owned(), headers);
                request.insert("body".to_owned(), body.clone());
            }
            Value::Object(request)
        })
        .collect();
    Request::graph(Method::Post, "/v1.0/$batch")
        .with_body(&json!({"requests": requests}))
        .repeatable()
}

/// The replies to `count` steps, in the order of the steps: Graph sends them in any.
pub(super) fn replies(response: &Response, count: usize) -> Result<Vec<Reply>, Error> {
    let batch: Batch = response.json()?;
    let mut replies = Vec::with_capacity(count);
    for number in 0..count {
        let id = number.to_string();
        let found = batch.responses.iter().find(|reply| reply.id == id);
        let found = found.ok_or_else(|| Error::Decode {
            what: "the answers of Microsoft Graph".to_owned(),
            reason: format!("request {id} of {count} has none"),
        })?;
        replies.push(Reply {
            status: found.status,
            body: found.body.clone(),
        });
    }
    Ok(replies)
}

#[derive(Deserialize)]
struct Batch {
    responses: Vec<Answered>,
}

#[derive(Deserialize)]
struct Answered {
    id: String,
    status: u16,
    #[serde(default)]
    body: Value,
}

/// A path with a query, as a batch takes it.
fn relative(segments: &[&str], query: &[(&str, &str)]) -> Result<String, InvalidSegment> {
    let mut url = String::new();
    for name in segments {
        url.push('/');
        url.push_str(&segment(name)?);
    }
    for (number, (name, value)) in query.iter().enumerate() {
        url.push(if number == 0 { '?' } else { '&' });
        url.push_str(name);
        url.push('=');
        url.push_str(&query_value(value));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guests_name_stays_within_its_path() {
        let step = Step::get(
            &["users", "bob_fabrikam.com#EXT#@contoso.com"],
            &[("$select", "id,userPrincipalName")],
        )
        .unwrap();

        assert_eq!(
            step.url,
            "/users/bob_fabrikam.com%23EXT%23@contoso.com?$select=id%2CuserPrincipalName"
        );
    }

    #[test]
    fn a_batch_numbers_its_steps_and_may_be_sent_twice() {
        let steps = [
            Step::get(&["groups"], &[("$filter", "displayName eq 'a b'")]).unwrap(),
            Step::post(&["directoryObjects", "getByIds"], json!({"ids": ["1"]})).unwrap(),
        ];

        let request = request(&steps);

        let body = json!({"requests": [
            {"id": "0", "method": "GET", "url": "/groups?$filter=displayName%20eq%20%27a%20b%27"},
            {"id": "1", "method": "POST", "url": "/directoryObjects/getByIds",
             "headers": {"Content-Type": "application/json"}, "body": {"ids": ["1"]}}
        ]});
        assert_eq!((request.body, request.repeatable), (Some(body), true));
    }

    #[test]
    fn replies_come_in_the_order_of_the_steps() {
        let body = json!({"responses": [
            {"id": "1", "status": 404, "body": {"error": {"code": "Request_ResourceNotFound", "message": "Resource '1' does not exist."}}},
            {"id": "0", "status": 200, "body": {"id": "0"}}
        ]});
        let response = Response::new("/v1.0/$batch", 200, [], body.to_string().into_bytes());

        let found = replies(&response, 2).unwrap();

        assert_eq!((found[0].status, found[1].status), (200, 404));
        assert_eq!(
            found[1].reason(),
            "Microsoft Graph answered 404: Request_ResourceNotFound: Resource '1' does not exist."
        );
        assert!(replies(&response, 3).is_err());
    }
}
