//! Network policies (Kubernetes, `pkg/apis/networking/validation`).

use ipnet::IpNet;
use serde_json::Value;

use super::super::status::Cause;
use super::field::{Path, items, text};
use super::name::{port_name, port_number, selector};

const TYPES: [&str; 2] = ["Ingress", "Egress"];

pub(super) fn network_policy(object: &Value) -> Vec<Cause> {
    let path = Path::new("spec");
    let spec = object.get("spec").cloned().unwrap_or_default();
    let pods = spec.get("podSelector").cloned().unwrap_or_default();
    let mut causes = selector(&pods, &path.child("podSelector"));
    for (direction, peers) in [("ingress", "from"), ("egress", "to")] {
        for (index, rule) in items(&spec, direction).enumerate() {
            let path = path.child(direction).index(index);
            for (index, one) in items(rule, "ports").enumerate() {
                causes.extend(port(one, &path.child("ports").index(index)));
            }
            for (index, one) in items(rule, peers).enumerate() {
                causes.extend(peer(one, &path.child(peers).index(index)));
            }
        }
    }
    let path = path.child("policyTypes");
    let types: Vec<&Value> = items(&spec, "policyTypes").collect();
    if types.len() > TYPES.len() {
        let value = spec.get("policyTypes").cloned().unwrap_or_default();
        causes.push(path.invalid(&value, "may not specify more than two policyTypes"));
        return causes;
    }
    for (index, one) in types.into_iter().enumerate() {
        let one = one.as_str().unwrap_or_default();
        if !TYPES.contains(&one) {
            causes.push(path.index(index).not_supported(one, &TYPES));
        }
    }
    causes
}

fn port(port: &Value, path: &Path) -> Vec<Cause> {
    let mut causes = Vec::new();
    if let Some(protocol) = port.get("protocol").and_then(Value::as_str) {
        let protocols = ["TCP", "UDP", "SCTP"];
        if !protocols.contains(&protocol) {
            causes.push(path.child("protocol").not_supported(protocol, &protocols));
        }
    }
    let end = port.get("endPort").filter(|end| !end.is_null());
    match port.get("port").filter(|port| !port.is_null()) {
        Some(Value::String(name)) => {
            if let Some(end) = end {
                let text = "may not be specified when `port` is non-numeric";
                causes.push(path.child("endPort").invalid(end, text));
            }
            for problem in port_name(name) {
                causes.push(path.child("port").invalid_text(name, problem));
            }
        }
        Some(number) => {
            let first = number.as_i64().unwrap_or_default();
            if let Some(problem) = port_number(first) {
                causes.push(path.child("port").invalid(number, problem));
            }
            if let Some(end) = end {
                let last = end.as_i64().unwrap_or_default();
                if last < first {
                    let text = "must be greater than or equal to `port`";
                    causes.push(path.child("endPort").invalid(end, text));
                }
                if let Some(problem) = port_number(last) {
                    causes.push(path.child("endPort").invalid(end, problem));
                }
            }
        }
        None => {
            if let Some(end) = end {
                let text = "may not be specified when `port` is not specified";
                causes.push(path.child("endPort").invalid(end, text));
            }
        }
    }
    causes
}

fn peer(peer: &Value, path: &Path) -> Vec<Cause> {
    let mut causes = Vec::new();
    let part = |name: &str| peer.get(name).filter(|part| part.is_object());
    let selectors = ["podSelector", "namespaceSelector"];
    for name in selectors {
        if let Some(own) = part(name) {
            causes.extend(selector(own, &path.child(name)));
        }
    }
    let selected = selectors.iter().any(|name| part(name).is_some());
    let block = part("ipBlock");
    if let Some(block) = block {
        causes.extend(ip_block(block, &path.child("ipBlock")));
    }
    match (selected, block) {
        (false, None) => causes.push(path.required("must specify a peer")),
        (true, Some(_)) => {
            causes.push(path.forbidden("may not specify both ipBlock and another peer"));
        }
        _ => {}
    }
    causes
}

fn ip_block(block: &Value, path: &Path) -> Vec<Cause> {
    let text_of = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let wrong = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    let cidr = text(block, "cidr");
    if cidr.is_empty() {
        return vec![path.child("cidr").required("")];
    }
    let Ok(whole) = cidr.parse::<IpNet>() else {
        return vec![path.child("cidr").invalid_text(cidr, wrong)];
    };
    let mut causes = Vec::new();
    for (index, except) in items(block, "except").map(text_of).enumerate() {
        let path = path.child("except").index(index);
        match except.parse::<IpNet>() {
            Err(_) => causes.push(path.invalid_text(&except, wrong)),
            Ok(part)
                if !whole.contains(&part.network()) || whole.prefix_len() >= part.prefix_len() =>
            {
                let text = "must be a strict subset of `cidr`";
                causes.push(path.invalid_text(&except, text));
            }
            Ok(_) => {}
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(spec: &Value) -> Vec<(String, String)> {
        let causes = network_policy(&json!({ "spec": spec }));
        causes
            .into_iter()
            .map(|cause| (cause.field, cause.message))
            .collect()
    }

    #[test]
    fn denying_everything_and_allowing_name_resolution_is_valid() {
        let spec = json!({
            "podSelector": {},
            "policyTypes": ["Ingress", "Egress"],
            "egress": [{
                "to": [{
                    "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": "kube-system" } },
                    "podSelector": { "matchLabels": { "k8s-app": "kube-dns" } },
                }],
                "ports": [{ "port": 53, "protocol": "UDP" }, { "port": 53, "endPort": 54 }],
            }],
        });

        assert_eq!(wrong(&spec), []);
    }

    #[test]
    fn ports_peers_and_types_are_checked_where_they_stand() {
        let cases = [
            (
                json!({ "ingress": [{ "ports": [{ "port": 70_000 }] }] }),
                "spec.ingress[0].ports[0].port",
                "Invalid value: 70000: must be between 1 and 65535, inclusive",
            ),
            (
                json!({ "ingress": [{ "ports": [{ "port": 20, "endPort": 10 }] }] }),
                "spec.ingress[0].ports[0].endPort",
                "Invalid value: 10: must be greater than or equal to `port`",
            ),
            (
                json!({ "egress": [{ "to": [{}] }] }),
                "spec.egress[0].to[0]",
                "Required value: must specify a peer",
            ),
            (
                json!({ "egress": [{ "to": [{ "ipBlock": { "cidr": "10.0.0.0" } }] }] }),
                "spec.egress[0].to[0].ipBlock.cidr",
                "Invalid value: \"10.0.0.0\": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)",
            ),
            (
                json!({ "egress": [{ "to": [{ "ipBlock": { "cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"] } }] }] }),
                "spec.egress[0].to[0].ipBlock.except[0]",
                "Invalid value: \"11.0.0.0/16\": must be a strict subset of `cidr`",
            ),
            (
                json!({ "policyTypes": ["Outgress"] }),
                "spec.policyTypes[0]",
                "Unsupported value: \"Outgress\": supported values: \"Ingress\", \"Egress\"",
            ),
        ];

        for (spec, field, message) in cases {
            assert_eq!(wrong(&spec), [(field.to_owned(), message.to_owned())]);
        }
    }
}
