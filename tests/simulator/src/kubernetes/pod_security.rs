//! Which pods a namespace lets in, by its labels (Kubernetes, admission plugin `PodSecurity` of
//! `k8s.io/pod-security-admission` 0.36). Its checks follow the Pod Security Standards.

mod baseline;
mod pod;
mod policy;
mod restricted;

use std::collections::BTreeMap;

use serde_json::Value;

use super::admission::Write;
use super::kind;
use super::status::Status;
use super::store::{Store, name, text};
use super::view::View;

use pod::Pod;
use policy::{Level, Policy, Rule};

/// What a check found.
struct Violation {
    reason: &'static str,
    /// Which parts of the pod, and what is wrong with them.
    detail: String,
}

/// Refuses a pod that breaks what its namespace enforces, and warns of a template whose pods would.
pub(crate) fn admit(
    view: &View<'_>,
    write: &Write<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), Status> {
    let Some(new) = write.new else {
        return Ok(());
    };
    let newest = newest(view.cluster);
    if write.kind.resource == kind::NAMESPACES {
        if let Some(old) = write.old {
            warnings.extend(of_existing_pods(view.store, new, old, newest));
        }
        return Ok(());
    }
    let Some((pod, is_pod)) = pod_in(write.kind.resource, new) else {
        return Ok(());
    };
    if is_pod && write.old.is_some_and(|old| !changes_much(old, new)) {
        return Ok(());
    }
    let policy = kind::of_resource("", kind::NAMESPACES)
        .and_then(|kind| view.store.object(kind, "", write.namespace))
        .map(Policy::of)
        .unwrap_or_default();
    if is_pod && let Some(found) = told(&policy.enforce, &pod, newest) {
        return Err(Status::forbidden(
            write.kind,
            write.name,
            &format!("violates {found}"),
        ));
    }
    if let Some(found) = told(&policy.warn, &pod, newest) {
        warnings.push(format!("would violate {found}"));
    }
    Ok(())
}

/// What a pod breaks of a rule: `PodSecurity "restricted:latest": REASON (DETAIL), …`.
fn told(rule: &Rule, pod: &Pod<'_>, newest: u32) -> Option<String> {
    let found = violations(rule, pod, newest);
    let texts = found
        .iter()
        .map(|violation| format!("{} ({})", violation.reason, violation.detail));
    let texts: Vec<String> = texts.collect();
    (!texts.is_empty()).then(|| format!("PodSecurity \"{rule}\": {}", texts.join(", ")))
}

/// What a pod breaks of a rule, in the server's order: its checks' names, those of `baseline` first.
fn violations(rule: &Rule, pod: &Pod<'_>, newest: u32) -> Vec<Violation> {
    let minor = rule.version.unwrap_or(u32::MAX).min(newest);
    match rule.level {
        Level::Privileged => Vec::new(),
        Level::Baseline => baseline::violations(pod, minor, false),
        Level::Restricted => {
            let mut found = baseline::violations(pod, minor, true);
            found.extend(restricted::violations(pod, minor));
            found
        }
    }
}

/// The minor version of Kubernetes whose standards a cluster knows.
fn newest(cluster: &Value) -> u32 {
    let version = text(cluster, "/properties/currentKubernetesVersion");
    let minor = version.split('.').nth(1).and_then(|it| it.parse().ok());
    minor.unwrap_or(u32::MAX)
}

/// The pod that an object is, or else that it makes.
fn pod_in<'a>(resource: &str, object: &'a Value) -> Option<(Pod<'a>, bool)> {
    let template = match resource {
        "pods" => return Some((Pod::of(object), true)),
        "daemonsets" | "deployments" | "jobs" | "replicasets" | "statefulsets" => "/spec/template",
        "cronjobs" => "/spec/jobTemplate/spec/template",
        _ => return None,
    };
    Some((Pod::of(object.pointer(template)?), false))
}

/// Whether a pod has other containers or images than before. Nothing else of a pod that counts here can change.
fn changes_much(old: &Value, new: &Value) -> bool {
    ["containers", "initContainers"]
        .iter()
        .any(|list| images(old, list) != images(new, list))
        || {
            let before = images(old, "ephemeralContainers");
            let mut now = images(new, "ephemeralContainers").into_iter();
            now.any(|container| !before.contains(&container))
        }
}

/// Name and image of each container; those of other lists than the ephemeral ones cannot change their name.
fn images<'a>(pod: &'a Value, list: &str) -> Vec<(&'a str, &'a str)> {
    let containers = pod.pointer(&format!("/spec/{list}"));
    let containers = containers.and_then(Value::as_array).into_iter().flatten();
    containers
        .map(|container| (text(container, "/name"), text(container, "/image")))
        .collect()
}

/// What pods that are there break of a stricter level that their namespace gets.
fn of_existing_pods(store: &Store, new: &Value, old: &Value, newest: u32) -> Vec<String> {
    let (rule, before) = (Policy::of(new).enforce, Policy::of(old).enforce);
    let is_relaxed = rule.version == before.version && rule.level <= before.level;
    if rule.level == Level::Privileged || is_relaxed {
        return Vec::new();
    }
    let mut by_reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let pods = kind::of_resource("", "pods").into_iter();
    for pod in pods.flat_map(|kind| store.objects(kind, name(new))) {
        let found = violations(&rule, &Pod::of(pod), newest);
        if !found.is_empty() {
            let reasons: Vec<&str> = found.iter().map(|violation| violation.reason).collect();
            let pods = by_reasons.entry(reasons.join(", ")).or_default();
            pods.push(name(pod));
        }
    }
    if by_reasons.is_empty() {
        return Vec::new();
    }
    let mut told: Vec<String> = by_reasons
        .into_iter()
        .map(|(reasons, pods)| {
            let first = pods.iter().min().copied().unwrap_or_default();
            match pods.len() {
                1 => format!("{first}: {reasons}"),
                2 => format!("{first} (and 1 other pod): {reasons}"),
                several => format!("{first} (and {} other pods): {reasons}", several - 1),
            }
        })
        .collect();
    told.sort();
    let whole = format!(
        "existing pods in namespace \"{}\" violate the new PodSecurity enforce level \"{rule}\"",
        name(new)
    );
    told.insert(0, whole);
    told
}
