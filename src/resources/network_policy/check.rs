//! What can be judged about a specification without asking anybody.

use std::collections::{BTreeMap, BTreeSet};

use super::spec::{Direction, Peer, Port, Spec};
use crate::{
    framework::{Attr, Blocks, Diagnostic, Diagnostics, Text as _},
    resources::{
        namespace::is_the_clusters_own,
        texts::{Cidr, LabelValue, check_key},
    },
    value::Path,
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
    let mut without = |direction: &Direction, peers: &Attr<Option<Blocks<Peer>>>, name: &str| {
        if peers.if_set().is_some() && !directions.contains(direction) {
            diagnostics.push(peers.error(
                "Rule has no effect",
                format!("`{name}` allows traffic of a direction that `directions` does not deny. Add `{}` to `directions`, or leave `{name}` out.", direction.text()),
            ));
        }
    };
    without(&Direction::Ingress, &spec.allow_from, "allow_from");
    without(&Direction::Egress, &spec.allow_to, "allow_to");
    if spec.allow_dns.if_known() == Some(&true) && !directions.contains(&Direction::Egress) {
        diagnostics.push(spec.allow_dns.error(
            "Rule has no effect",
            "`allow_dns` is true and `directions` does not deny what the pods send, so that they can ask DNS anyway. Add `egress` to `directions`, or leave `allow_dns` out.",
        ));
    }
}

/// Kubernetes, `pkg/apis/networking/validation`: a range stands alone, and exceptions lie within it.
fn check_peer(peer: &Peer, diagnostics: &mut Diagnostics) {
    check_who(peer, diagnostics);
    if let Some(except) = peer.except.if_set() {
        match peer.cidr.if_known() {
            Some(None) => diagnostics.push(peer.except.error(
                "Exceptions from nothing",
                format!(
                    "{} is set without `cidr`. Set `cidr`, or leave it out.",
                    peer.except.path().subject()
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
                        format!("{} names {range}, which is not part of {}. Name ranges within it and smaller than it.", peer.except.path().subject(), cidr.text()),
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

/// Who is meant is said, and said in one way: in Kubernetes' own rule, naming nobody means everybody.
fn check_who(peer: &Peer, diagnostics: &mut Diagnostics) {
    let ways = peer.ways();
    let written: Vec<&str> = ways
        .iter()
        .filter(|(_, written)| *written == Some(true))
        .map(|(name, _)| *name)
        .collect();
    let is_known = ways.iter().all(|(_, written)| written.is_some()) && is_rest_known(peer);
    match peer.anyone.if_known() {
        Some(false) if is_known && written.is_empty() => diagnostics.push(peer.anyone.error(
            "No peer is named",
            format!(
                "{} is false, and nothing else says who is meant. Expected one of {}, or `anyone = true`, which means all pods of the cluster and all addresses outside it.",
                peer.anyone.path().subject(),
                ways.map(|(name, _)| format!("`{name}`")).join(", ")
            ),
        )),
        Some(true) if !written.is_empty() => diagnostics.push(peer.anyone.error(
            "Anyone beside named peers",
            format!(
                "{} is true, and `{}` is set beside it. Remove one of the two: what `anyone` allows includes the other.",
                peer.anyone.path().subject(),
                written.join("`, `")
            ),
        )),
        _ => {}
    }
    let mut exclude = |one: &str, others: &[&str], place: &Path| {
        let other = others.iter().find(|other| written.contains(other));
        if let (true, Some(other)) = (written.contains(&one), other) {
            diagnostics.push(
                Diagnostic::error(
                    "One block means two",
                    format!(
                        "{} is set beside `{other}`, and one block has one of the two. Remove one of them, or write two blocks.",
                        place.subject()
                    ),
                )
                .at(place),
            );
        }
    };
    exclude(
        "namespace_labels",
        &["namespace"],
        peer.namespace_labels.path(),
    );
    let by_name = ["namespace", "namespace_labels"];
    exclude("any_namespace", &by_name, peer.any_namespace.path());
    exclude("any_pod", &["pods"], peer.any_pod.path());
    let by_label = [
        "namespace",
        "namespace_labels",
        "any_namespace",
        "pods",
        "any_pod",
    ];
    exclude("cidr", &by_label, peer.cidr.path());
}

/// Whether what does not say who is meant is known. Nothing is told of a block that is still being put together.
fn is_rest_known(peer: &Peer) -> bool {
    let is_port_known = |port: &Port| {
        port.port.if_known().is_some()
            && port.end_port.if_known().is_some()
            && port.protocol.if_known().is_some()
    };
    let ports = peer.ports.if_known().map(Option::as_ref);
    let ports = ports.map(|ports| ports.into_iter().flatten().all(is_port_known));
    peer.except.if_known().is_some() && ports == Some(true)
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
            format!("{} is {last} and `port` is not a number. Write the range's first number as `port`, or leave `end_port` out.", port.end_port.path().subject()),
        )),
        Some(first) if *last < first || *last > 65535 => diagnostics.push(port.end_port.error(
            "Invalid range of ports",
            format!("{} is {last}; it must be {first} to 65535.", port.end_port.path().subject()),
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
            format!("{} has the key {problem}. Expected a name of at most 63 letters, digits, `-`, `_` or `.`, with a domain and a slash before it if need be.", labels.path().subject()),
        ));
    }
}
