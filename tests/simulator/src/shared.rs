//! What the connections, the control API and the library share: the cloud behind a lock, the
//! journal, the faults, and the exchanges that are held.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, oneshot};

use crate::arm::exchange::{Caller, Moment, Request, Response};
use crate::clock::Clock;
use crate::cloud::{Cloud, Setting};
use crate::fault::{Fault, Faults};
use crate::journal::{Entry, Exchange, Journal};
use crate::kubernetes::{Address, Answer, Opening, RealServers, Store};
use crate::message::{Host, Message, Reply};
use crate::seed;
use crate::state::{Keys, State};

/// A running simulator, apart from its sockets.
pub(crate) struct Shared {
    pub(crate) setting: Setting,
    pub(crate) keys: Keys,
    pub(crate) seed: u64,
    state_file: Option<PathBuf>,
    starts: u64,
    inner: Mutex<Inner>,
    held_changed: Condvar,
    /// Something in the cloud may have changed.
    pub(crate) changed: Notify,
    /// Where sockets go that are to be served.
    openings: UnboundedSender<Opening>,
    /// The real API servers behind those of the clusters, if there are to be any.
    pub(crate) real: Option<RealServers>,
}

/// What changes while it runs.
pub(crate) struct Inner {
    pub(crate) cloud: Cloud,
    pub(crate) clock: Clock,
    pub(crate) random: StdRng,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
    held: BTreeMap<Entry, Held>,
}

struct Held {
    exchange: Exchange,
    release: oneshot::Sender<()>,
}

impl Shared {
    pub(crate) fn new(
        setting: Setting,
        keys: Keys,
        seed: u64,
        state_file: Option<PathBuf>,
        starts: u64,
        inner: Inner,
        openings: UnboundedSender<Opening>,
    ) -> Self {
        Self {
            setting,
            keys,
            seed,
            state_file,
            starts,
            inner: Mutex::new(inner),
            held_changed: Condvar::new(),
            changed: Notify::new(),
            openings,
            real: None,
        }
    }

    /// The changing part. A panic elsewhere must not take every later request with it.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes an arrival and picks the fault that strikes it.
    pub(crate) fn arrive(
        &self,
        host: Host,
        cluster: Option<&str>,
        message: &Message,
    ) -> (Entry, Option<Fault>) {
        let mut guard = self.lock();
        let inner = &mut *guard;
        let entry = inner
            .journal
            .begin(host, cluster, message, inner.clock.now());
        let Some(exchange) = inner.journal.exchange(entry) else {
            return (entry, None);
        };
        let fault = inner.faults.strike(host, cluster, message, exchange.number);
        exchange.fault = fault.as_ref().map(|fault| fault.name.clone());
        (entry, fault)
    }

    /// Lets a request take effect.
    pub(crate) fn answer(&self, host: Host, message: &Message, entry: Entry) -> Reply {
        let mut guard = self.lock();
        let inner = &mut *guard;
        let Inner {
            cloud,
            clock,
            random,
            journal,
            ..
        } = inner;
        let (reply, caller) = cloud.answer(host, message, &self.setting, clock, random);
        if let Some(exchange) = journal.exchange(entry) {
            exchange.caller = caller.map(|caller| caller.object_id);
        }
        self.follow(inner);
        self.save(inner);
        reply
    }

    /// Lets a request to the API server of a cluster take effect; `None` when that does not answer.
    pub(crate) fn kubernetes(
        &self,
        instance: &str,
        message: &Message,
        with_admin_certificate: bool,
        entry: Entry,
    ) -> Option<Answer> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        self.follow(inner);
        let (answer, user) =
            match inner.kubernetes(instance, message, with_admin_certificate, &self.setting) {
                Ok(answered) => answered,
                Err(silence) => {
                    if let Some(exchange) = inner.journal.exchange(entry) {
                        exchange.fault.get_or_insert_with(|| silence.to_owned());
                    }
                    return None;
                }
            };
        if let Some(exchange) = inner.journal.exchange(entry) {
            exchange.caller = user;
        }
        self.save(inner);
        drop(guard);
        self.changed.notify_waiters();
        Some(answer)
    }

    /// Whether an API server takes a connection. One that is refused is in the journal.
    pub(crate) fn lets_in(&self, address: &Address) -> bool {
        let mut guard = self.lock();
        let inner = &mut *guard;
        self.follow(inner);
        let Err(silence) = inner.silence(&address.instance, &self.setting) else {
            return true;
        };
        let message = Message {
            method: "CONNECT".into(),
            ..Message::default()
        };
        let cluster = Some(address.cluster_id.as_str());
        let now = inner.clock.now();
        let entry = inner
            .journal
            .begin(Host::Kubernetes, cluster, &message, now);
        if let Some(exchange) = inner.journal.exchange(entry) {
            exchange.fault = Some(silence.to_owned());
        }
        false
    }

    /// Looks at what a cluster keeps; `None` when its API server does not answer.
    pub(crate) fn watch<T>(
        &self,
        instance: &str,
        look: impl FnOnce(&mut Store, &Clock) -> T,
    ) -> Option<T> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        inner.silence(instance, &self.setting).ok()?;
        let server = inner.cloud.api_servers.of_instance(instance)?;
        Some(look(&mut server.store, &inner.clock))
    }

    /// Gives new clusters their API servers.
    fn follow(&self, inner: &mut Inner) {
        match inner.follow(&self.setting) {
            Ok(openings) => {
                for opening in openings {
                    // An error means that the simulator stops.
                    let _ = self.openings.send(opening);
                }
            }
            // Nobody could be told by an error: the request itself has succeeded.
            Err(error) => inner.cloud.unknown.push(error.to_string()),
        }
    }

    /// Notes what the client is going to get, with the seconds it is asked to wait turned into
    /// real ones: the simulated service has made progress by then.
    pub(crate) fn finish(&self, mut reply: Reply, entry: Entry) -> Reply {
        let mut inner = self.lock();
        for (name, value) in &mut reply.headers {
            if name.eq_ignore_ascii_case("retry-after")
                && let Ok(seconds) = value.parse::<u64>()
            {
                let real = inner.clock.real(Duration::from_secs(seconds));
                let rounded_up = real.as_secs() + u64::from(real.subsec_nanos() > 0);
                *value = rounded_up.to_string();
            }
        }
        if let Some(exchange) = inner.journal.exchange(entry) {
            exchange.status = Some(reply.status);
        }
        reply
    }

    /// Waits until the exchange is released. When the client goes away, the wait is dropped.
    pub(crate) async fn hold(&self, entry: Entry) {
        let (release, released) = oneshot::channel();
        {
            let mut inner = self.lock();
            let Some(exchange) = inner.journal.exchange(entry).cloned() else {
                return;
            };
            inner.held.insert(entry, Held { exchange, release });
        }
        self.held_changed.notify_all();
        let _forget = Forget {
            shared: self,
            entry,
        };
        // An error means that the simulator stops; the connection is about to be closed.
        let _ = released.await;
    }

    /// The first exchange that is held, waiting for one to be.
    pub(crate) fn wait_held(&self, timeout: Duration) -> Option<Exchange> {
        let deadline = Instant::now() + timeout;
        let mut inner = self.lock();
        loop {
            if let Some(held) = inner.held.values().next() {
                return Some(held.exchange.clone());
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            let waited = self.held_changed.wait_timeout(inner, left);
            inner = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn held(&self) -> Vec<Exchange> {
        self.lock()
            .held
            .values()
            .map(|held| held.exchange.clone())
            .collect()
    }

    /// Lets every held exchange go on.
    pub(crate) fn release_held(&self) {
        for (_, held) in std::mem::take(&mut self.lock().held) {
            // An error means that its client has gone.
            let _ = held.release.send(());
        }
    }

    /// Changes the cloud from outside, and keeps the change.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Inner, &Setting) -> T) -> T {
        let mut inner = self.lock();
        let result = act(&mut inner, &self.setting);
        self.follow(&mut inner);
        self.save(&mut inner);
        drop(inner);
        self.changed.notify_waiters();
        result
    }

    /// Back to the start: only addresses, keys and the clock stay.
    pub(crate) fn reset(&self) {
        self.release_held();
        self.with(|inner, _| {
            inner.random = StdRng::seed_from_u64(self.seed);
            // The ports of clusters that are gone stay ours.
            let api_servers = std::mem::take(&mut inner.cloud.api_servers);
            inner.cloud = seed::cloud(
                &self.keys.token.certificate,
                &self.keys.client.certificate,
                &self.setting.written_down,
                &mut inner.random,
            );
            inner.cloud.api_servers = api_servers;
            inner.journal.clear();
            inner.faults.clear();
        });
    }

    /// Keeps the state. What time has brought about is part of it, so that this is done for reads too: a restart
    /// must not go back behind what a client was told.
    fn save(&self, inner: &mut Inner) {
        let Some(path) = &self.state_file else { return };
        let state = State {
            now: inner.clock.now(),
            advanced: inner.clock.advanced(),
            starts: self.starts,
            origins: self.setting.origins.clone(),
            keys: self.keys.clone(),
            cloud: &inner.cloud,
        };
        if let Err(error) = state.save(path) {
            // Nobody could be told by an error: the request itself has succeeded.
            inner.cloud.unknown.push(error.to_string());
        }
    }
}

impl Inner {
    pub(crate) fn new(cloud: Cloud, clock: Clock, random: StdRng, faults: Faults) -> Self {
        Self {
            cloud,
            clock,
            random,
            journal: Journal::default(),
            faults,
            held: BTreeMap::new(),
        }
    }

    /// The cloud's resources, at this moment.
    pub(crate) fn manage<T>(
        &mut self,
        setting: &Setting,
        act: impl FnOnce(&mut crate::arm::ResourceManager, &mut Moment<'_>) -> T,
    ) -> T {
        let tenant_id = self.cloud.directory.tenant_id.clone();
        let mut moment = Moment {
            now: self.clock.now(),
            random: &mut self.random,
            resource_manager: &setting.origins.arm,
            tenant_id: &tenant_id,
        };
        act(&mut self.cloud.manager, &mut moment)
    }

    /// Lets a request of the subscription's owner take effect, past authentication and journal;
    /// `None` when nothing here knows it.
    pub(crate) fn as_owner(
        &mut self,
        setting: &Setting,
        method: &str,
        id: &str,
        body: Value,
    ) -> Option<Response> {
        let Self {
            cloud,
            clock,
            random,
            ..
        } = self;
        let tenant_id = cloud.directory.tenant_id.clone();
        let request = Request {
            method: method.to_owned(),
            segments: id
                .split('/')
                .filter(|segment| !segment.is_empty())
                .map(str::to_owned)
                .collect(),
            query: BTreeMap::new(),
            headers: BTreeMap::new(),
            body: Some(body),
            caller: Caller {
                object_id: seed::OWNER.to_owned(),
                app_id: seed::OWNER_APP.to_owned(),
                tenant_id: tenant_id.clone(),
            },
        };
        let mut moment = Moment {
            now: clock.now(),
            random,
            resource_manager: &setting.origins.arm,
            tenant_id: &tenant_id,
        };
        cloud
            .manager
            .handle(&request, &mut cloud.directory, &mut moment)
    }
}

/// Takes an exchange off the list of held ones, also when its client has gone.
struct Forget<'a> {
    shared: &'a Shared,
    entry: Entry,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        self.shared.lock().held.remove(&self.entry);
    }
}
