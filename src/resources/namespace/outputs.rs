//! What the service says about a namespace.

use super::place::Place;
use crate::framework::{Attr, Block, Computed};

/// What the service says about a namespace.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct Outputs {
    /// Id of the namespace: `{cluster_id}/namespaces/{name}`. Roles in Azure can be assigned at
    /// it, where Azure RBAC decides about access to Kubernetes.
    #[tf(stable)]
    pub(super) id: Computed<String>,
    /// Id Kubernetes gave it; another namespace of the same name has another.
    #[tf(follows("cluster_id"))]
    pub(super) uid: Computed<String>,
    /// Whether it was there before and the provider took it over or imported it. It is then not
    /// deleted on destroy.
    #[tf(follows("cluster_id"))]
    pub(super) adopted: Computed<bool>,
    /// `Active`, or `Terminating` while it is being deleted.
    pub(super) phase: Computed<String>,
}

impl Outputs {
    /// The outputs of a namespace of which only the place is known.
    pub(super) fn of(place: &Place) -> Self {
        Self {
            id: place.id.as_str().to_owned().into(),
            uid: Computed::none(),
            adopted: Computed::none(),
            phase: Computed::none(),
        }
    }
}

/// What names a namespace.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct NamespaceIdentity {
    /// Id of the cluster.
    pub(super) cluster_id: Attr<String>,
    /// Name of the namespace.
    pub(super) name: Attr<String>,
}
