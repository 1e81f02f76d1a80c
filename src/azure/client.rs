//! The one place that sends requests to Azure Resource Manager and Microsoft Graph.

use std::sync::Arc;
use std::time::Duration;

use azure_core::http::headers::{CONTENT_TYPE, HeaderName};
use azure_core::http::{Pipeline, Request as CoreRequest};
use futures::FutureExt;
use url::Url;

use tokio_util::sync::CancellationToken;

use super::auth::{Audience, Credential, Principal};
use super::authorize::Authorize;
use super::call::Call;
use super::clock::Clock;
use super::cloud::{Cloud, CloudSource};
use super::error::{Error, Refusal};
use super::graph::{Answer, Directory, Question};
use super::operation::{self, Ending, Operation};
use super::reads::Reads;
use super::request::{Method, Precondition, Request, Target};
use super::response::Response;
use super::retry::Repeat;
use super::segment;
use super::wire::Wire;

const IF_MATCH: HeaderName = HeaderName::from_static("if-match");
const IF_NONE_MATCH: HeaderName = HeaderName::from_static("if-none-match");

/// What a client is made of.
#[derive(Debug, Clone)]
pub struct Options {
    /// Network, time and randomness.
    pub wire: Wire,
    /// Which cloud to talk to.
    pub cloud: CloudSource,
    /// Who is talking.
    pub credential: Credential,
    /// The subscription that resources without a fuller address are in.
    pub subscription_id: String,
    /// How long to wait between two looks at an operation when Azure does not say. AKS never does.
    pub poll_interval: Duration,
    /// Another version of AKS's API than the one the models were written for.
    pub cluster_api_version: Option<String>,
}

/// Talks to Azure Resource Manager and Microsoft Graph. Making one sends nothing; clones share everything.
#[derive(Debug, Clone)]
pub struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    options: Options,
    resource_manager: Pipeline,
    graph: Pipeline,
    reads: Reads,
    directory: Directory,
}

impl Client {
    /// A client that has sent nothing yet.
    pub fn new(options: Options) -> Self {
        let pipeline = |audience| {
            let authorize = Authorize::new(options.credential.clone(), audience, &options.wire);
            options.wire.pipeline(vec![Arc::new(authorize)])
        };
        Self(Arc::new(Shared {
            resource_manager: pipeline(Audience::ResourceManager),
            graph: pipeline(Audience::Graph),
            options,
            reads: Reads::default(),
            directory: Directory::default(),
        }))
    }

    /// Sends a request and takes only a success for an answer.
    pub async fn send(&self, request: &Request, call: &Call) -> Result<Response, Error> {
        let of_graph = request.audience() == Audience::Graph;
        let changes = request.method != Method::Get && !of_graph;
        if changes {
            self.0.reads.forget();
        }
        let work = self.0.send(request, call.deadline, call.last_try.clone());
        let result = call.guard(self.clock(), work).await;
        if changes {
            self.0.reads.forget();
        }
        result
    }

    /// Reads something. Whoever reads the same at the same time shares the answer.
    pub async fn read(&self, request: &Request, call: &Call) -> Result<Response, Error> {
        let (shared, owned) = (Arc::clone(&self.0), request.clone());
        let begin =
            || async move { shared.send(&owned, None, CancellationToken::new()).await }.boxed();
        let read = self.0.reads.join(format!("{:?}", request.target), begin);
        call.guard(self.clock(), read).await
    }

    /// Asks Microsoft Graph about users, groups and service principals: one answer to each
    /// question. Whoever asks at the same time shares the request, and what was found is kept.
    pub async fn look_up(&self, questions: &[Question], call: &Call) -> Result<Vec<Answer>, Error> {
        self.0.directory.look_up(self, questions, call).await
    }

    /// Follows an operation to its end.
    pub async fn wait(&self, operation: &Operation, call: &Call) -> Result<Ending, Error> {
        operation::wait(self, operation, call).await
    }

    /// The cloud this client talks to.
    pub async fn cloud(&self, call: &Call) -> Result<&Cloud, Error> {
        call.guard(self.clock(), self.0.options.cloud.resolve())
            .await
    }

    /// Who is talking, for tokens of other services.
    pub fn credential(&self) -> &Credential {
        &self.0.options.credential
    }

    /// Who is talking, as the token says; `None` when it does not.
    pub async fn principal(&self, call: &Call) -> Result<Option<Principal>, Error> {
        let ask = async {
            let principal = self.credential().principal().await;
            principal.map_err(|refused| Error::Authentication(Box::new(refused)))
        };
        call.guard(self.clock(), ask).await
    }

    /// The subscription that resources without a fuller address are in.
    pub fn subscription_id(&self) -> &str {
        &self.0.options.subscription_id
    }

    /// The clock this client goes by.
    pub fn clock(&self) -> &dyn Clock {
        &*self.0.options.wire.clock
    }

    /// How this process names itself to whomever it talks to.
    pub fn user_agent(&self) -> &str {
        &self.0.options.wire.user_agent
    }

    /// Half of `full` and up to as much again by chance, so that many do not come back at once.
    pub fn jittered(&self, full: Duration) -> Duration {
        full.mul_f64(0.5 + self.0.options.wire.random.fraction() / 2.0)
    }

    /// How long to wait between two looks at something when Azure does not say.
    pub fn poll_interval(&self) -> Duration {
        self.0.options.poll_interval
    }
}

impl Shared {
    async fn send(
        &self,
        request: &Request,
        deadline: Option<jiff::Timestamp>,
        last_try: CancellationToken,
    ) -> Result<Response, Error> {
        let cloud = self.options.cloud.resolve().await?;
        let url = address(
            cloud,
            &request.target,
            self.options.cluster_api_version.as_deref(),
        )?;
        let repeat = Repeat {
            allowed: request.repeatable,
            deadline,
            last_try,
        };
        let begun = self.options.wire.clock.now();
        let (pipeline, answered) = match request.audience() {
            Audience::Graph => (&self.graph, "Microsoft Graph answered"),
            _ => (&self.resource_manager, "Azure Resource Manager answered"),
        };
        let response = self
            .options
            .wire
            .send(pipeline, prepare(request, url), repeat)
            .await?;
        tracing::debug!(
            http.method = %request.method,
            http.status = response.status,
            resource.id = request.subject(),
            azure.request_id = response.header("x-ms-request-id"),
            duration_ms = self.options.wire.clock.now().duration_since(begun).as_millis_f64(),
            "{answered}"
        );
        if response.is_success() {
            Ok(response)
        } else {
            Err(Refusal::read(request.method, &response).into())
        }
    }
}

/// The request as the pipeline takes it.
fn prepare(request: &Request, url: Url) -> CoreRequest {
    let mut prepared = CoreRequest::new(url, request.method);
    match &request.precondition {
        Precondition::None => {}
        Precondition::Matches(version) => prepared.insert_header(IF_MATCH, version.clone()),
        Precondition::Absent => prepared.insert_header(IF_NONE_MATCH, "*"),
    }
    if let Some(body) = &request.body {
        prepared.insert_header(CONTENT_TYPE, "application/json");
        prepared.set_body(body.to_string().into_bytes());
    }
    prepared
}

/// Where a request goes in `cloud`.
fn address(
    cloud: &Cloud,
    target: &Target,
    cluster_api_version: Option<&str>,
) -> Result<Url, Error> {
    let refuse = |address: &str, reason: &str| Error::Address {
        address: address.to_owned(),
        reason: reason.to_owned(),
    };
    let service = match target {
        Target::Path { .. } | Target::Url(_) => &cloud.resource_manager,
        Target::Graph(_) => &cloud.graph,
    };
    let encoded =
        |path: &str| segment::path(path).map_err(|invalid| refuse(path, &invalid.to_string()));
    let base = Url::parse(service).map_err(|error| refuse(service, &error.to_string()))?;
    if base.scheme() != "https" {
        return Err(refuse(service, "tokens travel over https only"));
    }
    match target {
        Target::Path {
            path,
            api_version,
            query,
        } => {
            let mut url = base;
            url.set_path(&encoded(path)?);
            let of_aks = path
                .to_ascii_lowercase()
                .contains("/providers/microsoft.containerservice/");
            let version = cluster_api_version
                .filter(|_| of_aks)
                .unwrap_or(api_version);
            url.query_pairs_mut()
                .append_pair("api-version", version)
                .extend_pairs(query);
            Ok(url)
        }
        Target::Graph(path) => {
            let mut url = base;
            url.set_path(&encoded(path)?);
            Ok(url)
        }
        // The address came from an answer or from Terraform's state: our token goes to nobody else.
        Target::Url(url) => {
            if is_within(&base, url) {
                Ok(url.clone())
            } else {
                Err(refuse(
                    &format!("{}{}", url.origin().ascii_serialization(), url.path()),
                    "it is outside Azure Resource Manager",
                ))
            }
        }
    }
}

/// Whether `url` is served by `base`'s host or, as regional endpoints are, by a host below it.
fn is_within(base: &Url, url: &Url) -> bool {
    let (Some(own), Some(host)) = (base.host_str(), url.host_str()) else {
        return false;
    };
    let below = host
        .strip_suffix(own)
        .is_some_and(|rest| rest.ends_with('.'));
    url.scheme() == "https"
        && url.port_or_known_default() == base.port_or_known_default()
        && (host == own || below)
}

#[cfg(test)]
mod tests;
