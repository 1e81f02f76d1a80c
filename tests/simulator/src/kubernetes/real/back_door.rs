//! Objects of a real API server seen and changed as tests do it: by the administrator, past the front
//! and the journal.

use std::io;
use std::sync::Arc;

use serde_json::{Value, json};

use super::RealServers;
use super::discovery;
use super::running::Running;
use super::settings::Shape;
use super::wanted::Wanted;
use crate::kubernetes::back_door::{MANAGER, Named};
use crate::kubernetes::store::{name, namespace};
use crate::shared::Shared;

impl RealServers {
    /// An object as GET answers it.
    async fn object(&self, cluster: &str, path: &str, shared: &Shared) -> Option<Value> {
        let running = self.of_cluster(cluster, shared).await?;
        let answer = running.backend.ask("GET", path, &[], None).await.ok()?;
        answer.is_success().then_some(answer.body)
    }

    /// What all objects of a cluster are called, as the built-in API calls them.
    async fn names(&self, cluster: &str, shared: &Shared) -> Vec<String> {
        let Some(running) = self.of_cluster(cluster, shared).await else {
            return Vec::new();
        };
        names(&running).await.unwrap_or_default()
    }

    /// Lays a merge patch over an object; `None` when there is no such cluster or path.
    async fn change(
        &self,
        cluster: &str,
        path: &str,
        change: &Value,
        shared: &Shared,
    ) -> Option<()> {
        let named = Named::of(path)?;
        let running = self.of_cluster(cluster, shared).await?;
        let backend = &running.backend;
        if change.is_null() {
            backend.ask("DELETE", path, &[], None).await.ok()?;
            return Some(());
        }
        let patched = format!("{path}?fieldManager={MANAGER}");
        let answer = backend.merge(&patched, change).await.ok()?;
        if answer.status == 404 {
            let kind = named.kind;
            let mut object = json!({ "kind": kind.kind, "apiVersion": kind.api_version() });
            json_patch::merge(&mut object, change);
            json_patch::merge(&mut object, &json!({ "metadata": { "name": named.name } }));
            let (collection, _) = path.rsplit_once('/')?;
            let made = format!("{collection}?fieldManager={MANAGER}");
            backend.ask("POST", &made, &[], Some(&object)).await.ok()?;
        }
        Some(())
    }

    async fn of_cluster(&self, cluster: &str, shared: &Shared) -> Option<Arc<Running>> {
        let (instance, wanted, shape) = shared.with(|inner, setting| {
            let document =
                inner.manage(setting, |manager, moment| manager.resource(cluster, moment))?;
            let instance = inner.cloud.api_servers.instance_of(cluster)?;
            let wanted = Wanted::of(&document, jiff::Timestamp::now());
            Some((instance, wanted, Shape::of(&document)))
        })?;
        let running = self.of(&instance, &shape, shared).await?;
        running.bring_about(wanted).await.ok()?;
        Some(running)
    }
}

impl Shared {
    /// An object in a cluster as GET answers it, on whichever API server the cluster has.
    pub(crate) async fn object(&self, cluster: &str, path: &str) -> Option<Value> {
        match &self.real {
            Some(real) => real.object(cluster, path, self).await,
            None => self.with(|inner, setting| inner.kubernetes_object(cluster, path, setting)),
        }
    }

    /// What all objects of a cluster are called; none without the cluster.
    pub(crate) async fn object_names(&self, cluster: &str) -> Vec<String> {
        match &self.real {
            Some(real) => real.names(cluster, self).await,
            None => self.with(|inner, setting| inner.kubernetes_names(cluster, setting)),
        }
    }

    /// Lays a merge patch over an object; `None` when there is no such cluster or path.
    pub(crate) async fn change_object(
        &self,
        cluster: &str,
        path: &str,
        change: &Value,
    ) -> Option<()> {
        match &self.real {
            Some(real) => real.change(cluster, path, change, self).await,
            None => self.with(|inner, setting| {
                inner.change_kubernetes_object(cluster, path, change, setting)
            }),
        }
    }
}

async fn names(running: &Running) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for resource in discovery::resources(&running.backend).await? {
        if !resource.is_kept {
            continue;
        }
        let path = resource.collection("");
        for object in running.backend.ask("GET", &path, &[], None).await?.items() {
            names.push(format!(
                "{} {}/{}",
                resource.qualified(),
                namespace(&object),
                name(&object)
            ));
        }
    }
    names.sort();
    Ok(names)
}
