//! What Azure answered, whole and unjudged.

use std::collections::BTreeMap;
use std::time::Duration;

use azure_core::http::RawResponse;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::clock::between;
use super::error::Error;

/// An answer: its status, headers (names in lower case) and body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
    subject: String,
}

impl Response {
    /// An answer about `subject`, a path.
    pub fn new(
        subject: impl Into<String>,
        status: u16,
        headers: impl IntoIterator<Item = (String, String)>,
        body: Vec<u8>,
    ) -> Self {
        let headers = headers
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value))
            .collect();
        Self {
            status,
            headers,
            body,
            subject: subject.into(),
        }
    }

    pub(crate) fn from_raw(subject: &str, raw: &RawResponse) -> Self {
        let headers = raw
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()));
        Self::new(
            subject,
            raw.status().into(),
            headers,
            raw.body().as_ref().to_vec(),
        )
    }

    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The body as it came.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as JSON of a known shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| Error::Decode {
            what: self.subject.clone(),
            reason: error.to_string(),
        })
    }

    /// How long the service wants to be left alone.
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        retry_after(|name| self.header(name), now)
    }

    pub(crate) fn subject(&self) -> &str {
        &self.subject
    }

    pub(crate) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// Reads the wait a service asks for: milliseconds as some Azure services send, or the header of RFC 9110
/// 10.2.3, which holds seconds or a date.
pub(crate) fn retry_after<'a>(
    header: impl Fn(&str) -> Option<&'a str>,
    now: Timestamp,
) -> Option<Duration> {
    for name in ["x-ms-retry-after-ms", "retry-after-ms"] {
        if let Some(milliseconds) = header(name).and_then(|value| value.trim().parse().ok()) {
            return Some(Duration::from_millis(milliseconds));
        }
    }
    let value = header("retry-after")?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let moment = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    Some(between(now, moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_read_in_each_of_its_spellings() {
        let now = "2026-11-21T12:00:00Z".parse().unwrap();
        let wait = |name: &'static str, value: &'static str| {
            retry_after(|asked| (asked == name).then_some(value), now)
        };

        let waits = [
            wait("retry-after", "17"),
            wait("retry-after", "Sat, 21 Nov 2026 12:01:40 GMT"),
            wait("retry-after", "Sat, 21 Nov 2026 11:00:00 GMT"),
            wait("x-ms-retry-after-ms", "250"),
            wait("retry-after", "soon"),
        ];

        let seconds = |seconds| Some(Duration::from_secs_f64(seconds));
        assert_eq!(
            waits,
            [
                seconds(17.0),
                seconds(100.0),
                seconds(0.0),
                seconds(0.25),
                None
            ]
        );
    }
}
