//! From the API server's path of a field to the attribute it was made of.

use super::spec::Spec;
use crate::value::{Path, Step};

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
            let count = spec.allow_from.if_set().map_or(0, Vec::len);
            rule("allow_from", *index, count, rest, |index| {
                let peers = spec.allow_from.if_set();
                peers
                    .and_then(|peers| peers.get(index))
                    .is_some_and(|peer| peer.namespace.if_set().is_some())
            })
        }
        [("spec", _), ("egress", index), rest @ ..] => {
            let count = spec.allow_to.if_set().map_or(0, Vec::len);
            if index.is_some_and(|index| index >= count) {
                return Path::attribute("allow_dns");
            }
            rule("allow_to", *index, count, rest, |index| {
                let peers = spec.allow_to.if_set();
                peers
                    .and_then(|peers| peers.get(index))
                    .is_some_and(|peer| peer.namespace.if_set().is_some())
            })
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
    index: Option<usize>,
    count: usize,
    rest: &[(&str, Option<usize>)],
    by_name: impl Fn(usize) -> bool,
) -> Path {
    let list = Path::attribute(attribute);
    let Some(index) = index.filter(|index| *index < count) else {
        return list;
    };
    let peer = list.join(Step::Index(index));
    match rest {
        [("from" | "to", _), ("ipBlock", _), ("except", _), ..] => peer.join_attribute("except"),
        [("from" | "to", _), ("ipBlock", _), ..] => peer.join_attribute("cidr"),
        [("from" | "to", _), ("podSelector", _), ..] => peer.join_attribute("pods"),
        [("from" | "to", _), ("namespaceSelector", _), ..] if by_name(index) => {
            peer.join_attribute("namespace")
        }
        [("from" | "to", _), ("namespaceSelector", _), ..] => {
            peer.join_attribute("namespace_labels")
        }
        [("ports", Some(port)), field @ ..] => {
            let port = peer.join_attribute("ports").join(Step::Index(*port));
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
