//! From a specification to the object that is applied. Pure.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{
    api::networking::v1::{
        IPBlock, NetworkPolicyEgressRule, NetworkPolicyIngressRule, NetworkPolicyPeer,
        NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{apis::meta::v1::LabelSelector, util::intstr::IntOrString},
};

use super::{
    dns, meaning,
    spec::{Direction, Peer, Port, Spec},
};
use crate::{
    framework::{Attr, Diagnostic, Text as _},
    resources::texts::{Cidr, LabelValue, PortText},
};

/// The label every namespace has, with its name as the value (Kubernetes 1.22).
pub(super) const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// The policy that a specification means; an error where something is not known yet.
pub(super) fn policy(spec: &Spec) -> Result<NetworkPolicySpec, Diagnostic> {
    if let Some(raw) = spec.raw.known()? {
        return Ok(explicit(raw.policy()));
    }
    let policy_types = directions(spec)?
        .iter()
        .map(|direction| direction.policy_type().to_owned())
        .collect();
    let mut receives = Vec::new();
    for peer in spec.allow_from.known()?.iter().flatten() {
        let (peer, ports) = rule(peer)?;
        receives.push(NetworkPolicyIngressRule {
            from: peer.map(|peer| vec![peer]),
            ports,
        });
    }
    let mut sends = Vec::new();
    for peer in spec.allow_to.known()?.iter().flatten() {
        let (peer, ports) = rule(peer)?;
        sends.push(NetworkPolicyEgressRule {
            to: peer.map(|peer| vec![peer]),
            ports,
        });
    }
    if *spec.allow_dns.known()? {
        sends.push(dns::rule());
    }
    Ok(explicit(&NetworkPolicySpec {
        pod_selector: Some(selector(spec.pods.known()?.as_ref())),
        policy_types: Some(policy_types),
        ingress: (!receives.is_empty()).then_some(receives),
        egress: (!sends.is_empty()).then_some(sends),
    }))
}

/// The same policy with what was left to the service written out. That makes the fields ours, so
/// that whoever adds a rule is noticed.
fn explicit(policy: &NetworkPolicySpec) -> NetworkPolicySpec {
    let directions = meaning::directions(policy);
    let mut policy = policy.clone();
    if directions.contains("Ingress") {
        policy.ingress.get_or_insert_default();
    }
    if directions.contains("Egress") {
        policy.egress.get_or_insert_default();
    }
    policy.pod_selector.get_or_insert_default();
    policy.policy_types = Some(directions.into_iter().rev().collect());
    policy
}

/// The directions a specification denies.
pub(super) fn directions(spec: &Spec) -> Result<BTreeSet<Direction>, Diagnostic> {
    let both = || BTreeSet::from([Direction::Ingress, Direction::Egress]);
    Ok(spec.directions.known()?.clone().unwrap_or_else(both))
}

/// A selector of exactly these labels; without labels it selects everything.
pub(super) fn selector(labels: Option<&BTreeMap<String, LabelValue>>) -> LabelSelector {
    let labels: BTreeMap<String, String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.text()))
        .collect();
    LabelSelector {
        match_labels: (!labels.is_empty()).then_some(labels),
        match_expressions: None,
    }
}

/// The peer and ports of one rule; no peer means anywhere, and no ports mean all.
fn rule(
    peer: &Peer,
) -> Result<(Option<NetworkPolicyPeer>, Option<Vec<NetworkPolicyPort>>), Diagnostic> {
    let ports = match peer.ports.known()? {
        Some(ports) if !ports.is_empty() => Some(ports.iter().map(port).collect::<Result<_, _>>()?),
        _ => None,
    };
    let namespaces = match (peer.namespace.known()?, peer.namespace_labels.known()?) {
        (Some(name), _) => Some(LabelSelector {
            match_labels: Some(BTreeMap::from([(NAME_LABEL.to_owned(), name.text())])),
            match_expressions: None,
        }),
        (None, Some(labels)) => Some(selector(Some(labels))),
        (None, None) => everything(&peer.any_namespace)?,
    };
    let pods = match peer.pods.known()? {
        Some(labels) => Some(selector(Some(labels))),
        None => everything(&peer.any_pod)?,
    };
    let block = match peer.cidr.known()? {
        Some(cidr) => Some(IPBlock {
            cidr: cidr.text(),
            except: ranges(&peer.except)?,
        }),
        None => None,
    };
    let anywhere = namespaces.is_none() && pods.is_none() && block.is_none();
    let peer = NetworkPolicyPeer {
        namespace_selector: namespaces,
        pod_selector: pods,
        ip_block: block,
    };
    Ok(((!anywhere).then_some(peer), ports))
}

/// The selector of everything, where it is asked for.
fn everything(is_meant: &Attr<bool>) -> Result<Option<LabelSelector>, Diagnostic> {
    Ok(is_meant.known()?.then(|| selector(None)))
}

fn ranges(except: &Attr<Option<BTreeSet<Cidr>>>) -> Result<Option<Vec<String>>, Diagnostic> {
    let except = except.known()?.as_ref();
    Ok(except
        .filter(|ranges| !ranges.is_empty())
        .map(|ranges| ranges.iter().map(crate::framework::Text::text).collect()))
}

fn port(port: &Port) -> Result<NetworkPolicyPort, Diagnostic> {
    let end_port = match port.end_port.known()? {
        Some(last) => Some(i32::try_from(*last).map_err(|_| {
            port.end_port.error(
                "No such port",
                format!("`{}` is {last}.", port.end_port.path()),
            )
        })?),
        None => None,
    };
    Ok(NetworkPolicyPort {
        port: port.port.known()?.as_ref().map(number_or_name),
        end_port,
        protocol: Some(port.protocol.known()?.text()),
    })
}

fn number_or_name(port: &PortText) -> IntOrString {
    let text = port.as_ref();
    text.parse()
        .map_or_else(|_| IntOrString::String(text.to_owned()), IntOrString::Int)
}
