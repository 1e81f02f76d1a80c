//! What can be judged about a specification without asking anybody.

use std::collections::BTreeMap;

use super::{
    body::POD_SECURITY,
    spec::{Level, Spec},
};
use crate::{
    framework::{Attr, Diagnostic, Diagnostics, Text as _},
    resources::texts::{Quantity, check_key},
};

/// The namespaces of a cluster's own parts (Kubernetes; AKS and its add-ons).
const BUILT_IN: [&str; 12] = [
    "aks-command",
    "aks-istio-egress",
    "aks-istio-ingress",
    "aks-istio-system",
    "app-routing-system",
    "calico-system",
    "dapr-system",
    "flux-system",
    "gatekeeper-system",
    "kube-node-lease",
    "kube-public",
    "kube-system",
];

/// The namespace that every cluster has and that is nobody's in particular.
const DEFAULT: &str = "default";

/// Judges what is known.
pub(super) fn check(spec: &Spec, reserved: &[&str], diagnostics: &mut Diagnostics) {
    check_name(spec, diagnostics);
    check_labels(spec, reserved, diagnostics);
    check_annotations(spec, reserved, diagnostics);
    check_quota(spec, diagnostics);
    check_limits(spec, diagnostics);
}

/// Whether the pods of a namespace keep the cluster running.
pub(in crate::resources) fn is_the_clusters_own(name: &str) -> bool {
    name != DEFAULT && is_built_in(name)
}

/// Whether a namespace is there without anybody's doing.
pub(super) fn is_built_in(name: &str) -> bool {
    name == DEFAULT || BUILT_IN.contains(&name) || name.starts_with("kube-")
}

fn check_name(spec: &Spec, diagnostics: &mut Diagnostics) {
    let Some(name) = spec.name.if_known().map(AsRef::as_ref) else {
        return;
    };
    if !is_built_in(name) {
        return;
    }
    if spec.adopt.if_known() == Some(&false) {
        diagnostics.push(spec.name.error(
            "Namespace is the cluster's own",
            format!("`name` is `{name}`, which every cluster or one of its add-ons makes and which must not be deleted. Choose another name; to set labels or a quota on the namespace that is there, set `adopt = true`."),
        ));
    }
    if name == DEFAULT {
        return;
    }
    if let Some(network) = spec.network.if_known() {
        let denied = [
            (&network.default_deny_ingress, "default_deny_ingress"),
            (&network.default_deny_egress, "default_deny_egress"),
        ];
        for (attribute, word) in denied {
            if attribute.if_known() == Some(&true) {
                diagnostics.push(attribute.error(
                    "Default deny would cut off the cluster itself",
                    format!("`network.{word}` is true (its default) for `{name}`, whose pods keep the cluster running: DNS, metrics and the way to the API server would stop. Set `network.{word} = false`, or choose a namespace of your own."),
                ));
            }
        }
    }
    if let Some(security) = spec.pod_security.if_known()
        && let Some(level) = security.enforce.if_known()
        && *level != Level::Privileged
    {
        diagnostics.push(security.enforce.error(
            "Pod security would stop the cluster's own pods",
            format!("`pod_security.enforce` is `{}` for `{name}`, whose pods need more than that to run a node. Set `pod_security.enforce = \"privileged\"`, or choose a namespace of your own.", level.text()),
        ));
    }
}

fn check_labels(spec: &Spec, reserved: &[&str], diagnostics: &mut Diagnostics) {
    for key in spec
        .labels
        .if_set()
        .into_iter()
        .flat_map(|labels| labels.keys())
    {
        let instead = if key.starts_with(POD_SECURITY) {
            "Write it as `pod_security`"
        } else if key == "kubernetes.io/metadata.name" {
            "Kubernetes sets it to the namespace's name; leave it out"
        } else if reserved.contains(&key.as_str()) {
            "By it the provider knows its own objects; leave it out"
        } else {
            if let Err(problem) = check_key(key) {
                diagnostics.push(
                    spec.labels
                        .error("Invalid label", invalid("labels", key, &problem)),
                );
            }
            continue;
        };
        diagnostics.push(spec.labels.error(
            "Label is reserved",
            format!("`labels` sets `{key}`. {instead}."),
        ));
    }
}

fn check_annotations(spec: &Spec, reserved: &[&str], diagnostics: &mut Diagnostics) {
    for key in spec
        .annotations
        .if_set()
        .into_iter()
        .flat_map(|annotations| annotations.keys())
    {
        if reserved.contains(&key.as_str()) {
            diagnostics.push(spec.annotations.error(
                "Annotation is reserved",
                format!("`annotations` sets `{key}`. By it the provider knows its own objects; leave it out."),
            ));
        } else if let Err(problem) = check_key(key) {
            diagnostics.push(
                spec.annotations
                    .error("Invalid annotation", invalid("annotations", key, &problem)),
            );
        }
    }
}

fn invalid(attribute: &str, key: &str, problem: &str) -> String {
    format!(
        "`{attribute}` has the key {key:?}: {problem}. Expected a name of at most 63 letters, digits, `-`, `_` or `.`, with a domain and a slash before it if need be."
    )
}

/// What a quota can be about, beside `count/KIND.GROUP`, huge pages and resources of devices, which have a slash (Kubernetes,
/// `pkg/apis/core/helper`: `standardQuotaResources`); and whether it is counted in whole numbers.
const QUOTAS: [(&str, bool); 19] = [
    ("cpu", false),
    ("memory", false),
    ("ephemeral-storage", false),
    ("requests.cpu", false),
    ("requests.memory", false),
    ("requests.storage", false),
    ("requests.ephemeral-storage", false),
    ("limits.cpu", false),
    ("limits.memory", false),
    ("limits.ephemeral-storage", false),
    ("pods", true),
    ("resourcequotas", true),
    ("services", true),
    ("replicationcontrollers", true),
    ("secrets", true),
    ("configmaps", true),
    ("persistentvolumeclaims", true),
    ("services.nodeports", true),
    ("services.loadbalancers", true),
];

/// What the API server would refuse of a quota's entry.
fn check_entry(
    attribute: &Attr<Option<BTreeMap<String, Quantity>>>,
    name: &str,
    amount: &Quantity,
) -> Option<Diagnostic> {
    let is_further = name.contains('/')
        || name.starts_with("hugepages-")
        || name.starts_with("requests.hugepages-");
    let Some((_, is_counted)) = QUOTAS.iter().find(|(own, _)| *own == name) else {
        let names: Vec<String> = QUOTAS.iter().map(|(name, _)| format!("`{name}`")).collect();
        return (!is_further).then(|| {
            attribute.error(
                "Unknown quota",
                format!("Expected a resource that a quota can limit, found {name:?}: one of {}, or `count/KIND.GROUP` such as `count/deployments.apps`.", names.join(", ")),
            )
        });
    };
    (*is_counted && !amount.is_whole()).then(|| {
        attribute.error(
            "Quota is not a whole number",
            format!(
                "Expected a whole number for `{name}`, such as \"20\", found {:?}.",
                amount.text()
            ),
        )
    })
}

/// With a quota on CPU or memory a pod that does not say how much it needs is refused, unless a
/// `LimitRange` says it (Kubernetes, "Resource Quotas").
fn check_quota(spec: &Spec, diagnostics: &mut Diagnostics) {
    let (Some(Some(quota)), Some(limits)) = (spec.quota.if_known(), spec.limits.if_known()) else {
        return;
    };
    if quota.is_empty() {
        diagnostics.push(spec.quota.error(
            "Quota of nothing",
            "`quota` is empty. Name amounts, such as `{ pods = \"20\" }`, or leave it out.",
        ));
    }
    for (name, amount) in quota {
        if let Some(told) = check_entry(&spec.quota, name, amount) {
            diagnostics.push(told);
        }
    }
    let mut without = Vec::new();
    for name in quota.keys() {
        let (limit, resource) = match name.as_str() {
            "cpu" | "requests.cpu" => (false, "cpu"),
            "memory" | "requests.memory" => (false, "memory"),
            "limits.cpu" => (true, "cpu"),
            "limits.memory" => (true, "memory"),
            _ => continue,
        };
        let given = limits.as_ref().is_some_and(|limits| {
            says(&limits.default, resource)
                || says(&limits.max, resource)
                || (!limit
                    && (says(&limits.default_request, resource) || says(&limits.min, resource)))
        });
        if !given {
            without.push(format!("`{name}`"));
        }
    }
    if !without.is_empty() {
        diagnostics.push(spec.quota.warning(
            "Pods that do not say what they need are refused",
            format!("`quota` has {}, so that Kubernetes refuses every pod that does not say how much it needs. Set `limits`, such as `limits {{ default = {{ cpu = \"500m\", memory = \"256Mi\" }} }}`, for pods that do not.", without.join(", ")),
        ));
    }
}

/// Whether limits name the resource; what is not known yet may do so.
fn says(amounts: &Attr<Option<BTreeMap<String, Quantity>>>, resource: &str) -> bool {
    amounts.if_known().is_none_or(|amounts| {
        amounts
            .as_ref()
            .is_some_and(|amounts| amounts.contains_key(resource))
    })
}

fn check_limits(spec: &Spec, diagnostics: &mut Diagnostics) {
    let Some(limits) = spec.limits.if_set() else {
        return;
    };
    let all = [
        &limits.default,
        &limits.default_request,
        &limits.max,
        &limits.min,
        &limits.max_limit_request_ratio,
    ];
    let nothing = all.iter().all(|amounts| {
        amounts
            .if_known()
            .is_some_and(|amounts| amounts.as_ref().is_none_or(BTreeMap::is_empty))
    });
    if nothing {
        diagnostics.push(spec.limits.error(
            "Limits of nothing",
            "`limits` names no amount. Name some, such as `{ default = { cpu = \"500m\", memory = \"256Mi\" } }`, or leave it out.",
        ));
    }
}
