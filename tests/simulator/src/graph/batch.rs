//! `POST /$batch`: several requests in one (Graph docs, "Combine multiple HTTP requests").

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::error::GraphError;
use crate::message::{Message, Reply};

/// How many requests a batch can have.
const MOST: usize = 20;

/// The requests of a batch with their ids, as if each had been sent by itself.
pub(super) fn requests(message: &Message) -> Result<Vec<(String, Message)>, GraphError> {
    let body: Value = serde_json::from_slice(&message.body).unwrap_or_default();
    let requests = body.get("requests").and_then(Value::as_array);
    let requests = requests.ok_or_else(|| {
        GraphError::bad_request("Invalid batch payload format: there are no 'requests'.")
    })?;
    if requests.len() > MOST {
        return Err(GraphError::bad_request(format!(
            "Number of batch request steps exceeds the maximum value of {MOST}."
        )));
    }
    let mut read: Vec<(String, Message)> = Vec::new();
    for request in requests {
        let text = |name: &str| request.get(name).and_then(Value::as_str);
        let (Some(id), Some(method), Some(url)) = (text("id"), text("method"), text("url")) else {
            return Err(GraphError::bad_request(
                "Invalid batch payload format: a request needs 'id', 'method' and 'url'.",
            ));
        };
        if read.iter().any(|(other, _)| other == id) {
            return Err(GraphError::bad_request(format!(
                "Invalid batch payload format: the id '{id}' is used twice."
            )));
        }
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let headers = request.get("headers").and_then(Value::as_object);
        let headers: BTreeMap<String, String> = headers
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?.to_owned())))
            .collect();
        let body = request.get("body").map(Value::to_string);
        let single = Message {
            method: method.to_owned(),
            path: format!("/v1.0/{}", path.trim_start_matches('/')),
            query: query.to_owned(),
            headers,
            body: body.unwrap_or_default().into_bytes(),
        };
        read.push((id.to_owned(), single));
    }
    Ok(read)
}

/// The answers of a batch.
pub(super) fn reply(answers: Vec<(String, Reply)>) -> Reply {
    let responses: Vec<Value> = answers
        .into_iter()
        .map(|(id, reply)| {
            let headers: BTreeMap<String, String> = reply.headers.into_iter().collect();
            let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
            json!({ "id": id, "status": reply.status, "headers": headers, "body": body })
        })
        .collect();
    Reply::json(200, &json!({ "responses": responses }))
}
