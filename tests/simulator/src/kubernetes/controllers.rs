//! What the controllers of a cluster have done by now to its roles, bindings and quotas.

use jiff::Timestamp;
use rand::rngs::StdRng;
use serde_json::Value;

use super::authorization::rbac::rbac_kind;
use super::built_in_roles::{self, ADMINISTRATORS};
use super::kind::{self, Kind};
use super::store::Store;
use super::{metadata, quota};

/// Brings the objects in line with each other and with the managed cluster.
pub(crate) fn settle(store: &mut Store, cluster: &Value, now: Timestamp, random: &mut StdRng) {
    if let Some(kind) = rbac_kind("clusterrolebindings") {
        administrators(store, kind, cluster, now, random);
    }
    if let Some(kind) = rbac_kind("clusterroles") {
        for (name, rules) in built_in_roles::outdated(store) {
            set(store, kind, "", &name, "rules", rules);
        }
    }
    if let Some(kind) = kind::of_resource("", "resourcequotas") {
        for (namespace, name, status) in quota::outdated(store) {
            set(store, kind, &namespace, &name, "status", status);
        }
    }
}

/// The binding of the groups the managed cluster names as its administrators.
fn administrators(
    store: &mut Store,
    kind: &'static Kind,
    cluster: &Value,
    now: Timestamp,
    random: &mut StdRng,
) {
    let there = store.object(kind, "", ADMINISTRATORS);
    let subjects = there.and_then(|binding| binding.get("subjects")).cloned();
    match built_in_roles::administrators(cluster) {
        None if subjects.is_some() => {
            store.remove(kind, "", ADMINISTRATORS);
        }
        None => {}
        Some(mut wanted) => {
            if subjects.is_none() {
                metadata::begin(kind, &mut wanted, now, random);
                store.put(kind, wanted);
            } else if subjects.as_ref() != wanted.get("subjects") {
                let subjects = wanted.get("subjects").cloned().unwrap_or_default();
                set(store, kind, "", ADMINISTRATORS, "subjects", subjects);
            }
        }
    }
}

fn set(
    store: &mut Store,
    kind: &'static Kind,
    namespace: &str,
    name: &str,
    member: &str,
    value: Value,
) {
    let Some(mut object) = store.object(kind, namespace, name).cloned() else {
        return;
    };
    metadata::members(&mut object).insert(member.to_owned(), value);
    store.put(kind, object);
}
