//! The role assignments that were made for a cluster. They are found by what Azure shows: each is described with the
//! cluster's id, and has a name that follows from what it gives. What stands beside a state is not relied on, for a
//! client drops it when the provider dies in an update.

use std::collections::BTreeSet;

use super::{ownership, work::Work};
use crate::{
    azure::{
        Error, Method, Request,
        arm::{
            ResourceId,
            managed_cluster::{self, ManagedCluster},
            role_assignment::{self, PrincipalType},
        },
    },
    framework::{Diagnostic, Failure},
    resources::assignments::Assignment,
};

/// How the description begins of an assignment that was made for a cluster; the cluster's id follows.
const PREFIX: &str = "secureaks_cluster ";

/// What the assignments made for the cluster `id` are described as.
pub(super) fn description(id: &ResourceId) -> String {
    format!("{PREFIX}{id}")
}

/// Whose an assignment is.
#[derive(Debug, PartialEq, Eq)]
enum For {
    This,
    Another,
    Unsaid,
}

impl For {
    fn of(assignment: &Assignment, id: &ResourceId) -> Self {
        match assignment.description.strip_prefix(PREFIX) {
            Some(named) if named.eq_ignore_ascii_case(id.as_str()) => Self::This,
            Some(_) => Self::Another,
            None => Self::Unsaid,
        }
    }
}

/// The assignments that were made for the cluster at exactly `scope`: those described so, and those of the state that
/// no other cluster has asked for since.
pub(super) async fn at(work: &Work<'_>, scope: &ResourceId) -> Result<Vec<Assignment>, Error> {
    let lists = &work.call.client.assignments;
    let listed = lists.now(work.azure, scope, &work.limits).await?;
    let known = work.made();
    let is_made = |one: &&Assignment| {
        one.is_at(scope)
            && match For::of(one, &work.id) {
                For::This => true,
                For::Another => {
                    // The other cluster takes it away when it goes.
                    work.forget_id(&one.id);
                    false
                }
                For::Unsaid => known.contains(&one.id.to_ascii_lowercase()),
            }
    };
    Ok(listed.iter().filter(is_made).cloned().collect())
}

/// Whether anybody has `role` at exactly `scope`, by whichever hand.
pub(super) async fn is_given(
    work: &Work<'_>,
    scope: &ResourceId,
    role: uuid::Uuid,
) -> Result<bool, Error> {
    let lists = &work.call.client.assignments;
    let listed = lists.of(work.azure, scope, &work.limits).await?;
    Ok(listed
        .iter()
        .any(|one| one.is_at(scope) && one.role == role))
}

/// Makes the assignment of `role` to `principal` at `scope`; whether it is ours, not one that another hand made before.
pub(super) async fn make(
    work: &Work<'_>,
    scope: &ResourceId,
    principal: &str,
    kind: PrincipalType,
    role: uuid::Uuid,
) -> Result<bool, Error> {
    let undecodable = |error: crate::azure::arm::InvalidResourceId| Error::Decode {
        what: scope.to_string(),
        reason: error.to_string(),
    };
    let id = role_assignment::id(scope, principal, role).map_err(undecodable)?;
    let described = Some(description(&work.id));
    let request =
        role_assignment::put_described(scope, principal, kind, role, described.as_deref())
            .map_err(undecodable)?;
    work.call.client.assignments.forget(scope);
    let sent = work.send_whole(&request).await;
    work.call.client.assignments.forget(scope);
    match sent {
        Ok(_) => {
            work.note_made(&id);
            Ok(true)
        }
        Err(error)
            if error
                .refusal()
                .is_some_and(|refusal| refusal.has_code("RoleAssignmentExists")) =>
        {
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

/// Takes an assignment away that was made for the cluster. That it may not be taken away is an error with the way out,
/// and what is known of it is kept.
pub(super) async fn take_away(work: &Work<'_>, id: &ResourceId) -> Result<(), Failure> {
    let request = role_assignment::delete(id);
    if let Some(scope) = id.parent() {
        work.call.client.assignments.forget(&scope);
    }
    match work.send_whole(&request).await {
        Err(error @ (Error::Cancelled | Error::TimedOut)) => Err(work.fail(&error)),
        Err(error) if !error.is_not_found() => Err(left(work, id, &error).into()),
        _ => {
            work.forget_made(id);
            Ok(())
        }
    }
}

/// The error about an assignment that stays.
fn left(work: &Work<'_>, id: &ResourceId, error: &Error) -> Diagnostic {
    Diagnostic::error(
        "Role assignment is left",
        format!(
            "The role assignment {id} that was made for the cluster {} could not be taken away: {error}. Run it again, as an identity with `Microsoft.Authorization/roleAssignments/delete` there, or have somebody run `az role assignment delete --ids {id}` first.",
            work.id
        ),
    )
}

/// The other cluster that needs what `principal` has on `subnet`, because both share a user-assigned identity and the
/// subnet. Where the clusters of the subscription may not be listed, those of the resource group are.
pub(super) async fn needed_by(
    work: &Work<'_>,
    subnet: &ResourceId,
    principal: &str,
) -> Result<Option<ManagedCluster>, Error> {
    let subscription = work.id.subscription();
    let everywhere = format!(
        "/subscriptions/{subscription}/providers/{}",
        managed_cluster::RESOURCE_TYPE
    );
    let group = work
        .id
        .as_str()
        .rsplit_once('/')
        .map_or("", |(list, _)| list);
    let list = async |path: &str| {
        let request = Request::path(Method::Get, path, managed_cluster::API_VERSION);
        work.azure
            .read_pages::<ManagedCluster>(&request, &work.limits)
            .await
    };
    let listed = match list(&everywhere).await {
        Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 403) => {
            match list(group).await {
                Err(error) if error.is_not_found() => Vec::new(),
                listed => listed?,
            }
        }
        listed => listed?,
    };
    let needs = |cluster: &ManagedCluster| {
        let another = cluster
            .id
            .as_deref()
            .is_some_and(|id| !id.eq_ignore_ascii_case(work.id.as_str()));
        let shares =
            super::live::principal(cluster).is_some_and(|own| own.eq_ignore_ascii_case(principal));
        another && shares && subnets(cluster).contains(&subnet.as_str().to_ascii_lowercase())
    };
    Ok(listed.into_iter().find(needs))
}

fn subnets(cluster: &ManagedCluster) -> BTreeSet<String> {
    let pools = cluster
        .properties
        .iter()
        .flat_map(|properties| properties.agent_pool_profiles.iter().flatten());
    pools
        .filter_map(|pool| pool.vnet_subnet_id.as_deref())
        .map(str::to_ascii_lowercase)
        .collect()
}

/// Leaves an assignment to another cluster that needs it; one of this provider's is to take it away some day.
pub(super) async fn leave_to(
    work: &Work<'_>,
    scope: &ResourceId,
    assignment: &Assignment,
    other: &ManagedCluster,
) -> Result<(), Failure> {
    let other_id = other
        .id
        .as_deref()
        .and_then(|id| ResourceId::parse(id).ok());
    let heir = other_id.filter(|_| ownership::mark_of(other).is_some());
    if let Some(heir) = heir {
        let described = description(&heir);
        let request = role_assignment::put_described(
            scope,
            &assignment.principal,
            assignment.kind,
            assignment.role,
            Some(&described),
        )
        .map_err(|error| Diagnostic::error("Invalid id", error.to_string()))?;
        let sent = work.send_whole(&request).await;
        sent.map_err(|error| work.fail(&error))?;
    }
    if let Ok(id) = ResourceId::parse(&assignment.id) {
        work.forget_made(&id);
    }
    Ok(())
}
