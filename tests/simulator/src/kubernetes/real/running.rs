//! One real API server under way, with its etcd and the controllers that are played to it.

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rcgen::KeyPair;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;

use super::backend::Backend;
use super::process::Process;
use super::settings::{self, Launch, Shape};
use super::wanted::Wanted;
use super::{controllers, seeds};
use crate::certificate::CertificateError;

/// How long a server may take until it answers. Two seconds are usual, and a machine may be busy.
const LONGEST: Duration = Duration::from_mins(2);

/// How often a server is asked whether it is ready.
const LOOK: Duration = Duration::from_millis(50);

/// How many ports are tried: somebody else may take a free one before the server does.
const ATTEMPTS: u32 = 5;

/// A server that answers.
pub(super) struct Running {
    pub(super) shape: Shape,
    pub(super) backend: Arc<Backend>,
    /// What the managed cluster has made of it so far.
    brought: tokio::sync::Mutex<Option<Wanted>>,
    processes: Mutex<Vec<Process>>,
    _controllers: AbortOnDropHandle<()>,
}

/// A real API server did not come up.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartingError {
    #[error("cannot start a real API server: {0}")]
    Io(#[from] io::Error),
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    #[error("{program} ended while it started: {last}")]
    Ended { program: &'static str, last: String },
    #[error("the real API server was not ready within {} seconds: {last}", LONGEST.as_secs())]
    Late { last: String },
    #[error("the simulator stops")]
    Stopping,
}

impl Running {
    /// Starts a server in a folder, which may have been used by it before, and waits until it is ready.
    pub(super) async fn start(
        programs: &Path,
        folder: PathBuf,
        launch: &Launch,
    ) -> Result<Self, StartingError> {
        write_files(&folder, launch)?;
        let mut attempt = 1;
        loop {
            match Self::attempt(programs, &folder, launch).await {
                Err(StartingError::Ended { last, .. })
                    if attempt < ATTEMPTS && last.contains("address already in use") =>
                {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn attempt(
        programs: &Path,
        folder: &Path,
        launch: &Launch,
    ) -> Result<Self, StartingError> {
        let (port, etcd_port) = (free_port()?, free_port()?);
        let backend = Arc::new(Backend::new(
            port,
            &launch.authority,
            &launch.administrator,
        )?);
        let mut etcd = Process::start(
            &programs.join("etcd"),
            &settings::etcd(folder, etcd_port),
            folder.join("etcd.log"),
        )?;
        let mut server = Process::start(
            &programs.join("kube-apiserver"),
            &settings::api_server(folder, &launch.shape, port, etcd_port),
            folder.join("kube-apiserver.log"),
        )?;
        let ready = ready(&backend, &mut etcd, &mut server, &launch.probe).await;
        let started = match ready {
            Ok(()) => seeds::plant(&backend, &launch.authority.certificate)
                .await
                .map_err(StartingError::from),
            Err(error) => Err(error),
        };
        if let Err(error) = started {
            server.stop().await;
            etcd.stop().await;
            return Err(error);
        }
        let played = controllers::play(Arc::clone(&backend), launch.authority.certificate.clone());
        Ok(Self {
            shape: launch.shape.clone(),
            backend,
            brought: tokio::sync::Mutex::default(),
            processes: Mutex::new(vec![server, etcd]),
            _controllers: AbortOnDropHandle::new(tokio::spawn(played)),
        })
    }

    /// Brings the server in line with the managed cluster.
    pub(super) async fn bring_about(&self, wanted: Wanted) -> io::Result<()> {
        let mut brought = self.brought.lock().await;
        if brought.as_ref() != Some(&wanted) {
            wanted.bring_about(&self.backend, brought.as_ref()).await?;
            *brought = Some(wanted);
        }
        Ok(())
    }

    /// Ends its processes. Returns when they are gone.
    pub(super) async fn stop(&self) {
        let processes = {
            let mut processes = self
                .processes
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *processes)
        };
        for process in processes {
            process.stop().await;
        }
    }
}

fn write_files(folder: &Path, launch: &Launch) -> Result<(), StartingError> {
    std::fs::create_dir_all(folder)?;
    let accounts = KeyPair::generate().map_err(CertificateError::from)?;
    let accounts = (accounts.public_key_pem(), accounts.serialize_pem());
    let certificate = launch.authority.server_files(&launch.host_name)?;
    for (name, contents) in settings::files(launch, folder, certificate, accounts) {
        std::fs::write(folder.join(name), contents)?;
    }
    Ok(())
}

/// A port nobody has now.
fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port())
}

/// Waits until the server has its rules and knows Entra's keys.
async fn ready(
    backend: &Backend,
    etcd: &mut Process,
    server: &mut Process,
    probe: &str,
) -> Result<(), StartingError> {
    let deadline = Instant::now() + LONGEST;
    loop {
        for (program, process) in [("etcd", &mut *etcd), ("kube-apiserver", &mut *server)] {
            if process.has_ended() {
                let last = last_lines(&process.output());
                return Err(StartingError::Ended { program, last });
            }
        }
        if is_ready(backend, probe).await.unwrap_or(false) {
            return Ok(());
        }
        if Instant::now() > deadline {
            let last = last_lines(&server.output());
            return Err(StartingError::Late { last });
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn is_ready(backend: &Backend, probe: &str) -> io::Result<bool> {
    if backend.ask("GET", "/readyz", &[], None).await?.status != 200 {
        return Ok(false);
    }
    let authorization = format!("Bearer {probe}");
    let headers = [("authorization", authorization.as_str())];
    let known = backend
        .open("GET", "/version", &headers, None, false)
        .await?;
    Ok(known.status() != 401)
}

fn last_lines(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    let from = lines.len().saturating_sub(3);
    lines.into_iter().skip(from).collect::<Vec<_>>().join(" / ")
}
