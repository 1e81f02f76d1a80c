//! Who may do what where: role assignments evaluated against the built-in roles.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::exchange::{Moment, Request, Response};
use super::path::Address;
use super::role::{self, BUILT_IN};
use super::role_assignment::RoleAssignment;
use crate::entra::Directory;

/// The role assignments there are.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Access {
    pub(super) assignments: Vec<RoleAssignment>,
}

impl Access {
    /// Whether a principal, by itself or through groups, may do an action at a scope.
    pub(crate) fn allows(
        &self,
        directory: &Directory,
        principal: &str,
        action: &str,
        scope: &str,
    ) -> bool {
        let groups = directory.groups(principal);
        self.assignments
            .iter()
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
        moment: &Moment<'_>,
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
}
