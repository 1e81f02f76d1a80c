//! HTTP requests and answers as plain values, so that everything behind the sockets is a
//! function from one to the other.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which of the simulated services a request was sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Host {
    /// Azure Resource Manager.
    Arm,
    /// Entra sign-in.
    Login,
    /// Microsoft Graph.
    Graph,
    /// The Kubernetes API of a cluster.
    Kubernetes,
}

/// A request as it came over the wire.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) method: String,
    /// The path, still percent-encoded.
    pub(crate) path: String,
    /// The query without its question mark, still percent-encoded.
    pub(crate) query: String,
    /// Headers; names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// The path's segments, percent-decoded, without empty ones.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| percent_decode_str(segment).decode_utf8_lossy().into_owned())
            .collect()
    }

    /// The query's parameters; names in lower case.
    pub(crate) fn parameters(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(self.query.as_bytes())
            .map(|(name, value)| (name.to_lowercase(), value.into_owned()))
            .collect()
    }

    /// The fields of a form body.
    pub(crate) fn form(&self) -> BTreeMap<String, String> {
        form_urlencoded::parse(&self.body).into_owned().collect()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }
}

/// An answer before it goes over the wire.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![(
                "content-type".into(),
                "application/json; charset=utf-8".into(),
            )],
            body: body.to_string().into_bytes(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_decoded_and_parameter_names_lowered() {
        let message = Message {
            path: "/subscriptions//a%20b/resourceGroups".into(),
            query: "API-version=2026-05-01&$filter=principalId%20eq%20'x'".into(),
            ..Message::default()
        };

        assert_eq!(
            message.segments(),
            ["subscriptions", "a b", "resourceGroups"]
        );
        assert_eq!(
            message.parameters(),
            BTreeMap::from([
                ("api-version".to_owned(), "2026-05-01".to_owned()),
                ("$filter".to_owned(), "principalId eq 'x'".to_owned()),
            ])
        );
    }
}
