//! Real API servers behind the front of the simulated clusters: one kube-apiserver with its etcd for
//! each, started when it is first asked and stopped with its cluster.
//!
//! The front stays the simulator's: TLS, authorized ranges, faults and journal are those of every
//! cluster. Who a caller is and what they may do is the server's to say.

mod back_door;
mod backend;
mod controllers;
mod credentials;
mod discovery;
mod ending;
mod front;
mod process;
mod running;
mod seeds;
mod settings;
mod wanted;
mod webhook;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use running::{Running, StartingError};
use settings::{Launch, Shape};

/// Real API servers cannot be started.
#[derive(Debug, thiserror::Error)]
pub enum ProgramsError {
    /// One of the programs is not there.
    #[error("there is no {program} in {}", .folder.display())]
    Missing {
        /// `kube-apiserver` or `etcd`.
        program: &'static str,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// A place for what they keep.
    #[error("cannot make a folder for the real API servers: {0}")]
    Folder(#[from] io::Error),
    /// What they keep ends with the simulator.
    #[error("real API servers cannot be kept with the state: leave out one of the two")]
    Kept,
}

/// The real API servers there are.
pub(crate) struct RealServers {
    programs: PathBuf,
    folder: tempfile::TempDir,
    /// By instance of their cluster.
    servers: Mutex<BTreeMap<String, Arc<Server>>>,
    starting: TaskTracker,
    closing: CancellationToken,
}

/// The place of one server, which may run.
#[derive(Default)]
struct Server {
    running: tokio::sync::Mutex<Place>,
}

#[derive(Default)]
enum Place {
    #[default]
    Stopped,
    Running(Arc<Running>),
    /// The simulator stops, or the cluster is gone.
    Closed,
}

/// What is to become of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    GoesOn,
    Stops,
    /// It stops, and what it has kept goes.
    Ends,
}

impl RealServers {
    /// `programs` is the folder with `kube-apiserver` and `etcd`.
    pub(crate) fn new(programs: &Path) -> Result<Self, ProgramsError> {
        let folder = std::path::absolute(programs)?;
        for program in ["kube-apiserver", "etcd"] {
            if !folder.join(program).is_file() {
                return Err(ProgramsError::Missing { program, folder });
            }
        }
        Ok(Self {
            programs: folder,
            folder: tempfile::Builder::new()
                .prefix("secureaks-api-servers-")
                .tempdir()?,
            servers: Mutex::default(),
            starting: TaskTracker::new(),
            closing: CancellationToken::new(),
        })
    }

    /// The server of a cluster, if it runs and is made as it should be.
    async fn running(&self, instance: &str, shape: &Shape) -> Option<Arc<Running>> {
        let server = self.servers().get(instance).cloned()?;
        match &*server.running.lock().await {
            Place::Running(running) if running.shape == *shape => Some(Arc::clone(running)),
            _ => None,
        }
    }

    /// The same, started when it does not. Whoever asks may go away meanwhile: the start goes on.
    async fn start(&self, launch: Launch) -> Result<Arc<Running>, StartingError> {
        let server = Arc::clone(self.servers().entry(launch.instance.clone()).or_default());
        let folder = self.folder.path().join(&launch.instance);
        let (programs, closing) = (self.programs.clone(), self.closing.clone());
        let started = self.starting.spawn(async move {
            let mut place = server.running.lock().await;
            match &*place {
                Place::Running(running) if running.shape == launch.shape => {
                    return Ok(Arc::clone(running));
                }
                Place::Running(running) => running.stop().await,
                Place::Closed => return Err(StartingError::Stopping),
                Place::Stopped => {}
            }
            let running = tokio::select! {
                () = closing.cancelled() => return Err(StartingError::Stopping),
                started = Running::start(&programs, folder, &launch) => Arc::new(started?),
            };
            *place = Place::Running(Arc::clone(&running));
            Ok(running)
        });
        started.await.map_err(|_| StartingError::Stopping)?
    }

    /// Stops the servers that have no business to run. Returns when they are gone.
    pub(crate) async fn tend(&self, mut fate: impl FnMut(&str) -> Fate) {
        let all: Vec<(String, Arc<Server>)> = self
            .servers()
            .iter()
            .map(|(instance, server)| (instance.clone(), Arc::clone(server)))
            .collect();
        for (instance, server) in all {
            let fate = fate(&instance);
            if fate == Fate::GoesOn {
                continue;
            }
            let after = match fate {
                Fate::Ends => Place::Closed,
                _ => Place::Stopped,
            };
            let before = std::mem::replace(&mut *server.running.lock().await, after);
            if let Place::Running(running) = before {
                running.stop().await;
            }
            if fate == Fate::Ends {
                self.servers().remove(&instance);
                // What is left goes with the folder of all.
                let _ = std::fs::remove_dir_all(self.folder.path().join(&instance));
            }
        }
    }

    /// Stops all of them for good.
    pub(crate) async fn stop(&self) {
        self.closing.cancel();
        self.starting.close();
        self.starting.wait().await;
        self.tend(|_| Fate::Ends).await;
    }

    fn servers(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Server>>> {
        self.servers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
