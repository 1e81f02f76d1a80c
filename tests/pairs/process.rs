//! One process of the provider, as a client starts it: asked something, told to stop, ended, or killed.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, mpsc},
    time::Duration,
};

use jiff::Timestamp;
use secureaks::{
    azure::{Clock, SystemClock, clock::Sleep},
    framework::{
        Server,
        service::{ConfigureRequest, Service as _},
    },
    provider::{Environment, Secureaks},
    value::Encoded,
};
use secureaks_simulator::Simulator;
use tokio::runtime::Runtime;

use crate::network::network;

/// The provider, configured and running.
pub(crate) struct Process {
    server: Arc<Server<Secureaks>>,
    runtime: Runtime,
}

impl Process {
    /// Starts it in `folder` and configures it. `seed` is what it draws its marks from.
    pub(crate) fn start(
        azure: &Simulator,
        environment: &BTreeMap<String, String>,
        folder: &Path,
        seed: u64,
    ) -> Self {
        let environment = Environment::of(environment.clone(), seed).in_folder(folder.into());
        let clock = Arc::new(FastClock {
            origin: Timestamp::now(),
        });
        let provider = Secureaks::over(environment, Arc::new(network(azure))).timed_by(clock);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let server = Arc::new(Server::new(provider));
        let request = ConfigureRequest {
            client_version: "1.11.4".to_owned(),
            config: Encoded {
                json: b"{}".to_vec(),
                ..Encoded::default()
            },
        };
        let told = runtime.block_on(server.configure(request));
        assert_eq!(told, []);
        Self { server, runtime }
    }

    /// Asks without waiting for the answer, which never comes from a process that is killed.
    pub(crate) fn ask<F, T>(
        &self,
        question: impl FnOnce(Arc<Server<Secureaks>>) -> F,
    ) -> mpsc::Receiver<T>
    where
        F: Future<Output = T> + Send + 'static,
        T: Send + 'static,
    {
        let (answer, answered) = mpsc::channel();
        let question = question(Arc::clone(&self.server));
        self.runtime.spawn(async move {
            // An error means that the client no longer waits.
            drop(answer.send(question.await));
        });
        answered
    }

    /// Ctrl-C, as the client passes it on.
    pub(crate) fn stop(&self) {
        self.server.stop();
    }

    /// The client ends it in order: it has saved what it was told.
    pub(crate) fn end(self) {
        self.server.close();
        self.runtime.shutdown_background();
    }

    /// `kill -9`: what is under way stops where it is, and its connections are closed.
    pub(crate) fn kill(self) {
        self.runtime.shutdown_background();
    }
}

/// How much faster than reality the time of the provider passes. Its deadlines are still long enough for a busy
/// machine.
const SPEED: u32 = 40;

/// A clock on which minutes are seconds, so that pauses between two tries cost little.
#[derive(Debug)]
struct FastClock {
    origin: Timestamp,
}

impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        let elapsed = Timestamp::now().duration_since(self.origin);
        let elapsed = Duration::try_from(elapsed).unwrap_or_default() * SPEED;
        self.origin.checked_add(elapsed).unwrap_or(self.origin)
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        SystemClock.sleep(duration / SPEED)
    }
}
