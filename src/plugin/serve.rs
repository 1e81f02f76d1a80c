//! Serving a provider: from the handshake to the exit, in the order that matters.

use std::io;
use std::process;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::runtime;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use super::control::Control;
use super::ending::{Ending, Signals};
use super::handshake::{self, HandshakeError, Host};
use super::listener::{ListenError, Listener};
use super::logging;
use super::orphan::Parent;
use super::panic::install_hook;
#[cfg(unix)]
use super::place::SocketFolder;
use super::rpc::Calls;
use super::tls::{ServerTls, TlsError};
use super::wire::go_plugin::grpc_broker_server::GrpcBrokerServer;
use super::wire::go_plugin::grpc_controller_server::GrpcControllerServer;
use super::wire::go_plugin::grpc_stdio_server::GrpcStdioServer;
use super::wire::health::health_server::HealthServer;
use crate::framework::service::Service;

/// Threads that run calls. They wait for Azure nearly all the time, and each start of the
/// provider pays for them.
const WORKERS: usize = 2;

/// How to serve.
#[derive(Clone, Debug)]
pub struct Options {
    /// The provider's address, `namespace/type`.
    pub provider: String,
    /// Whether to wait for a host to attach instead of being started by one.
    pub reattach: bool,
    /// The time, for log lines.
    pub clock: fn() -> SystemTime,
}

/// Why a provider is not served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The host is none, or says what makes no sense.
    #[error(transparent)]
    Handshake(#[from] HandshakeError),
    /// There is no encryption.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// There is no socket.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// The operating system refuses threads, signals or output.
    #[error("starting the provider failed: {0}")]
    System(#[from] io::Error),
    /// The server gave up.
    #[error("serving the provider failed: {0}")]
    Server(#[from] tonic::transport::Error),
}

/// Serves the service that `build` makes until the host is done with it. This is all a provider's
/// `main` has to do; it sets up the process: logs, panics, threads.
pub fn run(options: &Options, build: impl FnOnce() -> Arc<dyn Service>) -> Result<(), ServeError> {
    let host = Host::of_process(options.reattach)?;
    logging::install(host.log_level, options.clock);
    install_hook();
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()?;
    let served = runtime.block_on(serve_to(&host, options, build()));
    // A name lookup that hangs must not keep the process: the host kills it after two seconds.
    runtime.shutdown_background();
    served
}

/// Serves `service` until the host is done with it.
pub async fn serve(service: Arc<dyn Service>, options: &Options) -> Result<(), ServeError> {
    serve_to(&Host::of_process(options.reattach)?, options, service).await
}

async fn serve_to(
    host: &Host,
    options: &Options,
    service: Arc<dyn Service>,
) -> Result<(), ServeError> {
    // Before the host knows of this process: no interrupt and no death of it may come too early.
    let signals = Signals::take_over()?;
    let parent = (!options.reattach).then(Parent::now);
    let tls = host
        .client_certificate
        .clone()
        .map(ServerTls::for_client)
        .transpose()?;
    let (acceptor, certificate) = tls.map(|tls| (tls.acceptor, tls.certificate)).unzip();
    let (listener, place) = Listener::bind(host, acceptor)?;

    handshake::announce(&if options.reattach {
        handshake::invitation(&options.provider, process::id(), &place.address)
    } else {
        handshake::line(host, &place.address, certificate.as_ref())
    })?;

    let ending = CancellationToken::new();
    let control = Control::new(ending.clone(), Arc::clone(&service));
    let (connections, incoming) = mpsc::channel(1);
    let mut background = JoinSet::new();
    background.spawn(listener.accept_into(connections));
    #[cfg(unix)]
    {
        // The host waits for the line above, not for this.
        let parent = host.socket_directory.clone();
        background.spawn_blocking(move || SocketFolder::clear(&parent));
    }

    let server = Server::builder()
        .add_service(Calls::server(Arc::clone(&service)))
        .add_service(GrpcControllerServer::new(control.clone()))
        .add_service(GrpcStdioServer::new(control.clone()))
        .add_service(GrpcBrokerServer::new(control.clone()))
        .add_service(HealthServer::new(control))
        .serve_with_incoming_shutdown(
            ReceiverStream::new(incoming),
            ending.clone().cancelled_owned(),
        );
    let mut server = std::pin::pin!(server);

    let reason = tokio::select! {
        outcome = &mut server => return outcome.map_err(ServeError::from),
        () = ending.cancelled() => Ending::ShutdownCall,
        reason = signals.ending(parent) => reason,
    };
    tracing::debug!(?reason, "The provider ends");
    ending.cancel();
    if reason != Ending::ShutdownCall {
        service.stop();
    }
    // Calls that outlast the grace end with the process.
    timeout(reason.grace(), server).await.unwrap_or(Ok(()))?;
    Ok(())
}
