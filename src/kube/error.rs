//! Why a cluster did not do what it was asked. No error holds a body or a token.

use std::error::Error as StdError;

use kube::core::{Status, response::StatusCause};

use crate::azure::{
    self,
    auth::AuthError,
    segment::InvalidSegment,
    tls::{causes, distrust},
};

/// Why a cluster did not do what it was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// Azure did not say how to reach the cluster.
    #[error("{0}")]
    Azure(Box<azure::Error>),
    /// What Azure said about reaching the cluster cannot be used.
    #[error("Azure's answer about the way into the cluster cannot be used: {reason}")]
    Access {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The API server gave no answer.
    #[error("{server} could not be reached: {reason}")]
    Unreachable {
        /// Host and port that were called.
        server: String,
        /// What kind of failure it was.
        cause: Cause,
        /// What the system says about it.
        reason: String,
    },
    /// There is no token to ask with.
    #[error(transparent)]
    Authentication(Box<AuthError>),
    /// The API server answered, and the answer was no.
    #[error("{0}")]
    Refused(Box<Status>),
    /// An answer that cannot be read.
    #[error("the API server's answer for {what} cannot be understood: {reason}")]
    Decode {
        /// What was asked for.
        what: String,
        /// Where reading ended.
        reason: String,
    },
    /// A name that no address can hold.
    #[error(transparent)]
    Name(#[from] InvalidSegment),
    /// Terraform said Stop.
    #[error("stopped before it was finished")]
    Cancelled,
    /// The user's timeout ended.
    #[error("not finished within the time allowed")]
    TimedOut,
}

/// Why there was no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The name of the API server is not in DNS, as seen from here.
    Dns,
    /// Nobody listens there.
    Refused,
    /// Nobody answers there.
    Timeout,
    /// The server that answered cannot be trusted: the certificate is not the cluster's, or there is no common TLS.
    Tls,
    /// The connection was closed before an answer came.
    Closed,
}

impl Error {
    /// The API server's refusal, if it is one.
    pub fn status(&self) -> Option<&Status> {
        match self {
            Self::Refused(status) => Some(status),
            _ => None,
        }
    }

    /// Whether the object, or the kind of object, does not exist.
    pub fn is_not_found(&self) -> bool {
        self.has_code(404)
    }

    /// Whether the API server does not accept the token.
    pub fn is_unauthorized(&self) -> bool {
        self.has_code(401)
    }

    /// Whether whoever asks has no right to it.
    pub fn is_forbidden(&self) -> bool {
        self.has_code(403)
    }

    /// Whether somebody else owns a field, or the object changed meanwhile.
    pub fn is_conflict(&self) -> bool {
        self.has_code(409)
    }

    /// Whether the object is not valid.
    pub fn is_invalid(&self) -> bool {
        self.has_code(422)
    }

    /// Whether the server that answers in the API server's place cannot be trusted, which waiting does not change.
    pub fn is_untrusted(&self) -> bool {
        matches!(
            self,
            Self::Unreachable {
                cause: Cause::Tls,
                ..
            }
        )
    }

    /// Whether the cluster itself is gone, by Azure's word.
    pub fn is_cluster_gone(&self) -> bool {
        matches!(self, Self::Azure(error) if error.is_not_found())
    }

    /// Whether Azure both shows the cluster and says that it is not there.
    pub fn is_contradicted(&self) -> bool {
        matches!(self, Self::Azure(error) if matches!(**error, azure::Error::Contradicted { .. }))
    }

    /// The fields a refusal is about.
    pub fn causes(&self) -> &[StatusCause] {
        self.status()
            .and_then(|status| status.details.as_ref())
            .map(|details| details.causes.as_slice())
            .unwrap_or_default()
    }

    fn has_code(&self, code: u16) -> bool {
        self.status().is_some_and(|status| status.code == code)
    }

    /// What the transport says went wrong with a request to `server`.
    pub(super) fn from_transport(server: &str, error: &reqwest::Error) -> Self {
        let all = || causes(error);
        let is = |kind: std::io::ErrorKind| {
            let mut found = all().filter_map(|cause| cause.downcast_ref::<std::io::Error>());
            found.any(|error| error.kind() == kind)
        };
        // Later than that, TLS breaks as any connection does.
        let distrust = error.is_connect().then(|| distrust(error)).flatten();
        let cause = if all().any(<dyn StdError>::is::<super::network::NameNotFound>) {
            Cause::Dns
        } else if distrust.is_some() {
            Cause::Tls
        } else if is(std::io::ErrorKind::ConnectionRefused) {
            Cause::Refused
        } else if error.is_timeout() || is(std::io::ErrorKind::TimedOut) {
            Cause::Timeout
        } else {
            Cause::Closed
        };
        let first = || all().last().map(ToString::to_string);
        Self::Unreachable {
            server: server.to_owned(),
            cause,
            reason: distrust.or_else(first).unwrap_or_default(),
        }
    }
}

impl From<azure::Error> for Error {
    fn from(error: azure::Error) -> Self {
        match error {
            azure::Error::Cancelled => Self::Cancelled,
            azure::Error::TimedOut => Self::TimedOut,
            azure::Error::Authentication(refused) => Self::Authentication(refused),
            other => Self::Azure(Box::new(other)),
        }
    }
}
