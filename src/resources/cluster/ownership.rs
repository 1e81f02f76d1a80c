//! The tag by which a cluster is known as made here.

use crate::azure::arm::managed_cluster::ManagedCluster;

/// The tag's name. Azure's portal does not show tags that begin with `hidden-`.
pub(super) const MARK: &str = "hidden-secureaks";

/// Whether a tag is the mark; Azure's tag names have no case.
pub(super) fn is_mark(name: &str) -> bool {
    name.eq_ignore_ascii_case(MARK)
}

/// The mark a cluster carries.
pub(super) fn mark_of(cluster: &ManagedCluster) -> Option<&str> {
    let mut tags = cluster.tags.iter().flatten();
    tags.find(|(name, _)| is_mark(name))
        .map(|(_, mark)| mark.as_str())
}
