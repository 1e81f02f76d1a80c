//! The short form of a live policy, where it has one.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{
    api::networking::v1::{NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec},
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::{
    body::NAME_LABEL,
    dns,
    meaning::{directions, sent},
    spec::{Direction, Peer, Port, Protocol},
};
use crate::{
    framework::{Attr, Blocks, Text as _},
    resources::texts::{Cidr, LabelValue, NamespaceName, PortText},
};

/// Labels that all must hold.
type Labels = BTreeMap<String, LabelValue>;

/// What the short form says of a policy.
#[derive(Debug, PartialEq)]
pub(super) struct Short {
    /// Labels of the pods; empty for all.
    pub(super) pods: Labels,
    /// What is denied.
    pub(super) directions: BTreeSet<Direction>,
    /// What may be received.
    pub(super) allow_from: Vec<Peer>,
    /// What may be sent, but for DNS.
    pub(super) allow_to: Vec<Peer>,
    /// Whether the rule for DNS is there.
    pub(super) allow_dns: bool,
}

/// The short form of `policy`; `None` when it has none.
pub(super) fn short(policy: &NetworkPolicySpec) -> Option<Short> {
    let directions: BTreeSet<Direction> = directions(policy)
        .iter()
        .map(|word| Direction::other(word))
        .collect();
    if directions
        .iter()
        .any(|direction| matches!(direction, Direction::Other(_)))
    {
        return None;
    }
    let mut allow_from = Vec::new();
    for rule in policy.ingress.iter().flatten() {
        allow_from.extend(peers(rule.from.as_deref(), rule.ports.as_deref())?);
    }
    let (mut allow_to, mut allow_dns) = (Vec::new(), false);
    let resolving = sent(&dns::rule());
    for rule in policy.egress.iter().flatten() {
        if sent(rule) == resolving {
            allow_dns = true;
        } else {
            allow_to.extend(peers(rule.to.as_deref(), rule.ports.as_deref())?);
        }
    }
    let without_effect = |rules: bool, direction| rules && !directions.contains(direction);
    if without_effect(!allow_from.is_empty(), &Direction::Ingress)
        || without_effect(!allow_to.is_empty() || allow_dns, &Direction::Egress)
    {
        return None;
    }
    let pods = match &policy.pod_selector {
        Some(selector) => labels(selector)?,
        None => BTreeMap::new(),
    };
    Some(Short {
        pods,
        directions,
        allow_from,
        allow_to,
        allow_dns,
    })
}

/// One peer of ours for each of the rule's, each with the rule's ports.
fn peers(
    peers: Option<&[NetworkPolicyPeer]>,
    ports: Option<&[NetworkPolicyPort]>,
) -> Option<Vec<Peer>> {
    let ports: Option<Vec<Port>> = ports
        .filter(|ports| !ports.is_empty())
        .map(|ports| ports.iter().map(port).collect());
    let nobody = Peer {
        anyone: false.into(),
        namespace: Attr::unset(),
        namespace_labels: Attr::unset(),
        any_namespace: false.into(),
        pods: Attr::unset(),
        any_pod: false.into(),
        cidr: Attr::unset(),
        except: Attr::unset(),
        ports: ports.map(Blocks::from).into(),
    };
    match peers {
        Some(peers) if !peers.is_empty() => {
            peers.iter().map(|found| peer(found, &nobody)).collect()
        }
        _ => Some(vec![Peer {
            anyone: true.into(),
            ..nobody
        }]),
    }
}

fn peer(found: &NetworkPolicyPeer, nobody: &Peer) -> Option<Peer> {
    let mut peer = nobody.clone();
    if let Some(block) = &found.ip_block {
        let except: BTreeSet<Cidr> = block
            .except
            .iter()
            .flatten()
            .map(|range| Cidr::other(range))
            .collect();
        peer.cidr = Some(Cidr::other(&block.cidr)).into();
        peer.except = (!except.is_empty()).then_some(except).into();
    }
    if let Some(selector) = &found.namespace_selector {
        let labels = labels(selector)?;
        match labels.get(NAME_LABEL) {
            Some(name) if labels.len() == 1 => {
                peer.namespace = Some(NamespaceName::other(name.as_ref())).into();
            }
            _ if labels.is_empty() => peer.any_namespace = true.into(),
            _ => peer.namespace_labels = Some(labels).into(),
        }
    }
    if let Some(selector) = &found.pod_selector {
        let labels = labels(selector)?;
        peer.any_pod = labels.is_empty().into();
        peer.pods = Some(labels).filter(|labels| !labels.is_empty()).into();
    }
    Some(peer)
}

/// The labels a selector asks for; `None` when it asks for more than that.
fn labels(selector: &LabelSelector) -> Option<Labels> {
    let plain = selector
        .match_expressions
        .as_ref()
        .is_none_or(Vec::is_empty);
    let labels = selector.match_labels.iter().flatten();
    plain.then(|| {
        labels
            .map(|(key, value)| (key.clone(), LabelValue::other(value)))
            .collect()
    })
}

fn port(found: &NetworkPolicyPort) -> Port {
    let text = found.port.as_ref().map(|port| match port {
        IntOrString::Int(number) => PortText::other(&number.to_string()),
        IntOrString::String(name) => PortText::other(name),
    });
    Port {
        port: text.into(),
        end_port: found.end_port.map(i64::from).into(),
        protocol: Protocol::other(found.protocol.as_deref().unwrap_or("TCP")).into(),
    }
}
