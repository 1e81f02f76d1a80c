//! What enforces the policies of a cluster, and which parts of a policy it does not.

use ipnet::IpNet;
use k8s_openapi::{
    api::networking::v1::{IPBlock, NetworkPolicyPort, NetworkPolicySpec},
    apimachinery::pkg::util::intstr::IntOrString,
};

use crate::{azure::arm::managed_cluster::ManagedCluster, framework::Diagnostic, value::Path};

/// What enforces network policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Engine {
    kind: Kind,
    /// Ranges of the pods' addresses.
    pods: Vec<IpNet>,
    /// Whether there are nodes with Windows.
    windows: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Nothing,
    Cilium,
    NetworkPolicyManager,
    Other,
}

impl Engine {
    /// The engine of a cluster.
    pub(crate) fn of(cluster: &ManagedCluster) -> Self {
        let properties = cluster.properties.clone().unwrap_or_default();
        let network = properties.network_profile.unwrap_or_default();
        let is = |word: &str, wanted: &Option<String>| {
            wanted
                .as_deref()
                .is_some_and(|found| found.eq_ignore_ascii_case(word))
        };
        let policy = &network.network_policy;
        let kind = if is("cilium", policy) {
            Kind::Cilium
        } else if is("azure", policy) {
            Kind::NetworkPolicyManager
        } else if policy.as_deref().is_none_or(str::is_empty) || is("none", policy) {
            Kind::Nothing
        } else {
            Kind::Other
        };
        let ranges = network.pod_cidrs.unwrap_or_default();
        let pods = ranges
            .iter()
            .chain(&network.pod_cidr)
            .filter_map(|range| range.parse().ok())
            .collect();
        let windows = properties
            .agent_pool_profiles
            .iter()
            .flatten()
            .any(|pool| is("windows", &pool.os_type));
        Self {
            kind,
            pods,
            windows,
        }
    }

    /// The warning that policies do nothing, where they do; `what` is what would be denied.
    pub(crate) fn no_effect(&self, what: &str, path: &Path) -> Option<Diagnostic> {
        (self.kind == Kind::Nothing).then(|| {
            Diagnostic::warning(
                "Nothing enforces network policies",
                format!("The cluster has `networkPolicy: none`, with which {what} is accepted and has no effect: all traffic stays allowed. Set `network.policy` of the cluster to `cilium` (with `az`: `az aks update --network-policy cilium --network-dataplane cilium`)."),
            )
            .at(path)
        })
    }

    /// The warning about an engine that ends.
    pub(crate) fn retirement(&self, path: &Path) -> Option<Diagnostic> {
        (self.kind == Kind::NetworkPolicyManager).then(|| {
            Diagnostic::warning(
                "Azure Network Policy Manager ends",
                "The cluster enforces network policies with Azure Network Policy Manager, which Azure supports on Linux until 2028-09-30 and on Windows no longer. It holds up to 250 nodes or 20,000 pods. Move the cluster to Cilium.",
            )
            .at(path)
        })
    }

    /// What the engine does not enforce of `policy`. `place` gives the attribute of a field by the
    /// API server's path.
    pub(crate) fn limits(
        &self,
        policy: &NetworkPolicySpec,
        place: impl Fn(&str) -> Path,
    ) -> Vec<Diagnostic> {
        let blocks = blocks(policy);
        let mut told = Vec::new();
        match self.kind {
            Kind::Cilium => {
                let reached = blocks
                    .iter()
                    .filter_map(|(path, block)| self.unreached(block, &place(path)));
                told.extend(reached);
            }
            Kind::NetworkPolicyManager => {
                const MOST: usize = 4;
                if let Some((path, _)) = blocks.get(MOST) {
                    told.push(Diagnostic::warning(
                        "More ranges than the engine keeps apart",
                        format!("The policy names {} ranges of addresses; with more than {MOST} Azure Network Policy Manager may enforce some of them late or not at all. Split the policy, or move the cluster to Cilium.", blocks.len()),
                    ).at(&place(path)));
                }
            }
            Kind::Nothing | Kind::Other => {}
        }
        if self.windows {
            told.extend(windows(policy, &blocks, &place));
        }
        told
    }

    /// Cilium matches ranges against addresses outside the cluster only (AKS, "Azure CNI powered
    /// by Cilium", limitations).
    fn unreached(&self, block: &IPBlock, path: &Path) -> Option<Diagnostic> {
        let range: IpNet = block.cidr.parse().ok()?;
        let within = self
            .pods
            .iter()
            .find(|pods| pods.contains(&range) || range.contains(*pods));
        if range.prefix_len() > 0 && within.is_none() {
            return None;
        }
        let meant = within.map_or_else(
            || "every address".to_owned(),
            |pods| format!("the pods' own range {pods}"),
        );
        Some(
            Diagnostic::warning(
                "Range does not match pods or nodes",
                format!("{} is {range}, which covers {meant}; Cilium matches ranges with addresses outside the cluster only, and with no pod or node. For pods write another block with `any_namespace = true` (all pods) or with `namespace` and `pods`; if only addresses outside are meant, nothing needs to be done.", path.subject()),
            )
            .at(path),
        )
    }
}

/// Engines on Windows know no named ports and no exceptions (AKS, "use network policies").
fn windows(
    policy: &NetworkPolicySpec,
    blocks: &[(String, &IPBlock)],
    place: &impl Fn(&str) -> Path,
) -> Vec<Diagnostic> {
    let warn = |what: &str, path: &Path| {
        Diagnostic::warning(
            "Windows nodes do not enforce it",
            format!("The cluster has nodes with Windows, where {what} in network policies have no effect. Write numbers and plain ranges for pods that run there."),
        )
        .at(path)
    };
    let excepted = blocks
        .iter()
        .filter(|(_, block)| {
            block
                .except
                .as_ref()
                .is_some_and(|ranges| !ranges.is_empty())
        })
        .map(|(path, _)| {
            warn(
                "exceptions from ranges",
                &place(&path.replace(".cidr", ".except[0]")),
            )
        });
    let named = ports(policy)
        .into_iter()
        .filter(|(_, port)| matches!(port.port, Some(IntOrString::String(_))))
        .map(|(path, _)| warn("names of ports", &place(&path)));
    excepted.chain(named).collect()
}

/// Every range of a policy with the path of its `cidr`.
fn blocks(policy: &NetworkPolicySpec) -> Vec<(String, &IPBlock)> {
    let mut blocks = Vec::new();
    for (rule, ingress) in policy.ingress.iter().flatten().enumerate() {
        for (peer, from) in ingress.from.iter().flatten().enumerate() {
            if let Some(block) = &from.ip_block {
                blocks.push((
                    format!("spec.ingress[{rule}].from[{peer}].ipBlock.cidr"),
                    block,
                ));
            }
        }
    }
    for (rule, egress) in policy.egress.iter().flatten().enumerate() {
        for (peer, to) in egress.to.iter().flatten().enumerate() {
            if let Some(block) = &to.ip_block {
                blocks.push((
                    format!("spec.egress[{rule}].to[{peer}].ipBlock.cidr"),
                    block,
                ));
            }
        }
    }
    blocks
}

/// Every port of a policy with the path of its `port`.
fn ports(policy: &NetworkPolicySpec) -> Vec<(String, &NetworkPolicyPort)> {
    let mut found = Vec::new();
    for (rule, ingress) in policy.ingress.iter().flatten().enumerate() {
        for (index, port) in ingress.ports.iter().flatten().enumerate() {
            found.push((format!("spec.ingress[{rule}].ports[{index}].port"), port));
        }
    }
    for (rule, egress) in policy.egress.iter().flatten().enumerate() {
        for (index, port) in egress.ports.iter().flatten().enumerate() {
            found.push((format!("spec.egress[{rule}].ports[{index}].port"), port));
        }
    }
    found
}
