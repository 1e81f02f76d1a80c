//! The role assignments at a place: one list tells of all, at it, above and below it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use uuid::Uuid;

use crate::azure::{
    self, Client, Error,
    arm::{
        ResourceId,
        role_assignment::{self, PrincipalType, RoleAssignment},
    },
};

/// How long a list is taken for true: about as long as one refresh.
const FRESH: Duration = Duration::from_mins(1);

/// One role assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assignment {
    /// Its id.
    pub(crate) id: String,
    /// The object id of whoever has the role.
    pub(crate) principal: String,
    /// What that is.
    pub(crate) kind: PrincipalType,
    /// The role.
    pub(crate) role: Uuid,
    /// Where, in lower case.
    pub(crate) scope: String,
    /// What it is for.
    pub(crate) description: String,
}

impl Assignment {
    fn read(assignment: RoleAssignment) -> Option<Self> {
        let (role, scope) = (assignment.role()?, assignment.scope()?);
        let id = assignment.id.unwrap_or_default();
        let properties = assignment.properties?;
        Some(Self {
            id,
            principal: properties.principal_id?,
            kind: match properties.principal_type.as_deref() {
                Some("User") => PrincipalType::User,
                Some("Group") => PrincipalType::Group,
                _ => PrincipalType::ServicePrincipal,
            },
            role,
            scope,
            description: properties.description.unwrap_or_default(),
        })
    }

    /// Whether it gives `role` to a principal.
    pub(crate) fn gives(&self, role: Uuid, object_id: &str) -> bool {
        self.role == role && self.principal.eq_ignore_ascii_case(object_id)
    }

    /// Whether it is made for exactly this scope.
    pub(crate) fn is_at(&self, scope: &ResourceId) -> bool {
        self.scope.eq_ignore_ascii_case(scope.as_str())
    }

    /// The namespace of the cluster that it is made for; `None` for the cluster itself and all else.
    pub(crate) fn namespace_in(&self, cluster: &ResourceId) -> Option<String> {
        let own = format!("{}/namespaces/", cluster.as_str().to_ascii_lowercase());
        self.scope.strip_prefix(&own).map(str::to_owned)
    }

    /// Whether it counts at this scope: made there, or for something that holds it.
    pub(crate) fn covers(&self, scope: &ResourceId) -> bool {
        role_assignment::covers(&self.scope, scope)
    }
}

type Kept = Option<(Timestamp, Result<Arc<Vec<Assignment>>, Error>)>;
type Slot = Arc<tokio::sync::Mutex<Kept>>;

/// The lists, by scope.
#[derive(Debug, Default)]
pub struct Assignments(Mutex<BTreeMap<String, Slot>>);

impl Assignments {
    /// The assignments that have to do with `scope`, such as a cluster, from the list of a moment ago or a new one.
    /// Whoever wants the same meanwhile waits for the one request; that it was refused is kept like an answer.
    pub(crate) async fn of(
        &self,
        azure: &Client,
        scope: &ResourceId,
        limits: &azure::Call,
    ) -> Result<Arc<Vec<Assignment>>, Error> {
        let slot = Arc::clone(self.slots().entry(key(scope)).or_default());
        let mut slot = limits.lock(azure.clock(), &slot).await?;
        let now = azure.clock().now();
        if let Some((begun, kept)) = slot.as_ref()
            && now.duration_since(*begun).unsigned_abs() < FRESH
        {
            return kept.clone();
        }
        let answer = list(azure, scope, limits).await;
        if !matches!(answer, Err(Error::Cancelled | Error::TimedOut)) {
            *slot = Some((now, answer.clone()));
        }
        answer
    }

    /// The assignments that have to do with `scope`, as they are now.
    pub(crate) async fn now(
        &self,
        azure: &Client,
        scope: &ResourceId,
        limits: &azure::Call,
    ) -> Result<Arc<Vec<Assignment>>, Error> {
        let begun = azure.clock().now();
        let listed = list(azure, scope, limits).await?;
        let slot: Slot = Arc::new(tokio::sync::Mutex::new(Some((
            begun,
            Ok(Arc::clone(&listed)),
        ))));
        self.slots().insert(key(scope), slot);
        Ok(listed)
    }

    /// Forgets what was listed for `scope`: an assignment is being written.
    pub(crate) fn forget(&self, scope: &ResourceId) {
        self.slots().remove(&key(scope));
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<String, Slot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn list(
    azure: &Client,
    scope: &ResourceId,
    limits: &azure::Call,
) -> Result<Arc<Vec<Assignment>>, Error> {
    let request = role_assignment::list_all(scope);
    let listed = azure.read_pages::<RoleAssignment>(&request, limits).await?;
    Ok(Arc::new(
        listed.into_iter().filter_map(Assignment::read).collect(),
    ))
}

fn key(scope: &ResourceId) -> String {
    scope.as_str().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn principals_are_compared_in_any_casing() {
        let role = role_assignment::AKS_CLUSTER_USER;
        let body = json!({
            "id": "/subscriptions/s1/providers/Microsoft.Authorization/roleAssignments/1",
            "properties": {
                "roleDefinitionId": format!("/subscriptions/s1/providers/Microsoft.Authorization/roleDefinitions/{role}"),
                "principalId": "P"
            }
        });

        let assignment = Assignment::read(serde_json::from_value(body).unwrap()).unwrap();

        assert!(assignment.gives(role, "p"));
        assert!(!assignment.gives(role_assignment::AKS_RBAC_READER, "p"));
    }
}
