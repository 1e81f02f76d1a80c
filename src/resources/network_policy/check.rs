//! What can be judged about a specification without asking anybody.

use std::collections::{BTreeMap, BTreeSet};

use super::spec::{Direction, Peer, Port, Spec};
use crate::{
    framework::{Attr, Diagnostics, Text as _},
    resources::{
        namespace::is_the_clusters_own,
        texts::{Cidr, LabelValue, check_key},
    },
};

/// Judges what is known.
pub(super) fn check(spec: &Spec, diagnostics: &mut Diagnostics) {
    check_namespace(spec, diagnostics);
    check_raw(spec, diagnostics);
    check_directions(spec, diagnostics);
    check_keys(&spec.pods, diagnostics);
    for peers in [&spec.allow_from, &spec.allow_to] {
        for peer in peers.if_set().into_iter().flatten() {
            check_peer(peer, diagnostics);
        }
    }
}

/// A policy for all pods of one of the cluster's own namespaces denies them what it does not name: DNS, metrics
/// and the way to the API server. What `raw` selects is its writer's to know.
fn check_namespace(spec: &Spec, diagnostics: &mut Diagnostics) {
    let (Some(namespace), Some(None)) = (spec.namespace.if_known(), spec.pods.if_known()) else {
        return;
    };
    let name = namespace.as_ref();
    if spec.raw.if_set().is_none() && is_the_clusters_own(name) {
        diagnostics.push(spec.pods.error(
            "Default deny would cut off the cluster itself",
            format!("`pods` is left out, so that the policy is for all pods of `{name}`, which keep the cluster running: whatever it does not allow would stop. Name the pods that are meant in `pods`, or choose a namespace of your own."),
        ));
    }
}

/// `raw` is the whole policy.
fn check_raw(spec: &Spec, diagnostics: &mut Diagnostics) {
    if spec.raw.if_set().is_none() {
        return;
    }
    let dns = spec.allow_dns.if_known() == Some(&true);
    let others = [
        ("pods", spec.pods.if_set().is_some()),
        ("directions", spec.directions.if_set().is_some()),
        ("allow_from", spec.allow_from.if_set().is_some()),
        ("allow_to", spec.allow_to.if_set().is_some()),
        ("allow_dns", dns),
    ];
    let others: Vec<String> = others
        .iter()
        .filter(|(_, written)| *written)
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !others.is_empty() {
        diagnostics.push(spec.raw.error(
            "Two forms of one policy",
            format!("`raw` is the whole policy, and {} is written beside it. Leave `raw` out, or say all of it in `raw`.", others.join(", ")),
        ));
    }
}

/// A rule for a direction that is not denied would have no effect.
fn check_directions(spec: &Spec, diagnostics: &mut Diagnostics) {
    let Some(directions) = spec.directions.if_set() else {
        return;
    };
    if directions.is_empty() {
        diagnostics.push(spec.directions.error(
            "Policy without a direction",
            "`directions` is empty, so that the policy would deny nothing and allow nothing. Name `ingress`, `egress` or both; left out, both are meant.",
        ));
        return;
    }
    let mut without = |direction: &Direction,
                       written: bool,
                       path: &Attr<Option<Vec<Peer>>>,
                       name: &str| {
        if written && !directions.contains(direction) {
            diagnostics.push(path.error(
                "Rule has no effect",
                format!("`{name}` allows traffic of a direction that `directions` does not deny. Add `{}` to `directions`, or leave `{name}` out.", direction.text()),
            ));
        }
    };
    let some =
        |peers: &Attr<Option<Vec<Peer>>>| peers.if_set().is_some_and(|peers| !peers.is_empty());
    without(
        &Direction::Ingress,
        some(&spec.allow_from),
        &spec.allow_from,
        "allow_from",
    );
    without(
        &Direction::Egress,
        some(&spec.allow_to),
        &spec.allow_to,
        "allow_to",
    );
    if spec.allow_dns.if_known() == Some(&true) && !directions.contains(&Direction::Egress) {
        diagnostics.push(spec.allow_dns.error(
            "Rule has no effect",
            "`allow_dns` is true and `directions` does not deny what the pods send, so that they can ask DNS anyway. Add `egress` to `directions`, or leave `allow_dns` out.",
        ));
    }
}

/// Kubernetes, `pkg/apis/networking/validation`: a range stands alone, and exceptions lie within it.
fn check_peer(peer: &Peer, diagnostics: &mut Diagnostics) {
    if peer.namespace.if_set().is_some() && peer.namespace_labels.if_set().is_some() {
        diagnostics.push(peer.namespace_labels.error(
            "Namespace is named twice",
            format!(
                "`{}` is set beside `namespace`. Leave one of the two out.",
                peer.namespace_labels.path()
            ),
        ));
    }
    let by_label = peer.namespace.if_set().is_some()
        || peer.namespace_labels.if_set().is_some()
        || peer.pods.if_set().is_some();
    if peer.cidr.if_set().is_some() && by_label {
        diagnostics.push(peer.cidr.error(
            "Range beside pods",
            format!("`{}` names addresses and its neighbours name namespaces or pods; one element names one of them. Write two elements.", peer.cidr.path()),
        ));
    }
    if let Some(except) = peer.except.if_set() {
        match peer.cidr.if_known() {
            Some(None) => diagnostics.push(peer.except.error(
                "Exceptions from nothing",
                format!(
                    "`{}` is set without `cidr`. Set `cidr`, or leave it out.",
                    peer.except.path()
                ),
            )),
            Some(Some(cidr)) => {
                let outside = except.iter().filter_map(Cidr::net).find(|range| {
                    cidr.net()
                        .is_some_and(|net| !net.contains(range) || net == *range)
                });
                if let Some(range) = outside {
                    diagnostics.push(peer.except.error(
                        "Exception is outside its range",
                        format!("`{}` names {range}, which is no part of {}. Name ranges within it and smaller than it.", peer.except.path(), cidr.text()),
                    ));
                }
            }
            None => {}
        }
    }
    check_keys(&peer.namespace_labels, diagnostics);
    check_keys(&peer.pods, diagnostics);
    for port in peer.ports.if_set().into_iter().flatten() {
        check_port(port, diagnostics);
    }
}

/// Kubernetes, `ValidateNetworkPolicyPort`.
fn check_port(port: &Port, diagnostics: &mut Diagnostics) {
    let (Some(first), Some(Some(last))) = (port.port.if_known(), port.end_port.if_known()) else {
        return;
    };
    let number: Option<i64> = first.as_ref().and_then(|first| first.as_ref().parse().ok());
    match number {
        None => diagnostics.push(port.end_port.error(
            "Range without a first number",
            format!("`{}` is {last} and `port` is no number. Write the range's first number as `port`, or leave `end_port` out.", port.end_port.path()),
        )),
        Some(first) if *last < first || *last > 65535 => diagnostics.push(port.end_port.error(
            "Invalid range of ports",
            format!("`{}` is {last}; it must be {first} to 65535.", port.end_port.path()),
        )),
        Some(_) => {}
    }
}

fn check_keys(labels: &Attr<Option<BTreeMap<String, LabelValue>>>, diagnostics: &mut Diagnostics) {
    let wrong: BTreeSet<String> = labels
        .if_set()
        .into_iter()
        .flatten()
        .filter_map(|(key, _)| Some(format!("{key:?}: {}", check_key(key).err()?)))
        .collect();
    for problem in wrong {
        diagnostics.push(labels.error(
            "Invalid label",
            format!("`{}` has the key {problem}. Wanted is a name of at most 63 letters, digits, `-`, `_` or `.`, with a domain and a slash before it if need be.", labels.path()),
        ));
    }
}
