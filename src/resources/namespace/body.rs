//! From a specification to the objects that are applied. Pure.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::{
        core::v1::{
            LimitRange, LimitRangeItem, LimitRangeSpec, Namespace, ResourceQuota, ResourceQuotaSpec,
        },
        networking::v1::{NetworkPolicy, NetworkPolicySpec},
    },
    apimachinery::pkg::{
        api::resource::Quantity as Amount,
        apis::meta::v1::{LabelSelector, ObjectMeta},
    },
};

use super::spec::{Limits, Spec};
use crate::{
    framework::{Attr, Diagnostic, Text as _},
    resources::{network_policy::dns, texts::Quantity},
};

/// The name of the `ResourceQuota`.
pub(super) const QUOTA: &str = "quota";
/// The name of the `LimitRange`.
pub(super) const LIMITS: &str = "limits";
/// The name of the `NetworkPolicy` that denies.
pub(in crate::resources) const DENY: &str = "default-deny";
/// The name of the `NetworkPolicy` that allows DNS.
pub(in crate::resources) const DNS: &str = "allow-dns";

/// The labels of Pod Security Admission, before the mode.
pub(super) const POD_SECURITY: &str = "pod-security.kubernetes.io/";

/// Labels and annotations by which an object is known as ours; none on a namespace that was
/// there before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// Labels.
    pub(super) labels: BTreeMap<String, String>,
    /// Annotations.
    pub(super) annotations: BTreeMap<String, String>,
}

/// What there is to be in a namespace; `None` for what is not wanted.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Contents {
    /// The quota.
    pub(super) quota: Option<ResourceQuota>,
    /// The limits of containers.
    pub(super) limits: Option<LimitRange>,
    /// The policy that denies.
    pub(super) deny: Option<NetworkPolicy>,
    /// The policy that allows DNS.
    pub(super) dns: Option<NetworkPolicy>,
}

/// The namespace itself.
pub(super) fn namespace(spec: &Spec, marks: &Marks) -> Result<Namespace, Diagnostic> {
    let mut labels = marks.labels.clone();
    let written = spec.labels.known()?.iter().flatten();
    labels.extend(written.map(|(key, value)| (key.clone(), value.text())));
    let security = spec.pod_security.known()?;
    let version = security.version.known()?.text();
    let levels = [
        ("enforce", &security.enforce),
        ("audit", &security.audit),
        ("warn", &security.warn),
    ];
    for (mode, level) in levels {
        labels.insert(format!("{POD_SECURITY}{mode}"), level.known()?.text());
        labels.insert(format!("{POD_SECURITY}{mode}-version"), version.clone());
    }
    let mut annotations = marks.annotations.clone();
    annotations.extend(spec.annotations.known()?.clone().unwrap_or_default());
    Ok(Namespace {
        metadata: ObjectMeta {
            name: Some(spec.name.known()?.text()),
            labels: Some(labels),
            annotations: (!annotations.is_empty()).then_some(annotations),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    })
}

/// A namespace of which nothing is ours any more.
pub(super) fn released(name: &str) -> Namespace {
    Namespace {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            ..ObjectMeta::default()
        },
        ..Namespace::default()
    }
}

/// What there is to be in the namespace.
pub(super) fn contents(spec: &Spec, marks: &Marks) -> Result<Contents, Diagnostic> {
    let namespace = spec.name.known()?.text();
    let metadata = |name: &str| ObjectMeta {
        name: Some(name.to_owned()),
        namespace: Some(namespace.clone()),
        labels: Some(marks.labels.clone()),
        annotations: (!marks.annotations.is_empty()).then(|| marks.annotations.clone()),
        ..ObjectMeta::default()
    };
    let policy = |name: &str, spec| NetworkPolicy {
        metadata: metadata(name),
        spec: Some(spec),
    };
    let quota = spec.quota.known()?.as_ref().map(|hard| ResourceQuota {
        metadata: metadata(QUOTA),
        spec: Some(ResourceQuotaSpec {
            hard: Some(amounts(hard)),
            ..ResourceQuotaSpec::default()
        }),
        status: None,
    });
    let limits = match spec.limits.known()? {
        Some(limits) => Some(LimitRange {
            metadata: metadata(LIMITS),
            spec: Some(LimitRangeSpec {
                limits: vec![container(limits)?],
            }),
        }),
        None => None,
    };
    let network = spec.network.known()?;
    let (ingress, egress) = (
        *network.default_deny_ingress.known()?,
        *network.default_deny_egress.known()?,
    );
    // Where nothing is denied, a policy for DNS would deny everything else.
    let dns = egress && *network.allow_dns.known()?;
    Ok(Contents {
        quota,
        limits,
        deny: (ingress || egress).then(|| policy(DENY, deny(ingress, egress))),
        dns: dns.then(|| policy(DNS, allow_dns())),
    })
}

/// The policy that denies all pods all traffic of these directions. Its empty lists are written
/// out: that makes them ours, so that whoever adds a rule is noticed.
pub(super) fn deny(ingress: bool, egress: bool) -> NetworkPolicySpec {
    let directions = [(ingress, "Ingress"), (egress, "Egress")];
    let directions = directions.iter().filter(|(denied, _)| *denied);
    NetworkPolicySpec {
        pod_selector: Some(LabelSelector::default()),
        policy_types: Some(directions.map(|(_, word)| (*word).to_owned()).collect()),
        ingress: ingress.then(Vec::new),
        egress: egress.then(Vec::new),
    }
}

/// The policy that lets all pods ask DNS.
pub(super) fn allow_dns() -> NetworkPolicySpec {
    NetworkPolicySpec {
        pod_selector: Some(LabelSelector::default()),
        policy_types: Some(vec!["Egress".to_owned()]),
        ingress: None,
        egress: Some(vec![dns::rule()]),
    }
}

/// The limits of a container as Kubernetes has them.
pub(super) fn container(limits: &Limits) -> Result<LimitRangeItem, Diagnostic> {
    let known = |attribute: &Attr<Option<BTreeMap<String, Quantity>>>| {
        Ok::<_, Diagnostic>(
            attribute
                .known()?
                .as_ref()
                .filter(|written| !written.is_empty())
                .map(amounts),
        )
    };
    Ok(LimitRangeItem {
        default: known(&limits.default)?,
        default_request: known(&limits.default_request)?,
        max: known(&limits.max)?,
        min: known(&limits.min)?,
        max_limit_request_ratio: known(&limits.max_limit_request_ratio)?,
        type_: "Container".to_owned(),
    })
}

fn amounts(written: &BTreeMap<String, Quantity>) -> BTreeMap<String, Amount> {
    written
        .iter()
        .map(|(name, amount)| (name.clone(), Amount(amount.text())))
        .collect()
}
