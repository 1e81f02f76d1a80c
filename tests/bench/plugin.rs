//! A plugin started as Terraform starts it, with a client certificate, and asked for its schema.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use prost::bytes::{Buf as _, BufMut as _};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, PKCS_ECDSA_P521_SHA512};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tempfile::TempDir;
use tokio::net::UnixStream;
use tokio_rustls::TlsConnector;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

use crate::Outcome;

/// Keeps people from starting a plugin by hand (Terraform `internal/plugin6/serve.go`).
const COOKIE: &str = "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2";

/// A plugin that runs until this is dropped.
pub(crate) struct Plugin {
    process: Child,
    /// From the start of the process to the line.
    pub(crate) start: Duration,
    line: String,
    key: KeyPair,
    certificate: rcgen::Certificate,
    _temporary: TempDir,
}

impl Plugin {
    /// Starts it and reads the line it greets with.
    pub(crate) fn start(executable: &Path) -> Outcome<Self> {
        let temporary = tempfile::tempdir()?;
        // As Terraform makes it (go-plugin `mtls.go`).
        let key = KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512)?;
        let mut parameters = CertificateParams::new(vec!["localhost".to_owned()])?;
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = parameters.self_signed(&key)?;
        let mut command = Command::new(executable);
        command
            .env_clear()
            .env("TMPDIR", temporary.path())
            .env("TF_PLUGIN_MAGIC_COOKIE", COOKIE)
            .env("PLUGIN_PROTOCOL_VERSIONS", "5,6")
            .env("PLUGIN_CLIENT_CERT", certificate.pem())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());

        let begun = Instant::now();
        let mut process = command.spawn()?;
        let mut line = String::new();
        let output = process.stdout.take().ok_or("no output")?;
        BufReader::new(output).read_line(&mut line)?;
        let start = begun.elapsed();

        Ok(Self {
            process,
            start,
            line,
            key,
            certificate,
            _temporary: temporary,
        })
    }

    /// Its resident memory in MiB.
    pub(crate) fn memory(&self) -> Outcome<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes: f64 = line
            .ok_or("no VmRSS")?
            .trim()
            .trim_end_matches(" kB")
            .parse()?;
        Ok(kibibytes / 1024.0)
    }

    /// How long calls of `method` without arguments take, one after the other.
    pub(crate) fn time_calls(&self, method: &'static str, count: usize) -> Outcome<Vec<Duration>> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(async {
            let mut client = tonic::client::Grpc::new(self.connect().await?)
                .max_decoding_message_size(usize::MAX);
            let mut times = Vec::new();
            for _ in 0..count {
                client.ready().await?;
                let begun = Instant::now();
                client
                    .unary(
                        Request::new(()),
                        http::uri::PathAndQuery::from_static(method),
                        Unread,
                    )
                    .await?;
                times.push(begun.elapsed());
            }
            Ok(times)
        })
    }

    async fn connect(&self) -> Outcome<Channel> {
        let mut fields = self.line.trim_end().split('|').skip(3);
        let socket = PathBuf::from(fields.next().ok_or("no socket")?);
        let server =
            CertificateDer::from(STANDARD_NO_PAD.decode(fields.nth(1).ok_or("no certificate")?)?);
        let cryptography = Arc::new(aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&cryptography))
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(OneServer {
                certificate: server,
                cryptography,
            }))
            .with_client_auth_cert(
                vec![self.certificate.der().clone()],
                PrivatePkcs8KeyDer::from(self.key.serialize_der()).into(),
            )?;
        config.alpn_protocols = vec![b"h2".to_vec()];
        let connector = TlsConnector::from(Arc::new(config));
        let dial = tower::service_fn(move |_| {
            let (socket, connector) = (socket.clone(), connector.clone());
            async move {
                let stream = UnixStream::connect(socket).await?;
                let name = ServerName::try_from("localhost").map_err(std::io::Error::other)?;
                connector.connect(name, stream).await.map(TokioIo::new)
            }
        });
        Ok(Endpoint::from_static("http://localhost")
            .connect_with_connector(dial)
            .await?)
    }
}

impl Drop for Plugin {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Accepts the certificate of the line; plugins in Go present one that is an authority, which
/// ordinary verification refuses.
#[derive(Debug)]
struct OneServer {
    certificate: CertificateDer<'static>,
    cryptography: Arc<CryptoProvider>,
}

impl ServerCertVerifier for OneServer {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if certificate == &self.certificate {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            ))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.cryptography.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.cryptography.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.cryptography
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Sends messages without fields, and does not take apart what comes: that would be measured too.
#[derive(Clone, Copy)]
struct Unread;

impl Codec for Unread {
    type Encode = ();
    type Decode = usize;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Unread {
    type Item = ();
    type Error = Status;

    fn encode(&mut self, (): (), buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&[]);
        Ok(())
    }
}

impl Decoder for Unread {
    type Item = usize;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<usize>, Status> {
        let length = buffer.remaining();
        buffer.advance(length);
        Ok(Some(length))
    }
}
