//! What a plan says about versions of Kubernetes: whether the channel goes past one, whether Azure goes there from the
//! one that runs, and whether the region has it.

use crate::{
    azure::arm::{
        Location,
        kubernetes_version::{self, KubernetesVersions},
    },
    framework::{Call, Diagnostic, Failure, Planned, Text as _},
    resources::{
        Session,
        cluster::{
            Cluster, live,
            spec::{Spec, UpgradeChannel},
        },
        texts::KubernetesVersion,
    },
};

/// How an error about a version ends for a cluster that is there: a client plans before it destroys.
const TO_DESTROY: &str = " `terraform destroy -refresh=false` destroys all the same.";

/// Judges the version of a plan.
pub(super) async fn check(
    call: &Call<Session>,
    spec: &Spec,
    plan: &Planned<'_, Cluster>,
) -> Result<(), Failure> {
    let Some(wanted) = spec.kubernetes_version.if_set() else {
        return Ok(());
    };
    check_way(call, spec, wanted, plan).await?;
    let channel = spec.automatic_upgrade_channel.if_known();
    if (touches(plan, "kubernetes_version") || touches(plan, "automatic_upgrade_channel"))
        && let Some(warning) = channel.and_then(|channel| contradiction(spec, wanted, channel))
    {
        call.warn(warning);
    }
    Ok(())
}

/// Whether a plan makes the cluster or changes an attribute of it.
fn touches(plan: &Planned<'_, Cluster>, attribute: &str) -> bool {
    let mut changes = plan.changes.iter();
    plan.prior.is_none()
        || plan.replaces
        || changes.any(|change| change.path.to_string() == attribute)
}

/// Whether Azure goes from the version that runs to the one that is wanted.
async fn check_way(
    call: &Call<Session>,
    spec: &Spec,
    wanted: &KubernetesVersion,
    plan: &Planned<'_, Cluster>,
) -> Result<(), Failure> {
    let prior = plan.prior.filter(|_| !plan.replaces);
    let running = prior.and_then(|prior| prior.outputs.current_kubernetes_version.value());
    let running = running.map(|text| KubernetesVersion::other(text));
    if let (Some(prior), Some(running)) = (prior, &running)
        && wanted.precedes(running)
    {
        let mut channels = [spec, &prior.spec]
            .into_iter()
            .filter_map(|spec| spec.automatic_upgrade_channel.if_known());
        if !channels.any(|channel| live::is_ahead_by_itself(channel, wanted, running)) {
            call.warn(older(spec, wanted, running));
        }
        return Ok(());
    }
    if running
        .as_ref()
        .is_some_and(|running| wanted.covers(running))
        || !touches(plan, "kubernetes_version")
    {
        return Ok(());
    }
    let Some(location) = spec.location.if_known().map(AsRef::as_ref) else {
        return Ok(());
    };
    let Some(offered) = offered(call, spec, wanted, location).await? else {
        return Ok(());
    };
    if let Some(running) = &running {
        check_step(spec, wanted, running, &offered)?;
    }
    check_offered(spec, wanted, location, running.is_some(), &offered)
}

/// A version that the channel goes past by itself.
fn contradiction(
    spec: &Spec,
    wanted: &KubernetesVersion,
    channel: &UpgradeChannel,
) -> Option<Diagnostic> {
    let minor = wanted
        .minor()
        .map(|(major, minor)| format!("{major}.{minor}"))?;
    let (newer, advice) = match (channel, wanted.patch().is_some()) {
        (UpgradeChannel::Patch, true) => (
            "patches",
            format!("Write \"{minor}\", which stands for whichever of its patches runs"),
        ),
        (UpgradeChannel::Stable | UpgradeChannel::Rapid, true) => {
            ("versions", "Leave `kubernetes_version` out".to_owned())
        }
        (UpgradeChannel::Stable | UpgradeChannel::Rapid, false) => (
            "minors",
            format!(
                "Leave `kubernetes_version` out; or set `automatic_upgrade_channel = \"patch\"` to stay on {minor}"
            ),
        ),
        _ => return None,
    };
    let advice = if wanted.patch().is_some() {
        format!("{advice}; or set `automatic_upgrade_channel = \"none\"` to stay on this patch")
    } else {
        advice
    };
    Some(spec.kubernetes_version.warning(
        "Channel goes past the version",
        format!(
            "`kubernetes_version` is {}, and with `automatic_upgrade_channel = \"{}\"` Azure upgrades the cluster to newer {newer} by itself. That is then no change in a plan; `current_kubernetes_version` says what runs. {advice}.",
            wanted.text(),
            channel.text()
        ),
    ))
}

/// Whether the configuration or the cluster has moved, nobody can tell: a plan that only comes before a destroy must not
/// fail on it.
fn older(spec: &Spec, wanted: &KubernetesVersion, running: &KubernetesVersion) -> Diagnostic {
    spec.kubernetes_version.warning(
        "Version is older than the one that runs",
        format!(
            "`kubernetes_version` is {}, and {} runs; Azure takes no cluster back to an older version. An apply leaves the version as it is, and refuses to change anything else of the cluster. Write \"{}\", or leave it out.",
            wanted.text(),
            running.text(),
            live::written(wanted, running)
        ),
    )
}

/// What the region offers; `None` when it cannot be read, which is told.
async fn offered(
    call: &Call<Session>,
    spec: &Spec,
    wanted: &KubernetesVersion,
    location: &str,
) -> Result<Option<KubernetesVersions>, Failure> {
    let azure = call.client.azure()?;
    let request = kubernetes_version::list(azure.subscription_id(), &Location::new(location))
        .map_err(|error| Diagnostic::error("Invalid region", error.to_string()))?;
    let limits = crate::azure::Call {
        cancelled: call.cancelled.clone(),
        ..crate::azure::Call::default()
    };
    let answer = azure.read(&request, &limits).await;
    match answer.and_then(|response| response.json()) {
        Ok(offered) => Ok(Some(offered)),
        Err(error) => {
            call.warn(spec.kubernetes_version.warning(
                "Version could not be checked",
                format!("Which versions {location} offers could not be read: {error}. Apply will tell whether {} is one of them.", wanted.text()),
            ));
            Ok(None)
        }
    }
}

/// Azure goes from the version that runs to those its list names for it: one minor up, and from versions that only have
/// long-term support further (AKS, "upgrade a cluster").
fn check_step(
    spec: &Spec,
    wanted: &KubernetesVersion,
    running: &KubernetesVersion,
    offered: &KubernetesVersions,
) -> Result<(), Failure> {
    let (Some((_, to)), Some((_, from))) = (wanted.minor(), running.minor()) else {
        return Ok(());
    };
    let mut patches = offered
        .values
        .iter()
        .flatten()
        .flat_map(|minor| minor.patch_versions.iter().flatten());
    let upgrades = patches
        .find(|(patch, _)| patch.as_str() == running.as_str())
        .and_then(|(_, patch)| patch.upgrades.as_deref());
    let reached = upgrades.is_some_and(|upgrades| {
        let mut upgrades = upgrades.iter().map(|text| KubernetesVersion::other(text));
        upgrades.any(|upgrade| wanted.covers(&upgrade))
    });
    if reached || to <= from + 1 {
        return Ok(());
    }
    let detail = format!(
        "`kubernetes_version` is {}, and {} runs; Azure goes one minor at a time. Write \"1.{}\" first.{TO_DESTROY}",
        wanted.text(),
        running.text(),
        from + 1
    );
    Err(spec
        .kubernetes_version
        .error("Version skips a minor", detail)
        .into())
}

fn check_offered(
    spec: &Spec,
    wanted: &KubernetesVersion,
    location: &str,
    exists: bool,
    offered: &KubernetesVersions,
) -> Result<(), Failure> {
    let minors: Vec<_> = offered
        .values
        .iter()
        .flatten()
        .filter_map(|minor| Some((minor.version.clone()?, minor)))
        .collect();
    let known = minors.iter().any(|(version, minor)| {
        version == wanted.as_str()
            || minor
                .patch_versions
                .iter()
                .flatten()
                .any(|(patch, _)| patch == wanted.as_str())
    });
    if known || minors.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = minors.iter().map(|(version, _)| version.as_str()).collect();
    let patches = minors
        .iter()
        .find(|(version, _)| wanted.as_str().starts_with(&format!("{version}.")));
    let patches = patches.map(|(_, minor)| {
        minor
            .patch_versions
            .iter()
            .flatten()
            .map(|(patch, _)| patch.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    });
    let choice = patches.map_or_else(
        || names.join(", "),
        |patches| format!("{patches}, or the minors {}", names.join(", ")),
    );
    let end = if exists { TO_DESTROY } else { "" };
    let detail = format!(
        "`kubernetes_version` is {}, which {location} does not offer. It offers {choice}.{end}",
        wanted.text()
    );
    Err(spec
        .kubernetes_version
        .error("Version is not offered", detail)
        .into())
}
