//! The socket the host connects to: a Unix socket nobody else can open, or a port on Windows.

use std::io;
#[cfg(any(windows, test))]
use std::ops::RangeInclusive;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
#[cfg(any(windows, test))]
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio::sync::mpsc::Sender;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tonic::transport::server::Connected;

use super::handshake::{Address, Host};
#[cfg(unix)]
use super::place::SocketFolder;

/// How long a client may take to prove who it is.
const HANDSHAKE_TIME: Duration = Duration::from_secs(10);
/// How long to wait for a connection to be closed when the process may open no more.
const CONGESTION_PAUSE: Duration = Duration::from_millis(100);

/// Why there is nothing to connect to.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// There is no folder for the Unix socket.
    #[cfg(unix)]
    #[error("making a socket failed: {0}")]
    Folder(#[from] crate::files::FileError),
    /// The Unix socket cannot be made.
    #[error("making the socket {socket} failed: {source}")]
    Unix {
        /// Where it was to be.
        socket: PathBuf,
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
    #[error(
        "the host asks for unencrypted connections, which a port of this machine is too open for; unset TF_DISABLE_PLUGIN_TLS"
    )]
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
    #[cfg(any(windows, test))]
    Tcp(TcpListener),
}

/// Where the socket is. What was made on disk for it is removed when this is dropped.
pub(super) struct Place {
    /// Its address.
    pub(super) address: Address,
    #[cfg(unix)]
    _folder: Option<SocketFolder>,
}

impl Listener {
    /// Listens where `host` looks; connections are encrypted with `acceptor`, if there is one.
    pub(super) fn bind(
        host: &Host,
        acceptor: Option<TlsAcceptor>,
    ) -> Result<(Self, Place), ListenError> {
        #[cfg(unix)]
        return Self::in_directory(&host.socket_directory, acceptor);
        #[cfg(windows)]
        return Self::on_port(host.ports.clone(), acceptor);
    }

    #[cfg(unix)]
    fn in_directory(
        parent: &Path,
        acceptor: Option<TlsAcceptor>,
    ) -> Result<(Self, Place), ListenError> {
        use std::fs::{Permissions, set_permissions};
        use std::os::unix::fs::PermissionsExt;

        let (folder, path) = SocketFolder::make(parent)?;
        let failed = |source| ListenError::Unix {
            socket: path.clone(),
            source,
        };
        let socket = UnixListener::bind(&path).map_err(failed)?;
        set_permissions(&path, Permissions::from_mode(0o600)).map_err(failed)?;
        let place = Place {
            address: Address::Unix(path),
            _folder: Some(folder),
        };
        Ok((
            Self {
                socket: Socket::Unix(socket),
                acceptor,
            },
            place,
        ))
    }

    #[cfg(any(windows, test))]
    fn on_port(
        mut ports: RangeInclusive<u16>,
        acceptor: Option<TlsAcceptor>,
    ) -> Result<(Self, Place), ListenError> {
        use std::net::Ipv4Addr;

        if acceptor.is_none() {
            return Err(ListenError::OpenPort);
        }
        let taken = ListenError::Ports {
            first: *ports.start(),
            last: *ports.end(),
        };
        let listening = ports.find_map(|port| {
            let socket = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()?;
            socket.set_nonblocking(true).ok()?;
            Some((
                socket.local_addr().ok()?,
                TcpListener::from_std(socket).ok()?,
            ))
        });
        let (address, socket) = listening.ok_or(taken)?;
        let place = Place {
            address: Address::Tcp(address),
            #[cfg(unix)]
            _folder: None,
        };
        Ok((
            Self {
                socket: Socket::Tcp(socket),
                acceptor,
            },
            place,
        ))
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
            Self::Unix(socket) => socket
                .accept()
                .await
                .map(|(stream, _)| Connection(Box::pin(stream))),
            #[cfg(any(windows, test))]
            Self::Tcp(socket) => socket
                .accept()
                .await
                .map(|(stream, _)| Connection(Box::pin(stream))),
        }
    }
}

async fn admit(
    connection: Connection,
    acceptor: Option<TlsAcceptor>,
    connections: Sender<io::Result<Connection>>,
) {
    let admitted = match acceptor {
        None => connection,
        Some(acceptor) => match timeout(HANDSHAKE_TIME, acceptor.accept(connection)).await {
            Ok(Ok(encrypted)) => Connection(Box::pin(encrypted)),
            Ok(Err(error)) => {
                return tracing::warn!("A client that is not the host was refused: {error}");
            }
            Err(_) => {
                return tracing::warn!("A client that did not prove to be the host was refused");
            }
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
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
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

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use rustls::pki_types::CertificateDer;

    use super::*;
    use crate::plugin::tls::ServerTls;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[tokio::test]
    async fn a_socket_is_its_users_alone_and_goes_with_its_place() {
        let parent = tempfile::tempdir().unwrap();

        let (_listener, place) = Listener::in_directory(parent.path(), None).unwrap();
        let Address::Unix(socket) = place.address.clone() else {
            panic!("no socket")
        };
        let modes = (mode(socket.parent().unwrap()), mode(&socket));
        drop(place);

        assert_eq!(
            (modes, socket.parent().unwrap().exists()),
            ((0o700, 0o600), false)
        );
    }

    #[tokio::test]
    async fn a_missing_directory_is_named() {
        let refused = Listener::in_directory(Path::new("/nowhere"), None)
            .err()
            .map(|error| error.to_string());

        assert_eq!(
            refused.as_deref(),
            Some(
                "making a socket failed: /nowhere cannot be used: No such file or directory (os error 2)"
            )
        );
    }

    #[tokio::test]
    async fn a_port_is_the_next_free_one_of_the_range() {
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let _holder = std::net::TcpListener::bind(("127.0.0.1", taken)).unwrap();
        let tls = ServerTls::for_client(CertificateDer::from(vec![1])).unwrap();

        let refused = Listener::on_port(taken..=taken, Some(tls.acceptor.clone())).err();
        let (_listener, place) = Listener::on_port(taken..=u16::MAX, Some(tls.acceptor)).unwrap();

        let Address::Tcp(address) = place.address else {
            panic!("no port")
        };
        assert!(
            address.ip().is_loopback() && address.port() > taken,
            "{address}"
        );
        assert_eq!(
            refused.map(|error| error.to_string()),
            Some(format!(
                "no port from {taken} to {taken} of this machine can be listened on"
            ))
        );
    }

    #[tokio::test]
    async fn a_port_is_not_opened_without_encryption() {
        let refused = Listener::on_port(10_000..=25_000, None).err();

        assert!(
            matches!(refused, Some(ListenError::OpenPort)),
            "{refused:?}"
        );
    }
}
