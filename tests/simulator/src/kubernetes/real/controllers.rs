//! The controllers that a real API server is played: roles made of others get their rules, namespaces
//! are furnished when they are made, emptied and finished when they go, and new quotas are counted.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use super::backend::Backend;
use super::{ending, seeds};
use crate::kubernetes::authorization::rbac::rbac_kind;
use crate::kubernetes::built_in_roles::outdated;
use crate::kubernetes::kind::KINDS;
use crate::kubernetes::metadata::is_being_deleted;
use crate::kubernetes::quota::outdated as outdated_quotas;
use crate::kubernetes::store::{Store, name, namespace};
use crate::server::Body;

const ROLES: &str = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
const NAMESPACES: &str = "/api/v1/namespaces";
const QUOTAS: &str = "/api/v1/resourcequotas";
const NAMES_ONLY: (&str, &str) = (
    "accept",
    "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1",
);

/// How long to wait before looking again at what did not work or is not finished.
const AGAIN: Duration = Duration::from_millis(100);

/// Plays them for as long as the server runs.
pub(super) async fn play(backend: Arc<Backend>, authority: String) {
    tokio::join!(
        roles(&backend),
        namespaces(&backend, &authority),
        quotas(&backend)
    );
}

async fn roles(backend: &Backend) {
    loop {
        if let Ok(mut changes) = Changes::of(backend, ROLES).await {
            while changes.next().await {
                // What did not work now is tried at the next change.
                let _ = aggregate(backend).await;
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Gives every role made of others the rules of its parts.
pub(super) async fn aggregate(backend: &Backend) -> io::Result<()> {
    let Some(kind) = rbac_kind("clusterroles") else {
        return Ok(());
    };
    let mut store = Store::default();
    for role in backend.ask("GET", ROLES, &[], None).await?.items() {
        store.put(kind, role);
    }
    for (name, rules) in outdated(&store) {
        let path = format!("{ROLES}/{name}?fieldManager=clusterrole-aggregation-controller");
        backend.merge(&path, &json!({ "rules": rules })).await?;
    }
    Ok(())
}

async fn namespaces(backend: &Backend, authority: &str) {
    let mut furnished = BTreeSet::new();
    loop {
        if let Ok(mut changes) = Changes::of(backend, NAMESPACES).await {
            let mut finished = true;
            loop {
                tokio::select! {
                    changed = changes.next() => if !changed { break },
                    () = tokio::time::sleep(AGAIN), if !finished => {}
                }
                let settled = settle(backend, authority, &mut furnished).await;
                finished = settled.unwrap_or(false);
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Furnishes new namespaces and empties those that are to go. Whether nothing is left to do.
async fn settle(
    backend: &Backend,
    authority: &str,
    furnished: &mut BTreeSet<String>,
) -> io::Result<bool> {
    let all: Vec<Value> = backend.ask("GET", NAMESPACES, &[], None).await?.items();
    furnished.retain(|own| all.iter().any(|namespace| name(namespace) == own));
    let mut finished = true;
    for namespace in &all {
        let own = name(namespace);
        if is_being_deleted(namespace) {
            finished &= ending::empty(backend, namespace).await?;
            furnished.remove(own);
        } else if !furnished.contains(own) {
            seeds::furnish(backend, own, authority).await?;
            furnished.insert(own.to_owned());
        }
    }
    Ok(finished)
}

async fn quotas(backend: &Backend) {
    loop {
        if let Ok(mut changes) = Changes::of(backend, QUOTAS).await {
            while changes.next().await {
                // What did not work now is tried at the next change.
                let _ = count(backend).await;
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Gives new and changed quotas their first count. From there on the server counts by itself.
async fn count(backend: &Backend) -> io::Result<()> {
    let all = backend.ask("GET", QUOTAS, &[], None).await?.items();
    for quota in all {
        if quota.pointer("/status/hard") == quota.pointer("/spec/hard") {
            continue;
        }
        let place = namespace(&quota).to_owned();
        let mut store = Store::default();
        for kind in KINDS
            .iter()
            .filter(|kind| kind.is_stored() && kind.namespaced)
        {
            let path = seeds::collection(kind, &place);
            for object in backend.ask("GET", &path, &[], None).await?.items() {
                store.put(kind, object);
            }
        }
        for (place, name, status) in outdated_quotas(&store) {
            let path = format!("/api/v1/namespaces/{place}/resourcequotas/{name}/status");
            backend.merge(&path, &json!({ "status": status })).await?;
        }
    }
    Ok(())
}

/// Changes of the objects in a collection, those of the beginning included.
struct Changes(Body);

impl Changes {
    async fn of(backend: &Backend, collection: &str) -> io::Result<Self> {
        let path = format!("{collection}?watch=true");
        let response = backend
            .open("GET", &path, &[NAMES_ONLY], None, true)
            .await?;
        if response.status() == 200 {
            Ok(Self(response.into_body()))
        } else {
            Err(io::Error::other("the server does not tell of changes"))
        }
    }

    /// Waits for changes, and takes all that have come. False when there will be none.
    async fn next(&mut self) -> bool {
        if !matches!(self.0.frame().await, Some(Ok(_))) {
            return false;
        }
        while let Some(Some(Ok(_))) = self.0.frame().now_or_never() {}
        true
    }
}
