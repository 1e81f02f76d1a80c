//! What a test sees and does of the Kubernetes API of a cluster, past its front.

use std::sync::{Arc, mpsc};

use serde_json::Value;

use super::Simulator;
use crate::shared::Shared;

impl Simulator {
    /// How many connections were made to the API server of a cluster since the journal was cleared.
    pub fn connections(&self, cluster: &str) -> u64 {
        self.shared.lock().journal.connections(cluster)
    }

    /// Address and certificate authority, PEM, of the API server of a cluster, as its kubeconfigs name them.
    pub fn api_server(&self, cluster: &str) -> Option<(String, String)> {
        self.shared
            .with(|inner, setting| inner.api_server(cluster, setting))
    }

    /// An object in a cluster by its path, such as `/api/v1/namespaces/default`.
    pub fn kubernetes_object(&self, cluster: &str, path: &str) -> Option<Value> {
        let (cluster, path) = (cluster.to_owned(), path.to_owned());
        self.wait(async move |shared| shared.object(&cluster, &path).await)
            .flatten()
    }

    /// What all objects of a cluster are called, as `resource.group namespace/name`; none without the cluster.
    pub fn kubernetes_names(&self, cluster: &str) -> Vec<String> {
        let cluster = cluster.to_owned();
        self.wait(async move |shared| shared.object_names(&cluster).await)
            .unwrap_or_default()
    }

    /// Changes an object in a cluster behind the client's back by a JSON merge patch: creates it when
    /// it is not there, deletes it when the patch is null. False when there is no such cluster, or
    /// the path names no object.
    pub fn change_kubernetes_object(&self, cluster: &str, path: &str, change: &Value) -> bool {
        let (cluster, path) = (cluster.to_owned(), path.to_owned());
        let change = change.clone();
        self.wait(async move |shared| shared.change_object(&cluster, &path, &change).await)
            .flatten()
            .is_some()
    }

    /// Does something within the simulator, and waits for what comes of it; `None` when it has stopped
    /// meanwhile.
    fn wait<T, F>(&self, act: impl FnOnce(Arc<Shared>) -> F) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (tell, told) = mpsc::channel();
        let done = act(Arc::clone(&self.shared));
        self.runtime.spawn(async move {
            // Whoever asked waits below.
            let _ = tell.send(done.await);
        });
        told.recv().ok()
    }
}
