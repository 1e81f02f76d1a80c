//! The right of the signed-in identity to work inside the cluster: `grant_applier_access`.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::{made, spec::Spec, work::Work};
use crate::{
    azure::{
        self, Error,
        arm::role_assignment::{AKS_RBAC_CLUSTER_ADMIN, PrincipalType},
        error::Refusal,
    },
    framework::{Diagnostic, Failure},
    kube::Right,
    resources::assignments::Assignment,
};

/// This private name stands until the right has been seen to work.
const UNPROVED: &str = "applier_unproved";

/// How long a new role assignment may take until API servers honour it. Azure's own caches are up to ten
/// minutes old, an API server's five (Azure RBAC, "troubleshoot"; AKS, "Entra ID authorization").
const PROPAGATION: SignedDuration = SignedDuration::from_mins(10);

/// How many looks in a row count: a list may be older than what was written, and so may a refusal.
const LOOKS: u32 = 3;

/// The longest wait for an API server that cannot be reached from here.
const REACH: Duration = Duration::from_mins(6);

/// Makes the role assignment as wanted, as soon as the cluster exists in Azure.
pub(super) async fn grant(work: &Work<'_>, spec: &Spec) -> Result<(), Failure> {
    let wanted = *spec.grant_applier_access.known()?;
    if !wanted && work.made_at(&work.id).is_empty() {
        return Ok(());
    }
    let made = made::at(work, &work.id).await;
    match (wanted, made) {
        // A right that was given here stays as long as it is wanted, also where another identity applies.
        (true, Ok(made)) if !made.is_empty() => {
            for one in &made {
                work.note_id(&one.id);
            }
            Ok(())
        }
        // That it is there cannot be seen: giving it once more does no harm.
        (true, _) => assign(work, spec).await,
        (false, Ok(made)) => {
            for one in made {
                take_away(work, &one.id).await?;
            }
            Ok(())
        }
        (false, Err(error)) => Err(work.fail(&error)),
    }
}

/// Takes the right away again, if it was given here. Before the cluster is deleted, while its id is known to Azure; the
/// deletion goes on where that fails, and what is left then is told.
pub(super) async fn revoke(work: &Work<'_>) -> Result<(), Failure> {
    let made = match made::at(work, &work.id).await {
        Ok(made) => made.into_iter().map(|one| one.id).collect(),
        Err(Error::Cancelled) => return Err(work.fail(&Error::Cancelled)),
        Err(_) => work.made_at(&work.id),
    };
    for id in made {
        take_away(work, &id).await?;
    }
    work.call.drop_private(UNPROVED);
    Ok(())
}

async fn take_away(work: &Work<'_>, id: &str) -> Result<(), Failure> {
    match azure::arm::ResourceId::parse(id) {
        Ok(id) => made::take_away(work, &id).await,
        Err(_) => Ok(()),
    }
}

async fn assign(work: &Work<'_>, spec: &Spec) -> Result<(), Failure> {
    let principal = work.azure.principal(&work.limits).await;
    let principal = principal.map_err(|error| work.fail(&error))?;
    let principal = principal.ok_or_else(|| {
        spec.grant_applier_access.error(
            "The signed-in identity has no object id",
            "The token of the signed-in identity does not say who that is, so no role can be assigned. Set `grant_applier_access = false`, and give the right in another way, such as `entra.admin_group_object_ids`.",
        )
    })?;
    let kind = if principal.is_application {
        PrincipalType::ServicePrincipal
    } else {
        PrincipalType::User
    };
    let role = AKS_RBAC_CLUSTER_ADMIN;
    match made::make(work, &work.id, &principal.object_id, kind, role).await {
        Ok(_) => {
            work.call.keep_private(UNPROVED, json!(true));
            Ok(())
        }
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 403) => {
            let trace = error.refusal().map(Refusal::trace).unwrap_or_default();
            Err(spec.grant_applier_access.error(
                "Cannot give the signed-in identity a role on the cluster",
                format!("Assigning `Azure Kubernetes Service RBAC Cluster Admin` on {} to {} was refused: the signed-in identity may not assign roles there.\n\nApply as an identity with `Microsoft.Authorization/roleAssignments/write` (Role Based Access Control Administrator), or leave `grant_applier_access` out and give the right in another way, such as `entra.admin_group_object_ids`.\n\n{trace}.", work.id, principal.object_id),
            )
            .into())
        }
        Err(error) => Err(work.fail(&error)),
    }
}

/// Notes that the right has to be seen to work where it is wanted: an earlier run gave it and did not come to that.
pub(super) fn doubt(work: &Work<'_>, spec: &Spec) {
    if spec.grant_applier_access.if_known() == Some(&true) {
        work.call.keep_private(UNPROVED, json!(true));
    }
}

/// Whether the right was given and has not been seen to work.
pub(super) fn is_unproved(work: &Work<'_>) -> bool {
    work.call.private(UNPROVED).is_some()
}

/// Waits until the API server honours the right: by asking it, for as long as that may take.
pub(super) async fn prove(work: &Work<'_>) -> Result<(), Failure> {
    if !is_unproved(work) {
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
    let (mut missed, mut refused) = (0, 0);
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
                missed = if is_missing(work).await {
                    missed + 1
                } else {
                    0
                };
                if missed == LOOKS {
                    work.call.drop_private(UNPROVED);
                    work.call.warn(taken_away(work));
                    return Ok(());
                }
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
            // Azure may not know the way into a new cluster yet, or not who asks for it; and any other answer than yes or
            // no says nothing about the right.
            Err(crate::kube::Error::Azure(_) | crate::kube::Error::Refused(_))
                if refused < LOOKS =>
            {
                refused += 1;
                work.pause().await.map_err(|error| work.fail(&error))?;
            }
            // The right is given; that it cannot be tried from here is the children's trouble.
            Err(error) => {
                warn(work, &error.to_string());
                return Ok(());
            }
        }
    }
}

/// Whether the assignment that was made is not there.
async fn is_missing(work: &Work<'_>) -> bool {
    let known = work.made_at(&work.id);
    let is_there = |made: Vec<Assignment>| {
        let mut made = made.iter();
        made.any(|one| known.contains(&one.id.to_ascii_lowercase()))
    };
    // What cannot be seen may be there.
    !known.is_empty()
        && made::at(work, &work.id)
            .await
            .is_ok_and(|made| !is_there(made))
}

fn taken_away(work: &Work<'_>) -> Diagnostic {
    Diagnostic::warning(
        "Applier's right was taken away",
        format!(
            "The assignment of `Azure Kubernetes Service RBAC Cluster Admin` on {} to the signed-in identity was made by this apply and deleted by another hand since, so its effect was not waited for. What this apply makes inside the cluster will be refused. Find out who or what deletes it, and run apply again, which makes the assignment anew.",
            work.id
        ),
    )
}

fn warn(work: &Work<'_>, reason: &str) {
    work.call.warn(Diagnostic::warning(
        "Applier's right could not be proved",
        format!("`Azure Kubernetes Service RBAC Cluster Admin` on {} is assigned to the signed-in identity, and it was not seen to work: {reason}. It may take some more minutes; the next apply that needs it tells.", work.id),
    ));
}

/// Whether the right is there, for a read: what was granted and somebody took away is drift. An import takes
/// over the assignment that an earlier configuration made. `None` where that cannot be seen.
pub(super) async fn is_granted(work: &Work<'_>, prior: Option<bool>) -> Option<bool> {
    let known = work.made_at(&work.id);
    if prior == Some(false) && known.is_empty() {
        return None;
    }
    let made = made::at(work, &work.id).await.ok()?;
    for id in known
        .iter()
        .filter(|id| !made.iter().any(|one| one.id.eq_ignore_ascii_case(id)))
    {
        work.forget_id(id);
    }
    for one in &made {
        work.note_id(&one.id);
    }
    match prior {
        // It was given by another hand before, and stays; or a create was cut short before it was given.
        Some(true) if known.is_empty() && made.is_empty() => {
            let given = made::is_given(work, &work.id, AKS_RBAC_CLUSTER_ADMIN)
                .await
                .ok()?;
            (!given).then_some(false)
        }
        _ => Some(!made.is_empty()),
    }
}
