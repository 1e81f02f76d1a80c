//! What the resources inside a cluster share: how one verb's work is begun, what a read makes of a cluster that
//! cannot be asked, how refusals are told, and by what an object is known as ours.

mod going;
mod marks;
mod reach;
mod rights;
mod telling;
mod work;

pub(crate) use going::goes_by_this_plan;
pub(crate) use marks::{MARK, Standing, has_label, labels, mark_of};
pub use rights::PlannedClusters;
pub(crate) use rights::{PlannedCluster, check_planned, goes_with_cluster};
pub(crate) use telling::{Fields, NoFields};
pub(crate) use work::{Inside, planning_limits};
