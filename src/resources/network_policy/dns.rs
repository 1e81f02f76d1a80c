//! The rule with which pods that may send nothing else can still resolve names.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::networking::v1::{IPBlock, NetworkPolicyEgressRule, NetworkPolicyPeer, NetworkPolicyPort},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::body::NAME_LABEL;

/// Where AKS `LocalDNS` listens on each node, for pods that follow their node's settings and for
/// those that follow the cluster's. Kubernetes 1.37 turns it on by itself where it can, so the two
/// are always allowed; no other traffic goes there (AKS, "DNS resolution").
const NODE_LOCAL: [&str; 2] = ["169.254.10.10/32", "169.254.10.11/32"];

/// Lets pods ask the cluster's DNS. Long answers come by TCP.
pub(crate) fn rule() -> NetworkPolicyEgressRule {
    let labelled = |key: &str, value: &str| LabelSelector {
        match_labels: Some(BTreeMap::from([(key.to_owned(), value.to_owned())])),
        match_expressions: None,
    };
    let cluster = NetworkPolicyPeer {
        namespace_selector: Some(labelled(NAME_LABEL, "kube-system")),
        pod_selector: Some(labelled("k8s-app", "kube-dns")),
        ip_block: None,
    };
    let node_local = NODE_LOCAL.map(|cidr| NetworkPolicyPeer {
        ip_block: Some(IPBlock {
            cidr: cidr.to_owned(),
            except: None,
        }),
        ..NetworkPolicyPeer::default()
    });
    let ports = ["UDP", "TCP"].map(|protocol| NetworkPolicyPort {
        port: Some(IntOrString::Int(53)),
        protocol: Some(protocol.to_owned()),
        end_port: None,
    });
    NetworkPolicyEgressRule {
        to: Some([cluster].into_iter().chain(node_local).collect()),
        ports: Some(ports.into()),
    }
}
