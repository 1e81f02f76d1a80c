//! Versions of Kubernetes in a cluster's body: forward, and never back.

use crate::{
    azure::arm::managed_cluster::Properties,
    framework::{Diagnostic, Text as _},
    resources::{
        cluster::{live, spec::Spec},
        texts::KubernetesVersion,
    },
};

/// Asks for the version that is wanted, unless it runs or a newer one does: sending a minor again would not upgrade,
/// and sending another spelling of it might.
pub(super) fn upgrade(properties: &mut Properties, spec: &Spec) -> Result<(), Diagnostic> {
    let Some(wanted) = spec.kubernetes_version.known()? else {
        return Ok(());
    };
    let running = live::running(properties);
    if running.is_none_or(|running| !wanted.covers(&running) && !wanted.precedes(&running)) {
        properties.kubernetes_version = Some(wanted.text());
    }
    Ok(())
}

/// A pool follows its control plane in the same request, as `az aks upgrade` does it. Where the control plane is ahead
/// of what is wanted, Azure has upgraded it, and takes the pool along.
pub(super) fn upgrade_pool(properties: &mut Properties, spec: &Spec) -> Result<(), Diagnostic> {
    let Some(wanted) = spec.kubernetes_version.known()? else {
        return Ok(());
    };
    if live::running(properties).is_some_and(|running| wanted.precedes(&running)) {
        return Ok(());
    }
    let name = spec.system_pool.known()?.name.known()?;
    for pool in properties
        .agent_pool_profiles
        .iter_mut()
        .flatten()
        .filter(|pool| pool.name.as_deref() == Some(name.as_ref()))
    {
        let running = pool.current_orchestrator_version.as_deref();
        let running = running.or(pool.orchestrator_version.as_deref());
        let running = running.map(KubernetesVersion::other);
        if running.is_some_and(|running| !wanted.covers(&running) && !wanted.precedes(&running)) {
            pool.orchestrator_version = Some(wanted.text());
        }
    }
    Ok(())
}

/// Refuses a change of a cluster that runs a newer version than is wanted, unless its channel, the one it has or the
/// one it gets, upgrades past that version anyway. Nobody can tell whether Azure's version moved or the configuration.
pub(super) fn check_not_older(
    spec: &Spec,
    found: &Spec,
    properties: Option<&Properties>,
) -> Result<(), Diagnostic> {
    let (Some(wanted), Some(running)) = (
        spec.kubernetes_version.if_set(),
        properties.and_then(live::running),
    ) else {
        return Ok(());
    };
    let mut channels = [spec, found]
        .into_iter()
        .filter_map(|spec| spec.automatic_upgrade_channel.if_known());
    if !wanted.precedes(&running)
        || channels.any(|channel| live::is_ahead_by_itself(channel, wanted, &running))
    {
        return Ok(());
    }
    Err(spec.kubernetes_version.error(
        "Version is older than the one that runs",
        format!(
            "`kubernetes_version` is {}, and {} runs; Azure takes no cluster back to an older version. Nothing was changed. Write \"{}\", or leave it out.",
            wanted.text(),
            running.text(),
            live::written(wanted, &running),
        ),
    ))
}
