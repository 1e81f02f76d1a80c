//! What sign-in, authorization and admission may know: the cluster, the objects in it and the
//! cloud around it, at one moment.

use jiff::Timestamp;
use serde_json::Value;

use super::store::Store;
use crate::arm::Access;
use crate::cloud::Setting;
use crate::entra::Directory;

/// The cloud around a cluster while a request is answered.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// The managed cluster with the properties GET of Resource Manager answers.
    pub(crate) cluster: &'a Value,
    /// Its resource id.
    pub(crate) cluster_id: &'a str,
    /// Bearer token of its static credentials.
    pub(crate) admin_token: &'a str,
    pub(crate) directory: &'a Directory,
    /// Role assignments.
    pub(crate) access: &'a Access,
    pub(crate) setting: &'a Setting,
    /// The simulated time.
    pub(crate) now: Timestamp,
    /// The time tokens live by.
    pub(crate) token_time: Timestamp,
}

impl<'a> Surroundings<'a> {
    /// The same with the objects of the cluster.
    pub(crate) fn view(self, store: &'a Store) -> View<'a> {
        let Self {
            cluster,
            cluster_id,
            admin_token,
            directory,
            access,
            setting,
            now,
            token_time,
        } = self;
        View {
            cluster,
            cluster_id,
            admin_token,
            store,
            directory,
            access,
            setting,
            now,
            token_time,
        }
    }
}

/// A cluster and the cloud around it while a request is answered.
#[derive(Clone, Copy)]
pub(crate) struct View<'a> {
    /// The managed cluster with the properties GET of Resource Manager answers.
    pub(crate) cluster: &'a Value,
    /// Its resource id.
    pub(crate) cluster_id: &'a str,
    /// Bearer token of its static credentials.
    pub(crate) admin_token: &'a str,
    /// The objects in it.
    pub(crate) store: &'a Store,
    pub(crate) directory: &'a Directory,
    /// Role assignments.
    pub(crate) access: &'a Access,
    pub(crate) setting: &'a Setting,
    /// The simulated time.
    pub(crate) now: Timestamp,
    /// The time tokens live by.
    pub(crate) token_time: Timestamp,
}
