//! What the standard `restricted` asks beyond `baseline`, in the order and the texts of
//! `k8s.io/pod-security-admission/policy`.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::store::text;
use super::Violation;
use super::baseline::{added, is_seccomp, masked_proc, seccomp, uses};
use super::pod::{Pod, plural, quoted, secured, the};

/// Kinds of volumes that a pod may have.
const VOLUMES: [&str; 9] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// Those it may not, in the order in which the server looks for them.
const OTHER_VOLUMES: [&str; 21] = [
    "hostPath",
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "gitRepo",
    "nfs",
    "iscsi",
    "glusterfs",
    "rbd",
    "flexVolume",
    "cinder",
    "cephfs",
    "flocker",
    "fc",
    "azureFile",
    "vsphereVolume",
    "quobyte",
    "azureDisk",
    "photonPersistentDisk",
    "portworxVolume",
    "scaleIO",
    "storageos",
];

/// What a pod breaks.
pub(super) fn violations(pod: &Pod<'_>, minor: u32) -> Vec<Violation> {
    let pod = *pod;
    // Since 1.25 pods for Windows may go without what only Linux has.
    let is_exempt = minor >= 25 && pod.is_for_windows();
    let has_own_users = minor >= 35 && pod.has_own_users();
    [
        (minor >= 8 && !is_exempt).then(|| escalation(pod)),
        (minor >= 22 && !is_exempt).then(|| capabilities(pod)),
        (minor >= 35).then(|| masked_proc(pod)),
        Some(volumes(pod)),
        (!has_own_users).then(|| non_root(pod)),
        (minor >= 23 && !has_own_users).then(|| user(pod)),
        (minor >= 19 && !is_exempt).then(|| profile(pod)),
    ]
    .into_iter()
    .flatten()
    .flatten()
    .collect()
}

fn escalation(pod: Pod<'_>) -> Option<Violation> {
    let containers = pod.names(|container| {
        secured(container, "/allowPrivilegeEscalation") != Some(&Value::Bool(false))
    });
    (!containers.is_empty()).then(|| Violation {
        reason: "allowPrivilegeEscalation != false",
        detail: format!(
            "{} must set securityContext.allowPrivilegeEscalation=false",
            the("container", &containers)
        ),
    })
}

fn capabilities(pod: Pod<'_>) -> Option<Violation> {
    let drops_all = |container| {
        let dropped = secured(container, "/capabilities/drop").and_then(Value::as_array);
        dropped.is_some_and(|dropped| dropped.contains(&"ALL".into()))
    };
    let bad = |container| added(container, |capability| capability != "NET_BIND_SERVICE");
    let keeping = pod.names(|container| !drops_all(container));
    let adding = pod.names(|container| !bad(container).is_empty());
    let mut details = Vec::new();
    if !keeping.is_empty() {
        details.push(format!(
            "{} must set securityContext.capabilities.drop=[\"ALL\"]",
            the("container", &keeping)
        ));
    }
    if !adding.is_empty() {
        let found: BTreeSet<&str> = pod.containers().flat_map(bad).collect();
        details.push(format!(
            "{} must not include {} in securityContext.capabilities.add",
            the("container", &adding),
            quoted(found)
        ));
    }
    (!details.is_empty()).then(|| Violation {
        reason: "unrestricted capabilities",
        detail: details.join("; "),
    })
}

fn volumes(pod: Pod<'_>) -> Option<Violation> {
    let has = |volume: &Value, kind: &str| volume.get(kind).is_some_and(|own| !own.is_null());
    let bad: Vec<&Value> = pod
        .items("volumes")
        .filter(|volume| !VOLUMES.iter().any(|kind| has(volume, kind)))
        .collect();
    let names: Vec<&str> = bad.iter().map(|volume| text(volume, "/name")).collect();
    let kinds: BTreeSet<&str> = bad
        .iter()
        .map(|volume| {
            let mut kinds = OTHER_VOLUMES.into_iter();
            kinds.find(|kind| has(volume, kind)).unwrap_or("unknown")
        })
        .collect();
    (!bad.is_empty()).then(|| Violation {
        reason: "restricted volume types",
        detail: format!(
            "{} {} {} {}",
            the("volume", &names),
            uses(names.len()),
            plural("restricted volume type", kinds.len()),
            quoted(kinds)
        ),
    })
}

fn non_root(pod: Pod<'_>) -> Option<Violation> {
    let pointer = "/runAsNonRoot";
    let setters = pod.setters(pointer, |value| *value == false);
    let silent = pod.names(|container| secured(container, pointer).is_none());
    let covers = pod.secured(pointer) == Some(&Value::Bool(true));
    let detail = if !setters.is_empty() {
        format!(
            "{} must not set securityContext.runAsNonRoot=false",
            setters.join(" and ")
        )
    } else if !covers && !silent.is_empty() {
        format!(
            "pod or {} must set securityContext.runAsNonRoot=true",
            the("container", &silent)
        )
    } else {
        return None;
    };
    Some(Violation {
        reason: "runAsNonRoot != true",
        detail,
    })
}

fn user(pod: Pod<'_>) -> Option<Violation> {
    let setters = pod.setters("/runAsUser", |value| *value == 0);
    (!setters.is_empty()).then(|| Violation {
        reason: "runAsUser=0",
        detail: format!("{} must not set runAsUser=0", setters.join(" and ")),
    })
}

fn profile(pod: Pod<'_>) -> Option<Violation> {
    if let Some(found) = seccomp(pod) {
        return Some(found);
    }
    let covers = pod.secured("/seccompProfile/type").is_some_and(is_seccomp);
    let silent = pod.names(|container| secured(container, "/seccompProfile").is_none());
    (!covers && !silent.is_empty()).then(|| Violation {
        reason: "seccompProfile",
        detail: format!(
            "pod or {} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
            the("container", &silent)
        ),
    })
}
