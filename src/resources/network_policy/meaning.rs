//! What a policy means, so that two spellings of one policy are equal: the pods it is for, the
//! directions it denies, and every pair of a peer and a port it allows.

use std::collections::BTreeSet;

use ipnet::IpNet;
use k8s_openapi::{
    api::networking::v1::{
        IPBlock, NetworkPolicyEgressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
    },
    apimachinery::pkg::{
        apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
        util::intstr::IntOrString,
    },
};

/// The meaning of a policy.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Meaning {
    pods: Pods,
    directions: BTreeSet<String>,
    ingress: BTreeSet<Allowed>,
    egress: BTreeSet<Allowed>,
}

/// Labels and expressions that all must hold.
pub(super) type Pods = (BTreeSet<(String, String)>, BTreeSet<Expression>);

/// Key, operator and values.
pub(super) type Expression = (String, String, BTreeSet<String>);

/// A peer and a port; `None` stands for any.
pub(super) type Allowed = (Option<Who>, Option<Port>);

/// Protocol, port, and the last port of a range.
pub(super) type Port = (String, Option<String>, Option<i32>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Clone)]
pub(super) struct Who {
    namespaces: Option<Pods>,
    pods: Option<Pods>,
    block: Option<(String, BTreeSet<String>)>,
}

/// What `policy` means.
pub(crate) fn meaning(policy: &NetworkPolicySpec) -> Meaning {
    let ingress = policy.ingress.as_deref().unwrap_or_default();
    let egress = policy.egress.as_deref().unwrap_or_default();
    let all = LabelSelector::default();
    Meaning {
        pods: selected(policy.pod_selector.as_ref().unwrap_or(&all)),
        directions: directions(policy),
        ingress: ingress
            .iter()
            .flat_map(|rule| allowed(rule.from.as_deref(), rule.ports.as_deref()))
            .collect(),
        egress: egress.iter().flat_map(sent).collect(),
    }
}

/// What one egress rule allows.
pub(super) fn sent(rule: &NetworkPolicyEgressRule) -> BTreeSet<Allowed> {
    allowed(rule.to.as_deref(), rule.ports.as_deref())
}

/// The directions a policy denies, `Ingress` and `Egress`. Left out they follow from its rules
/// (Kubernetes, `pkg/apis/networking/v1/defaults.go`).
pub(crate) fn directions(policy: &NetworkPolicySpec) -> BTreeSet<String> {
    match policy.policy_types.as_deref() {
        Some(types) if !types.is_empty() => types.iter().cloned().collect(),
        _ => {
            let sends = policy
                .egress
                .as_ref()
                .is_some_and(|rules| !rules.is_empty());
            let egress = sends.then(|| "Egress".to_owned());
            ["Ingress".to_owned()].into_iter().chain(egress).collect()
        }
    }
}

fn allowed(
    peers: Option<&[NetworkPolicyPeer]>,
    ports: Option<&[NetworkPolicyPort]>,
) -> BTreeSet<Allowed> {
    let peers = any_or(peers, who);
    let ports = any_or(ports, port);
    peers
        .iter()
        .flat_map(|peer| ports.iter().map(|port| (peer.clone(), port.clone())))
        .collect()
}

/// Each of a list, or one that stands for any when the list is empty or left out.
fn any_or<T, M>(list: Option<&[T]>, meaning: fn(&T) -> M) -> Vec<Option<M>> {
    match list {
        Some(list) if !list.is_empty() => list.iter().map(|item| Some(meaning(item))).collect(),
        _ => vec![None],
    }
}

fn who(peer: &NetworkPolicyPeer) -> Who {
    Who {
        namespaces: peer.namespace_selector.as_ref().map(selected),
        pods: peer.pod_selector.as_ref().map(selected),
        block: peer.ip_block.as_ref().map(block),
    }
}

fn block(block: &IPBlock) -> (String, BTreeSet<String>) {
    let range = |text: &String| {
        text.parse::<IpNet>()
            .map_or_else(|_| text.clone(), |net| net.to_string())
    };
    let except = block.except.iter().flatten().map(range).collect();
    (range(&block.cidr), except)
}

fn port(port: &NetworkPolicyPort) -> Port {
    let number_or_name = |port: &IntOrString| match port {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(name) => name.clone(),
    };
    (
        port.protocol.clone().unwrap_or_else(|| "TCP".to_owned()),
        port.port.as_ref().map(number_or_name),
        port.end_port,
    )
}

fn selected(selector: &LabelSelector) -> Pods {
    let expression = |expression: &LabelSelectorRequirement| {
        let values = expression.values.iter().flatten().cloned().collect();
        (expression.key.clone(), expression.operator.clone(), values)
    };
    (
        selector
            .match_labels
            .clone()
            .unwrap_or_default()
            .into_iter()
            .collect(),
        selector
            .match_expressions
            .iter()
            .flatten()
            .map(expression)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn means(policy: Json) -> Meaning {
        meaning(&serde_json::from_value(policy).unwrap())
    }

    #[test]
    fn what_is_left_out_means_what_the_service_puts_there() {
        let short = json!({ "egress": [{ "ports": [{ "port": 443 }] }] });
        let full = json!({
            "podSelector": {}, "policyTypes": ["Egress", "Ingress"], "ingress": [],
            "egress": [{ "to": [], "ports": [{ "port": 443, "protocol": "TCP" }] }],
        });

        assert_eq!(means(short), means(full));
    }

    #[test]
    fn the_order_and_grouping_of_rules_means_nothing() {
        let one = json!({ "ingress": [{
            "from": [{ "podSelector": { "matchLabels": { "a": "1" } } }, { "ipBlock": { "cidr": "10.0.0.0/8" } }],
            "ports": [{ "port": 80 }, { "port": "http", "protocol": "UDP" }],
        }] });
        let four = json!({ "ingress": [
            { "from": [{ "ipBlock": { "cidr": "10.0.0.0/8", "except": [] } }], "ports": [{ "port": "http", "protocol": "UDP" }] },
            { "from": [{ "ipBlock": { "cidr": "10.0.0.0/8" } }], "ports": [{ "port": 80 }] },
            { "from": [{ "podSelector": { "matchLabels": { "a": "1" } } }], "ports": [{ "port": 80 }] },
            { "from": [{ "podSelector": { "matchLabels": { "a": "1" } } }], "ports": [{ "port": "http", "protocol": "UDP" }] },
        ] });

        assert_eq!(means(one), means(four));
    }

    #[test]
    fn no_rule_and_a_rule_for_everything_are_opposites() {
        assert_ne!(
            means(json!({ "ingress": [] })),
            means(json!({ "ingress": [{}] }))
        );
    }

    #[test]
    fn an_empty_selector_is_not_a_missing_one() {
        let everywhere =
            json!({ "ingress": [{ "from": [{ "namespaceSelector": {}, "podSelector": {} }] }] });
        let here = json!({ "ingress": [{ "from": [{ "podSelector": {} }] }] });

        assert_ne!(means(everywhere), means(here));
    }
}
