//! Where a namespace is: its cluster and its name.

use super::spec::Spec;
use crate::{
    azure::arm::{ResourceId, managed_cluster::RESOURCE_TYPE},
    framework::{Diagnostic, Text as _},
};

/// Where a namespace is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The cluster.
    pub(super) cluster: ResourceId,
    /// The namespace's name.
    pub(super) name: String,
    /// The namespace's own id.
    pub(super) id: ResourceId,
}

impl Place {
    /// The place of the namespace `name` in `cluster`.
    pub(super) fn new(cluster: &str, name: &str) -> Result<Self, String> {
        let cluster = ResourceId::parse(cluster).map_err(|error| error.to_string())?;
        if !cluster.is_a(RESOURCE_TYPE) {
            return Err(format!("{cluster} is not the id of a cluster"));
        }
        let id = cluster
            .child("namespaces", name)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            cluster,
            name: name.to_owned(),
            id,
        })
    }

    /// The place a specification names.
    pub(super) fn of(spec: &Spec) -> Result<Self, Diagnostic> {
        Self::new(&spec.cluster_id.known()?.text(), &spec.name.known()?.text())
            .map_err(|problem| spec.cluster_id.error("Invalid id", problem))
    }

    /// The place that an id names.
    pub(super) fn parse(id: &str) -> Result<Self, String> {
        let parts: Vec<&str> = id.rsplitn(3, '/').collect();
        match parts.as_slice() {
            [name, namespaces, cluster] if namespaces.eq_ignore_ascii_case("namespaces") => {
                Self::new(cluster, name)
            }
            _ => Err(format!("{id:?} is not the id of a namespace")),
        }
    }
}
