//! The version that runs, in the words of the one that was asked for.

use crate::{
    azure::arm::managed_cluster::Properties,
    framework::Text as _,
    resources::{
        cluster::spec::{Spec, UpgradeChannel},
        texts::KubernetesVersion,
    },
};

/// The version that runs.
pub(in crate::resources::cluster) fn running(properties: &Properties) -> Option<KubernetesVersion> {
    let current = properties.current_kubernetes_version.as_deref();
    let running = current.or(properties.kubernetes_version.as_deref());
    running.map(KubernetesVersion::other)
}

/// The version of a state: the one before, as long as the cluster's own channel may have gone past it.
pub(super) fn read(
    properties: &Properties,
    channel: &UpgradeChannel,
    prior: Option<&Spec>,
) -> Option<KubernetesVersion> {
    let running = running(properties)?;
    let before = prior.and_then(|prior| prior.kubernetes_version.if_set());
    let overtaken = before.filter(|before| is_ahead_by_itself(channel, before, &running));
    Some(overtaken.cloned().unwrap_or(running))
}

/// Whether `running` is newer than what was `asked` for because `channel` upgrades by itself: `patch` within a
/// minor, `stable` and `rapid` to other minors as well (AKS, "automatically upgrade a cluster").
pub(in crate::resources::cluster) fn is_ahead_by_itself(
    channel: &UpgradeChannel,
    asked: &KubernetesVersion,
    running: &KubernetesVersion,
) -> bool {
    let reaches = match channel {
        UpgradeChannel::Patch => asked.minor() == running.minor(),
        UpgradeChannel::Stable | UpgradeChannel::Rapid => true,
        UpgradeChannel::NodeImage | UpgradeChannel::Nothing | UpgradeChannel::Other(_) => false,
    };
    reaches && asked.precedes(running)
}

/// What to write for the version that runs, as exactly as the one that was `asked` for.
pub(in crate::resources::cluster) fn written(
    asked: &KubernetesVersion,
    running: &KubernetesVersion,
) -> String {
    match running.minor().filter(|_| asked.patch().is_none()) {
        Some((major, minor)) => format!("{major}.{minor}"),
        None => running.text(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_channel_goes_past_a_version_as_far_as_it_upgrades() {
        let channels = ["patch", "stable", "rapid", "node-image", "none", "warp"];
        let pairs = [("1.34.8", "1.34.9"), ("1.34", "1.35.1"), ("1.35", "1.34.9")];

        let ahead = channels.map(|channel| {
            let channel = UpgradeChannel::other(channel);
            pairs.map(|(asked, running)| {
                let version = KubernetesVersion::other;
                is_ahead_by_itself(&channel, &version(asked), &version(running))
            })
        });

        let expected = [
            [true, false, false],
            [true, true, false],
            [true, true, false],
            [false; 3],
            [false; 3],
            [false; 3],
        ];
        assert_eq!(ahead, expected);
    }
}
