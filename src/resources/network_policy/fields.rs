//! From the API server's path of a field to the attribute it was made of.

use super::spec::{Peer, Spec};
use crate::{
    framework::{Attr, Block as _, Blocks},
    value::{Path, Step},
};

/// The attribute that the field at `path`, such as `spec.ingress[0].from[0].ipBlock.cidr`, was
/// made of; the root where there is none. The rule for DNS comes last and is no peer's.
pub(super) fn place(spec: &Spec, path: &str) -> Path {
    let path = path.trim_start_matches('.');
    let segments: Vec<(&str, Option<usize>)> = path.split('.').map(segment).collect();
    match segments.as_slice() {
        [("metadata", _), ("name", _), ..] => Path::attribute("name"),
        [("metadata", _), ("namespace", _), ..] => Path::attribute("namespace"),
        [("spec", _), ..] if spec.raw.if_set().is_some() => Path::attribute("raw"),
        [("spec", _), ("podSelector", _), ..] => Path::attribute("pods"),
        [("spec", _), ("policyTypes", _), ..] => Path::attribute("directions"),
        [("spec", _), ("ingress", index), rest @ ..] => {
            rule("allow_from", &spec.allow_from, *index, rest)
        }
        [("spec", _), ("egress", index), rest @ ..] => {
            let count = spec.allow_to.if_set().map_or(0, |peers| peers.len());
            if index.is_some_and(|index| index >= count) {
                return Path::attribute("allow_dns");
            }
            rule("allow_to", &spec.allow_to, *index, rest)
        }
        _ => Path::root(),
    }
}

/// A name and the index behind it: `ingress[0]`.
fn segment(text: &str) -> (&str, Option<usize>) {
    match text.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']').parse().ok()),
        None => (text, None),
    }
}

fn rule(
    attribute: &str,
    peers: &Attr<Option<Blocks<Peer>>>,
    index: Option<usize>,
    rest: &[(&str, Option<usize>)],
) -> Path {
    let set = Path::attribute(attribute);
    let peers = peers.if_set();
    let Some(peer) = index.and_then(|index| peers?.get(index)) else {
        return set;
    };
    let is_by_name = peer.namespace.if_set().is_some();
    let is_by_labels = peer.namespace_labels.if_set().is_some();
    let port = |index: usize| peer.ports.if_set()?.get(index);
    let peer = set.join(Step::into_element(&peer.encode()));
    match rest {
        [("from" | "to", _), ("ipBlock", _), ("except", _), ..] => peer.join_attribute("except"),
        [("from" | "to", _), ("ipBlock", _), ..] => peer.join_attribute("cidr"),
        [("from" | "to", _), ("podSelector", _), ..] => peer.join_attribute("pods"),
        [("from" | "to", _), ("namespaceSelector", _), ..] if is_by_name => {
            peer.join_attribute("namespace")
        }
        [("from" | "to", _), ("namespaceSelector", _), ..] if is_by_labels => {
            peer.join_attribute("namespace_labels")
        }
        [("ports", Some(index)), field @ ..] => {
            let ports = peer.join_attribute("ports");
            let Some(port) = port(*index) else {
                return ports;
            };
            let port = ports.join(Step::into_element(&port.encode()));
            match field {
                [("port", _), ..] => port.join_attribute("port"),
                [("endPort", _), ..] => port.join_attribute("end_port"),
                [("protocol", _), ..] => port.join_attribute("protocol"),
                _ => port,
            }
        }
        [("ports", None), ..] => peer.join_attribute("ports"),
        _ => peer,
    }
}
