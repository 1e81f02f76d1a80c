//! Where a network policy is: its cluster, its namespace and its name.

use super::spec::Spec;
use crate::{
    azure::arm::{ResourceId, managed_cluster::RESOURCE_TYPE},
    framework::{Diagnostic, Text as _},
};

/// Where a policy is.
#[derive(Clone, Debug)]
pub(super) struct Place {
    /// The cluster.
    pub(super) cluster: ResourceId,
    /// The namespace.
    pub(super) namespace: String,
    /// The policy's name.
    pub(super) name: String,
    /// The policy's own id.
    pub(super) id: ResourceId,
}

impl Place {
    /// The place of the policy that `namespace` and `name` name in `cluster`.
    pub(super) fn new(cluster: &str, namespace: &str, name: &str) -> Result<Self, String> {
        let cluster = ResourceId::parse(cluster).map_err(|error| error.to_string())?;
        if !cluster.is_a(RESOURCE_TYPE) {
            return Err(format!("{cluster} is not the id of a cluster"));
        }
        let id = cluster
            .child("namespaces", namespace)
            .and_then(|namespace| namespace.child("networkPolicies", name))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            cluster,
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            id,
        })
    }

    /// The place a specification names.
    pub(super) fn of(spec: &Spec) -> Result<Self, Diagnostic> {
        let cluster = spec.cluster_id.known()?.text();
        let (namespace, name) = (spec.namespace.known()?.text(), spec.name.known()?.text());
        Self::new(&cluster, &namespace, &name)
            .map_err(|problem| spec.cluster_id.error("Invalid id", problem))
    }

    /// The place that an id names.
    pub(super) fn parse(id: &str) -> Result<Self, String> {
        let parts: Vec<&str> = id.rsplitn(5, '/').collect();
        match parts.as_slice() {
            [name, policies, namespace, namespaces, cluster]
                if policies.eq_ignore_ascii_case("networkPolicies")
                    && namespaces.eq_ignore_ascii_case("namespaces") =>
            {
                Self::new(cluster, namespace, name)
            }
            _ => Err(format!("{id:?} is not the id of a network policy")),
        }
    }
}
