//! An answer that says no: what of it people and programs need, and nothing of the rest.

use std::fmt;

use super::Error;
use super::body::Body;
use crate::azure::request::Method;
use crate::azure::response::Response;

/// What the service refused with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// Azure's code, such as `AuthorizationFailed`.
    pub code: Option<String>,
    /// The finer code that AKS adds, such as `GetAgentPool_NotFound`.
    pub subcode: Option<String>,
    /// Azure's sentence.
    pub message: Option<String>,
    /// Further reasons.
    pub details: Vec<Detail>,
    /// The property that was refused.
    pub target: Option<String>,
    /// The policy assignment that forbids the request.
    pub policy_assignment: Option<String>,
    /// Joins this request with others of the same run, for Azure's support.
    pub correlation_id: Option<String>,
    /// Names this one request, for Azure's support.
    pub request_id: Option<String>,
    /// What was tried.
    pub method: Method,
    /// On what.
    pub resource: String,
}

/// One of several reasons in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// Azure's code.
    pub code: Option<String>,
    /// Azure's sentence.
    pub message: Option<String>,
    /// The property it is about.
    pub target: Option<String>,
}

impl Refusal {
    /// Reads the answer to a request, whichever shape its body has.
    pub fn read(method: Method, response: &Response) -> Self {
        let body = Body::read(response.body());
        Self {
            status: response.status,
            code: body.code,
            subcode: body.subcode,
            message: body.message,
            details: body.details,
            target: body.target,
            policy_assignment: body.policy_assignment,
            correlation_id: response
                .header("x-ms-correlation-request-id")
                .map(str::to_owned),
            // Microsoft Graph says it without Azure Resource Manager's prefix.
            request_id: response
                .header("x-ms-request-id")
                .or_else(|| response.header("request-id"))
                .map(str::to_owned),
            method,
            resource: response.subject().to_owned(),
        }
    }

    /// Whether the answer carries this code, in whichever casing.
    pub fn has_code(&self, code: &str) -> bool {
        self.code
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(code))
    }

    /// Azure's sentences, without its codes; `None` when it gives none.
    pub fn reason(&self) -> Option<String> {
        reason(self.message.as_deref(), &self.details)
    }

    /// What was asked and answered, for Azure's support.
    pub fn trace(&self) -> String {
        let code = self.code.as_deref().map(|code| format!(" {code}"));
        format!(
            "{} {} answered {}{}{}",
            self.method,
            self.resource,
            self.status,
            code.unwrap_or_default(),
            ids(self.correlation_id.as_ref(), self.request_id.as_ref())
        )
    }
}

/// What a message and its details say, each thing once.
pub(super) fn reason(message: Option<&str>, details: &[Detail]) -> Option<String> {
    let mut sentences: Vec<&str> = Vec::new();
    let messages = details
        .iter()
        .filter_map(|detail| detail.message.as_deref());
    for sentence in message.into_iter().chain(messages).map(str::trim) {
        if !sentence.is_empty() && !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

/// The ids Azure's support asks for, in parentheses.
pub(super) fn ids(correlation: Option<&String>, request: Option<&String>) -> String {
    let ids = [("correlation id", correlation), ("request id", request)];
    let ids: Vec<String> = ids
        .into_iter()
        .filter_map(|(name, id)| Some(format!("{name} {}", id?)))
        .collect();
    if ids.is_empty() {
        String::new()
    } else {
        format!(" ({})", ids.join(", "))
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Http(Box::new(refusal))
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} {} answered {}",
            self.method, self.resource, self.status
        )?;
        write_reason(
            formatter,
            self.code.as_deref(),
            self.message.as_deref(),
            &self.details,
        )?;
        formatter.write_str(&ids(self.correlation_id.as_ref(), self.request_id.as_ref()))
    }
}

/// Writes code, message and details, each where there is one.
pub(super) fn write_reason(
    formatter: &mut fmt::Formatter<'_>,
    code: Option<&str>,
    message: Option<&str>,
    details: &[Detail],
) -> fmt::Result {
    for part in [code, message].into_iter().flatten() {
        write!(formatter, ": {part}")?;
    }
    // Azure likes to say again in a detail what it has just said.
    for detail in details
        .iter()
        .filter(|detail| detail.message.as_deref() != message)
    {
        let parts = [detail.code.as_deref(), detail.message.as_deref()];
        let text = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
        write!(formatter, "; {text}")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Refusal {
        let headers = [
            ("x-ms-correlation-request-id", "c-1"),
            ("x-ms-request-id", "r-1"),
        ];
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Refusal::read(
            Method::Put,
            &Response::new(
                "/subscriptions/s",
                status,
                headers,
                body.as_bytes().to_vec(),
            ),
        )
    }

    #[test]
    fn a_refusal_reads_as_one_sentence_with_its_ids() {
        let refusal = answer(
            403,
            r#"{"error":{"code":"AuthorizationFailed","message":"The client may not."}}"#,
        );

        let text = "PUT /subscriptions/s answered 403: AuthorizationFailed: The client may not. (correlation id c-1, request id r-1)";
        assert_eq!(refusal.to_string(), text);
    }

    #[test]
    fn what_is_said_twice_is_told_once() {
        let refusal = answer(
            409,
            r#"{"error":{"code":"A","message":"No.","details":[{"code":"A","message":"No."},{"code":"B","message":"Never."}]}}"#,
        );

        assert_eq!(
            (refusal.reason().as_deref(), refusal.trace().as_str()),
            (
                Some("No. Never."),
                "PUT /subscriptions/s answered 409 A (correlation id c-1, request id r-1)"
            )
        );
    }

    #[test]
    fn a_page_from_a_proxy_shows_nothing_but_its_status() {
        let refusal = answer(503, "<html><body>secret page</body></html>");

        let text = "PUT /subscriptions/s answered 503 (correlation id c-1, request id r-1)";
        assert_eq!(refusal.to_string(), text);
    }
}
