//! A host of plugins, as far as these tests need one.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};

use crate::certificate::ClientCertificate;

/// How long anything may take; far more than it does.
const PATIENCE: Duration = Duration::from_secs(30);

/// The command that starts the provider without anything in its environment but a directory for
/// its files.
pub(crate) fn bare_command(temporary: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-secureaks"));
    command
        .env_clear()
        .env("TMPDIR", temporary)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// The variables every host sets.
pub(crate) const HOST_ENVIRONMENT: [(&str, &str); 4] = [
    (
        "TF_PLUGIN_MAGIC_COOKIE",
        "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
    ),
    ("PLUGIN_PROTOCOL_VERSIONS", "5,6"),
    ("PLUGIN_MIN_PORT", "10000"),
    ("PLUGIN_MAX_PORT", "25000"),
];

/// A provider that runs.
pub(crate) struct Plugin {
    pub(crate) process: Child,
    pub(crate) output: BufReader<ChildStdout>,
    /// The fields of the line it greeted with.
    pub(crate) fields: Vec<String>,
    /// The directory it has for its files.
    pub(crate) temporary: TempDir,
}

impl Plugin {
    /// Starts it as a host that presents `client`, or as one without encryption.
    pub(crate) async fn start(client: Option<&ClientCertificate>) -> Self {
        Self::start_with(client, |_| {}).await
    }

    /// Like [`Plugin::start`], after `change` to its command.
    pub(crate) async fn start_with(
        client: Option<&ClientCertificate>,
        change: impl FnOnce(&mut Command),
    ) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = bare_command(temporary.path());
        command.envs(HOST_ENVIRONMENT);
        if let Some(client) = client {
            command.env("PLUGIN_CLIENT_CERT", client.pem());
        }
        change(&mut command);
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        in_time(output.read_line(&mut line)).await.unwrap();
        let fields = line.trim_end().split('|').map(str::to_owned).collect();
        Self {
            process,
            output,
            fields,
            temporary,
        }
    }

    /// Where its socket is.
    pub(crate) fn socket(&self) -> PathBuf {
        self.fields.get(3).unwrap().into()
    }

    /// A channel to it that presents `client`, or is not encrypted where it has no certificate.
    pub(crate) async fn connect(
        &self,
        client: Option<&ClientCertificate>,
    ) -> Result<Channel, tonic::transport::Error> {
        let socket = self.socket();
        let certificate = STANDARD_NO_PAD.decode(self.fields.get(5).unwrap()).unwrap();
        if certificate.is_empty() {
            return connect_plainly(socket).await;
        }
        let connector = connector(CertificateDer::from(certificate), client);
        let dial = tower::service_fn(move |_| {
            let (socket, connector) = (socket.clone(), connector.clone());
            async move {
                let stream = UnixStream::connect(socket).await?;
                let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
                connector.connect(name, stream).await.map(TokioIo::new)
            }
        });
        in_time(Endpoint::from_static("http://localhost").connect_with_connector(dial)).await
    }

    /// Sends it a signal.
    pub(crate) async fn signal(&self, signal: &str) {
        let process = self.process.id().unwrap().to_string();
        let sent = Command::new("kill")
            .args(["-s", signal, &process])
            .status()
            .await
            .unwrap();
        assert!(sent.success(), "no {signal} for {process}");
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        in_time(self.process.wait()).await.unwrap()
    }

    /// Waits until nothing holds its output any more, and gives what came.
    pub(crate) async fn rest_of_output(&mut self) -> String {
        let mut rest = String::new();
        in_time(self.output.read_to_string(&mut rest))
            .await
            .unwrap();
        rest
    }
}

/// A channel without encryption to the socket at `path`.
pub(crate) async fn connect_plainly(path: PathBuf) -> Result<Channel, tonic::transport::Error> {
    let dial = tower::service_fn(move |_| {
        let path = path.clone();
        async move { UnixStream::connect(path).await.map(TokioIo::new) }
    });
    in_time(Endpoint::from_static("http://localhost").connect_with_connector(dial)).await
}

/// What `future` comes to, unless it takes suspiciously long.
pub(crate) async fn in_time<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.unwrap()
}

fn connector(server: CertificateDer<'static>, client: Option<&ClientCertificate>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(server).unwrap();
    let cryptography = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(cryptography)
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = config.with_root_certificates(roots);
    let mut config = match client {
        Some(client) => config
            .with_client_auth_cert(client.chain(), client.key())
            .unwrap(),
        None => config.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config).into()
}
