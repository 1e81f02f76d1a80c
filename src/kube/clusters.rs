//! The clusters of one process: each is known once, however many objects are in it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use super::Cluster;
use crate::azure::{Client, arm::ResourceId};

/// The clusters of one process.
#[derive(Debug)]
pub struct Clusters {
    azure: Client,
    known: Mutex<BTreeMap<String, Arc<Cluster>>>,
}

impl Clusters {
    /// No cluster yet; nothing is sent.
    pub fn new(azure: Client) -> Self {
        Self {
            azure,
            known: Mutex::default(),
        }
    }

    /// The cluster `id`, in any casing.
    pub fn of(&self, id: &ResourceId) -> Arc<Cluster> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let cluster = known
            .entry(id.as_str().to_ascii_lowercase())
            .or_insert_with(|| Arc::new(Cluster::new(self.azure.clone(), id.clone())));
        Arc::clone(cluster)
    }

    /// The cluster `id` was created a moment ago: what was known of one of that name is forgotten, and its
    /// API server may take minutes to be reachable from everywhere.
    pub fn created(&self, id: &ResourceId) {
        let cluster = Cluster::new(self.azure.clone(), id.clone()).brand_new();
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id.as_str().to_ascii_lowercase(), Arc::new(cluster));
    }

    /// The cluster `id` is gone, and nobody shall ask its API server any more.
    pub fn deleted(&self, id: &ResourceId) {
        self.known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&id.as_str().to_ascii_lowercase());
    }
}
