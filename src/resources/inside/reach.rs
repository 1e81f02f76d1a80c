//! What a read makes of a cluster that is gone or cannot be asked.

use super::{Inside, telling::NoFields};
use crate::{
    framework::{Diagnostic, Failure, Severity},
    kube::Error,
};

impl Inside<'_> {
    /// What a read ends with when the cluster could not be asked. A cluster that is gone takes its objects
    /// with it; one that cannot be asked keeps them in the state, and it is said which and why.
    pub(crate) async fn unread<T>(&self, name: &str, error: &Error) -> Result<Option<T>, Failure> {
        if error.is_cluster_gone() {
            return Ok(None);
        }
        // A plan of a contradiction would promise what nobody knows.
        if matches!(error, Error::Cancelled | Error::TimedOut) || error.is_contradicted() {
            return Err(self.fail(error, &NoFields).await);
        }
        let told = self.tell(error, &NoFields).await;
        let strict = self.call.client.strict_refresh;
        let detail = if strict {
            format!(
                "The {} {name} could not be read: {}. {}",
                self.what, told.summary, told.detail
            )
        } else {
            format!(
                "The {} {name} could not be read, so the state keeps what it knew: {}. {}\n\nSet `strict_refresh = true` in the provider block to have an error instead.",
                self.what, told.summary, told.detail
            )
        };
        let severity = if strict {
            Severity::Error
        } else {
            Severity::Warning
        };
        Err(Failure::Failed(vec![Diagnostic {
            severity,
            ..Diagnostic::error(format!("Cannot refresh the {}", self.what), detail)
        }]))
    }
}
