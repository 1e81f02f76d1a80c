//! The sockets: TLS and HTTP/1.1 around the simulated services. A connection can be closed
//! without an answer, which is why the accept loop is our own.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::control;
use crate::fault::{Action, seconds};
use crate::journal::Entry;
use crate::kubernetes::{Address, Answer, Watch};
use crate::message::{Host, Message, Reply};
use crate::shared::Shared;

/// What listens on a port.
#[derive(Clone)]
pub(crate) enum Service {
    /// A simulated service, over TLS.
    Simulated(Host, TlsAcceptor),
    /// The control API and the endpoints of local identities, over plain HTTP.
    Control,
}

/// Accepts connections until told to stop, then closes them and returns.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Service,
    shared: Arc<Shared>,
    stop: CancellationToken,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    connections.spawn(connection(stream, service.clone(), Arc::clone(&shared)));
                }
            }
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    connections.shutdown().await;
}

async fn connection(stream: TcpStream, service: Service, shared: Arc<Shared>) {
    // Small answers must not wait for the client's acknowledgement of earlier ones.
    let _ = stream.set_nodelay(true);
    match &service {
        Service::Simulated(_, acceptor) => {
            if let Ok(stream) = acceptor.accept(stream).await {
                exchanges(stream, &service, &shared).await;
            }
        }
        Service::Control => exchanges(stream, &service, &shared).await,
    }
}

/// Serves one connection. Dropping it in the middle closes the socket, so an exchange that is to
/// get no answer cancels `closed`.
async fn exchanges<S>(stream: S, service: &Service, shared: &Arc<Shared>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let closed = CancellationToken::new();
    let served = hyper::server::conn::http1::Builder::new().serve_connection(
        TokioIo::new(stream),
        service_fn(|request: Request<Incoming>| {
            let closed = closed.clone();
            async move {
                let answer = exchange(request, service, shared).await;
                if answer.is_none() {
                    closed.cancel();
                    std::future::pending::<()>().await;
                }
                Ok::<_, Infallible>(answer.unwrap_or_default())
            }
        }),
    );
    tokio::select! {
        // Errors here are the client's: it went away or spoke something else.
        _ = served => {}
        () = closed.cancelled() => {}
    }
}

/// One request and its answer; `None` closes the connection instead.
async fn exchange(
    request: Request<Incoming>,
    service: &Service,
    shared: &Arc<Shared>,
) -> Option<Response<Full<Bytes>>> {
    let message = read(request).await?;
    let reply = match service {
        Service::Simulated(host, _) => simulated(*host, &message, shared).await?,
        Service::Control => control::answer(shared, &message).await,
    };
    Some(write(reply))
}

async fn simulated(host: Host, message: &Message, shared: &Shared) -> Option<Reply> {
    let (entry, fault) = shared.arrive(host, None, message);
    let action = fault.map(|fault| fault.action);
    if let Before::Answered(reply) = before(action.as_ref(), entry, shared).await? {
        return Some(shared.finish(reply, entry));
    }
    let reply = shared.answer(host, message, entry);
    let reply = after(action.as_ref(), reply, entry, shared).await?;
    Some(shared.finish(reply, entry))
}

/// A body that may go on.
pub(crate) type Body = UnsyncBoxBody<Bytes, Lost>;

/// Why an exchange gets no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Lost {
    /// A fault, or a client that went away: nothing else on the connection is concerned.
    #[error("the exchange is dropped")]
    Dropped,
    /// Nobody is there any more to answer anything on the connection.
    #[error("the API server does not answer")]
    Silent,
}

/// One request to the API server of a cluster and its answer.
pub(crate) async fn kubernetes(
    request: Request<Incoming>,
    address: &Arc<Address>,
    with_admin_certificate: bool,
    shared: &Arc<Shared>,
) -> Result<Response<Body>, Lost> {
    let headers = request.headers().clone();
    let message = read(request).await.ok_or(Lost::Dropped)?;
    let (entry, fault) = shared.arrive(Host::Kubernetes, Some(&address.cluster_id), &message);
    let action = fault.map(|fault| fault.action);
    let started = before(action.as_ref(), entry, shared).await;
    if let Before::Answered(reply) = started.ok_or(Lost::Dropped)? {
        return Ok(whole(shared.finish(reply, entry)));
    }
    if let Some(real) = &shared.real {
        let instance = &address.instance;
        let answer = real
            .answer(
                &message,
                &headers,
                instance,
                with_admin_certificate,
                entry,
                shared,
            )
            .await?;
        return passed_on(action.as_ref(), answer, entry, shared).await;
    }
    let answer = shared
        .kubernetes(&address.instance, &message, with_admin_certificate, entry)
        .ok_or(Lost::Silent)?;
    let (reply, watch) = match answer {
        Answer::Reply(reply) => (reply, None),
        Answer::Watch(watch) => (watch_headers(), Some(watch)),
    };
    let status = reply.status;
    let reply = after(action.as_ref(), reply, entry, shared).await;
    let reply = reply.ok_or(Lost::Dropped)?;
    let goes_on = watch.filter(|_| reply.status == status);
    let reply = shared.finish(reply, entry);
    Ok(match goes_on {
        Some(watch) => write(reply).map(|_| changes(watch, address, shared)),
        None => whole(reply),
    })
}

/// The answer of a real API server as it goes on to the client.
async fn passed_on(
    action: Option<&Action>,
    answer: Response<Body>,
    entry: Entry,
    shared: &Shared,
) -> Result<Response<Body>, Lost> {
    let (head, body) = answer.into_parts();
    let headers = head.headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.to_string(), value)
    });
    let reply = Reply {
        status: head.status.as_u16(),
        headers: headers.collect(),
        body: Vec::new(),
    };
    let reply = after(action, reply, entry, shared)
        .await
        .ok_or(Lost::Dropped)?;
    let reply = shared.finish(reply, entry);
    Ok(if matches!(action, Some(Action::StatusAfter(_))) {
        whole(reply)
    } else {
        write(reply).map(|_| body)
    })
}

/// What has become of a request before it takes effect.
enum Before {
    GoesOn,
    Answered(Reply),
}

/// What a fault does before a request takes effect; `None` when it is dropped.
async fn before(action: Option<&Action>, entry: Entry, shared: &Shared) -> Option<Before> {
    match action {
        Some(Action::DropBefore) => return None,
        Some(Action::Status(answer)) => return Some(Before::Answered(answer.reply())),
        Some(Action::HoldBefore) => shared.hold(entry).await,
        Some(Action::Delay { seconds: simulated }) => {
            let real = shared.lock().clock.real(seconds(*simulated));
            tokio::time::sleep(real.min(Duration::from_hours(1))).await;
        }
        Some(Action::Advance { seconds: simulated }) => {
            shared.with(|inner, _| inner.clock.advance(seconds(*simulated)));
        }
        _ => {}
    }
    Some(Before::GoesOn)
}

/// What a fault does to an answer; `None` when it is dropped.
async fn after(
    action: Option<&Action>,
    reply: Reply,
    entry: Entry,
    shared: &Shared,
) -> Option<Reply> {
    Some(match action {
        Some(Action::DropAfter) => return None,
        Some(Action::StatusAfter(answer)) => answer.reply(),
        Some(Action::HoldAfter) => {
            shared.hold(entry).await;
            reply
        }
        _ => reply,
    })
}

fn watch_headers() -> Reply {
    Reply {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        body: Vec::new(),
    }
}

fn whole(reply: Reply) -> Response<Body> {
    write(reply).map(|body| body.map_err(|never| match never {}).boxed_unsync())
}

/// The events of a watch, for as long as somebody reads them.
fn changes(watch: Box<Watch>, address: &Arc<Address>, shared: &Arc<Shared>) -> Body {
    let (address, shared) = (Arc::clone(address), Arc::clone(shared));
    let events = stream::unfold(watch, move |mut watch| {
        let (address, shared) = (Arc::clone(&address), Arc::clone(&shared));
        async move {
            let event = watch.next(&address.instance, &shared).await?;
            Some((Ok(Frame::data(event)), watch))
        }
    });
    BodyExt::boxed_unsync(StreamBody::new(events))
}

async fn read(request: Request<Incoming>) -> Option<Message> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.ok()?.to_bytes().to_vec();
    Some(Message {
        method: head.method.to_string(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: joined(&head.headers),
        body,
    })
}

/// Headers by name; those that come several times are joined by commas (RFC 9110, 5.2).
fn joined(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut joined: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        joined
            .entry(name.as_str().to_owned())
            .and_modify(|earlier| *earlier = format!("{earlier}, {value}"))
            .or_insert_with(|| value.clone().into_owned());
    }
    joined
}

fn write(reply: Reply) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(reply.body)));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::BAD_GATEWAY);
    for (name, value) in reply.headers {
        // Only a fault's own headers can be malformed; those are left out.
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}
