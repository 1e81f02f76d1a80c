//! What Azure says about a cluster.

use std::collections::BTreeSet;

use crate::framework::{Block, Computed};

/// What Azure says about a cluster.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct Outputs {
    /// Resource id of the cluster.
    #[tf(stable)]
    pub(super) id: Computed<String>,
    /// Name of the API server in DNS.
    #[tf(stable)]
    pub(super) fqdn: Computed<String>,
    /// Name of the API server in DNS that the Azure portal uses.
    #[tf(stable)]
    pub(super) portal_fqdn: Computed<String>,
    /// Name of the resource group with the nodes, which Azure makes and deletes.
    #[tf(stable)]
    pub(super) node_resource_group: Computed<String>,
    /// Issuer of the tokens of service accounts, for federated credentials.
    #[tf(follows("oidc_issuer"))]
    pub(super) oidc_issuer_url: Computed<String>,
    /// Identity the nodes act as, for roles such as `AcrPull`.
    #[tf(stable)]
    pub(super) kubelet_identity: Computed<KubeletIdentity>,
    /// Object id of the identity the control plane acts as, for roles on networks and disks.
    #[tf(follows("identity"))]
    pub(super) principal_id: Computed<String>,
    /// Version of Kubernetes that runs.
    #[tf(follows("kubernetes_version"))]
    pub(super) current_kubernetes_version: Computed<String>,
    /// Address ranges that are in use, chosen by you or by Azure.
    #[tf(follows("network"))]
    pub(super) current_network: Computed<CurrentNetwork>,
    /// How the last operation on the cluster ended: `Succeeded`, or else such as `Failed`. A create that Azure accepted
    /// and that failed ends with warnings, so that the next apply goes on with the cluster instead of replacing it; a
    /// `postcondition` that this is `Succeeded` makes the apply fail all the same.
    #[tf(pending)]
    pub(super) provisioning_state: Computed<String>,
    /// Whether the cluster is `Running` or `Stopped`.
    #[tf(stable)]
    pub(super) power_state: Computed<String>,
    /// Id Azure gave this very cluster; another cluster of the same name has another.
    #[tf(stable)]
    pub(super) resource_uid: Computed<String>,
    /// Ids of the role assignments that were made for this cluster and go with it: of its identity on the subnet of
    /// its nodes, and of the signed-in identity on the cluster.
    #[tf(follows("grant_applier_access", "identity"))]
    pub(super) role_assignment_ids: Computed<BTreeSet<String>>,
}

/// Identity the nodes act as.
#[derive(Block, Clone, Debug, PartialEq)]
#[expect(clippy::struct_field_names, reason = "the names azurerm gives them")]
pub(super) struct KubeletIdentity {
    /// Client id of the identity.
    pub(super) client_id: Computed<String>,
    /// Object id of the identity.
    pub(super) object_id: Computed<String>,
    /// Resource id of the identity.
    pub(super) user_assigned_identity_id: Computed<String>,
}

/// Address ranges that are in use.
#[derive(Block, Clone, Debug, PartialEq)]
pub(super) struct CurrentNetwork {
    /// Range of the pods' addresses; none where pods are in the subnet of their nodes.
    pub(super) pod_cidr: Computed<String>,
    /// Range of the services' addresses.
    pub(super) service_cidr: Computed<String>,
    /// Address of the cluster's DNS.
    pub(super) dns_service_ip: Computed<String>,
}

impl Outputs {
    /// The outputs of a cluster of which only the id is known.
    pub(super) fn of_id(id: &str) -> Self {
        Self {
            id: id.to_owned().into(),
            fqdn: Computed::none(),
            portal_fqdn: Computed::none(),
            node_resource_group: Computed::none(),
            oidc_issuer_url: Computed::none(),
            kubelet_identity: Computed::none(),
            principal_id: Computed::none(),
            current_kubernetes_version: Computed::none(),
            current_network: Computed::none(),
            provisioning_state: Computed::none(),
            power_state: Computed::none(),
            resource_uid: Computed::none(),
            role_assignment_ids: Computed::none(),
        }
    }
}

/// What names a cluster in Azure.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct ClusterIdentity {
    /// Id of the subscription.
    pub(super) subscription_id: crate::framework::Attr<String>,
    /// Name of the resource group.
    pub(super) resource_group_name: crate::framework::Attr<String>,
    /// Name of the cluster.
    pub(super) name: crate::framework::Attr<String>,
}
