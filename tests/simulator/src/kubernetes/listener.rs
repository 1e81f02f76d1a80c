//! The socket of one API server: TLS, HTTP/2 and HTTP/1.1, and connections that are refused.
//!
//! An exchange a fault drops is reset and no other: over HTTP/2 by `RST_STREAM`, over HTTP/1.1 by
//! closing the connection, which carries one exchange at a time. The connections of a cluster that
//! is gone are closed as a whole.

use std::sync::Arc;

use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::api_server::Opening;
use crate::server::{Lost, kubernetes};
use crate::shared::Shared;

/// One API server as its connections see it.
pub(crate) struct Address {
    /// Of the cluster.
    pub(crate) instance: String,
    pub(crate) cluster_id: String,
}

/// Accepts connections until told to stop, then closes them and returns.
pub(crate) async fn serve(opening: Opening, shared: Arc<Shared>, stop: CancellationToken) {
    let Opening {
        instance,
        cluster_id,
        listener,
        tls,
        admin,
    } = opening;
    let Ok(listener) = TcpListener::from_std(listener) else {
        return;
    };
    let address = Arc::new(Address {
        instance,
        cluster_id,
    });
    let acceptor = TlsAcceptor::from(tls);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let (acceptor, admin) = (acceptor.clone(), admin.clone());
                    let (address, shared) = (Arc::clone(&address), Arc::clone(&shared));
                    connections.spawn(async move {
                        connection(stream, &acceptor, admin.as_ref(), address, shared).await;
                    });
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    connections.shutdown().await;
}

async fn connection(
    stream: TcpStream,
    acceptor: &TlsAcceptor,
    admin: &[u8],
    address: Arc<Address>,
    shared: Arc<Shared>,
) {
    // Small answers must not wait for the client's acknowledgement of earlier ones.
    let _ = stream.set_nodelay(true);
    if !shared.lets_in(&address) {
        return;
    }
    let Ok(stream) = acceptor.accept(stream).await else {
        return;
    };
    shared.lock().journal.connected(&address.cluster_id);
    let with_admin_certificate = stream
        .get_ref()
        .1
        .peer_certificates()
        .and_then(|chain| chain.first())
        .is_some_and(|certificate| certificate.as_ref() == admin);
    let closed = CancellationToken::new();
    let service = service_fn(|request: Request<Incoming>| {
        let (address, shared) = (Arc::clone(&address), Arc::clone(&shared));
        let closed = closed.clone();
        async move {
            let answer = kubernetes(request, &address, with_admin_certificate, &shared).await;
            if matches!(answer, Err(Lost::Silent)) {
                closed.cancel();
                // A reset of this exchange alone must not come first.
                std::future::pending::<()>().await;
            }
            answer
        }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    tokio::select! {
        // Errors here are the client's, or exchanges that were to be dropped.
        _ = builder.serve_connection(TokioIo::new(stream), service) => {}
        () = closed.cancelled() => {}
    }
}
