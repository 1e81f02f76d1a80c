//! Why an exchange is not replayed, and why a field may differ although the simulator is right.
//!
//! A reason says what was different on the day of the recording, or why a value cannot come out twice.

use serde_json::Value;

use crate::recording::Recorded;

/// Why an exchange is left out.
pub(crate) fn left_out(scenario: &str, recorded: &Recorded) -> Option<&'static str> {
    let scenarios = [
        (
            "disk_encryption_set",
            "disk encryption sets are not simulated",
        ),
        ("key_vault", "Key Vault is not simulated"),
        (
            "lro_accepted_then_failed_storage",
            "storage is not simulated",
        ),
        ("managed_identity_federated", "no AKS in it"),
        ("vnet_subnet", "no AKS in it"),
        (
            "create_legacy_aad_then_update_to_managed",
            "legacy Entra integration: AKS has taken no new cluster with it since 2023-06-01 (aka.ms/aks/aad-legacy)",
        ),
        (
            "error_400_service_principal_not_found_retries",
            "a service principal that was not replicated yet, as a password credential of 2019",
        ),
    ];
    if let Some((_, reason)) = scenarios.iter().find(|(own, _)| *own == scenario) {
        return Some(reason);
    }
    if recorded.host != "management.azure.com" {
        return Some("not a request to Resource Manager");
    }
    if recorded.continued {
        return Some("a page after the last: how AKS cuts its lists is its storage's affair");
    }
    if recorded.status == 429 || recorded.status >= 500 {
        return Some("trouble of a moment, which faults play");
    }
    let key = recorded.key();
    let paths = [
        ("/roledefinitions", "all roles of Azure on that day"),
        (
            "/roleassignments",
            "whoever had roles in that subscription; the recorder blanked the principals",
        ),
        (
            "/deploymentsafeguards",
            "deployment safeguards are not simulated",
        ),
        (
            "/runcommand",
            "commands inside of a cluster are not simulated",
        ),
        (
            "/commandresults",
            "commands inside of a cluster are not simulated",
        ),
    ];
    paths
        .iter()
        .find(|(part, _)| key.contains(part))
        .map(|(_, reason)| *reason)
}

/// A field in which the simulator and Azure differ.
pub(crate) struct Difference<'a> {
    pub(crate) scenario: &'a str,
    pub(crate) recorded: &'a Recorded,
    /// Without the keys of lists.
    pub(crate) path: &'a str,
    pub(crate) azure: Option<&'a Value>,
    pub(crate) ours: Option<&'a Value>,
}

/// Why a field may differ, whatever its era.
pub(crate) fn of(difference: &Difference<'_>) -> Option<&'static str> {
    first(&REASONS, difference)
}

/// Why a field may differ of which the table of eras knows nothing.
pub(crate) fn later(difference: &Difference<'_>) -> Option<&'static str> {
    first(&LATER, difference)
}

fn first(
    reasons: &'static [(Holds, &'static str)],
    difference: &Difference<'_>,
) -> Option<&'static str> {
    let found = reasons.iter().find(|(holds, _)| holds(difference));
    found.map(|(_, reason)| *reason)
}

type Holds = fn(&Difference<'_>) -> bool;

const REASONS: [(Holds, &str); 7] = [
    (
        |it| it.recorded.polled().is_some() && it.path == "error",
        "an operation shows the errors of its inner retries by chance, without having failed; the simulator retries nothing and shows none",
    ),
    (
        |it| {
            let member = it.path.rsplit('.').next().unwrap_or_default();
            PREVIEW_CLIENTS.contains(&it.scenario)
                && it.ours.is_none()
                && (it
                    .path
                    .starts_with("properties.controlPlanePluginProfiles.")
                    || PREVIEW_MEMBERS.contains(&member)
                    || it.path == "properties.storageProfile.diskCSIDriver.version")
        },
        "the client asked with a preview of the API; the schema of 2026-05-01 has no such member",
    ),
    (
        |it| {
            it.path
                .ends_with("nodeProvisioningProfile.defaultNodePools")
                && it.ours.is_none()
        },
        "answered in the summer of 2025 beside mode `Manual`; the recording of 2026-09-18 has it no more",
    ),
    (
        |it| {
            let sizes = [it.azure, it.ours].map(|size| size.and_then(Value::as_str));
            it.path.ends_with("vmSize")
                && sizes.iter().all(|size| {
                    size.is_some_and(|size| {
                        size.starts_with("Standard_D4") && size.ends_with("_v5")
                    })
                })
        },
        "a size that is left to AKS is chosen by what the region has left that day",
    ),
    (
        |it| {
            let words = [it.azure, it.ours].map(|word| word.and_then(Value::as_str));
            it.path.ends_with("provisioningState") && words == [Some("Updating"), Some("Scaling")]
        },
        "the same `az aks scale` was recorded as `Updating` and as `Scaling` (authorized_ip_ranges 2024-04-07)",
    ),
    (
        |it| {
            it.recorded.key().ends_with("/kubernetesversions")
                || it.recorded.key().ends_with("/upgradeprofiles/default")
        },
        "which versions are on offer, with which support, and whether one is a preview, is of the day",
    ),
    (
        |it| it.path == "nextLink" && it.ours.is_none(),
        "how AKS cuts its lists is its storage's affair: here an empty page followed",
    ),
];

/// Reasons where the table of eras shows none: what it calls an era may be longer than a change took.
const LATER: [(Holds, &str); 2] = [
    (
        |it| {
            it.path.ends_with("enableNodePublicIP")
                && it.azure.is_none()
                && it.recorded.api_version == "2021-05-01"
        },
        "API 2021-05-01 does not answer what is left out; the recording of 2026-09-18 has it, and no other leaves it out",
    ),
    (
        |it| {
            it.path.ends_with("upgradeSettings.maxUnavailable") && it.recorded.day() == "2025-04-23"
        },
        "answered by this version of the API two months later (create_default_2025_nowait 2025-06-20)",
    ),
];

/// Recorded with az's `aks-preview` extension.
const PREVIEW_CLIENTS: [&str; 2] = ["async_status_named_phases_2025", "error_429_identity"];

const PREVIEW_MEMBERS: [&str; 4] = [
    "enableCustomCATrust",
    "enablePodSecurityPolicy",
    "kubeProxyConfig",
    "podLinkLocalAccess",
];
