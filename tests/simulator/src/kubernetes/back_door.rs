//! Objects seen and changed past the front of the API server, as tests do it: nobody signs in,
//! nothing is refused, nothing is in the journal.

use serde_json::{Value, json};

use super::kind::{self, Kind};
use super::metadata;
use super::request::Request;
use super::{defaults, managed_fields, namespace, nodes};
use crate::cloud::Setting;
use crate::message::Message;
use crate::shared::Inner;

/// Who is said to have written what was changed this way.
pub(super) const MANAGER: &str = "kubectl-edit";

/// An object by its path.
pub(super) struct Named {
    pub(super) kind: &'static Kind,
    namespace: String,
    pub(super) name: String,
}

impl Named {
    pub(super) fn of(path: &str) -> Option<Self> {
        let message = Message {
            method: "GET".into(),
            path: path.into(),
            ..Message::default()
        };
        let request = Request::parse(&message);
        let resource = request.resource();
        let kind = request.kind?;
        let is_object = !resource.name.is_empty() && resource.subresource.is_empty();
        is_object.then(|| Self {
            kind,
            namespace: if kind.resource == kind::NAMESPACES {
                String::new()
            } else {
                resource.namespace
            },
            name: resource.name,
        })
    }
}

impl Inner {
    /// Address and authority of a cluster's API server.
    pub(crate) fn api_server(
        &mut self,
        cluster: &str,
        setting: &Setting,
    ) -> Option<(String, String)> {
        self.settle_cluster(cluster, setting)?;
        let endpoint = self.cloud.api_servers.of_cluster(cluster)?.endpoint();
        Some((endpoint.server, endpoint.authority))
    }

    /// An object as GET answers it.
    pub(crate) fn kubernetes_object(
        &mut self,
        cluster: &str,
        path: &str,
        setting: &Setting,
    ) -> Option<Value> {
        self.settle_cluster(cluster, setting)?;
        let named = Named::of(path)?;
        let server = self.cloud.api_servers.of_cluster(cluster)?;
        server
            .store
            .object(named.kind, &named.namespace, &named.name)
            .cloned()
    }

    /// What all objects of a cluster are called; none without the cluster.
    pub(crate) fn kubernetes_names(&mut self, cluster: &str, setting: &Setting) -> Vec<String> {
        if self.settle_cluster(cluster, setting).is_none() {
            return Vec::new();
        }
        let server = self.cloud.api_servers.of_cluster(cluster);
        server.map_or_else(Vec::new, |server| server.store.names())
    }

    /// Lays a merge patch over an object; `None` when there is no such cluster or path.
    pub(crate) fn change_kubernetes_object(
        &mut self,
        cluster: &str,
        path: &str,
        change: &Value,
        setting: &Setting,
    ) -> Option<()> {
        self.settle_cluster(cluster, setting)?;
        let Named {
            kind,
            namespace,
            name,
        } = Named::of(path)?;
        let now = self.clock.now();
        let server = self.cloud.api_servers.of_cluster(cluster)?;
        let old = server.store.object(kind, &namespace, &name).cloned();
        if change.is_null() {
            server.store.remove(kind, &namespace, &name);
            return Some(());
        }
        let mut new = old.clone().unwrap_or_else(
            || json!({ "kind": kind.kind, "apiVersion": kind.api_version(), "metadata": {} }),
        );
        json_patch::merge(&mut new, change);
        let own = metadata::of(&mut new);
        own.insert("name".into(), name.into());
        if kind.namespaced {
            own.insert("namespace".into(), namespace.into());
        }
        defaults::fill(kind, &mut new);
        match &old {
            Some(old) => metadata::carry(kind, old, &mut new),
            None => metadata::begin(kind, &mut new, now, &mut self.random),
        }
        managed_fields::track(kind, old.as_ref(), &mut new, MANAGER, "", now);
        server.store.put(kind, new);
        Some(())
    }

    /// Brings a cluster's objects up to the moment.
    fn settle_cluster(&mut self, cluster: &str, setting: &Setting) -> Option<()> {
        let document = self.manage(setting, |manager, moment| manager.resource(cluster, moment));
        let now = self.clock.now();
        let server = self.cloud.api_servers.of_cluster(cluster)?;
        namespace::settle(&mut server.store, now);
        nodes::settle(&mut server.store, &document?, now);
        Some(())
    }
}
