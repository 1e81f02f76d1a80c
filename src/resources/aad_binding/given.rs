//! The role assignments that were given for a binding. They are found by what Azure shows: each has a name that
//! follows from what it gives, and says what it is for. What stands beside a state is not relied on, for a client
//! drops it when the provider dies in an update, and plans the replacement of a tainted binding without it.

use uuid::Uuid;

use super::{
    grant::{self, Grant, SHARED},
    spec::Spec,
    subject::Subject,
};
use crate::{
    azure::arm::{
        InvalidResourceId, ResourceId,
        role_assignment::{self, AKS_CLUSTER_USER},
    },
    resources::assignments::Assignment,
};

/// An assignment of a binding, or one that all bindings of the cluster share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Given {
    /// Its id.
    pub(super) id: ResourceId,
    /// Whom it is given to.
    pub(super) principal: String,
    /// Whether other bindings of the cluster may need it too.
    pub(super) shared: bool,
}

impl Given {
    /// The assignment of `role` to `principal` at `scope`.
    pub(super) fn of(
        scope: &ResourceId,
        principal: &str,
        role: Uuid,
        shared: bool,
    ) -> Result<Self, InvalidResourceId> {
        Ok(Self {
            id: role_assignment::id(scope, principal, role)?,
            principal: principal.to_owned(),
            shared,
        })
    }

    /// An assignment that Azure shows, when it has the name that one of a binding has.
    fn read(one: &Assignment, cluster: &ResourceId, shared: bool) -> Option<Self> {
        let scope = grant::scope_of(cluster, one.namespace_in(cluster).as_deref())?;
        let given = Self::of(&scope, &one.principal, one.role, shared).ok()?;
        let is_it = one.is_at(&scope) && given.id.as_str().eq_ignore_ascii_case(&one.id);
        is_it.then_some(given)
    }

    /// Whether it is among `others`.
    pub(super) fn is_in(&self, others: &[Self]) -> bool {
        others
            .iter()
            .any(|other| other.id.as_str().eq_ignore_ascii_case(self.id.as_str()))
    }

    /// Whether it is given to the subject.
    pub(super) fn is_to(&self, subject: &Subject) -> bool {
        subject.has_id(&self.principal)
    }
}

/// Those among `listed` that were given for the binding `name` with a role of Azure's, and for no other.
pub(super) fn described(listed: &[Assignment], cluster: &ResourceId, name: &str) -> Vec<Given> {
    let description = grant::description(name);
    let own = listed.iter().filter(|one| one.description == description);
    own.filter_map(|one| Given::read(one, cluster, false))
        .collect()
}

/// Those among `listed` that the bindings of the cluster share.
pub(super) fn shared(listed: &[Assignment], cluster: &ResourceId) -> Vec<Given> {
    let shared = listed.iter().filter(|one| {
        one.description == SHARED && one.role == AKS_CLUSTER_USER && one.is_at(cluster)
    });
    shared
        .filter_map(|one| Given::read(one, cluster, true))
        .collect()
}

/// Those that a specification in a state asks for, as far as it is known whom for.
pub(super) fn named(spec: &Spec, cluster: &ResourceId, subjects: &[Subject]) -> Vec<Given> {
    let with_id: Vec<Subject> = subjects
        .iter()
        .filter(|subject| subject.object_id.is_some())
        .cloned()
        .collect();
    let grants = Grant::wanted(spec, cluster, &with_id).unwrap_or_default();
    grants
        .iter()
        .filter_map(|grant| grant.given().ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::arm::role_assignment::{AKS_RBAC_READER, PrincipalType};

    const PRINCIPAL: &str = "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13";

    fn cluster() -> ResourceId {
        ResourceId::managed_cluster("s", "rg", "aks").unwrap()
    }

    fn assignment(scope: &ResourceId, role: Uuid, description: &str) -> Assignment {
        Assignment {
            id: role_assignment::id(scope, PRINCIPAL, role)
                .unwrap()
                .as_str()
                .to_owned(),
            principal: PRINCIPAL.to_owned(),
            kind: PrincipalType::Group,
            role,
            scope: scope.as_str().to_ascii_lowercase(),
            description: description.to_owned(),
        }
    }

    #[test]
    fn only_what_is_described_and_named_as_ours_is_ours() {
        let cluster = cluster();
        let namespace = grant::scope_of(&cluster, Some("shop")).unwrap();
        let own = assignment(&namespace, AKS_RBAC_READER, "secureaks_aad_binding readers");
        let of_another = assignment(&cluster, AKS_RBAC_READER, "secureaks_aad_binding others");
        let renamed = Assignment {
            id: format!("{namespace}/providers/Microsoft.Authorization/roleAssignments/1"),
            ..own.clone()
        };

        let found = described(&[own.clone(), of_another, renamed], &cluster, "readers");

        let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, [own.id]);
    }

    #[test]
    fn what_all_bindings_share_is_at_the_cluster() {
        let cluster = cluster();
        let namespace = grant::scope_of(&cluster, Some("shop")).unwrap();
        let own = assignment(&cluster, AKS_CLUSTER_USER, SHARED);
        let elsewhere = assignment(&namespace, AKS_CLUSTER_USER, SHARED);
        let by_hand = assignment(&cluster, AKS_CLUSTER_USER, "");

        let found = shared(&[own.clone(), elsewhere, by_hand], &cluster);

        let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, [own.id]);
    }
}
