//! HTTP to one real API server: a connection for each exchange, with or without the certificate of
//! the static credentials.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;

use futures_util::stream;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_util::task::AbortOnDropHandle;

use crate::certificate::{Authority, CertificateError};
use crate::server::{Body, Lost};

/// A real API server, to send requests to.
pub(super) struct Backend {
    port: u16,
    nobody: Arc<ClientConfig>,
    administrator: Arc<ClientConfig>,
}

/// An answer read to its end.
pub(super) struct Answered {
    pub(super) status: u16,
    /// Null when it is no JSON.
    pub(super) body: Value,
}

impl Answered {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The objects of a list.
    pub(super) fn items(self) -> Vec<Value> {
        match self.body {
            Value::Object(mut list) => match list.remove("items") {
                Some(Value::Array(items)) => items,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}

impl Backend {
    pub(super) fn new(
        port: u16,
        authority: &Authority,
        administrator: &(String, String),
    ) -> Result<Self, CertificateError> {
        Ok(Self {
            port,
            nobody: authority.client_settings(None)?,
            administrator: authority.client_settings(Some(administrator))?,
        })
    }

    /// Sends a request and hands back the answer as soon as it begins.
    pub(super) async fn send(
        &self,
        request: Request<Full<Bytes>>,
        as_administrator: bool,
    ) -> io::Result<Response<Body>> {
        let settings = if as_administrator {
            &self.administrator
        } else {
            &self.nobody
        };
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::IpAddress(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST).into());
        let stream = TlsConnector::from(Arc::clone(settings))
            .connect(name, stream)
            .await?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(io::Error::other)?;
        let connection = AbortOnDropHandle::new(tokio::spawn(async move {
            // An error shows in the answer.
            let _ = connection.await;
        }));
        let response = sender
            .send_request(request)
            .await
            .map_err(io::Error::other)?;
        Ok(response.map(|body| carried(body, connection)))
    }

    /// A request of the administrator's, answered in JSON.
    pub(super) async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> io::Result<Answered> {
        let response = self.open(method, path, headers, body, true).await?;
        let status = response.status().as_u16();
        let bytes = response
            .into_body()
            .collect()
            .await
            .map_err(io::Error::other)?
            .to_bytes();
        Ok(Answered {
            status,
            body: serde_json::from_slice(&bytes).unwrap_or_default(),
        })
    }

    /// Lays a merge patch over an object, as the administrator.
    pub(super) async fn merge(&self, path: &str, change: &Value) -> io::Result<Answered> {
        let merge = [("content-type", "application/merge-patch+json")];
        self.ask("PATCH", path, &merge, Some(change)).await
    }

    /// A request whose answer is read while it goes on.
    pub(super) async fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
        as_administrator: bool,
    ) -> io::Result<Response<Body>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "127.0.0.1");
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header("content-type", "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let request = request
            .body(Full::new(Bytes::from(body)))
            .map_err(io::Error::other)?;
        self.send(request, as_administrator).await
    }
}

/// A body that keeps its connection.
fn carried(body: Incoming, connection: AbortOnDropHandle<()>) -> Body {
    let frames = stream::unfold((body, connection), |(mut body, connection)| async move {
        let frame: Result<Frame<Bytes>, Lost> = body.frame().await?.map_err(|_| Lost::Dropped);
        Some((frame, (body, connection)))
    });
    http_body_util::BodyExt::boxed_unsync(StreamBody::new(frames))
}
