//! The library's front: starting, steering and stopping a simulator from a test.

mod clusters;
mod directory;
mod files;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::aks::{Failure, Quirks};
use crate::arm::PolicyDenial;
use crate::certificate::{Authority, CertificateError};
use crate::clock::Clock;
use crate::cloud::Setting;
use crate::entra::{
    ClientCertificate, DirectoryFileError, KeyError, SigningKey, read_directory_file,
};
use crate::environment::{Credential, TOKEN_FILE};
use crate::fault::{Fault, Faults};
use crate::journal::Exchange;
use crate::kubernetes::{self, Opening, OpeningError, ProgramsError, RealServers};
use crate::message::Host;
use crate::origins::Origins;
use crate::random::guid;
use crate::seed;
use crate::server::{Service, serve};
use crate::shared::{Inner, Shared};
use crate::state::{Keys, State, StateError};
use files::{Files, kept_writes, write_files};

/// How a simulator runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Seed of everything random: secrets, ids, durations, chaos.
    pub seed: u64,
    /// How much faster than reality simulated time passes.
    pub speed: f64,
    /// How long access tokens are valid, in real time; a day when absent.
    pub short_tokens: Option<Duration>,
    /// Where the state is kept between runs.
    pub state: Option<PathBuf>,
    /// Where the files for clients go; a temporary folder, removed at the end, when absent.
    pub directory: Option<PathBuf>,
    /// Share of Resource Manager's and clusters' exchanges struck by a random fault, from 0 to 1.
    pub chaos: f64,
    /// A JSON list of principals to add to those that are there from the start.
    pub directory_file: Option<PathBuf>,
    /// The address that clients call from, as the internet sees it: the API server of a cluster
    /// with authorized ranges lets it in or not.
    pub public_address: IpAddr,
    /// Folder with the programs `kube-apiserver` and `etcd`: every cluster then has a real API server
    /// behind its address.
    pub kube_apiserver: Option<PathBuf>,
}

impl Default for Options {
    /// A cluster is created in half a second.
    fn default() -> Self {
        Self {
            seed: 0,
            speed: 600.0,
            short_tokens: None,
            state: None,
            directory: None,
            chaos: 0.0,
            directory_file: None,
            public_address: IpAddr::V4(Ipv4Addr::new(20, 50, 0, 4)),
            kube_apiserver: None,
        }
    }
}

/// A simulator could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Sockets, threads or files.
    #[error("cannot start the simulator: {0}")]
    Io(#[from] io::Error),
    /// A certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A signing key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The state file.
    #[error(transparent)]
    State(#[from] StateError),
    /// The directory file.
    #[error(transparent)]
    DirectoryFile(#[from] DirectoryFileError),
    /// The API server of a cluster kept with the state.
    #[error(transparent)]
    ApiServer(#[from] OpeningError),
    /// The programs of real API servers.
    #[error(transparent)]
    Programs(#[from] ProgramsError),
    /// The speed is not a positive number.
    #[error("the speed {0} is not a positive number")]
    Speed(f64),
}

/// A running simulator. It stops when dropped.
pub struct Simulator {
    shared: Arc<Shared>,
    stop: CancellationToken,
    thread: Option<JoinHandle<()>>,
    runtime: tokio::runtime::Handle,
    files: Files,
}

impl Simulator {
    /// Starts listening on loopback. When this returns, requests are answered.
    pub fn start(options: Options) -> Result<Self, StartError> {
        if !(options.speed.is_finite() && options.speed > 0.0) {
            return Err(StartError::Speed(options.speed));
        }
        let earlier = options
            .state
            .as_deref()
            .map(State::load)
            .transpose()?
            .flatten();
        let keys = match &earlier {
            Some(state) => state.keys.clone(),
            None => process_keys()?,
        };
        let listeners = Listeners::bind(earlier.as_ref().map(|state| &state.origins))?;
        let files = write_files(options.directory.as_deref(), &keys)?;
        let (openings, opened) = mpsc::unbounded_channel();
        if let Some(state) = &earlier {
            for opening in state.cloud.api_servers.reopen()? {
                // The other end is below.
                let _ = openings.send(opening);
            }
        }
        let shared = Arc::new(shared(
            options,
            keys,
            earlier,
            listeners.origins()?,
            files.path.clone(),
            openings,
        )?);
        if let Some(folder) = kept_writes()? {
            shared.lock().journal.keep_writes_in(&folder);
        }
        shared.with(|_, _| ());
        fs::write(files.path.join(TOKEN_FILE), shared.exchange_token())?;

        let acceptor = TlsAcceptor::from(shared.keys.authority.server()?);
        let stop = CancellationToken::new();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()?;
        let handle = runtime.handle().clone();
        let thread = {
            let (shared, stop) = (Arc::clone(&shared), stop.clone());
            std::thread::Builder::new()
                .name("simulator".into())
                .spawn(move || {
                    runtime.block_on(run(listeners, acceptor, opened, shared, stop));
                })?
        };
        Ok(Self {
            shared,
            stop,
            thread: Some(thread),
            runtime: handle,
            files,
        })
    }

    /// The variables a client needs to use the simulator as the subscription's owner.
    pub fn environment(&self) -> BTreeMap<String, String> {
        self.environment_with(Credential::Secret)
    }

    /// The same for a principal that may only read.
    pub fn reader_environment(&self) -> BTreeMap<String, String> {
        self.environment_with(Credential::ReaderSecret)
    }

    /// The same for any way to sign in.
    pub fn environment_with(&self, credential: Credential) -> BTreeMap<String, String> {
        self.shared.environment(credential)
    }

    /// Origin of the control API.
    pub fn control_address(&self) -> String {
        self.shared.setting.origins.control.clone()
    }

    /// The folder with the files clients are pointed to.
    pub fn directory(&self) -> &Path {
        &self.files.path
    }

    /// The exchanges so far, in order of arrival.
    pub fn journal(&self) -> Vec<Exchange> {
        self.shared.lock().journal.exchanges()
    }

    /// Forgets the exchanges; the next one is number 1 again.
    pub fn clear_journal(&self) {
        self.shared.lock().journal.clear();
    }

    /// Puts a fault in force.
    pub fn add_fault(&self, fault: Fault) {
        self.shared.lock().faults.add(fault);
    }

    /// Takes all faults back. Held exchanges stay held.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Waits until an exchange is held; `None` when none was in time.
    pub fn wait_held(&self, timeout: Duration) -> Option<Exchange> {
        self.shared.wait_held(timeout)
    }

    /// Lets all held exchanges go on.
    pub fn release_held(&self) {
        self.shared.release_held();
    }

    /// Moves the simulated clock forward; tokens age along.
    pub fn advance(&self, by: Duration) {
        self.shared.with(|inner, _| inner.clock.advance(by));
    }

    /// A resource as GET answers it, whoever asks.
    pub fn resource(&self, id: &str) -> Option<Value> {
        self.shared.with(|inner, setting| {
            inner.manage(setting, |manager, moment| manager.resource(id, moment))
        })
    }

    /// Writes a resource as the subscription's owner, past the journal and its numbers. The status
    /// Resource Manager answers; what it has begun takes simulated time.
    pub fn put(&self, id: &str, body: Value) -> u16 {
        let response = self
            .shared
            .with(|inner, setting| inner.as_owner(setting, "PUT", id, body));
        response.map_or(501, |response| response.status)
    }

    /// Deletes a resource or a resource group as the subscription's owner, and answers the status.
    /// It may go on for a while; see [`Simulator::advance`].
    pub fn delete(&self, id: &str) -> u16 {
        let response = self
            .shared
            .with(|inner, setting| inner.as_owner(setting, "DELETE", id, Value::Null));
        response.map_or(501, |response| response.status)
    }

    /// Edits a resource behind the client's back. False when there is no such resource.
    pub fn change(&self, id: &str, mut edit: impl FnMut(&mut Value)) -> bool {
        self.shared
            .with(|inner, _| inner.cloud.manager.change(id, &mut edit))
    }

    /// The ids of all resources.
    pub fn resource_ids(&self) -> Vec<String> {
        self.shared.lock().cloud.manager.resource_ids()
    }

    /// Assigns a built-in role by name. False when there is no such role.
    pub fn grant(&self, principal: &str, role: &str, scope: &str) -> bool {
        self.shared
            .with(|inner, _| inner.grant(principal, role, scope))
    }

    /// Takes the registration of a resource provider away. False when there is no such provider.
    pub fn unregister_provider(&self, namespace: &str) -> bool {
        self.shared
            .with(|inner, _| inner.cloud.manager.registrations.unregister(namespace))
    }

    /// Puts a denying policy in force, or takes it back.
    pub fn deny_policy(&self, policy: Option<PolicyDenial>) {
        self.shared
            .with(|inner, _| inner.cloud.manager.policy = policy);
    }

    /// How long each AKS operation takes or took, in simulated time.
    pub fn operation_durations(&self) -> Vec<Duration> {
        self.shared.lock().cloud.manager.aks.operation_durations()
    }

    /// Makes the next AKS operation of a kind fail after it was accepted.
    pub fn fail_next_operation(&self, failure: Failure) {
        self.shared
            .with(|inner, _| inner.cloud.manager.aks.fail_next_operation(failure));
    }

    /// Makes rare behaviour of AKS show in every exchange, or takes that back.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.shared
            .with(|inner, _| inner.cloud.manager.aks.quirks = quirks);
    }

    /// The requests that were answered 501, as method and path.
    pub fn unknown_requests(&self) -> Vec<String> {
        self.shared.lock().cloud.unknown.clone()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A panic in there has been reported by its own thread.
            let _ = thread.join();
        }
        // Time has passed since the last request.
        self.shared.with(|_, _| ());
    }
}

/// How often it is seen to that the real API servers of stopped and deleted clusters stop.
const LOOK: Duration = Duration::from_millis(250);

async fn run(
    listeners: Listeners,
    acceptor: TlsAcceptor,
    mut opened: mpsc::UnboundedReceiver<Opening>,
    shared: Arc<Shared>,
    stop: CancellationToken,
) {
    let Listeners {
        arm,
        login,
        graph,
        control,
    } = listeners;
    let simulated = |host| Service::Simulated(host, acceptor.clone());
    let serving = [
        (arm, simulated(Host::Arm)),
        (login, simulated(Host::Login)),
        (graph, simulated(Host::Graph)),
        (control, Service::Control),
    ]
    .into_iter()
    .filter_map(|(listener, service)| {
        let listener = tokio::net::TcpListener::from_std(listener).ok()?;
        Some(serve(listener, service, Arc::clone(&shared), stop.clone()))
    });
    let mut all = tokio::task::JoinSet::new();
    for service in serving {
        all.spawn(service);
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(opening) = opened.recv() => {
                all.spawn(kubernetes::serve(opening, Arc::clone(&shared), stop.clone()));
            }
            () = tokio::time::sleep(LOOK), if shared.real.is_some() => {
                if let Some(real) = &shared.real {
                    let fate = |instance: &str| {
                        shared.with(|inner, setting| inner.fate(instance, setting))
                    };
                    real.tend(fate).await;
                }
            }
        }
    }
    while all.join_next().await.is_some() {}
    if let Some(real) = &shared.real {
        real.stop().await;
    }
}

/// The bound sockets.
struct Listeners {
    arm: TcpListener,
    login: TcpListener,
    graph: TcpListener,
    control: TcpListener,
}

impl Listeners {
    /// Binds the ports of an earlier run, or free ones.
    fn bind(earlier: Option<&Origins>) -> io::Result<Self> {
        let bind = |origin: Option<&String>| -> io::Result<TcpListener> {
            let port = origin.and_then(|origin| origin.rsplit(':').next()?.parse().ok());
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port.unwrap_or(0)))?;
            listener.set_nonblocking(true)?;
            Ok(listener)
        };
        Ok(Self {
            arm: bind(earlier.map(|origins| &origins.arm))?,
            login: bind(earlier.map(|origins| &origins.login))?,
            graph: bind(earlier.map(|origins| &origins.graph))?,
            control: bind(earlier.map(|origins| &origins.control))?,
        })
    }

    fn origins(&self) -> io::Result<Origins> {
        Ok(Origins {
            arm: format!("https://{}", self.arm.local_addr()?),
            login: format!("https://{}", self.login.local_addr()?),
            graph: format!("https://{}", self.graph.local_addr()?),
            control: format!("http://{}", self.control.local_addr()?),
        })
    }
}

fn shared(
    options: Options,
    keys: Keys,
    earlier: Option<State>,
    origins: Origins,
    directory: PathBuf,
    openings: mpsc::UnboundedSender<Opening>,
) -> Result<Shared, StartError> {
    let seed = options.seed;
    let starts = earlier.as_ref().map_or(0, |state| state.starts) + 1;
    let mut random = StdRng::seed_from_u64(seed.wrapping_add(starts - 1));
    let clock = Clock::after(earlier.as_ref(), options.speed);
    let written_down = match &options.directory_file {
        Some(path) => read_directory_file(path)?,
        None => Vec::new(),
    };
    let cloud = match earlier {
        Some(state) => state.cloud,
        None => seed::cloud(
            &keys.token.certificate,
            &keys.client.certificate,
            &written_down,
            &mut random,
        ),
    };
    let setting = Setting {
        origins,
        key: SigningKey::new(&keys.token)?,
        token_lifetime: options
            .short_tokens
            .map_or(DAY, |lifetime| lifetime.as_secs().max(1)),
        directory,
        written_down,
        public_address: options.public_address,
        poll_interval: Duration::from_secs(30).div_f64(options.speed),
    };
    let real = match &options.kube_apiserver {
        Some(_) if options.state.is_some() => return Err(ProgramsError::Kept.into()),
        Some(programs) => Some(RealServers::new(programs)?),
        None => None,
    };
    // Its own randomness, so that chaos does not change ids and durations.
    let faults = Faults::new(options.chaos, !seed);
    let inner = Inner::new(cloud, clock, random, faults);
    let state = options.state;
    let mut shared = Shared::new(setting, keys, seed, state, starts, inner, openings);
    shared.real = real;
    Ok(shared)
}

/// Seconds a token is valid (recorded: 86399).
const DAY: u64 = 86_399;

/// Making RSA keys takes longer than everything else, so a process makes them once.
fn process_keys() -> Result<Keys, StartError> {
    static KEYS: OnceLock<Keys> = OnceLock::new();
    if let Some(keys) = KEYS.get() {
        return Ok(keys.clone());
    }
    let keys = Keys {
        authority: Authority::generate("Simulated Azure CA")?,
        token: ClientCertificate::generate("Simulated Entra")?,
        client: ClientCertificate::generate("deployer")?,
    };
    Ok(KEYS.get_or_init(|| keys).clone())
}

impl Inner {
    pub(crate) fn grant(&mut self, principal: &str, role: &str, scope: &str) -> bool {
        let name = guid(&mut self.random);
        self.cloud
            .manager
            .access
            .grant(principal, role, scope, name)
    }
}
