//! From live objects to a specification. Pure; every namespace reads, whoever made it.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{
    api::{
        core::v1::{LimitRange, LimitRangeItem, Namespace, ResourceQuota},
        networking::v1::NetworkPolicy,
    },
    apimachinery::pkg::{api::resource::Quantity as Amount, apis::meta::v1::ObjectMeta},
};

use super::{
    body::{self, POD_SECURITY},
    owned::{keys, ours},
    spec::{Level, Limits, Network, PodSecurity, Spec},
};
use crate::{
    framework::{Attr, Text as _},
    resources::{
        network_policy::meaning::{directions, meaning},
        texts::{ClusterId, LabelValue, NamespaceName, PodSecurityVersion, Quantity},
    },
};

/// A namespace and what is in it of ours.
#[derive(Debug, Default)]
pub(super) struct Live {
    /// The namespace.
    pub(super) namespace: Namespace,
    /// The quota.
    pub(super) quota: Option<ResourceQuota>,
    /// The limits of containers.
    pub(super) limits: Option<LimitRange>,
    /// The policy that denies.
    pub(super) deny: Option<NetworkPolicy>,
    /// The policy that allows DNS.
    pub(super) dns: Option<NetworkPolicy>,
}

/// The specification a namespace stands for. `manager` is the field manager we apply under,
/// `marks` the keys by which we know our own, which are nobody's to write. `prior` says how what
/// can be said in several ways was written.
pub(super) fn spec(
    cluster: &str,
    live: &Live,
    manager: &str,
    marks: &[&str],
    prior: Option<&Spec>,
) -> Spec {
    let metadata = &live.namespace.metadata;
    Spec {
        cluster_id: ClusterId::other(cluster).into(),
        name: NamespaceName::other(metadata.name.as_deref().unwrap_or_default()).into(),
        labels: labels(metadata, manager, marks, prior),
        annotations: annotations(metadata, manager, marks, prior),
        pod_security: pod_security(metadata).into(),
        quota: quota(live.quota.as_ref(), manager, prior),
        limits: limits(live.limits.as_ref(), prior),
        network: network(live, prior).into(),
        adopt: false.into(),
        delete_with_workloads: false.into(),
        force_conflicts: false.into(),
        timeouts: Attr::unset(),
    }
}

fn labels(
    metadata: &ObjectMeta,
    manager: &str,
    marks: &[&str],
    prior: Option<&Spec>,
) -> Attr<Option<BTreeMap<String, LabelValue>>> {
    let written = prior.and_then(|prior| prior.labels.if_set());
    let found = metadata.labels.clone().unwrap_or_default();
    let applied = keys(metadata, manager, &["metadata", "labels"]);
    let mut ours = ours(&found, &applied, &names(written));
    ours.retain(|key, _| !key.starts_with(POD_SECURITY) && !marks.contains(&key.as_str()));
    let ours: BTreeMap<_, _> = ours
        .into_iter()
        .map(|(key, value)| (key, LabelValue::other(&value)))
        .collect();
    (written.is_some() || !ours.is_empty())
        .then_some(ours)
        .into()
}

fn annotations(
    metadata: &ObjectMeta,
    manager: &str,
    marks: &[&str],
    prior: Option<&Spec>,
) -> Attr<Option<BTreeMap<String, String>>> {
    let written = prior.and_then(|prior| prior.annotations.if_set());
    let found = metadata.annotations.clone().unwrap_or_default();
    let applied = keys(metadata, manager, &["metadata", "annotations"]);
    let mut ours = ours(&found, &applied, &names(written));
    ours.retain(|key, _| !marks.contains(&key.as_str()));
    (written.is_some() || !ours.is_empty())
        .then_some(ours)
        .into()
}

/// Without a label nothing is enforced, told or written down, unless the cluster as a whole says
/// so (Kubernetes, "Pod Security Admission").
fn pod_security(metadata: &ObjectMeta) -> PodSecurity {
    let label = |name: &str| {
        let labels = metadata.labels.as_ref();
        labels.and_then(|labels| labels.get(&format!("{POD_SECURITY}{name}")))
    };
    let level = |mode: &str| Level::other(label(mode).map_or("privileged", String::as_str)).into();
    let versions: BTreeSet<&str> = ["enforce-version", "audit-version", "warn-version"]
        .iter()
        .map(|name| label(name).map_or("latest", String::as_str))
        .collect();
    // Three versions have no place in one attribute: together they show as a change.
    let version = versions.into_iter().collect::<Vec<_>>().join(" and ");
    PodSecurity {
        enforce: level("enforce"),
        audit: level("audit"),
        warn: level("warn"),
        version: PodSecurityVersion::other(&version).into(),
    }
}

fn quota(
    found: Option<&ResourceQuota>,
    manager: &str,
    prior: Option<&Spec>,
) -> Attr<Option<BTreeMap<String, Quantity>>> {
    let written = prior.and_then(|prior| prior.quota.if_set());
    let quota = found.map(|found| {
        let hard = found
            .spec
            .clone()
            .unwrap_or_default()
            .hard
            .unwrap_or_default();
        let applied = keys(&found.metadata, manager, &["spec", "hard"]);
        let ours = ours(&quantities(&hard), &applied, &names(written));
        ours.into_iter()
            .map(|(name, amount)| {
                let before = written.and_then(|written| written.get(&name));
                (
                    name,
                    before
                        .filter(|before| before.equals(&amount))
                        .cloned()
                        .unwrap_or(amount),
                )
            })
            .collect()
    });
    quota.into()
}

fn limits(found: Option<&LimitRange>, prior: Option<&Spec>) -> Attr<Option<Limits>> {
    let Some(items) = found.and_then(|found| found.spec.as_ref()) else {
        return Attr::unset();
    };
    let mut containers = items.limits.iter().filter(|item| item.type_ == "Container");
    let item = containers.next().cloned().unwrap_or_default();
    let before = prior.and_then(|prior| prior.limits.if_set());
    let unchanged = before.filter(|before| {
        body::container(before).is_ok_and(|wanted| completed(&wanted) == completed(&item))
    });
    Some(unchanged.cloned().unwrap_or_else(|| shortest(&item))).into()
}

/// The limits with what Kubernetes puts where something is left out: limits from the most, and
/// requests from the limits, or else from the least
/// (Kubernetes, `pkg/apis/core/v1/defaults.go`, `SetDefaults_LimitRangeItem`).
fn completed(item: &LimitRangeItem) -> [BTreeMap<String, Canonical>; 5] {
    let read = |amounts: &Option<BTreeMap<String, Amount>>| -> BTreeMap<String, Canonical> {
        quantities(&amounts.clone().unwrap_or_default())
            .into_iter()
            .map(|(name, amount)| (name, Canonical(amount)))
            .collect()
    };
    let (max, min, ratio) = (
        read(&item.max),
        read(&item.min),
        read(&item.max_limit_request_ratio),
    );
    let below = |mut own: BTreeMap<String, Canonical>, others: &BTreeMap<String, Canonical>| {
        for (name, amount) in others {
            own.entry(name.clone()).or_insert_with(|| amount.clone());
        }
        own
    };
    let default = below(read(&item.default), &max);
    let request = below(below(read(&item.default_request), &default), &min);
    [default, request, max, min, ratio]
}

/// An amount that is equal to itself in another unit.
#[derive(Clone, Debug)]
struct Canonical(Quantity);

impl PartialEq for Canonical {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(&other.0)
    }
}

/// The limits without what Kubernetes puts there anyway.
fn shortest(item: &LimitRangeItem) -> Limits {
    let [default, _, max, min, _] = completed(item);
    let read = |amounts: &Option<BTreeMap<String, Amount>>| {
        quantities(&amounts.clone().unwrap_or_default())
    };
    let but = |own: BTreeMap<String, Quantity>, implied: &dyn Fn(&str) -> Option<Canonical>| {
        let own: BTreeMap<_, _> = own
            .into_iter()
            .filter(|(name, amount)| implied(name) != Some(Canonical(amount.clone())))
            .collect();
        Attr::from((!own.is_empty()).then_some(own))
    };
    let nothing = |_: &str| None;
    Limits {
        default: but(read(&item.default), &|name| max.get(name).cloned()),
        default_request: but(read(&item.default_request), &|name| {
            default.get(name).or_else(|| min.get(name)).cloned()
        }),
        max: but(read(&item.max), &nothing),
        min: but(read(&item.min), &nothing),
        max_limit_request_ratio: but(read(&item.max_limit_request_ratio), &nothing),
    }
}

/// What is denied by the policy that denies, as long as it has no exception.
fn network(live: &Live, prior: Option<&Spec>) -> Network {
    let policy = live.deny.as_ref().and_then(|policy| policy.spec.as_ref());
    let denies = |word: &str| {
        policy.is_some_and(|policy| {
            let (ingress, egress) = (word == "Ingress", word == "Egress");
            let mut alone = policy.clone();
            alone.policy_types = Some(vec![word.to_owned()]);
            if ingress {
                alone.egress = None;
            } else {
                alone.ingress = None;
            }
            directions(policy).contains(word)
                && meaning(&alone) == meaning(&body::deny(ingress, egress))
        })
    };
    let dns = live.dns.as_ref().and_then(|policy| policy.spec.as_ref());
    // A policy denies in its directions whatever it does not allow, also where the one that denies all is gone.
    let egress =
        denies("Egress") || dns.is_some_and(|policy| directions(policy).contains("Egress"));
    let allowed = dns.is_some_and(|policy| meaning(policy) == meaning(&body::allow_dns()));
    // While nothing is denied there is no policy to tell from.
    let wished = prior
        .and_then(|prior| prior.network.if_known())
        .and_then(|network| network.allow_dns.if_known().copied())
        .unwrap_or(true);
    Network {
        default_deny_ingress: denies("Ingress").into(),
        default_deny_egress: egress.into(),
        allow_dns: (if egress { allowed } else { wished }).into(),
    }
}

fn quantities(amounts: &BTreeMap<String, Amount>) -> BTreeMap<String, Quantity> {
    amounts
        .iter()
        .map(|(name, amount)| (name.clone(), Quantity::other(&amount.0)))
        .collect()
}

fn names<T>(written: Option<&BTreeMap<String, T>>) -> BTreeSet<String> {
    written
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect()
}
