//! go-plugin's own services: the call to shut down, streams that stay silent, and health.

use std::future::ready;
use std::pin::Pin;
use std::sync::Arc;

use futures::stream::{Stream, StreamExt, once, select};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Response, Status, Streaming};

use super::panic::catch;
use super::wire::go_plugin::grpc_broker_server::GrpcBroker;
use super::wire::go_plugin::grpc_controller_server::GrpcController;
use super::wire::go_plugin::grpc_stdio_server::GrpcStdio;
use super::wire::go_plugin::{ConnInfo, Empty, StdioData};
use super::wire::health::health_check_response::ServingStatus;
use super::wire::health::health_server::Health;
use super::wire::health::{HealthCheckRequest, HealthCheckResponse};
use crate::framework::service::Service;

type Items<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// The services; they end, and let end, with one token.
#[derive(Clone)]
pub(super) struct Control {
    ending: CancellationToken,
    service: Arc<dyn Service>,
}

impl Control {
    /// Services that cancel `ending` when the host calls for it, after they have told `service`.
    pub(super) fn new(ending: CancellationToken, service: Arc<dyn Service>) -> Self {
        Self { ending, service }
    }

    /// A stream without items that ends with the process. An earlier end would look like a crash,
    /// a later one would keep the server from stopping.
    fn silence<T: Send + 'static>(&self) -> Items<T> {
        Box::pin(once(self.ending.clone().cancelled_owned()).filter_map(|()| ready(None)))
    }
}

#[tonic::async_trait]
impl GrpcController for Control {
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        tracing::debug!("The host asks the provider to exit");
        // Before the answer: the host kills a process that takes its time to exit.
        if let Err(panic) = catch(async { self.service.close() }).await {
            tracing::error!("Closing the provider failed: {panic}");
        }
        self.ending.cancel();
        Ok(Response::new(Empty {}))
    }
}

#[tonic::async_trait]
impl GrpcStdio for Control {
    type StreamStdioStream = Items<StdioData>;

    /// Stays silent: hosts read the real standard error, and log what comes here as unexpected.
    async fn stream_stdio(
        &self,
        _: Request<()>,
    ) -> Result<Response<Self::StreamStdioStream>, Status> {
        Ok(Response::new(self.silence()))
    }
}

#[tonic::async_trait]
impl GrpcBroker for Control {
    type StartStreamStream = Items<ConnInfo>;

    /// Stays silent: neither side of the plugin protocol opens further connections.
    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        // What the host offers is read, because to drop it unread would reset its stream.
        let offers = request.into_inner().filter_map(|_| ready(None));
        let ending = self.ending.clone().cancelled_owned();
        Ok(Response::new(Box::pin(
            select(offers, self.silence()).take_until(ending),
        )))
    }
}

#[tonic::async_trait]
impl Health for Control {
    async fn check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        status(request.get_ref()).map(Response::new)
    }

    type WatchStream = Items<HealthCheckResponse>;

    async fn watch(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let first = status(request.get_ref())?;
        Ok(Response::new(Box::pin(
            once(ready(Ok(first))).chain(self.silence()),
        )))
    }
}

/// The health of a service: go-plugin asks for `plugin`, others for the whole server.
fn status(request: &HealthCheckRequest) -> Result<HealthCheckResponse, Status> {
    match request.service.as_str() {
        "" | "plugin" => Ok(HealthCheckResponse {
            status: ServingStatus::Serving.into(),
        }),
        _ => Err(Status::not_found("there is no such service")),
    }
}
