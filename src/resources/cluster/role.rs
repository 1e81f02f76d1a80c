//! The role a cluster's identity needs on a subnet of yours: Network Contributor.

use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use uuid::Uuid;

use super::{
    live,
    spec::{IdentityType, Spec},
    work::Work,
};
use crate::{
    azure::{
        Error,
        arm::{
            InvalidResourceId, ResourceId,
            managed_cluster::ManagedCluster,
            role_assignment::{self, NETWORK_CONTRIBUTOR, PrincipalType, RoleAssignment},
            user_assigned_identity::{self, UserAssignedIdentity},
        },
        error::Refusal,
    },
    framework::{Call, Diagnostic, Failure, Text as _},
    resources::Session,
    value::Path,
};

/// Under this private name stand the ids of the assignments that we made, which are ours to delete.
const KEPT: &str = "role_assignments";

/// This private name stands from before the role is granted until after it.
const LEFT_OVER: &str = "role_left_over";

/// Roles that let an identity join a subnet and write what is attached to it: Network Contributor,
/// Contributor, Owner (Azure built-in roles).
const SUFFICIENT: [Uuid; 3] = [
    NETWORK_CONTRIBUTOR,
    Uuid::from_u128(0xb249_88ac_6180_42a0_ab88_20f7_382d_d24c),
    Uuid::from_u128(0x8e3a_f657_a8ff_443c_a75c_2fe8_c4bc_b635),
];

/// A subnet on which the cluster's identity must have the role.
pub(super) struct SubnetRole {
    subnet: ResourceId,
    /// The identity, where it exists before the cluster.
    identity: Option<ResourceId>,
    /// Whom this run has granted it.
    granted: OnceLock<String>,
}

impl SubnetRole {
    /// The role a specification needs; `None` when nodes are in Azure's own network.
    pub(super) fn wanted(spec: &Spec) -> Result<Option<Self>, Diagnostic> {
        let pool = spec.system_pool.known()?;
        let Some(subnet) = pool.subnet_id.known()? else {
            return Ok(None);
        };
        let parse = |text: &str| {
            ResourceId::parse(text)
                .map_err(|error| pool.subnet_id.error("Invalid id", error.to_string()))
        };
        let identity = spec.identity.known()?;
        let assigned = identity
            .identity_id
            .known()?
            .as_ref()
            .filter(|_| identity.r#type.if_known() == Some(&IdentityType::UserAssigned));
        let identity = assigned.map(|id| parse(&id.text())).transpose()?;
        Ok(Some(Self {
            subnet: parse(&subnet.text())?,
            identity,
            granted: OnceLock::new(),
        }))
    }

    /// Notes that the role is to be granted, and grants it to an identity that exists by itself,
    /// before the cluster needs it.
    pub(super) async fn begin(&self, work: &Work<'_>) -> Result<(), Failure> {
        work.call.keep_private(LEFT_OVER, json!(true));
        let Some(identity) = &self.identity else {
            return Ok(());
        };
        let request = user_assigned_identity::get(identity);
        let read = work.azure.read(&request, &work.limits).await;
        let identity: UserAssignedIdentity = read
            .and_then(|response| response.json())
            .map_err(|error| work.fail(&error))?;
        match identity
            .properties
            .and_then(|properties| properties.principal_id)
        {
            Some(principal) => self.grant(work, &principal).await,
            None => Ok(()),
        }
    }

    /// Grants it to the identity that was made with the cluster; after this the role is granted,
    /// whoever's the identity is.
    pub(super) async fn finish(
        &self,
        work: &Work<'_>,
        cluster: &ManagedCluster,
    ) -> Result<(), Failure> {
        if let Some(principal) = live::principal(cluster).filter(|_| self.identity.is_none()) {
            self.grant(work, &principal).await?;
        }
        work.call.drop_private(LEFT_OVER);
        Ok(())
    }

    /// Whether a refusal at this moment comes from a role that we granted and Azure has not spread
    /// yet: it names the identity as the client, and ten minutes are not over (Azure RBAC,
    /// "troubleshoot"). The same refusal of the caller names the caller.
    pub(super) fn may_not_be_known_yet(
        &self,
        work: &Work<'_>,
        error: &Error,
        begun_at: Timestamp,
    ) -> bool {
        let linked = error
            .refusal()
            .filter(|refusal| refusal.has_code("LinkedAuthorizationFailed"));
        let message = linked
            .and_then(|refusal| refusal.message.as_deref())
            .unwrap_or_default();
        let names_it = self
            .granted
            .get()
            .is_some_and(|principal| message.contains(principal.as_str()));
        names_it
            && work.azure.clock().now().duration_since(begun_at) < SignedDuration::from_mins(10)
    }

    async fn grant(&self, work: &Work<'_>, principal: &str) -> Result<(), Failure> {
        let assignment = role_assignment::id(&self.subnet, principal, NETWORK_CONTRIBUTOR)
            .map_err(|error| invalid(&error))?;
        let kind = PrincipalType::ServicePrincipal;
        let request = role_assignment::put(&self.subnet, principal, kind, NETWORK_CONTRIBUTOR)
            .map_err(|error| invalid(&error))?;
        match work.send_whole(&request).await {
            Ok(_) => {
                drop(self.granted.set(principal.to_owned()));
                keep(work, &assignment);
                Ok(())
            }
            // Somebody granted it already; it stays theirs.
            Err(error)
                if error
                    .refusal()
                    .is_some_and(|refusal| refusal.has_code("RoleAssignmentExists")) =>
            {
                Ok(())
            }
            Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 403) => {
                if self.is_granted(work, principal).await {
                    Ok(())
                } else {
                    Err(refused(&self.subnet, principal, &error).into())
                }
            }
            Err(error) => Err(work.fail(&error)),
        }
    }

    /// Whether the identity has the role, or one that includes it, from somebody who may grant it.
    async fn is_granted(&self, work: &Work<'_>, principal: &str) -> bool {
        let Ok(request) = role_assignment::list(&self.subnet, principal) else {
            return false;
        };
        let listed = work
            .azure
            .read_pages::<RoleAssignment>(&request, &work.limits);
        let listed = Box::pin(listed).await;
        let sufficient =
            |assignment: &RoleAssignment| assignment.gives_one_of(&SUFFICIENT, &self.subnet);
        listed.is_ok_and(|assignments| assignments.iter().any(sufficient))
    }
}

/// Whether an earlier run ended before it had granted the role.
pub(super) fn is_left_over(call: &Call<Session>) -> bool {
    call.private(LEFT_OVER).is_some()
}

fn invalid(error: &InvalidResourceId) -> Diagnostic {
    Diagnostic::error("Invalid id", error.to_string())
}

/// The ids of the assignments that we made for this cluster.
fn kept(work: &Work<'_>) -> Vec<String> {
    work.call
        .private(KEPT)
        .and_then(|kept| serde_json::from_value(kept).ok())
        .unwrap_or_default()
}

/// Notes an assignment that we made for this cluster, and that goes with it.
pub(super) fn keep(work: &Work<'_>, assignment: &ResourceId) {
    let mut ours = kept(work);
    ours.push(assignment.as_str().to_owned());
    ours.sort();
    ours.dedup();
    work.call.keep_private(KEPT, json!(ours));
}

/// Deletes one of the assignments that we made.
pub(super) async fn revoke_one(work: &Work<'_>, assignment: &str) {
    let Ok(id) = ResourceId::parse(assignment) else {
        return;
    };
    if delete(work, &id).await {
        let mut ours = kept(work);
        ours.retain(|kept| kept != assignment);
        work.call.keep_private(KEPT, json!(ours));
    }
}

/// Deletes the assignments that we made. That one cannot be deleted is no reason to keep a cluster
/// in the state that is gone.
pub(super) async fn revoke(work: &Work<'_>) {
    for id in kept(work)
        .iter()
        .filter_map(|id| ResourceId::parse(id).ok())
    {
        delete(work, &id).await;
    }
}

/// Deletes an assignment, and says so when it stays.
async fn delete(work: &Work<'_>, id: &ResourceId) -> bool {
    let request = role_assignment::delete(id);
    match work.azure.send(&request, &work.limits).await {
        Err(error) if !error.is_not_found() => {
            work.call.warn(Diagnostic::warning(
                "Role assignment is left",
                format!("The role assignment {id} that was made for the cluster {} could not be deleted: {error}. Delete it with `az role assignment delete --ids {id}`.", work.id),
            ));
            false
        }
        _ => true,
    }
}

/// Tells of assignments that we made for a cluster that is gone: whoever deleted it, or was killed
/// while deleting it, left them. A read only looks.
pub(super) async fn tell_of_left(work: &Work<'_>) {
    for id in kept(work)
        .iter()
        .filter_map(|id| ResourceId::parse(id).ok())
    {
        let found = work
            .azure
            .read(&role_assignment::get(&id), &work.limits)
            .await;
        if found.is_ok() {
            work.call.warn(Diagnostic::warning(
                "Role assignment is left",
                format!("The cluster {} is gone; the role assignment {id} that was made for it is still there. Unless the cluster is created anew, delete it with `az role assignment delete --ids {id}`.", work.id),
            ));
        }
    }
}

fn refused(subnet: &ResourceId, principal: &str, error: &Error) -> Diagnostic {
    let trace = error.refusal().map(Refusal::trace).unwrap_or_default();
    Diagnostic::error(
        "Cannot give the cluster its role on the subnet",
        format!(
            "The cluster's identity {principal} needs Network Contributor on {subnet}, and whoever applies may not grant it.\n\nApply as somebody with `Microsoft.Authorization/roleAssignments/write` there (Role Based Access Control Administrator), or use a user-assigned identity that has the role.\n\n{trace}."
        ),
    )
    .at(&Path::attribute("system_pool").join_attribute("subnet_id"))
}
