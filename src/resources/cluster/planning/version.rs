//! What a plan says about versions of Kubernetes: whether the channel goes past one, whether Azure goes there from the
//! one that runs, and whether the region has it.

use crate::{
    azure::arm::{
        Location,
        kubernetes_version::{self, KubernetesVersion as OfferedMinor, KubernetesVersions},
    },
    framework::{Call, Diagnostic, Failure, Planned, Text as _},
    resources::{
        Session,
        cluster::{
            Cluster, live,
            spec::{Spec, SupportPlan, UpgradeChannel},
        },
        texts::KubernetesVersion,
    },
};

/// Judges the version of a plan, and the support plan it is offered with.
pub(super) async fn check(
    call: &Call<Session>,
    spec: &Spec,
    plan: &Planned<'_, Cluster>,
) -> Result<(), Failure> {
    let prior = plan.prior.filter(|_| !plan.replaces);
    let wanted = spec.kubernetes_version.if_set();
    let running = prior.and_then(|prior| prior.outputs.current_kubernetes_version.value());
    let running = running.map(|text| KubernetesVersion::other(text));
    check_way(call, spec, plan, wanted, running.as_ref()).await?;
    let Some(wanted) = wanted else { return Ok(()) };
    let channel = spec.automatic_upgrade_channel.if_known();
    if (touches(plan, "kubernetes_version") || touches(plan, "automatic_upgrade_channel"))
        && let Some(warning) = channel.and_then(|channel| contradiction(spec, wanted, channel))
    {
        call.warn(warning);
    }
    if let (Some(prior), Some(running)) = (prior, &running)
        && wanted.precedes(running)
    {
        let mut channels = [spec, &prior.spec]
            .into_iter()
            .filter_map(|spec| spec.automatic_upgrade_channel.if_known());
        if !channels.any(|channel| live::is_ahead_by_itself(channel, wanted, running)) {
            call.warn(older(spec, wanted, running));
        }
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

/// Whether Azure goes from the version that runs to the one that is wanted, and has the one that runs then with the
/// support plan that is wanted.
async fn check_way(
    call: &Call<Session>,
    spec: &Spec,
    plan: &Planned<'_, Cluster>,
    wanted: Option<&KubernetesVersion>,
    running: Option<&KubernetesVersion>,
) -> Result<(), Failure> {
    let stays = |wanted: &&KubernetesVersion| {
        running.is_some_and(|running| wanted.covers(running) || wanted.precedes(running))
    };
    let moves = wanted
        .filter(|wanted| !stays(wanted))
        .filter(|_| touches(plan, "kubernetes_version"));
    let (Some(then), Some(location)) = (
        moves.or(running.filter(|_| touches(plan, "support_plan"))),
        spec.location.if_known().map(AsRef::as_ref),
    ) else {
        return Ok(());
    };
    let Some(offered) = offered(call, spec, then, location).await? else {
        return Ok(());
    };
    if let Some(wanted) = moves {
        if let Some(running) = running {
            check_step(spec, wanted, running, &offered)?;
        }
        check_offered(spec, wanted, location, &offered)?;
    }
    check_support(spec, then, location, &offered)
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

/// The minors that are offered with a support plan.
fn offered_with<'a>(plan: Option<&SupportPlan>, offered: &'a KubernetesVersions) -> Vec<&'a str> {
    let minors = offered.values.iter().flatten();
    let minors = minors.filter(|minor| plan.is_none_or(|plan| has(minor, plan)));
    minors
        .filter_map(|minor| minor.version.as_deref())
        .collect()
}

/// Whether a minor is offered with a support plan. One that does not say it is offered with any.
fn has(minor: &OfferedMinor, plan: &SupportPlan) -> bool {
    let plans = minor.capabilities.as_ref();
    let plans = plans.and_then(|capabilities| capabilities.support_plan.as_ref());
    plans.is_none_or(|plans| plans.is_empty() || plans.contains(&plan.text()))
}

/// The oldest versions are offered with long-term support alone, and cannot go on without it (AKS, "long-term
/// support"); a preview is offered without.
fn check_support(
    spec: &Spec,
    then: &KubernetesVersion,
    location: &str,
    offered: &KubernetesVersions,
) -> Result<(), Failure> {
    let of_minor = |minor: &&OfferedMinor| {
        let version = minor.version.as_deref().map(KubernetesVersion::other);
        version.is_some_and(|version| version.minor() == then.minor())
    };
    let (Some(plan), Some(minor)) = (
        spec.support_plan.if_known(),
        offered.values.iter().flatten().find(of_minor),
    ) else {
        return Ok(());
    };
    if has(minor, plan) {
        return Ok(());
    }
    let (other, advice) = if *plan == SupportPlan::LongTerm {
        (SupportPlan::Official, "leave `support_plan` out")
    } else {
        (
            SupportPlan::LongTerm,
            "set `support_plan = \"AKSLongTermSupport\"` and `tier = \"Premium\"`",
        )
    };
    let summary = "Version needs another support plan";
    let detail = |found: &str| {
        format!(
            "{found}, which {location} offers with the support plan `{}` alone, and `support_plan` is `{}`. Either {advice}, or choose one of the versions {}.",
            other.text(),
            plan.text(),
            offered_with(Some(plan), offered).join(", "),
        )
    };
    Err(match spec.kubernetes_version.if_set() {
        Some(wanted) if wanted == then => spec.kubernetes_version.error(
            summary,
            detail(&format!("`kubernetes_version` is {}", then.text())),
        ),
        _ => spec
            .support_plan
            .error(summary, detail(&format!("{} runs", then.text()))),
    }
    .into())
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
        "`kubernetes_version` is {}, and {} runs; Azure goes one minor at a time. Write \"1.{}\" first.",
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
    let names = offered_with(spec.support_plan.if_known(), offered);
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
    let detail = format!(
        "`kubernetes_version` is {}, which {location} does not offer. It offers {choice}.",
        wanted.text()
    );
    Err(spec
        .kubernetes_version
        .error("Version is not offered", detail)
        .into())
}
