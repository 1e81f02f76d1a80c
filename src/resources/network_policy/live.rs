//! From a live policy to a state. Pure; every policy reads, whoever made it.

use k8s_openapi::api::networking::v1::{NetworkPolicy, NetworkPolicySpec};

use super::{
    body,
    meaning::meaning,
    outputs::Outputs,
    place::Place,
    raw::PolicyText,
    short::{Short, short},
    spec::{Direction, Spec},
};
use crate::{
    framework::{Attr, Text as _},
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

/// The short form, where nothing and an empty collection are written as they were before.
fn spelled(short: Short, prior: Option<&Spec>, rebuilt: Spec) -> Spec {
    let written = |is_set: fn(&Spec) -> bool| prior.is_some_and(is_set);
    let pods = !short.pods.is_empty() || written(|prior| prior.pods.if_set().is_some());
    let from = !short.allow_from.is_empty() || written(|prior| prior.allow_from.if_set().is_some());
    let to = !short.allow_to.is_empty() || written(|prior| prior.allow_to.if_set().is_some());
    let both = short.directions.len() == 2
        && short.directions.contains(&Direction::Ingress)
        && short.directions.contains(&Direction::Egress);
    let directions = !both || written(|prior| prior.directions.if_set().is_some());
    Spec {
        pods: pods.then_some(short.pods).into(),
        directions: directions.then_some(short.directions).into(),
        allow_from: from.then_some(short.allow_from).into(),
        allow_to: to.then_some(short.allow_to).into(),
        allow_dns: short.allow_dns.into(),
        ..rebuilt
    }
}
