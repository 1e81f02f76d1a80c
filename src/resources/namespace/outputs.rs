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
    /// Whether it was there before it came into the state: taken over by `adopt`, or imported, also
    /// where this provider made it. It is then not deleted on destroy.
    #[tf(follows("cluster_id"))]
    pub(super) adopted: Computed<bool>,
    /// `Active`, or `Terminating` while it is being deleted.
    #[tf(pending)]
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

    /// Whether it was there before it came into the state. What the state does not say this of, as in
    /// an import, is nothing that this configuration is known to have made.
    pub(super) fn is_adopted(&self) -> bool {
        self.adopted.value() != Some(&false)
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
