//! What every request needs whichever service it goes to, and the pipeline that sends it.

use std::sync::Arc;

use azure_core::error::ErrorKind;
use azure_core::http::policies::Policy;
use azure_core::http::{
    ClientOptions, Context, HttpClient, Pipeline, PipelineSendOptions, Request, RetryOptions,
    Transport, Url,
};
use uuid::Uuid;

use super::auth::AuthError;
use super::bounded::{Bounded, TooLarge};
use super::clock::Clock;
use super::error::{Error, Refusal};
use super::random::Random;
use super::response::Response;
use super::retry::{Repeat, Retry};
use super::tls::{causes, distrust};

/// Network, time and randomness of one process, and how it names itself.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Sends single requests.
    pub http: Arc<dyn HttpClient>,
    /// Tells the time and waits.
    pub clock: Arc<dyn Clock>,
    /// Gives request ids and jitter.
    pub random: Arc<Random>,
    /// The whole `User-Agent`.
    pub user_agent: String,
    /// Joins all requests of this process, for Azure's support.
    pub correlation_id: Uuid,
}

impl Wire {
    /// Sends a request that may be repeated, and takes only a success for an answer.
    pub(crate) async fn exchange(&self, request: Request) -> Result<Response, Error> {
        let method = request.method();
        let response = self
            .send(&self.pipeline(Vec::new()), request, Repeat::default())
            .await?;
        if response.is_success() {
            Ok(response)
        } else {
            Err(Refusal::read(method, &response).into())
        }
    }

    /// Sends a request through `pipeline` and returns whatever is answered.
    pub(crate) async fn send(
        &self,
        pipeline: &Pipeline,
        mut request: Request,
        repeat: Repeat,
    ) -> Result<Response, Error> {
        let url = request.url().clone();
        let context = Context::new().with_value(repeat);
        let options = PipelineSendOptions {
            skip_checks: true,
            ..PipelineSendOptions::default()
        };
        match pipeline.send(&context, &mut request, Some(options)).await {
            Ok(raw) => Ok(Response::from_raw(url.path(), &raw)),
            Err(error) => Err(failure(&url, &error)),
        }
    }

    /// A pipeline that retries by our policy and runs `per_try` before each try.
    pub(crate) fn pipeline(&self, per_try: Vec<Arc<dyn Policy>>) -> Pipeline {
        let (name, version) = (
            Some(env!("CARGO_PKG_NAME")),
            Some(env!("CARGO_PKG_VERSION")),
        );
        Pipeline::new(
            name,
            version,
            self.client_options(),
            Vec::new(),
            per_try,
            None,
        )
    }

    /// Options that make the SDK's own clients behave like ours: one retry policy, our transport and name.
    pub(crate) fn client_options(&self) -> ClientOptions {
        ClientOptions {
            per_call_policies: vec![Arc::new(Retry::new(self))],
            retry: RetryOptions::none(),
            transport: Some(Transport::new(Arc::new(Bounded(Arc::clone(&self.http))))),
            ..ClientOptions::default()
        }
    }
}

/// Puts a failure to get any answer into our words.
fn failure(url: &Url, error: &azure_core::Error) -> Error {
    if let Some(error) = error.downcast_ref::<AuthError>() {
        return error.clone().into();
    }
    if let Some(large) = causes(error).find_map(|cause| cause.downcast_ref::<TooLarge>()) {
        return Error::Decode {
            what: url.path().to_owned(),
            reason: large.to_string(),
        };
    }
    let host = url.host_str().unwrap_or_default().to_owned();
    if let Some(reason) = untrusted(error) {
        return Error::Untrusted { host, reason };
    }
    Error::Connection {
        host,
        reason: root_cause(error),
        sent: !matches!(error.kind(), ErrorKind::Connection),
    }
}

/// Why the server that answered cannot be trusted, if that is why there was no connection. Later than that, TLS breaks as any
/// connection does.
pub(crate) fn untrusted(error: &azure_core::Error) -> Option<String> {
    let connecting = causes(error)
        .filter_map(|cause| cause.downcast_ref::<azure_core::Error>())
        .any(|error| matches!(error.kind(), ErrorKind::Connection));
    connecting.then(|| distrust(error)).flatten()
}

/// The innermost cause: the outer ones repeat whole addresses, and those of operations hold signatures.
pub(crate) fn root_cause(error: &azure_core::Error) -> String {
    let text = causes(error)
        .last()
        .map(ToString::to_string)
        .unwrap_or_default();
    text.split(" for url (")
        .next()
        .unwrap_or_default()
        .to_owned()
}
