//! What the service says about a network policy.

use super::place::Place;
use crate::framework::{Attr, Block, Computed};

/// What the service says about a network policy.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct Outputs {
    /// Id of the policy: `{cluster_id}/namespaces/{namespace}/networkPolicies/{name}`.
    #[tf(stable)]
    pub(super) id: Computed<String>,
    /// Id Kubernetes gave it; another policy of the same name has another.
    #[tf(follows("cluster_id"))]
    pub(super) uid: Computed<String>,
    /// How often what it says has been written.
    pub(super) generation: Computed<i64>,
}

impl Outputs {
    /// The outputs of a policy of which only the place is known.
    pub(super) fn of(place: &Place) -> Self {
        Self {
            id: place.id.as_str().to_owned().into(),
            uid: Computed::none(),
            generation: Computed::none(),
        }
    }
}

/// What names a network policy.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct NetworkPolicyIdentity {
    /// Id of the cluster.
    pub(super) cluster_id: Attr<String>,
    /// Name of the namespace.
    pub(super) namespace: Attr<String>,
    /// Name of the policy.
    pub(super) name: Attr<String>,
}
