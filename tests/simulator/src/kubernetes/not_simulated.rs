//! What Kubernetes has and this API server has not: asked for it, the simulator says so instead of
//! pretending that it does not exist.

use super::attributes::ResourceAttributes;
use super::request::Request;

/// Resources of Kubernetes 1.33 and of AKS beside those in `kind`.
const RESOURCES: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "bindings",
            "componentstatuses",
            "persistentvolumes",
            "podtemplates",
            "replicationcontrollers",
        ],
    ),
    (
        "admissionregistration.k8s.io",
        &[
            "mutatingwebhookconfigurations",
            "validatingadmissionpolicies",
            "validatingadmissionpolicybindings",
            "validatingwebhookconfigurations",
        ],
    ),
    ("apiextensions.k8s.io", &["customresourcedefinitions"]),
    ("apiregistration.k8s.io", &["apiservices"]),
    ("apps", &["controllerrevisions"]),
    ("authentication.k8s.io", &["tokenreviews"]),
    ("autoscaling", &["horizontalpodautoscalers"]),
    ("certificates.k8s.io", &["certificatesigningrequests"]),
    ("coordination.k8s.io", &["leases"]),
    ("discovery.k8s.io", &["endpointslices"]),
    ("events.k8s.io", &["events"]),
    (
        "flowcontrol.apiserver.k8s.io",
        &["flowschemas", "prioritylevelconfigurations"],
    ),
    ("metrics.k8s.io", &["nodes", "pods"]),
    (
        "networking.k8s.io",
        &["ingressclasses", "ipaddresses", "servicecidrs"],
    ),
    ("node.k8s.io", &["runtimeclasses"]),
    ("scheduling.k8s.io", &["priorityclasses"]),
    (
        "storage.k8s.io",
        &[
            "csidrivers",
            "csinodes",
            "csistoragecapacities",
            "storageclasses",
            "volumeattachments",
        ],
    ),
];

/// Subresources of kinds that are kept here.
const SUBRESOURCES: &[(&str, &[&str])] = &[
    ("nodes", &["proxy", "status"]),
    (
        "pods",
        &[
            "attach",
            "binding",
            "ephemeralcontainers",
            "eviction",
            "exec",
            "log",
            "portforward",
            "proxy",
            "resize",
        ],
    ),
    ("serviceaccounts", &["token"]),
    ("services", &["proxy"]),
];

/// Whether a request is for something Kubernetes has and the simulator has not.
pub(crate) fn is_missing(request: &Request) -> bool {
    let ResourceAttributes {
        group,
        resource,
        subresource,
        ..
    } = request.resource();
    let lists = |table: &[(&str, &[&str])], key: &str, name: &str| {
        table
            .iter()
            .any(|(own, names)| *own == key && names.contains(&name))
    };
    lists(RESOURCES, &group, &resource) || lists(SUBRESOURCES, &resource, &subresource)
}
