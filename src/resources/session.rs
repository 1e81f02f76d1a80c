//! What every call to a resource is handed.

use std::sync::Arc;

use super::{aad_binding::Bindings, assignments::Assignments, ownership::Ownership};
use crate::{
    azure::{Client, arm::ResourceId},
    framework::Diagnostic,
    kube::{Cluster, Clusters},
    resources::{Leaving, PlannedClusters},
};

/// A configured provider.
#[derive(Debug)]
pub struct Session {
    /// Talks to Azure; an error where the provider block is not known yet.
    pub azure: Result<Client, Diagnostic>,
    /// The clusters that are looked into, each of them once.
    pub clusters: Result<Clusters, Diagnostic>,
    /// The clusters that the plan makes.
    pub planned: PlannedClusters,
    /// The clusters that the plan takes away.
    pub leaving: Leaving,
    /// Whether missing resource providers are registered.
    pub register_providers: bool,
    /// Whether a refresh fails where a cluster cannot be asked.
    pub strict_refresh: bool,
    /// By what objects are known as ours.
    pub ownership: Ownership,
    /// What is known of the bindings in all clusters.
    pub bindings: Bindings,
    /// The role assignments that were listed.
    pub assignments: Assignments,
}

impl Session {
    /// The client, or why there is none.
    pub(crate) fn azure(&self) -> Result<&Client, Diagnostic> {
        self.azure.as_ref().map_err(Clone::clone)
    }

    /// The cluster `id`, in any casing, or why nobody can be asked.
    pub(crate) fn cluster(&self, id: &ResourceId) -> Result<Arc<Cluster>, Diagnostic> {
        let clusters = self.clusters.as_ref().map_err(Clone::clone)?;
        Ok(clusters.of(id))
    }
}
