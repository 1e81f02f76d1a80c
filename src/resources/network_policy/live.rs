//! From a live policy to a state. Pure; every policy reads, whoever made it.

use std::collections::BTreeSet;

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicySpec};

use super::{
    body,
    meaning::meaning,
    outputs::Outputs,
    place::Place,
    raw::PolicyText,
    short::{Short, short},
    spec::{Direction, Peer, Spec},
};
use crate::{
    framework::{Attr, Blocks, Text as _},
    resources::texts::{ClusterId, NamespaceName, ObjectName},
};

/// What the service says about a policy.
pub(super) fn outputs(place: &Place, found: &NetworkPolicy) -> Outputs {
    Outputs {
        uid: found.metadata.uid.clone().into(),
        generation: found.metadata.generation.into(),
        ..Outputs::of(place)
    }
}

/// The specification a live policy stands for. `prior` says how what can be said in several ways
/// was written.
pub(super) fn spec(place: &Place, policy: &NetworkPolicySpec, prior: Option<&Spec>) -> Spec {
    let unchanged = prior.filter(|prior| {
        body::policy(prior).is_ok_and(|wanted| meaning(&wanted) == meaning(policy))
    });
    let as_json = prior.is_some_and(|prior| prior.raw.if_set().is_some());
    let rebuilt = Spec {
        cluster_id: ClusterId::other(place.cluster.as_str()).into(),
        namespace: NamespaceName::other(&place.namespace).into(),
        name: ObjectName::other(&place.name).into(),
        pods: Attr::unset(),
        directions: Attr::unset(),
        allow_from: Attr::unset(),
        allow_to: Attr::unset(),
        allow_dns: false.into(),
        raw: Attr::unset(),
        force_conflicts: false.into(),
        timeouts: Attr::unset(),
    };
    match (unchanged, short(policy)) {
        // A policy has many spellings; what means the same stays as it was written.
        (Some(prior), _) => Spec {
            pods: prior.pods.clone(),
            directions: prior.directions.clone(),
            allow_from: prior.allow_from.clone(),
            allow_to: prior.allow_to.clone(),
            allow_dns: prior.allow_dns.clone(),
            raw: prior.raw.clone(),
            ..rebuilt
        },
        (None, Some(short)) if !as_json => spelled(short, prior, rebuilt),
        (None, _) => Spec {
            raw: Some(PolicyText::of(policy)).into(),
            ..rebuilt
        },
    }
}

/// The short form; both directions are written where they were before.
fn spelled(short: Short, prior: Option<&Spec>, rebuilt: Spec) -> Spec {
    let both = BTreeSet::from([Direction::Ingress, Direction::Egress]);
    let is_written = prior.is_some_and(|prior| prior.directions.if_set().is_some());
    let directions = (short.directions != both || is_written).then_some(short.directions);
    let peers = |peers: Vec<Peer>| (!peers.is_empty()).then(|| Blocks::from(peers)).into();
    Spec {
        pods: (!short.pods.is_empty()).then_some(short.pods).into(),
        directions: directions.into(),
        allow_from: peers(short.allow_from),
        allow_to: peers(short.allow_to),
        allow_dns: short.allow_dns.into(),
        ..rebuilt
    }
}
