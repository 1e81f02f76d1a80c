//! What a user writes about a cluster. The doc comments are the documentation; the defaults are
//! the secure choices of the oldest baseline, which [`super::baseline`] changes for newer ones.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    framework::{Attr, Block, Timeouts},
    resources::texts::{
        AuthorizedRange, Cidr, ClusterName, GroupId, IdentityId, Ip, KubernetesVersion, PoolName,
        Region, ResourceGroupName, SubnetId, VmSize, Zone,
    },
    words,
};

/// An Azure Kubernetes Service cluster that is secure unless told otherwise.
///
/// Whatever is left out gets the secure choice: sign-in with Microsoft Entra and no local
/// accounts, Azure RBAC for Kubernetes, an API server that only named addresses reach, Azure CNI
/// Overlay with Cilium network policies, workload identity, nodes in three zones, automatic
/// patches, and the tier with an uptime promise. The set of choices is dated by `baseline`, so
/// that a newer provider never changes a cluster by itself.
#[derive(Block, Debug)]
pub struct Spec {
    /// Name of the cluster.
    #[tf(replace = "Azure cannot rename a cluster")]
    pub(super) name: Attr<ClusterName>,
    /// Name of the resource group the cluster is in. It must exist.
    #[tf(replace = "Azure cannot move a cluster to another resource group")]
    pub(super) resource_group_name: Attr<ResourceGroupName>,
    /// Azure region, such as `westeurope`.
    #[tf(replace = "Azure cannot move a cluster to another region")]
    pub(super) location: Attr<Region>,
    /// Date of the set of secure choices for everything left out. A new cluster gets the newest
    /// set; a cluster keeps the set it has until this is changed.
    #[tf(default = Baseline::First, local, sticky)]
    pub(super) baseline: Attr<Baseline>,
    /// Version of Kubernetes: a minor such as `1.35`, which stands for whichever of its patches
    /// runs, or a patch such as `1.35.2`. Left out, Azure chooses; `current_kubernetes_version`
    /// says what runs. A newer version that `automatic_upgrade_channel` has brought is no change in a
    /// plan, and a cluster is never sent back to an older one.
    #[tf(unmanaged)]
    pub(super) kubernetes_version: Attr<Option<KubernetesVersion>>,
    /// Pricing tier of the control plane. `Standard` and `Premium` promise an uptime; `Premium` is the
    /// one with which long-term support can be had.
    #[tf(default = Tier::Standard)]
    pub(super) tier: Attr<Tier>,
    /// How long Azure mends a version of Kubernetes: `KubernetesOfficial`, about a year, or
    /// `AKSLongTermSupport`, about two, which needs `tier = "Premium"`. The oldest versions are
    /// offered with long-term support alone.
    #[tf(default = SupportPlan::Official)]
    pub(super) support_plan: Attr<SupportPlan>,
    /// Sign-in of people and pipelines with Microsoft Entra ID.
    #[tf(default)]
    pub(super) entra: Attr<Entra>,
    /// Whether the static administrator certificate works. It cannot be revoked for one person
    /// and does not show who used it.
    #[tf(default = false)]
    pub(super) local_accounts: Attr<bool>,
    /// Whether the signed-in identity that creates the cluster, or sets this, is given the role `Azure Kubernetes Service
    /// RBAC Cluster Admin` on it, so that the same apply can work inside. Azure's Owner and
    /// Contributor have no right inside a cluster. It needs `entra.azure_rbac`, and the right to
    /// assign roles.
    #[tf(default = false)]
    pub(super) grant_applier_access: Attr<bool>,
    /// How pods are connected and kept apart.
    #[tf(default)]
    pub(super) network: Attr<Network>,
    /// Who reaches the API server, before anyone signs in.
    #[tf(default)]
    pub(super) api_server: Attr<ApiServer>,
    /// Nodes for the cluster's own pods.
    pub(super) system_pool: Attr<SystemPool>,
    /// Identity the control plane acts as in Azure.
    #[tf(default)]
    pub(super) identity: Attr<Identity>,
    /// Whether pods can sign in to Azure as a Kubernetes service account, without a secret. It
    /// needs `oidc_issuer`.
    #[tf(default = true)]
    pub(super) workload_identity: Attr<bool>,
    /// Whether the cluster publishes the keys of its service accounts' tokens.
    #[tf(default = true)]
    pub(super) oidc_issuer: Attr<bool>,
    /// Which newer versions of Kubernetes the cluster takes by itself.
    #[tf(default = UpgradeChannel::Patch)]
    pub(super) automatic_upgrade_channel: Attr<UpgradeChannel>,
    /// Which fixes of their operating system the nodes take by themselves.
    #[tf(default = NodeOsChannel::NodeImage)]
    pub(super) node_os_upgrade_channel: Attr<NodeOsChannel>,
    /// Removal of images that nothing uses and that have known vulnerabilities.
    #[tf(default)]
    pub(super) image_cleaner: Attr<ImageCleaner>,
    /// Tags of the cluster.
    pub(super) tags: Attr<Option<BTreeMap<String, String>>>,
    /// Whether a change that Azure cannot make in place may delete the cluster and create a new
    /// one. Everything in the cluster is lost with it.
    #[tf(default = false, local)]
    pub(super) allow_replacement: Attr<bool>,
    /// How long Azure may take. Left out, 90 minutes to create, update and delete, and 5 to read.
    #[tf(local)]
    pub(super) timeouts: Attr<Option<Timeouts>>,
}

words! {
    /// A dated set of secure choices.
    pub(super) enum Baseline {
        /// The first.
        First = "2026.1",
    }
}

words! {
    /// A pricing tier.
    pub(super) enum Tier {
        /// No uptime promise.
        Free = "Free",
        /// An uptime promise.
        Standard = "Standard",
        /// An uptime promise, and long-term support for who asks for it.
        Premium = "Premium",
    }
    // What `Standard` was called before 2023.
    kept ["Paid"]
}

words! {
    /// How long a version of Kubernetes is supported.
    pub(super) enum SupportPlan {
        /// As long as the Kubernetes community does.
        Official = "KubernetesOfficial",
        /// A year longer.
        LongTerm = "AKSLongTermSupport",
    }
}

/// Sign-in with Microsoft Entra ID.
#[derive(Block, Debug)]
pub(super) struct Entra {
    /// Whether people and pipelines sign in with Entra. Azure cannot turn it off again.
    #[tf(default = true)]
    pub(super) enabled: Attr<bool>,
    /// Object ids of the Entra groups whose members administer the cluster.
    pub(super) admin_group_object_ids: Attr<Option<BTreeSet<GroupId>>>,
    /// Whether Azure role assignments decide about access to Kubernetes, beside Kubernetes' own
    /// role bindings.
    #[tf(default = true)]
    pub(super) azure_rbac: Attr<bool>,
}

/// How pods are connected and kept apart.
#[derive(Block, Debug)]
pub(super) struct Network {
    /// Where pods get their addresses from: `overlay`, a range of their own, or `node_subnet`,
    /// the subnet of their nodes. Clusters made elsewhere may have `pod_subnet`, a subnet of the pods' own, `kubenet`, which
    /// retires on 2028-03-31, or `none`, a network plugin of one's own.
    #[tf(default = NetworkMode::Overlay)]
    pub(super) mode: Attr<NetworkMode>,
    /// What enforces network policies. With `none`, policies have no effect.
    #[tf(default = NetworkPolicy::Cilium)]
    pub(super) policy: Attr<NetworkPolicy>,
    /// Range of the pods' addresses, in mode `overlay`. Left out, Azure chooses;
    /// `current_network` says which.
    #[tf(
        unmanaged,
        replace = "Azure cannot change the pods' range of a cluster"
    )]
    pub(super) pod_cidr: Attr<Option<Cidr>>,
    /// Range of the services' addresses. Left out, Azure chooses; `current_network` says which.
    #[tf(
        unmanaged,
        replace = "Azure cannot change the services' range of a cluster"
    )]
    pub(super) service_cidr: Attr<Option<Cidr>>,
    /// Address of the cluster's DNS, within `service_cidr` and not its first. Left out, Azure
    /// chooses; `current_network` says which.
    #[tf(
        unmanaged,
        replace = "Azure cannot change the DNS address of a cluster"
    )]
    pub(super) dns_service_ip: Attr<Option<Ip>>,
}

words! {
    /// Where pods get their addresses from.
    pub(super) enum NetworkMode {
        /// A range of their own (Azure CNI Overlay).
        Overlay = "overlay",
        /// The subnet of their nodes (Azure CNI Node Subnet).
        NodeSubnet = "node_subnet",
    }
    kept ["pod_subnet", "kubenet", "none"]
}

words! {
    /// What enforces network policies.
    pub(super) enum NetworkPolicy {
        /// Cilium, in the kernel, with Azure's Cilium data plane.
        Cilium = "cilium",
        /// Calico.
        Calico = "calico",
        /// Azure Network Policy Manager, which ends in 2028.
        Azure = "azure",
        /// Nothing.
        Nothing = "none",
    }
}

/// Who reaches the API server.
#[derive(Block, Debug)]
pub(super) struct ApiServer {
    /// Ranges of public IPv4 addresses from which the API server may be called, at most 200;
    /// `0.0.0.0/32` alone lets only the cluster itself in. Azure adds the cluster's own address.
    pub(super) authorized_ip_ranges: Attr<Option<BTreeSet<AuthorizedRange>>>,
    /// Whether the API server has an address inside a virtual network only.
    #[tf(
        default = false,
        kept = true,
        replace = "Azure cannot make a private cluster a public one, nor the reverse"
    )]
    pub(super) private: Attr<bool>,
    /// Whether anyone on the internet may call the API server. It must be said, not left out.
    #[tf(default = false)]
    pub(super) unrestricted: Attr<bool>,
    /// Whether `az aks command invoke` works: commands in the cluster through Azure's own API,
    /// past the authorized ranges.
    #[tf(default = false)]
    pub(super) run_command: Attr<bool>,
}

/// Nodes for the cluster's own pods.
#[derive(Block, Debug)]
pub(super) struct SystemPool {
    /// Name of the pool.
    #[tf(default = <PoolName as crate::framework::Text>::other("system"), replace = "Azure cannot rename a pool, and the cluster's first pool cannot be exchanged yet")]
    pub(super) name: Attr<PoolName>,
    /// Size of the machines, such as `Standard_D4ds_v5`.
    #[tf(
        replace = "the machines' size cannot change, and the cluster's first pool cannot be exchanged yet"
    )]
    pub(super) vm_size: Attr<VmSize>,
    /// Number of nodes. With `autoscale` it is where a new pool starts, and may be left out.
    pub(super) node_count: Attr<Option<i64>>,
    /// Bounds within which the number of nodes follows the load; left out, it is fixed.
    pub(super) autoscale: Attr<Option<Autoscale>>,
    /// Availability zones the nodes are spread over; an empty list where the region has none.
    #[tf(default = ["1", "2", "3"].map(<Zone as crate::framework::Text>::other).into_iter().collect::<BTreeSet<Zone>>(), replace = "the zones of a pool cannot change, and the cluster's first pool cannot be exchanged yet")]
    pub(super) zones: Attr<BTreeSet<Zone>>,
    /// Id of the subnet the nodes are in; left out, Azure makes a network of the cluster's own.
    /// The cluster's identity is given the role Network Contributor on it.
    #[tf(
        replace = "the subnet of a pool cannot change, and the cluster's first pool cannot be exchanged yet"
    )]
    pub(super) subnet_id: Attr<Option<SubnetId>>,
    /// Operating system of the nodes.
    #[tf(default = OsSku::AzureLinux, replace = "the operating system of the cluster's first pool cannot be exchanged yet")]
    pub(super) os_sku: Attr<OsSku>,
}

/// Bounds of the number of nodes.
#[derive(Block, Debug)]
pub(super) struct Autoscale {
    /// Least number of nodes.
    pub(super) min_count: Attr<i64>,
    /// Most nodes.
    pub(super) max_count: Attr<i64>,
}

words! {
    /// A node's operating system.
    pub(super) enum OsSku {
        /// Azure Linux: few packages, built for AKS.
        AzureLinux = "AzureLinux",
        /// Ubuntu.
        Ubuntu = "Ubuntu",
    }
    kept ["AzureContainerLinux", "AzureLinux3", "CBLMariner", "Mariner", "Ubuntu2204", "Ubuntu2404"]
}

/// Identity of the control plane.
#[derive(Block, Debug)]
pub(super) struct Identity {
    /// `SystemAssigned`, made with the cluster, or `UserAssigned`, one of yours. A cluster made elsewhere may have `None`,
    /// and act as a service principal; it can be given an identity.
    #[tf(default = IdentityType::SystemAssigned)]
    pub(super) r#type: Attr<IdentityType>,
    /// Id of the identity, for `UserAssigned`.
    pub(super) identity_id: Attr<Option<IdentityId>>,
}

words! {
    /// Whose the control plane's identity is.
    pub(super) enum IdentityType {
        /// Made and deleted with the cluster.
        SystemAssigned = "SystemAssigned",
        /// One that exists by itself.
        UserAssigned = "UserAssigned",
    }
    // The cluster acts as a service principal.
    kept ["None"]
}

words! {
    /// Which newer versions a cluster takes by itself.
    pub(super) enum UpgradeChannel {
        /// The newest patch of its minor.
        Patch = "patch",
        /// The newest patch of the newest minor but one.
        Stable = "stable",
        /// The newest.
        Rapid = "rapid",
        /// Only newer images of its nodes.
        NodeImage = "node-image",
        /// None.
        Nothing = "none",
    }
}

words! {
    /// Which fixes of their operating system nodes take by themselves.
    pub(super) enum NodeOsChannel {
        /// New images, weekly.
        NodeImage = "NodeImage",
        /// Security patches, in place where that is possible.
        SecurityPatch = "SecurityPatch",
        /// What the operating system does by itself.
        Unmanaged = "Unmanaged",
        /// None.
        Nothing = "None",
    }
}

/// Removal of unused images.
#[derive(Block, Debug)]
pub(super) struct ImageCleaner {
    /// Whether images are removed.
    #[tf(default = true)]
    pub(super) enabled: Attr<bool>,
    /// Hours from one run to the next, 24 to 2160.
    #[tf(default = 168)]
    pub(super) interval_hours: Attr<i64>,
}
