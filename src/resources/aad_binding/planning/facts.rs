//! How a cluster signs people in, which rules out some bindings.

use crate::{
    azure::arm::ResourceId,
    framework::{Diagnostic, Failure},
    resources::{
        aad_binding::spec::Spec,
        inside::{Inside, PlannedCluster},
    },
};

/// How the cluster signs people in, by Azure's word, rules out some bindings.
pub(super) async fn judge(inside: &Inside<'_>, spec: &Spec) -> Result<(), Failure> {
    // Whoever may not read the cluster, or one that comes with this apply, is told by the apply.
    let Ok(facts) = inside.cluster.facts(&inside.limits).await else {
        return Ok(());
    };
    let profile = facts
        .properties
        .as_ref()
        .and_then(|properties| properties.aad_profile.as_ref());
    let id = inside.cluster.id().as_str();
    if profile.is_none() {
        return Err(without_entra(spec, id).into());
    }
    if spec.is_azures() && profile.and_then(|profile| profile.enable_azure_rbac) != Some(true) {
        return Err(without_azure_rbac(spec, id).into());
    }
    Ok(())
}

/// The same of a cluster that this plan has looked at before, as it will be.
pub(super) fn judge_planned(
    planned: &PlannedCluster,
    cluster: &ResourceId,
    spec: &Spec,
) -> Result<(), Diagnostic> {
    let cluster = format!("{cluster}, as this plan leaves it,");
    if !planned.entra {
        return Err(without_entra(spec, &cluster));
    }
    if spec.is_azures() && !planned.azure_rbac {
        return Err(without_azure_rbac(spec, &cluster));
    }
    Ok(())
}

fn without_entra(spec: &Spec, cluster: &str) -> Diagnostic {
    spec.cluster_id.error(
        "Cluster has no sign-in with Microsoft Entra",
        format!("{cluster} does not know users and groups of Microsoft Entra, so no one could use the binding. Turn the sign-in on (`entra` in `secureaks_cluster`, or `az aks update --enable-aad`) first."),
    )
}

fn without_azure_rbac(spec: &Spec, cluster: &str) -> Diagnostic {
    spec.mode.error(
        "Cluster does not ask Azure about rights",
        format!("`mode` is \"azure_rbac\", and {cluster} decides about rights by Kubernetes' own role bindings alone, so roles of Azure have no effect. Turn on `entra.azure_rbac` (`az aks update --enable-azure-rbac`), or use `mode = \"kubernetes\"`."),
    )
}
