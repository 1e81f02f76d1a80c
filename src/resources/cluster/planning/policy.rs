//! What a plan says about a change from one network policy to another.

use super::Cluster;
use crate::{
    framework::{Diagnostic, Planned, Text as _},
    resources::cluster::spec::{NetworkMode, NetworkPolicy, Spec},
};

/// How Azure gets from one policy to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// In one request.
    InPlace,
    /// By way of `none`.
    TwoSteps,
    /// Not at all.
    NewCluster,
}

/// The policies of AKS.
const POLICIES: [NetworkPolicy; 4] = [
    NetworkPolicy::Nothing,
    NetworkPolicy::Azure,
    NetworkPolicy::Calico,
    NetworkPolicy::Cilium,
];

/// From the policy of the row to that of the column. Recorded by azure-cli are `none` to and from `azure` and `calico`
/// (`test_aks_install_azure_npm`, `test_aks_uninstall_calico_npm` and their like); azurerm changes `azure` and `calico`
/// to `cilium` in place; and between those two AKS wants `none` first ("use network policies", "Change cluster network
/// policy"). Nothing leads off Cilium's data plane.
const WAYS: [[Way; 4]; 4] = {
    use Way::{InPlace, NewCluster, TwoSteps};
    [
        [InPlace, InPlace, InPlace, InPlace],
        [InPlace, InPlace, TwoSteps, InPlace],
        [InPlace, TwoSteps, InPlace, InPlace],
        [NewCluster, NewCluster, NewCluster, InPlace],
    ]
};

fn way(from: &NetworkPolicy, to: &NetworkPolicy) -> Option<Way> {
    let position = |policy| POLICIES.iter().position(|own| own == policy);
    WAYS.get(position(from)?)?.get(position(to)?).copied()
}

/// Cilium needs its data plane, which goes with overlay and with pod subnets (AKS, "Azure CNI powered by Cilium"; azurerm's
/// documentation of `network_policy`). A cluster that has it otherwise keeps it.
fn check_mode(spec: &Spec, plan: &Planned<'_, Cluster>) -> Result<(), Diagnostic> {
    let Some(network) = spec.network.if_known() else {
        return Ok(());
    };
    let prior = plan.prior.filter(|_| !plan.replaces);
    let before = prior.and_then(|prior| prior.spec.network.if_known());
    let is_kept =
        before.is_some_and(|before| before.mode == network.mode && before.policy == network.policy);
    if is_kept
        || network.mode.if_known() != Some(&NetworkMode::NodeSubnet)
        || network.policy.if_known() != Some(&NetworkPolicy::Cilium)
    {
        return Ok(());
    }
    Err(network.policy.error(
        "Cilium needs overlay",
        "`network.policy` is `cilium` (its default) and `network.mode` is `node_subnet`. Expected the mode `overlay`: of the modes that this resource creates, Azure offers Cilium with that one. Leave `network.mode` out, or set `network.policy` to `calico`.",
    ))
}

/// Refuses a change that Azure makes in two steps only, and Cilium where Azure does not offer it.
pub(super) fn check(spec: &Spec, plan: &Planned<'_, Cluster>) -> Result<(), Diagnostic> {
    check_mode(spec, plan)?;
    let (Some(prior), Some(network)) = (
        plan.prior.filter(|_| !plan.replaces),
        spec.network.if_known(),
    ) else {
        return Ok(());
    };
    let before = prior.spec.network.if_known();
    let (Some(from), Some(to)) = (
        before.and_then(|network| network.policy.if_known()),
        network.policy.if_known(),
    ) else {
        return Ok(());
    };
    if way(from, to) != Some(Way::TwoSteps) {
        return Ok(());
    }
    Err(network.policy.error(
        "Policy changes in two steps",
        format!(
            "`network.policy` changes from `{0}` to `{1}`, and Azure takes the one away before it installs the other. Apply `policy = \"none\"` first, with which network policies have no effect meanwhile, and `policy = \"{1}\"` after it.",
            from.text(),
            to.text(),
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_azures_and_calicos_engines_are_exchanged_in_two_steps() {
        let pairs = POLICIES
            .iter()
            .flat_map(|from| POLICIES.iter().map(move |to| (from, to)));
        let two_steps = pairs.filter(|(from, to)| way(from, to) == Some(Way::TwoSteps));

        let expected = [
            (&NetworkPolicy::Azure, &NetworkPolicy::Calico),
            (&NetworkPolicy::Calico, &NetworkPolicy::Azure),
        ];
        assert_eq!(two_steps.collect::<Vec<_>>(), expected);
    }
}
