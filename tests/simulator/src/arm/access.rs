//! Who may do what where: role assignments evaluated against the built-in roles.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exchange::{Moment, Request, Response};
use super::path::Address;
use super::role::{self, BUILT_IN};
use super::role_assignment::{Plane, RoleAssignment};
use crate::entra::Directory;

/// The role assignments there are.
///
/// What Resource Manager itself does follows them at once, unless `late` is set; the data planes of
/// other services hear of a new or removed one only after a while.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Access {
    pub(super) assignments: Vec<RoleAssignment>,
    /// Those that were removed lately.
    #[serde(default)]
    pub(super) removed: Vec<Removed>,
    #[serde(default)]
    now: Timestamp,
    #[serde(default)]
    late: bool,
}

/// A removed assignment that is still followed somewhere.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Removed {
    pub(super) assignment: RoleAssignment,
    pub(super) at: Timestamp,
}

/// The assignment that lets somebody do something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    /// Name of the assignment.
    pub(crate) assignment: String,
    /// GUID of the role.
    pub(crate) role: String,
    /// Object id of the user, group or service principal it is for.
    pub(crate) principal: String,
}

impl Access {
    /// Notes the time, and whether Resource Manager follows assignments late.
    pub(super) fn settle(&mut self, now: Timestamp, late: bool) {
        self.now = now;
        self.late = late;
        self.removed
            .retain(|one| one.at + one.assignment.spread(Plane::Data) > now);
    }

    /// The assignments that are followed somewhere at a moment.
    fn followed(&self, plane: Plane, now: Timestamp) -> impl Iterator<Item = &RoleAssignment> {
        let at_once = plane == Plane::Management && !self.late;
        let present = self
            .assignments
            .iter()
            .filter(move |one| at_once || one.known(plane, now));
        let removed = self
            .removed
            .iter()
            .filter(move |one| !at_once && one.at + one.assignment.spread(plane) > now)
            .map(|one| &one.assignment);
        present.chain(removed)
    }

    /// The assignment that lets one of some principals do a data action at a scope.
    pub(crate) fn grants_data_action(
        &self,
        principals: &[&str],
        action: &str,
        scope: &str,
        now: Timestamp,
    ) -> Option<Granted> {
        let found = self.followed(Plane::Data, now).find(|assignment| {
            principals
                .iter()
                .any(|id| id.eq_ignore_ascii_case(&assignment.principal_id))
                && covers(&assignment.scope, scope)
                && role::find(&assignment.role).is_some_and(|role| role.permits_data(action))
        })?;
        Some(Granted {
            assignment: found.name.clone(),
            role: found.role.clone(),
            principal: found.principal_id.clone(),
        })
    }

    /// Whether a principal, by itself or through groups, may do an action at a scope.
    pub(crate) fn allows(
        &self,
        directory: &Directory,
        principal: &str,
        action: &str,
        scope: &str,
    ) -> bool {
        let groups = directory.groups(principal);
        self.followed(Plane::Management, self.now)
            .filter(|assignment| {
                assignment.principal_id.eq_ignore_ascii_case(principal)
                    || groups.contains(&assignment.principal_id.to_lowercase())
            })
            .filter(|assignment| covers(&assignment.scope, scope))
            .filter_map(|assignment| BUILT_IN.iter().find(|role| role.id == assignment.role))
            .any(|role| role.permits(action))
    }

    /// Assigns a built-in role by name without asking anyone. False when there is no such role.
    pub(crate) fn grant(
        &mut self,
        principal: &str,
        role_name: &str,
        scope: &str,
        name: String,
    ) -> bool {
        let role = BUILT_IN
            .iter()
            .find(|role| role.name.eq_ignore_ascii_case(role_name));
        role.map(|role| {
            self.assignments
                .push(RoleAssignment::seeded(name, principal, role.id, scope));
        })
        .is_some()
    }

    pub(super) fn handle(
        &mut self,
        request: &Request,
        address: &Address,
        directory: &Directory,
        clusters: &[Value],
        moment: &mut Moment<'_>,
    ) -> Option<Response> {
        if address.is(&["roleDefinitions"]) {
            role::handle(request, address)
        } else if address.is(&["roleAssignments"]) {
            self.handle_assignment(request, address, directory, clusters, moment)
        } else {
            None
        }
    }

    /// Assignments at a resource go with the resource.
    pub(super) fn delete_under(&mut self, group: &str) {
        self.assignments
            .retain(|assignment| !covers(group, &assignment.scope));
    }
}

/// Whether what holds at `outer` holds at `inner`.
pub(super) fn covers(outer: &str, inner: &str) -> bool {
    let outer = outer.trim_end_matches('/').to_lowercase();
    let inner = inner.to_lowercase();
    inner == outer || inner.starts_with(&format!("{outer}/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entra::Principal;

    #[test]
    fn a_role_is_inherited_downwards_and_through_groups() {
        let mut directory = Directory::new("t", "d");
        directory.put(Principal {
            object_id: "user".into(),
            member_of: vec!["group".into()],
            ..Principal::default()
        });
        let mut access = Access::default();
        access.grant(
            "GROUP",
            "reader",
            "/subscriptions/S/resourceGroups/g",
            "n".into(),
        );
        let cases = [
            (
                "read",
                "/subscriptions/s/resourcegroups/G/providers/x",
                true,
            ),
            ("write", "/subscriptions/s/resourcegroups/g", false),
            ("read", "/subscriptions/s/resourceGroups/g2", false),
            ("read", "/subscriptions/s", false),
        ];

        for (verb, scope, expected) in cases {
            let action = format!("Microsoft.ContainerService/managedClusters/{verb}");
            assert_eq!(
                access.allows(&directory, "user", &action, scope),
                expected,
                "{verb} {scope}"
            );
        }
    }

    #[test]
    fn data_actions_follow_roles_in_a_namespace_and_exceptions() {
        let cluster = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/c";
        let namespace = format!("{cluster}/namespaces/team");
        let mut access = Access::default();
        let writer = "Azure Kubernetes Service RBAC Writer";
        access.grant("user", writer, &namespace, "w".into());
        let admin = "Azure Kubernetes Service RBAC Admin";
        access.grant("group", admin, cluster, "a".into());
        let cases = [
            ("user", "pods/write", namespace.as_str(), Some("w")),
            ("user", "pods/write", cluster, None),
            ("user", "resourcequotas/write", &namespace, None),
            ("group", "secrets/read", &namespace, Some("a")),
            ("group", "namespaces/write", cluster, None),
        ];

        for (principal, action, scope, expected) in cases {
            let action = format!("Microsoft.ContainerService/managedClusters/{action}");
            let now = Timestamp::UNIX_EPOCH;
            let granted = access.grants_data_action(&["other", principal], &action, scope, now);
            let assignment = granted.map(|granted| granted.assignment);
            assert_eq!(
                assignment.as_deref(),
                expected,
                "{principal} {action} {scope}"
            );
        }
    }
}
