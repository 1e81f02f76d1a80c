//! Misbehaviour on demand: what each verb of a thing does when its configuration says so.

use std::time::Duration;

use secureaks::{
    framework::{Attr, Block, Call, Computed, Diagnostic, Failure, PENDING},
    words,
};
use serde_json::json;

use super::{store::Store, thing::Outputs};

words! {
    /// What a verb does.
    pub enum Deed {
        /// Panics before it does anything.
        Panic = "panic",
        /// Panics when it is done but for the answer.
        PanicLate = "panic_late",
        /// Fails before it does anything.
        Fail = "fail",
        /// Fails when it is done but for the answer.
        FailLate = "fail_late",
        /// Fails when the service has accepted it and it is done but for the answer.
        FailAccepted = "fail_accepted",
        /// Goes on until Terraform says stop.
        Hang = "hang",
        /// Goes on until a token was renewed.
        AwaitRenewal = "await_renewal",
        /// Succeeds with a warning.
        Warn = "warn",
    }
}

/// What the verbs do; left out, what they should.
#[derive(Block, Clone, Debug, PartialEq)]
pub(crate) struct Conduct {
    /// What planning does.
    pub(crate) plan: Attr<Option<Deed>>,
    /// What creating does.
    pub(crate) create: Attr<Option<Deed>>,
    /// What reading does.
    pub(crate) read: Attr<Option<Deed>>,
    /// What an update does.
    pub(crate) update: Attr<Option<Deed>>,
    /// What deleting does.
    pub(crate) delete: Attr<Option<Deed>>,
}

/// What a verb does before it does anything else.
pub(crate) fn before(deed: Option<&Deed>, verb: &str, call: &Call<Store>) -> Result<(), Failure> {
    if let Some(timeout) = call.timeout {
        call.client.note(&format!("{verb} within {timeout:?}"))?;
    }
    match deed {
        Some(Deed::Panic) => panic!("{verb} panics as told"),
        Some(Deed::Fail) => Err(failed(verb).into()),
        Some(Deed::Warn) => {
            call.warn(Diagnostic::warning(
                "A warning",
                format!("{verb} warns as told."),
            ));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// What a verb does when the service has done its part; what exists is `done`.
pub(crate) async fn after(
    deed: Option<&Deed>,
    verb: &str,
    done: Option<&Outputs>,
    call: &Call<Store>,
) -> Result<(), Failure> {
    if let (Some(_), Some(outputs)) = (deed, done) {
        // The service is never the first to say what only a finished object has.
        call.keep(&Outputs {
            current_version: Computed::none(),
            ..outputs.clone()
        });
    }
    match deed {
        Some(Deed::PanicLate) => panic!("{verb} panics late as told"),
        Some(Deed::FailLate) => Err(failed(verb).into()),
        Some(Deed::FailAccepted) => Err(Failure::Accepted(vec![failed(verb)])),
        Some(Deed::Hang) => {
            call.keep_private(PENDING, json!(verb));
            call.cancelled.cancelled().await;
            let word = Diagnostic::error("Interrupted", format!("{verb} was told to stop."));
            Err(Failure::Interrupted(word))
        }
        Some(Deed::AwaitRenewal) => {
            let mut moments = tokio::time::interval(Duration::from_millis(20));
            while !call.client.journal()?.contains("renew token") {
                moments.tick().await;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn failed(verb: &str) -> Diagnostic {
    Diagnostic::error("Verb failed", format!("{verb} fails as told."))
}
