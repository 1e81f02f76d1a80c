//! The right of whoever applies to work inside the cluster: `grant_applier_access`.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::{role, spec::Spec, work::Work};
use crate::{
    azure::{
        self, Error,
        arm::role_assignment::{self, AKS_RBAC_CLUSTER_ADMIN, PrincipalType},
        error::Refusal,
    },
    framework::{Diagnostic, Failure},
    kube::Right,
};

/// Under this private name stands the id of the assignment, or null where somebody else made it.
const GRANTED: &str = "applier_role_assignment";

/// This private name stands until the right has been seen to work.
const UNPROVED: &str = "applier_unproved";

/// How long a new role assignment may take until API servers honour it. Azure's own caches are up to ten
/// minutes old, an API server's five (Azure RBAC, "troubleshoot"; AKS, "Entra ID authorization").
const PROPAGATION: SignedDuration = SignedDuration::from_mins(10);

/// The longest wait for an API server that cannot be reached from here.
const REACH: Duration = Duration::from_mins(6);

/// Makes the role assignment as wanted, as soon as the cluster exists in Azure.
pub(super) async fn grant(work: &Work<'_>, spec: &Spec) -> Result<(), Failure> {
    let wanted = *spec.grant_applier_access.known()?;
    let kept = work.call.private(GRANTED);
    match (wanted, kept) {
        (true, None) => assign(work, spec).await,
        (false, Some(_)) => {
            revoke(work).await;
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Takes the right away again, if it was given here. Before the cluster is deleted, not after: whoever is killed
/// in between still has the cluster in the state, and nothing is left behind.
pub(super) async fn revoke(work: &Work<'_>) {
    let Some(assignment) = work.call.private(GRANTED) else {
        return;
    };
    if let Some(id) = assignment.as_str() {
        role::revoke_one(work, id).await;
    }
    work.call.drop_private(GRANTED);
    work.call.drop_private(UNPROVED);
}

async fn assign(work: &Work<'_>, spec: &Spec) -> Result<(), Failure> {
    let principal = work.azure.principal(&work.limits).await;
    let principal = principal.map_err(|error| work.fail(&error))?;
    let principal = principal.ok_or_else(|| {
        spec.grant_applier_access.error(
            "Whoever applies has no object id",
            "The token of whoever applies does not say who that is, so no role can be assigned. Set `grant_applier_access = false`, and give the right in another way, such as `entra.admin_group_object_ids`.",
        )
    })?;
    let kind = if principal.is_application {
        PrincipalType::ServicePrincipal
    } else {
        PrincipalType::User
    };
    let (scope, role) = (&work.id, AKS_RBAC_CLUSTER_ADMIN);
    let invalid =
        |error: azure::arm::InvalidResourceId| Diagnostic::error("Invalid id", error.to_string());
    let id = role_assignment::id(scope, &principal.object_id, role).map_err(invalid)?;
    let request = role_assignment::put(scope, &principal.object_id, kind, role).map_err(invalid)?;
    match work.send_whole(&request).await {
        Ok(_) => {
            role::keep(work, &id);
            work.call.keep_private(GRANTED, json!(id.as_str()));
        }
        Err(error)
            if error
                .refusal()
                .is_some_and(|refusal| refusal.has_code("RoleAssignmentExists")) =>
        {
            work.call.keep_private(GRANTED, json!(null));
        }
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 403) => {
            let trace = error.refusal().map(Refusal::trace).unwrap_or_default();
            return Err(spec.grant_applier_access.error(
                "Cannot give whoever applies a role on the cluster",
                format!("Assigning `Azure Kubernetes Service RBAC Cluster Admin` on {scope} to {} was refused: whoever applies may not assign roles there.\n\nApply as somebody with `Microsoft.Authorization/roleAssignments/write` (Role Based Access Control Administrator), or leave `grant_applier_access` out and give the right in another way, such as `entra.admin_group_object_ids`.\n\n{trace}.", principal.object_id),
            )
            .into());
        }
        Err(error) => return Err(work.fail(&error)),
    }
    work.call.keep_private(UNPROVED, json!(true));
    Ok(())
}

/// Waits until the API server honours the right: by asking it, for as long as that may take.
pub(super) async fn prove(work: &Work<'_>) -> Result<(), Failure> {
    if work.call.private(UNPROVED).is_none() {
        return Ok(());
    }
    let right = Right {
        verb: "create",
        group: "rbac.authorization.k8s.io",
        resource: "clusterrolebindings",
        namespace: None,
    };
    let cluster = work.call.client.cluster(&work.id)?;
    let clock = work.azure.clock();
    let begun = clock.now();
    loop {
        // Each look has its own bound: an API server that cannot be reached is given up sooner than a role.
        let reach = azure::Call {
            deadline: [work.limits.deadline, clock.now().checked_add(REACH).ok()]
                .into_iter()
                .flatten()
                .min(),
            ..work.limits.clone()
        };
        let answer = match cluster.may(&right, &reach).await {
            // Whoever is known to the API server may ask: it does not know us yet.
            Err(error) if error.is_forbidden() || error.is_unauthorized() => Ok(false),
            answer => answer,
        };
        match answer {
            Ok(true) => {
                work.call.drop_private(UNPROVED);
                return Ok(());
            }
            Ok(false) if clock.now().duration_since(begun) < PROPAGATION => {
                tracing::info!(
                    resource.id = work.id.as_str(),
                    "Waiting until the API server honours the applier's role"
                );
                work.pause().await.map_err(|error| work.fail(&error))?;
            }
            Ok(false) => {
                warn(work, "The API server still refuses after ten minutes");
                return Ok(());
            }
            Err(crate::kube::Error::Cancelled) => return Err(work.fail(&Error::Cancelled)),
            // The right is given; that it cannot be tried from here is the children's trouble.
            Err(error) => {
                warn(work, &error.to_string());
                return Ok(());
            }
        }
    }
}

fn warn(work: &Work<'_>, reason: &str) {
    work.call.warn(Diagnostic::warning(
        "Applier's right could not be proved",
        format!("`Azure Kubernetes Service RBAC Cluster Admin` on {} is assigned to whoever applies, and it was not seen to work: {reason}. It may take some more minutes; the next apply that needs it tells.", work.id),
    ));
}

/// Whether the right is there, for a read: what was granted and somebody took away is drift. An import takes
/// over the assignment that an earlier configuration made for whoever imports.
pub(super) async fn is_granted(work: &Work<'_>, imported: bool) -> Option<bool> {
    if imported {
        find_granted(work).await;
    }
    let Some(assignment) = work.call.private(GRANTED) else {
        return Some(false);
    };
    let Some(id) = assignment
        .as_str()
        .and_then(|id| azure::arm::ResourceId::parse(id).ok())
    else {
        return Some(true);
    };
    match work
        .azure
        .read(&role_assignment::get(&id), &work.limits)
        .await
    {
        Ok(_) => Some(true),
        Err(error) if error.is_not_found() => {
            work.call.drop_private(GRANTED);
            Some(false)
        }
        // Who may not see assignments does not see them change either.
        Err(_) => None,
    }
}

/// Notes the assignment for whoever imports, if there is one of the name that we give it.
async fn find_granted(work: &Work<'_>) {
    let Ok(Some(principal)) = work.azure.principal(&work.limits).await else {
        return;
    };
    let id = role_assignment::id(&work.id, &principal.object_id, AKS_RBAC_CLUSTER_ADMIN);
    let Ok(id) = id else { return };
    let found = work
        .azure
        .read(&role_assignment::get(&id), &work.limits)
        .await;
    if found.is_ok() {
        role::keep(work, &id);
        work.call.keep_private(GRANTED, json!(id.as_str()));
    }
}
