//! What a user writes about a namespace. The doc comments are the documentation.

use std::collections::BTreeMap;

use crate::{
    framework::{Attr, Block, Text as _, Timeouts},
    resources::texts::{ClusterId, LabelValue, NamespaceName, PodSecurityVersion, Quantity},
    words,
};

/// A namespace that is closed unless opened: pods must keep to the restricted Pod Security
/// Standard, and send and receive nothing but DNS until a `secureaks_network_policy` allows it.
///
/// The namespace and what is in it of the provider's (the resource quota `quota`, the
/// limit range `limits`, and the network policies `default-deny` and `allow-dns`) are applied server-side.
/// Labels and annotations that others set stay as they are.
///
/// A namespace is deleted with all that is in it, so a plan that would delete one with what others
/// have put into it is refused, unless `delete_with_workloads` was set by an earlier apply. A
/// namespace that was there before it came into the state (`adopted`) is never deleted; what the
/// provider set in it is taken away, unless another configuration of the provider made it and may
/// hold it.
#[derive(Block, Debug)]
pub struct Spec {
    /// Id of the cluster, in any casing, such as `secureaks_cluster.main.id`.
    #[tf(replace = "a namespace cannot move to another cluster")]
    pub(super) cluster_id: Attr<ClusterId>,
    /// Name of the namespace.
    #[tf(replace = "Kubernetes cannot rename a namespace")]
    pub(super) name: Attr<NamespaceName>,
    /// Labels of the namespace. Those that others set are left alone.
    pub(super) labels: Attr<Option<BTreeMap<String, LabelValue>>>,
    /// Annotations of the namespace. Those that others set are left alone.
    pub(super) annotations: Attr<Option<BTreeMap<String, String>>>,
    /// What pods may do to their nodes, by the Pod Security Standards.
    #[tf(default)]
    pub(super) pod_security: Attr<PodSecurity>,
    /// What all pods together may ask for and how many objects there may be, by the names that
    /// a resource quota has: `{ "requests.cpu" = "4", "limits.memory" = "8Gi", pods = "20" }`.
    /// With an amount of CPU or memory, Kubernetes refuses pods that do not say how much they
    /// need, so set `limits` too.
    pub(super) quota: Attr<Option<BTreeMap<String, Quantity>>>,
    /// What each container may ask for, and what it gets when it does not ask.
    pub(super) limits: Attr<Option<Limits>>,
    /// Which traffic is denied from the start.
    #[tf(default)]
    pub(super) network: Attr<Network>,
    /// Whether a namespace that exists already is taken over. It then keeps what is in it, and
    /// is not deleted on destroy.
    #[tf(default = false, local)]
    pub(super) adopt: Attr<bool>,
    /// Whether the namespace may be deleted with what others have put into it: workloads, pods,
    /// volume claims, secrets, config maps, services, ingresses, network policies, service accounts,
    /// roles and role bindings. What Kubernetes and Istio put into every namespace, and what is of
    /// this provider, does not count. Custom resources are not looked at; what they have made is. Apply
    /// it before the change that deletes.
    #[tf(default = false, local)]
    pub(super) delete_with_workloads: Attr<bool>,
    /// Whether fields that another field manager owns are taken over from it.
    #[tf(default = false, local)]
    pub(super) force_conflicts: Attr<bool>,
    /// How long it may take. Left out, 20 minutes to create, update and delete, and 5 to read.
    #[tf(local)]
    pub(super) timeouts: Attr<Option<Timeouts>>,
}

/// What pods may do to their nodes.
#[derive(Block, Debug)]
pub(super) struct PodSecurity {
    /// Standard that pods must keep to; others are refused.
    #[tf(default = Level::Restricted)]
    pub(super) enforce: Attr<Level>,
    /// Standard whose violations are written to the audit log.
    #[tf(default = Level::Restricted)]
    pub(super) audit: Attr<Level>,
    /// Standard whose violations are told to the creator of a pod.
    #[tf(default = Level::Restricted)]
    pub(super) warn: Attr<Level>,
    /// Version of Kubernetes whose standards are meant: `latest`, the cluster's own, or such as
    /// `v1.35`.
    #[tf(default = PodSecurityVersion::other("latest"))]
    pub(super) version: Attr<PodSecurityVersion>,
}

words! {
    /// A Pod Security Standard.
    pub(super) enum Level {
        /// Everything.
        Privileged = "privileged",
        /// Nothing by which privileges are known to be gained.
        Baseline = "baseline",
        /// Hardened as far as ordinary pods allow.
        Restricted = "restricted",
    }
}

/// What containers may ask for.
#[derive(Block, Clone, Debug, PartialEq)]
pub(super) struct Limits {
    /// Limits of a container that names none: `{ cpu = "500m", memory = "256Mi" }`. Left out,
    /// those of `max`.
    pub(super) default: Attr<Option<BTreeMap<String, Quantity>>>,
    /// Requests of a container that names none. Left out, its limits.
    pub(super) default_request: Attr<Option<BTreeMap<String, Quantity>>>,
    /// Most that a container may ask for.
    pub(super) max: Attr<Option<BTreeMap<String, Quantity>>>,
    /// Least that a container must ask for.
    pub(super) min: Attr<Option<BTreeMap<String, Quantity>>>,
    /// How many times its request a container's limit may be.
    pub(super) max_limit_request_ratio: Attr<Option<BTreeMap<String, Quantity>>>,
}

/// Which traffic is denied from the start.
#[derive(Block, Debug)]
pub(super) struct Network {
    /// Whether pods receive only what a network policy allows.
    #[tf(default = true)]
    pub(super) default_deny_ingress: Attr<bool>,
    /// Whether pods send only what a network policy allows.
    #[tf(default = true)]
    pub(super) default_deny_egress: Attr<bool>,
    /// Whether pods may ask the cluster's DNS all the same: port 53, UDP and TCP, of its pods in
    /// `kube-system` and of AKS `LocalDNS` on their node. Without `default_deny_egress` it has no
    /// effect, as DNS is then allowed anyway.
    #[tf(default = true)]
    pub(super) allow_dns: Attr<bool>,
}
