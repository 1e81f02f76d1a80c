//! What a user writes about a network policy. The doc comments are the documentation.

use std::collections::{BTreeMap, BTreeSet};

use super::raw::PolicyText;
use crate::{
    framework::{Attr, Block, Blocks, Timeouts},
    resources::texts::{Cidr, ClusterId, LabelValue, NamespaceName, ObjectName, PortText},
    words,
};

/// Which traffic some pods of a namespace may take part in; all other traffic of theirs is denied.
///
/// The policy selects pods and denies them everything in its `directions`; `allow_from` and
/// `allow_to` then name what they may receive and send. Policies add up: what any policy of a
/// namespace allows is allowed. Replies to allowed traffic need no rule of their own.
///
/// Whatever the short form cannot say is said with `raw`. The policy is applied server-side, so
/// that a field another manager owns is an error that names them, and never overwritten.
#[derive(Block, Debug)]
pub struct Spec {
    /// Id of the cluster, in any casing, such as `secureaks_cluster.main.id`.
    #[tf(replace = "a network policy cannot move to another cluster")]
    pub(super) cluster_id: Attr<ClusterId>,
    /// Name of the namespace the policy is in. It must exist.
    #[tf(replace = "a network policy cannot move to another namespace")]
    pub(super) namespace: Attr<NamespaceName>,
    /// Name of the policy.
    #[tf(replace = "Kubernetes cannot rename an object")]
    pub(super) name: Attr<ObjectName>,
    /// Labels of the pods the policy is for. Left out, it is for all pods of the namespace.
    pub(super) pods: Attr<Option<BTreeMap<String, LabelValue>>>,
    /// Directions in which the pods are denied what is not allowed. Left out, both.
    pub(super) directions: Attr<Option<BTreeSet<Direction>>>,
    /// What the pods may receive; one block for each of those they may receive it from. Left out, nothing.
    pub(super) allow_from: Attr<Option<Blocks<Peer>>>,
    /// What the pods may send; one block for each of those they may send it to. Left out, nothing.
    pub(super) allow_to: Attr<Option<Blocks<Peer>>>,
    /// Whether the pods may ask the cluster's DNS: port 53, UDP and TCP, of its pods in
    /// `kube-system` and of AKS `LocalDNS` on their node (`169.254.10.10` and `169.254.10.11`).
    #[tf(default = false)]
    pub(super) allow_dns: Attr<bool>,
    /// The whole `spec` of a `networking.k8s.io/v1` `NetworkPolicy` as JSON, such as
    /// `jsonencode({ podSelector = {}, policyTypes = ["Ingress"] })`, in place of everything
    /// above but the names. It is compared by what it means, whatever the order.
    pub(super) raw: Attr<Option<PolicyText>>,
    /// Whether fields that another field manager owns are taken over from it.
    #[tf(default = false, local)]
    pub(super) force_conflicts: Attr<bool>,
    /// How long it may take. Left out, 20 minutes to create, update and delete, and 5 to read.
    #[tf(local)]
    pub(super) timeouts: Attr<Option<Timeouts>>,
}

words! {
    /// A direction of traffic, as seen from the pods.
    pub(super) enum Direction {
        /// What they receive.
        Ingress = "ingress",
        /// What they send.
        Egress = "egress",
    }
}

impl Direction {
    /// The direction in Kubernetes' words.
    pub(super) fn policy_type(&self) -> &str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
            Self::Other(word) => word,
        }
    }
}

/// Where traffic comes from or goes to.
#[derive(Block, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Peer {
    /// Whether everyone is meant: all pods of the cluster and all addresses outside it, on `ports`.
    #[tf(default = false)]
    pub(super) anyone: Attr<bool>,
    /// Name of a namespace: its pods, or those of them that `pods` names.
    pub(super) namespace: Attr<Option<NamespaceName>>,
    /// Labels of namespaces, in place of one's name.
    pub(super) namespace_labels: Attr<Option<BTreeMap<String, LabelValue>>>,
    /// Whether all namespaces are meant: their pods, or those of them that `pods` names.
    #[tf(default = false)]
    pub(super) any_namespace: Attr<bool>,
    /// Labels of pods, in the policy's own namespace unless others are named.
    pub(super) pods: Attr<Option<BTreeMap<String, LabelValue>>>,
    /// Whether all pods are meant, of the policy's own namespace unless others are named.
    #[tf(default = false)]
    pub(super) any_pod: Attr<bool>,
    /// Range of addresses outside the cluster, in place of namespaces and pods.
    pub(super) cidr: Attr<Option<Cidr>>,
    /// Ranges within `cidr` that are not meant.
    pub(super) except: Attr<Option<BTreeSet<Cidr>>>,
    /// Ports of the receiver. Left out, all.
    pub(super) ports: Attr<Option<Blocks<Port>>>,
}

/// Ports of one protocol.
#[expect(clippy::struct_field_names, reason = "the names Kubernetes gives them")]
#[derive(Block, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Port {
    /// Number, or the name a container gives it. Left out, every port of the protocol.
    pub(super) port: Attr<Option<PortText>>,
    /// Last of a range of numbers that begins with `port`.
    pub(super) end_port: Attr<Option<i64>>,
    /// Protocol.
    #[tf(default = Protocol::Tcp)]
    pub(super) protocol: Attr<Protocol>,
}

impl Peer {
    /// The attributes by which it says who is meant, with whether they do; `None` where that is not known.
    pub(super) fn ways(&self) -> [(&'static str, Option<bool>); 6] {
        [
            ("namespace", self.namespace.if_known().map(Option::is_some)),
            (
                "namespace_labels",
                self.namespace_labels.if_known().map(Option::is_some),
            ),
            ("any_namespace", self.any_namespace.if_known().copied()),
            ("pods", self.pods.if_known().map(Option::is_some)),
            ("any_pod", self.any_pod.if_known().copied()),
            ("cidr", self.cidr.if_known().map(Option::is_some)),
        ]
    }
}

words! {
    /// A protocol with ports.
    pub(super) enum Protocol {
        /// TCP.
        Tcp = "TCP",
        /// UDP.
        Udp = "UDP",
        /// SCTP.
        Sctp = "SCTP",
    }
}
