//! One cluster: how it is reached, and what may be asked of its API server.

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use kube::{
    core::params::{DeleteParams, GetParams, Patch, PatchParams, PostParams, Preconditions},
    core::{ObjectList, Request},
};
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

use super::{
    Access, Error, LABEL, MANAGER, Object,
    known::{Connection, Known},
    lists::Found,
    pages::Pages,
    service::Direct,
};
use crate::azure::{
    Call, Client as Azure,
    arm::{ResourceId, managed_cluster::ManagedCluster},
    clock::later,
    segment::segment,
};

/// How long to wait between two looks at such a cluster.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// For how long nobody tries again to reach a cluster that could not be reached: a thousand objects must not
/// wait for it one after the other.
const GIVEN_UP: Duration = Duration::from_secs(30);
/// How long Azure's word is taken for true by what is handed out: many ask for it in one run, and nobody replaces a
/// cluster so fast.
const A_MOMENT: Duration = Duration::from_secs(10);

/// One cluster. Making it sends nothing.
#[derive(Debug)]
pub struct Cluster {
    id: ResourceId,
    azure: Azure,
    pub(super) known: RwLock<Arc<Known>>,
    /// Held while Azure is asked whether the cluster is still the same.
    pub(super) asking: Mutex<()>,
}

/// How an object is applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Apply {
    /// Whether fields that others own are taken over.
    pub force: bool,
    /// Whether the API server only says what it would do.
    pub dry_run: bool,
}

impl Cluster {
    pub(super) fn new(azure: Azure, id: ResourceId) -> Self {
        Self {
            id,
            azure,
            known: RwLock::new(Arc::new(Known::nothing(None))),
            asking: Mutex::default(),
        }
    }

    pub(super) fn brand_new(self) -> Self {
        self.learn(Known::nothing(Some(self.patience())));
        self
    }

    /// Its id in Azure.
    pub fn id(&self) -> &ResourceId {
        &self.id
    }

    /// Azure's client, for the half of the work that is done there.
    pub fn azure(&self) -> &Azure {
        &self.azure
    }

    /// Whether it was created a moment ago, and may need time until all of it works.
    pub fn is_brand_new(&self) -> bool {
        self.is_new(&self.known())
    }

    /// Tells the cluster from another one of its id that it has taken the place of: by it hangs whatever this process
    /// remembers of what is inside.
    pub fn number(&self) -> u64 {
        self.known().number
    }

    /// Where its API server is and how to sign in there: asked of Azure, kept in memory.
    pub async fn access(&self, call: &Call) -> Result<Arc<Access>, Error> {
        let known = self.current(call).await?;
        self.access_of(&known, call).await
    }

    /// What Azure says about it, asked once.
    pub async fn facts(&self, call: &Call) -> Result<Arc<ManagedCluster>, Error> {
        let known = self.current(call).await?;
        let ask = async {
            Ok(known
                .facts
                .get_or_try_init(|| self.ask_facts(call))
                .await
                .cloned())
        };
        call.guard(self.azure.clock(), ask).await?
    }

    /// What [`Cluster::access`] and [`Cluster::facts`] tell, for what is handed out: of the cluster that has the id now.
    pub async fn as_it_is(&self, call: &Call) -> Result<(Arc<Access>, Arc<ManagedCluster>), Error> {
        let known = self.known();
        if known.access.get().is_some() {
            let patience = if known.is_doubted() {
                Duration::ZERO
            } else {
                A_MOMENT
            };
            self.is_another(&known, patience, call).await?;
        }
        futures::try_join!(self.access(call), self.facts(call))
    }

    /// Whether its API server answers this machine, whatever it says.
    pub async fn answers(&self, call: &Call) -> bool {
        let Ok(known) = self.current(call).await else {
            return false;
        };
        match self.client(&known, call).await {
            Ok(_) => true,
            Err(error) => error.status().is_some(),
        }
    }

    /// Applies `object` under our field manager; creates it when it is not there.
    pub async fn apply<K: Object>(&self, object: &K, how: Apply, call: &Call) -> Result<K, Error> {
        let mut parameters = PatchParams::apply(MANAGER);
        parameters.force = how.force;
        parameters.dry_run = how.dry_run;
        let name = object.meta().name.clone().unwrap_or_default();
        let request = path::<K>(object.meta().namespace.as_deref())?.patch(
            &segment(&name)?,
            &parameters,
            &Patch::Apply(object),
        );
        let answer = self.ask(&named::<K>(&name), request, call).await;
        if !how.dry_run {
            self.known().lists.forget::<K>();
        }
        answer
    }

    /// Reads an object among those of ours, of which one LIST tells, and by itself when it is not one of them.
    /// What it says may be a minute old: for reads, not for what is to be written.
    pub async fn find<K: Object>(
        &self,
        namespace: Option<&str>,
        name: &str,
        call: &Call,
    ) -> Result<Option<K>, Error> {
        match self.ours::<K>(call).await {
            Ok(found) => {
                let key = (namespace.map(str::to_owned), name.to_owned());
                match found.get(&key) {
                    Some(object) => Ok(Some(object.clone())),
                    None => self.get(namespace, name, call).await,
                }
            }
            // An identity with rights in single namespaces may not list them all.
            Err(error) if error.is_forbidden() => self.get(namespace, name, call).await,
            Err(error) => Err(error),
        }
    }

    /// The objects of a kind that are ours, by namespace and name: from the LIST that [`Cluster::find`] reads too.
    pub async fn ours<K: Object>(&self, call: &Call) -> Result<Arc<Found<K>>, Error> {
        let ours = format!("{LABEL}={MANAGER}");
        let ask = async || self.list::<K>(None, Some(&ours), call).await;
        let known = self.current(call).await?;
        known.lists.of(self.azure.clock(), call, ask).await
    }

    /// Reads an object; `None` when there is none.
    pub async fn get<K: Object>(
        &self,
        namespace: Option<&str>,
        name: &str,
        call: &Call,
    ) -> Result<Option<K>, Error> {
        let request = path::<K>(namespace)?.get(&segment(name)?, &GetParams::default());
        match self.ask(&named::<K>(name), request, call).await {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Lists the objects of a kind in one namespace, or in all of them, that have the labels `labels`.
    pub async fn list<K: Object>(
        &self,
        namespace: Option<&str>,
        labels: Option<&str>,
        call: &Call,
    ) -> Result<Vec<K>, Error> {
        let mut pages = Pages::of(labels);
        loop {
            let request = path::<K>(namespace)?.list(&pages.parameters);
            let page: ObjectList<K> = self.ask(&K::plural(&()), request, call).await?;
            if let Some(objects) = pages.take(page)? {
                return Ok(objects);
            }
        }
    }

    /// Creates `object`, which is a question, such as an access review, and leaves nothing behind.
    pub async fn review<K: Object>(&self, object: &K, call: &Call) -> Result<K, Error> {
        let body = serde_json::to_vec(object).map_err(|error| Error::Decode {
            what: K::kind(&()).into_owned(),
            reason: error.to_string(),
        })?;
        let request =
            path::<K>(object.meta().namespace.as_deref())?.create(&PostParams::default(), body);
        self.ask(&K::kind(&()), request, call).await
    }

    /// Deletes an object; it may be gone already. With `uid`, another object of that name is left alone, and
    /// the answer is a conflict.
    pub async fn delete<K: Object>(
        &self,
        namespace: Option<&str>,
        name: &str,
        uid: Option<&str>,
        call: &Call,
    ) -> Result<(), Error> {
        let parameters = DeleteParams {
            preconditions: uid.map(|uid| Preconditions {
                uid: Some(uid.to_owned()),
                resource_version: None,
            }),
            ..DeleteParams::background()
        };
        let request = path::<K>(namespace)?.delete(&segment(name)?, &parameters);
        // The answer is the object while it lasts, and a Status when it is gone at once.
        let answer = self
            .ask::<serde_json::Value>(&named::<K>(name), request, call)
            .await;
        let known = self.known();
        known.lists.forget::<K>();
        known.doubt();
        match answer {
            Err(error) if !error.is_not_found() => Err(error),
            _ => Ok(()),
        }
    }

    /// Sends a request and reads the answer. A server that cannot be reached may be that of a cluster whose place
    /// another one has taken, which only Azure knows.
    async fn ask<T: DeserializeOwned>(
        &self,
        what: &str,
        request: Result<http::Request<Vec<u8>>, kube::core::request::Error>,
        call: &Call,
    ) -> Result<T, Error> {
        let request = request.map_err(|error| Error::Decode {
            what: what.to_owned(),
            reason: error.to_string(),
        })?;
        let known = self.current(call).await?;
        let answer = self.ask_of(&known, what, request.clone(), call).await;
        if matches!(answer, Err(Error::Unreachable { .. }))
            && self.is_another_reached(&known, GIVEN_UP, call).await?
        {
            return self.ask_of(&self.known(), what, request, call).await;
        }
        answer
    }

    async fn ask_of<T: DeserializeOwned>(
        &self,
        known: &Known,
        what: &str,
        request: http::Request<Vec<u8>>,
        call: &Call,
    ) -> Result<T, Error> {
        let client = Box::pin(self.client(known, call)).await?;
        let work = async { Ok(client.ask(what, request).await) };
        call.guard(self.azure.clock(), work).await?
    }

    /// The way to the API server, once it has answered: everybody waits for the one first request, so that
    /// there is one connection, and a cluster that is not reached is not tried by each in turn.
    async fn client(&self, known: &Known, call: &Call) -> Result<Arc<Direct>, Error> {
        let mut connection = call.lock(self.azure.clock(), &known.connection).await?;
        match &*connection {
            Connection::Open(client) => return Ok(client.clone()),
            Connection::Failed(at, error)
                if self.azure.clock().now() < later(*at, GIVEN_UP)
                    && (error.is_untrusted() || !self.is_new(known)) =>
            {
                return Err(error.clone());
            }
            Connection::None | Connection::Failed(..) => {}
        }
        match self.open(known, call).await {
            Ok(client) => {
                *connection = Connection::Open(client.clone());
                Ok(client)
            }
            Err(error) => {
                if !matches!(error, Error::Cancelled | Error::TimedOut) && !error.is_contradicted()
                {
                    *connection = Connection::Failed(self.azure.clock().now(), error.clone());
                }
                Err(error)
            }
        }
    }

    async fn open(&self, known: &Known, call: &Call) -> Result<Arc<Direct>, Error> {
        let access = self.access_of(known, call).await?;
        let client = Arc::new(Direct::new(self.azure.clone(), &access)?);
        loop {
            let version = http::Request::get("/version")
                .body(Vec::new())
                .map_err(|_| Error::Access {
                    reason: "the address of its version is not one",
                })?;
            let greeting = async {
                Ok(client
                    .ask::<serde_json::Value>("its version", version)
                    .await)
            };
            let error = match call.guard(self.azure.clock(), greeting).await? {
                // Whoever may not ask for the version has been let in all the same.
                Ok(_) => return Ok(client),
                Err(error) if error.is_forbidden() => return Ok(client),
                Err(error) => error,
            };
            let passing = matches!(error, Error::Unreachable { .. }) || error.is_unauthorized();
            if !passing || error.is_untrusted() || !self.is_new(known) {
                return Err(error);
            }
            tracing::info!(resource.id = self.id.as_str(), reason = %error, "Waiting for the new cluster's API server");
            let pause = async {
                self.azure.clock().sleep(LOOK_AGAIN).await;
                Ok(())
            };
            call.guard(self.azure.clock(), pause).await?;
        }
    }
}

fn path<K: Object>(namespace: Option<&str>) -> Result<Request, Error> {
    let namespace = namespace.map(segment).transpose()?;
    Ok(Request::new(K::url_path(&(), namespace.as_deref())))
}

fn named<K: Object>(name: &str) -> String {
    format!("{} {name}", K::kind(&()))
}
