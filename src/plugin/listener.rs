//! The socket the host connects to: a Unix socket nobody else can open, or a port on Windows.

use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::handshake::{Address, Host};

/// How long a client may take to prove who it is.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long to wait for a connection to be closed when the process may open no more.
const CONGESTION_PAUSE: Duration = Duration::from_millis(100);

/// Why there is nothing to connect to.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// The Unix socket cannot be made.
    #[error("making a socket in {directory} failed: {source}")]
    Unix {
        /// The directory it was to be in.
        directory: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// No port is free.
    #[error("no port from {first} to {last} of this machine can be listened on")]
    Ports {
        /// The first that was tried.
        first: u16,
        /// The last that was tried.
        last: u16,
    },
    /// A port is open to everybody on the machine.
    #[error("the host asks for unencrypted connections, which a port of this machine is too open for; unset TF_DISABLE_PLUGIN_TLS")]
    OpenPort,
}

/// A socket that is listened on.
pub(super) struct Listener {
    socket: Socket,
    acceptor: Option<TlsAcceptor>,
}

enum Socket {
    #[cfg(unix)]
    Unix(UnixListener),
    #[cfg_attr(not(windows), expect(dead_code, reason = "only where there are no Unix sockets"))]
    Tcp(TcpListener),
}

/// Where the socket is. What was made on disk for it is removed when this is dropped.
pub(super) struct Place {
    /// Its address.
    pub(super) address: Address,
    directory: Option<PathBuf>,
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory {
            // It may be gone already: some systems clean up behind a logout.
            let _ = std::fs::remove_dir_all(directory);
        }
    }
}

impl Listener {
    /// Listens where `host` looks; connections are encrypted with `acceptor`, if there is one.
    #[cfg(unix)]
    pub(super) fn bind(host: &Host, acceptor: Option<TlsAcceptor>) -> Result<(Self, Place), ListenError> {
        use std::fs::{DirBuilder, Permissions, set_permissions};
        use std::os::unix::fs::{DirBuilderExt, PermissionsExt};

        let failed = |source| ListenError::Unix { directory: host.socket_directory.clone(), source };
        // A directory of its own is closed to others from its first moment on; a socket is not,
        // because its mode can only be set once it is there. The names are short because a
        // socket's path may have no more than some hundred bytes.
        let name = uuid::Uuid::new_v4().simple().to_string();
        let directory = host.socket_directory.join(format!("plugin{}", name.get(..12).unwrap_or(&name)));
        DirBuilder::new().mode(0o700).create(&directory).map_err(failed)?;
        let path = directory.join("rpc");
        let place = Place { address: Address::Unix(path.clone()), directory: Some(directory) };
        let socket = UnixListener::bind(&path).map_err(failed)?;
        set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
        Ok((Self { socket: Socket::Unix(socket), acceptor }, place))
    }

    /// Listens where `host` looks; connections are encrypted with `acceptor`.
    #[cfg(windows)]
    pub(super) fn bind(host: &Host, acceptor: Option<TlsAcceptor>) -> Result<(Self, Place), ListenError> {
        if acceptor.is_none() {
            return Err(ListenError::OpenPort);
        }
        let taken = || ListenError::Ports { first: *host.ports.start(), last: *host.ports.end() };
        let socket = host
            .ports
            .clone()
            .find_map(|port| std::net::TcpListener::bind(("127.0.0.1", port)).ok())
            .ok_or_else(taken)?;
        socket.set_nonblocking(true).map_err(|_| taken())?;
        let address = Address::Tcp(socket.local_addr().map_err(|_| taken())?);
        let socket = TcpListener::from_std(socket).map_err(|_| taken())?;
        Ok((Self { socket: Socket::Tcp(socket), acceptor }, Place { address, directory: None }))
    }

    /// Hands over connections until nobody takes them any more. Each client proves itself in a
    /// task of its own, so that a slow one keeps nobody waiting.
    pub(super) async fn accept_into(self, connections: Sender<io::Result<Connection>>) {
        let mut clients = JoinSet::new();
        loop {
            tokio::select! {
                () = connections.closed() => return,
                Some(_) = clients.join_next() => {}
                accepted = self.socket.accept() => match accepted {
                    Ok(connection) => {
                        clients.spawn(admit(connection, self.acceptor.clone(), connections.clone()));
                    }
                    Err(error) => {
                        tracing::warn!("No connection could be taken: {error}");
                        sleep(CONGESTION_PAUSE).await;
                    }
                },
            }
        }
    }
}

impl Socket {
    async fn accept(&self) -> io::Result<Connection> {
        match self {
            #[cfg(unix)]
            Self::Unix(socket) => socket.accept().await.map(|(stream, _)| Connection(Box::pin(stream))),
            Self::Tcp(socket) => socket.accept().await.map(|(stream, _)| Connection(Box::pin(stream))),
        }
    }
}

async fn admit(connection: Connection, acceptor: Option<TlsAcceptor>, connections: Sender<io::Result<Connection>>) {
    let admitted = match acceptor {
        None => connection,
        Some(acceptor) => match timeout(HANDSHAKE_TIME, acceptor.accept(connection)).await {
            Ok(Ok(encrypted)) => Connection(Box::pin(encrypted)),
            Ok(Err(error)) => return tracing::warn!("A client that is not the host was refused: {error}"),
            Err(_) => return tracing::warn!("A client that did not prove to be the host was refused"),
        },
    };
    // Nobody takes connections any more once the server ends.
    let _ = connections.send(Ok(admitted)).await;
}

/// A connection to the host, whatever it runs over.
pub(super) struct Connection(Pin<Box<dyn Duplex>>);

trait Duplex: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Duplex for T {}

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(cx)
    }
}
