//! What is told of a cluster that an interrupted run began, before it is gone on with.

use std::collections::BTreeSet;

use super::{ownership, spec::Spec};
use crate::{azure::arm::managed_cluster::ManagedCluster, framework::Diagnostic};

/// Warns of what the cluster holds that the run which began it would not have put there: another hand has been at it,
/// or has made it with a mark that was meant for ours.
pub(super) fn strange(found: &ManagedCluster, spec: &Spec) -> Vec<Diagnostic> {
    let pool = spec
        .system_pool
        .if_known()
        .and_then(|pool| pool.name.if_known())
        .map(AsRef::as_ref);
    let pools = found
        .properties
        .iter()
        .flat_map(|properties| properties.agent_pool_profiles.iter().flatten())
        .filter_map(|found| found.name.as_deref())
        .filter(|name| pool.is_some() && Some(*name) != pool)
        .map(|name| format!("the node pool {name:?}"));
    let written: BTreeSet<&str> = spec
        .tags
        .if_set()
        .into_iter()
        .flat_map(|tags| tags.keys())
        .map(String::as_str)
        .collect();
    let tags = found
        .tags
        .iter()
        .flat_map(|tags| tags.keys())
        .filter(|name| !ownership::is_mark(name) && !written.contains(name.as_str()))
        .map(|name| format!("the tag {name:?}"));
    let strange: Vec<String> = pools.chain(tags).collect();
    if strange.is_empty() {
        return Vec::new();
    }
    let detail = format!(
        "The cluster that an interrupted run began has {}, which the configuration does not name. Another hand has changed it since. Pools stay as they are, tags that are not configured are removed.",
        strange.join(", ")
    );
    vec![Diagnostic::warning(
        "Cluster holds more than the interrupted run made",
        detail,
    )]
}
