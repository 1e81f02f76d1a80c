//! The words spoken with kubectl: what `KUBERNETES_EXEC_INFO` asks for, and the `ExecCredential` that answers
//! (Kubernetes documentation, "client-go credential plugins").

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::azure::auth::Token;

/// The group of the API, without its version.
const GROUP: &str = "client.authentication.k8s.io";

/// The version that is spoken unless another is asked for.
const USUAL: &str = "client.authentication.k8s.io/v1";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ExecRequest {
    api_version: &'static str,
}

/// The part of `KUBERNETES_EXEC_INFO` that decides about the answer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    api_version: String,
    kind: String,
}

impl ExecRequest {
    /// Reads the variable. Whoever runs the command by hand leaves it out. Errors are sentences.
    pub(super) fn read(info: Option<&str>) -> Result<Self, String> {
        let Some(info) = info else {
            return Ok(Self { api_version: USUAL });
        };
        let info: Info = serde_json::from_str(info).map_err(|error| {
            format!(
                "KUBERNETES_EXEC_INFO cannot be read: {error}. Unset it to run the command by hand"
            )
        })?;
        let known = ["v1", "v1beta1"].into_iter().find(|version| {
            info.kind == "ExecCredential" && info.api_version == format!("{GROUP}/{version}")
        });
        match known {
            Some("v1beta1") => Ok(Self {
                api_version: "client.authentication.k8s.io/v1beta1",
            }),
            Some(_) => Ok(Self { api_version: USUAL }),
            None => Err(format!(
                "KUBERNETES_EXEC_INFO asks for {:?} of {:?}, which this plugin does not speak. Write `apiVersion: {USUAL}` below `exec` in the kubeconfig",
                info.kind, info.api_version
            )),
        }
    }

    /// The answer, as JSON in one line.
    pub(super) fn answer(&self, token: &Token) -> String {
        // client-go takes RFC 3339 without a fraction.
        let expires = Timestamp::from_second(token.expires.as_second()).unwrap_or(token.expires);
        json!({
            "apiVersion": self.api_version,
            "kind": "ExecCredential",
            "spec": { "interactive": false },
            "status": {
                "expirationTimestamp": expires.to_string(),
                "token": token.secret.expose(),
            },
        })
        .to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::Secret;

    fn info(kind: &str, version: &str) -> String {
        let spec = json!({ "interactive": true });
        json!({ "kind": kind, "apiVersion": version, "spec": spec }).to_string()
    }

    fn answered(info: Option<&str>) -> serde_json::Value {
        let token = Token {
            secret: Secret::new("t0ken"),
            expires: "2026-11-21T13:00:00.75Z".parse().unwrap(),
        };
        let answer = ExecRequest::read(info).unwrap().answer(&token);
        serde_json::from_str(&answer).unwrap()
    }

    #[test]
    fn a_version_that_is_asked_for_is_answered_in_kind() {
        let asked = [
            None,
            Some(info("ExecCredential", "client.authentication.k8s.io/v1")),
            Some(info(
                "ExecCredential",
                "client.authentication.k8s.io/v1beta1",
            )),
        ];

        let answers = asked.map(|info| answered(info.as_deref()));

        let answer = |version: &str| {
            json!({
                "apiVersion": format!("client.authentication.k8s.io/{version}"),
                "kind": "ExecCredential",
                "spec": { "interactive": false },
                "status": { "expirationTimestamp": "2026-11-21T13:00:00Z", "token": "t0ken" },
            })
        };
        assert_eq!(answers, [answer("v1"), answer("v1"), answer("v1beta1")]);
    }

    #[test]
    fn what_is_not_spoken_is_told_with_what_to_write() {
        let asked = [
            info("ExecCredential", "client.authentication.k8s.io/v1alpha1"),
            info("TokenReview", "client.authentication.k8s.io/v1"),
            "{".to_owned(),
        ];

        let refused = asked.map(|info| ExecRequest::read(Some(&info)).unwrap_err());

        assert_eq!(
            refused,
            [
                "KUBERNETES_EXEC_INFO asks for \"ExecCredential\" of \"client.authentication.k8s.io/v1alpha1\", which this plugin does not speak. Write `apiVersion: client.authentication.k8s.io/v1` below `exec` in the kubeconfig",
                "KUBERNETES_EXEC_INFO asks for \"TokenReview\" of \"client.authentication.k8s.io/v1\", which this plugin does not speak. Write `apiVersion: client.authentication.k8s.io/v1` below `exec` in the kubeconfig",
                "KUBERNETES_EXEC_INFO cannot be read: EOF while parsing an object at line 1 column 1. Unset it to run the command by hand",
            ]
        );
    }
}
