//! What a test sees and does of the Kubernetes API of a cluster, past its front.

use serde_json::Value;

use super::Simulator;

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
        self.shared
            .with(|inner, setting| inner.kubernetes_object(cluster, path, setting))
    }

    /// What all objects of a cluster are called, as `resource.group namespace/name`; none without the cluster.
    pub fn kubernetes_names(&self, cluster: &str) -> Vec<String> {
        self.shared
            .with(|inner, setting| inner.kubernetes_names(cluster, setting))
    }

    /// Changes an object in a cluster behind the client's back by a JSON merge patch: creates it when
    /// it is not there, deletes it when the patch is null. False when there is no such cluster, or
    /// the path names no object.
    pub fn change_kubernetes_object(&self, cluster: &str, path: &str, change: &Value) -> bool {
        self.shared.with(|inner, setting| {
            inner
                .change_kubernetes_object(cluster, path, change, setting)
                .is_some()
        })
    }
}
