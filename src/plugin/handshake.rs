//! The handshake with the host: what it says through the environment, and the one line the
//! plugin answers (go-plugin `server.go`, `client.go`).

use std::env;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::json;
use tracing::level_filters::LevelFilter;

/// The major version of the plugin protocol spoken here.
const PROTOCOL: u32 = 6;

/// Keeps people from starting a plugin by hand; it is no secret
/// (Terraform `internal/plugin6/serve.go`).
const COOKIE: (&str, &str) = (
    "TF_PLUGIN_MAGIC_COOKIE",
    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
);

/// Why the plugin does not start.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandshakeError {
    /// Somebody ran it by hand.
    #[error(
        "This program is a Terraform provider: terraform and tofu start it by themselves, where a configuration asks \
         for it. To attach a debugger, run it with --debug."
    )]
    NotStartedByHost,
    /// The host's certificate is none.
    #[error("PLUGIN_CLIENT_CERT holds no certificate in PEM form")]
    ClientCertificate,
    /// The host's ports are none.
    #[error("{variable} is {value:?}, which is not a port number")]
    Port {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
}

/// What the host says through the environment.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Host {
    /// The certificate its connections present; without one they are not encrypted.
    pub(super) client_certificate: Option<CertificateDer<'static>>,
    /// Where a Unix socket goes.
    pub(super) socket_directory: PathBuf,
    /// The ports to choose from where there are no Unix sockets.
    pub(super) ports: RangeInclusive<u16>,
    /// Whether it wants to know if connections can be shared.
    pub(super) asks_for_multiplexing: bool,
    /// What is worth logging.
    pub(super) log_level: LevelFilter,
}

impl Host {
    /// The host that started this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "the handshake is made over the environment"
    )]
    pub(super) fn of_process(reattach: bool) -> Result<Self, HandshakeError> {
        // What is not UTF-8 is none of the values looked for.
        Self::read(reattach, &env::temp_dir(), |name| env::var(name).ok())
    }

    /// The host behind `variable`. A host that is to reattach later speaks without cookie and
    /// certificate.
    fn read(
        reattach: bool,
        temporary: &Path,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, HandshakeError> {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        if !reattach && variable(COOKIE.0).as_deref() != Some(COOKIE.1) {
            return Err(HandshakeError::NotStartedByHost);
        }
        let client_certificate = variable("PLUGIN_CLIENT_CERT")
            .filter(|_| !reattach)
            .map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()))
            .transpose()
            .map_err(|_| HandshakeError::ClientCertificate)?;
        let port = |name: &'static str, otherwise: u16| match variable(name) {
            Some(value) => value.parse().map_err(|_| HandshakeError::Port {
                variable: name,
                value,
            }),
            None => Ok(otherwise),
        };
        Ok(Self {
            client_certificate,
            socket_directory: variable("PLUGIN_UNIX_SOCKET_DIR")
                .map_or_else(|| temporary.to_owned(), PathBuf::from),
            ports: port("PLUGIN_MIN_PORT", 10_000)?..=port("PLUGIN_MAX_PORT", 25_000)?,
            asks_for_multiplexing: variable("PLUGIN_MULTIPLEX_GRPC").is_some(),
            log_level: ["TF_LOG_PROVIDER_SECUREAKS", "TF_LOG_PROVIDER", "TF_LOG"]
                .into_iter()
                .find_map(variable)
                .map_or(LevelFilter::OFF, |level| log_level(&level)),
        })
    }
}

/// The level a `TF_LOG` variable asks for; like the host, everything for a word it does not know.
fn log_level(text: &str) -> LevelFilter {
    match text.to_ascii_uppercase().as_str() {
        "OFF" => LevelFilter::OFF,
        "ERROR" => LevelFilter::ERROR,
        "WARN" => LevelFilter::WARN,
        "INFO" => LevelFilter::INFO,
        "DEBUG" => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

/// Where the plugin listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// A Unix socket.
    #[cfg(unix)]
    Unix(PathBuf),
    /// A port of this machine.
    #[cfg(any(windows, test))]
    Tcp(std::net::SocketAddr),
}

impl Address {
    fn network(&self) -> &'static str {
        match self {
            #[cfg(unix)]
            Self::Unix(_) => "unix",
            #[cfg(any(windows, test))]
            Self::Tcp(_) => "tcp",
        }
    }

    fn text(&self) -> String {
        match self {
            #[cfg(unix)]
            Self::Unix(path) => path.display().to_string(),
            #[cfg(any(windows, test))]
            Self::Tcp(address) => address.to_string(),
        }
    }
}

/// The line the host waits for. The protocol is said even if the host did not offer it: it then
/// tells the user both sides' versions, which is more than this side can.
pub(super) fn line(
    host: &Host,
    address: &Address,
    certificate: Option<&CertificateDer<'_>>,
) -> String {
    let certificate = certificate
        .map(|certificate| STANDARD_NO_PAD.encode(certificate))
        .unwrap_or_default();
    // Hosts that do not ask split the line at most six times and take the rest for a certificate.
    let multiplexing = if host.asks_for_multiplexing {
        "|false"
    } else {
        ""
    };
    format!(
        "1|{PROTOCOL}|{}|{}|grpc|{certificate}{multiplexing}\n",
        address.network(),
        address.text()
    )
}

/// What to tell a person who is to attach Terraform to this process by hand.
pub(super) fn invitation(provider: &str, process: u32, address: &Address) -> String {
    let reattach = json!({
        provider: {
            "Protocol": "grpc",
            "ProtocolVersion": PROTOCOL,
            "Pid": process,
            "Test": true,
            "Addr": { "Network": address.network(), "String": address.text() },
        },
    });
    format!(
        "The provider is running. In another shell, attach terraform or tofu to it with:\n\n\
         \tTF_REATTACH_PROVIDERS='{reattach}'\n\n"
    )
}

/// Writes `text` to standard output, which says nothing else afterwards.
pub(super) fn announce(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    output.write_all(text.as_bytes())?;
    output.flush()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn read(reattach: bool, variables: &[(&str, &str)]) -> Result<Host, HandshakeError> {
        Host::read(reattach, Path::new("/tmp"), |name| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| (*value).to_owned())
        })
    }

    fn bare_host() -> Host {
        Host {
            client_certificate: None,
            socket_directory: "/tmp".into(),
            ports: 10_000..=25_000,
            asks_for_multiplexing: false,
            log_level: LevelFilter::OFF,
        }
    }

    #[test]
    fn a_start_without_or_with_another_cookie_is_refused() {
        let starts = [read(false, &[]), read(false, &[(COOKIE.0, "another")])];

        assert_eq!(
            starts,
            [
                Err(HandshakeError::NotStartedByHost),
                Err(HandshakeError::NotStartedByHost)
            ]
        );
    }

    #[test]
    fn the_cookie_is_enough() {
        let host = read(false, &[COOKIE]);

        assert_eq!(host, Ok(bare_host()));
    }

    #[test]
    fn a_reattach_needs_no_cookie_and_takes_no_certificate() {
        let host = read(true, &[("PLUGIN_CLIENT_CERT", "not looked at")]);

        assert_eq!(host, Ok(bare_host()));
    }

    #[test]
    fn what_the_host_says_is_taken() {
        let pem = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";
        let host = read(
            false,
            &[
                COOKIE,
                ("PLUGIN_CLIENT_CERT", pem),
                ("PLUGIN_UNIX_SOCKET_DIR", "/run/plugins"),
                ("PLUGIN_MIN_PORT", "1"),
                ("PLUGIN_MAX_PORT", "2"),
                ("PLUGIN_MULTIPLEX_GRPC", "true"),
                ("TF_LOG", "error"),
                ("TF_LOG_PROVIDER", "debug"),
            ],
        );

        assert_eq!(
            host,
            Ok(Host {
                client_certificate: Some(CertificateDer::from(vec![1, 2, 3])),
                socket_directory: "/run/plugins".into(),
                ports: 1..=2,
                asks_for_multiplexing: true,
                log_level: LevelFilter::DEBUG,
            })
        );
    }

    #[test]
    fn what_is_no_certificate_or_port_is_named() {
        let starts = [
            read(false, &[COOKIE, ("PLUGIN_CLIENT_CERT", "AQID")]),
            read(false, &[COOKIE, ("PLUGIN_MAX_PORT", "70000")]),
        ];

        assert_eq!(
            starts,
            [
                Err(HandshakeError::ClientCertificate),
                Err(HandshakeError::Port {
                    variable: "PLUGIN_MAX_PORT",
                    value: "70000".into()
                }),
            ]
        );
    }

    #[test]
    fn the_line_carries_the_certificate_without_padding() {
        let address = Address::Unix("/tmp/plugin".into());

        let line = line(
            &bare_host(),
            &address,
            Some(&CertificateDer::from(vec![0xff])),
        );

        assert_eq!(line, "1|6|unix|/tmp/plugin|grpc|/w\n");
    }

    #[test]
    fn the_line_refuses_multiplexing_only_when_asked() {
        let host = Host {
            asks_for_multiplexing: true,
            ..bare_host()
        };

        let line = line(&host, &Address::Tcp(([127, 0, 0, 1], 10_000).into()), None);

        assert_eq!(line, "1|6|tcp|127.0.0.1:10000|grpc||false\n");
    }

    #[test]
    fn an_invitation_is_what_a_host_reads() {
        let text = invitation(
            "secureaks/secureaks",
            7,
            &Address::Unix("/tmp/plugin".into()),
        );

        let value = text
            .split('\'')
            .nth(1)
            .map(serde_json::from_str::<serde_json::Value>);
        assert_eq!(
            value.and_then(Result::ok),
            Some(json!({ "secureaks/secureaks": {
                "Protocol": "grpc", "ProtocolVersion": 6, "Pid": 7, "Test": true,
                "Addr": { "Network": "unix", "String": "/tmp/plugin" },
            } }))
        );
    }
}
