//! The role a cluster's identity needs on a subnet of yours: Network Contributor.

use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    live, made,
    spec::{IdentityType, Spec},
    work::Work,
};
use crate::{
    azure::{
        Error,
        arm::{
            ResourceId,
            managed_cluster::ManagedCluster,
            role_assignment::{self, NETWORK_CONTRIBUTOR, PrincipalType},
            user_assigned_identity::{self, UserAssignedIdentity},
        },
        error::Refusal,
    },
    framework::{Diagnostic, Failure, Text as _},
    resources::assignments::Assignment,
    value::Path,
};

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

/// What the role is like on a subnet.
pub(super) struct Standing {
    /// The assignments that were made for the cluster.
    made: Vec<Assignment>,
    /// Whether the cluster's identity has the role, or one that includes it, from whomever.
    is_given: bool,
}

impl SubnetRole {
    /// The role a specification needs; `None` when nodes are in Azure's own network.
    pub(super) fn wanted(spec: &Spec) -> Result<Option<Self>, Diagnostic> {
        let Some(subnet) = subnet_of(spec)? else {
            return Ok(None);
        };
        let identity = spec.identity.known()?;
        let assigned = identity
            .identity_id
            .known()?
            .as_ref()
            .filter(|_| identity.r#type.if_known() == Some(&IdentityType::UserAssigned));
        let parse = |text: String| {
            ResourceId::parse(&text)
                .map_err(|error| identity.identity_id.error("Invalid id", error.to_string()))
        };
        Ok(Some(Self {
            subnet,
            identity: assigned.map(|id| parse(id.text())).transpose()?,
            granted: OnceLock::new(),
        }))
    }

    /// Grants it to an identity that exists by itself, before the cluster needs it.
    pub(super) async fn begin(&self, work: &Work<'_>) -> Result<(), Failure> {
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

    /// Grants it to the identity that was made with the cluster, and takes it from one that the cluster had before.
    pub(super) async fn finish(
        &self,
        work: &Work<'_>,
        cluster: &ManagedCluster,
    ) -> Result<(), Failure> {
        let Some(principal) = live::principal(cluster) else {
            return Ok(());
        };
        if self.identity.is_none() {
            self.grant(work, &principal).await?;
        }
        take_away_all_but(work, &self.subnet, Some(&principal)).await
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

    /// Takes back what was granted before there was a cluster, and now there is none.
    pub(super) async fn take_back(&self, work: &Work<'_>) -> Result<(), Failure> {
        take_away_all_but(work, &self.subnet, None).await
    }

    /// Why what was granted stays: whether there is a cluster that needs it cannot be seen. `None` where nothing was.
    pub(super) fn unseen(&self, work: &Work<'_>, error: &Error) -> Option<Failure> {
        let made = work.made_at(&self.subnet);
        let told = Diagnostic::error(
            "Role assignment is left",
            format!(
                "Whether there is a cluster {} could not be seen: {error}. The role assignment that was made for it stays: {}. The next apply goes on with it; where there is to be no cluster, run `az role assignment delete --ids` with what is named here.",
                work.id,
                made.join(" ")
            ),
        );
        (!made.is_empty()).then(|| told.into())
    }

    async fn grant(&self, work: &Work<'_>, principal: &str) -> Result<(), Failure> {
        let kind = PrincipalType::ServicePrincipal;
        match made::make(work, &self.subnet, principal, kind, NETWORK_CONTRIBUTOR).await {
            Ok(is_ours) => {
                if is_ours {
                    drop(self.granted.set(principal.to_owned()));
                }
                Ok(())
            }
            Err(error) if error.refusal().is_some_and(|refusal| refusal.status == 403) => {
                let standing = standing(work, &self.subnet, Some(principal)).await;
                if standing.is_ok_and(|standing| standing.is_given) {
                    Ok(())
                } else {
                    Err(refused(&self.subnet, principal, &error).into())
                }
            }
            Err(error) => Err(work.fail(&error)),
        }
    }
}

/// The subnet of a specification's nodes.
pub(super) fn subnet_of(spec: &Spec) -> Result<Option<ResourceId>, Diagnostic> {
    let pool = spec.system_pool.known()?;
    let Some(subnet) = pool.subnet_id.known()? else {
        return Ok(None);
    };
    ResourceId::parse(&subnet.text())
        .map(Some)
        .map_err(|error| pool.subnet_id.error("Invalid id", error.to_string()))
}

/// What the role is like on a subnet, for the identity `principal`.
pub(super) async fn standing(
    work: &Work<'_>,
    subnet: &ResourceId,
    principal: Option<&str>,
) -> Result<Standing, Error> {
    let made = made::at(work, subnet).await?;
    let lists = &work.call.client.assignments;
    let listed = lists.of(work.azure, subnet, &work.limits).await?;
    let is_given = principal.is_some_and(|principal| {
        listed.iter().any(|one| {
            SUFFICIENT.iter().any(|role| one.gives(*role, principal)) && one.covers(subnet)
        })
    });
    Ok(Standing { made, is_given })
}

impl Standing {
    /// Whether the role is the provider's to look after: it was given for this cluster before.
    pub(super) fn is_looked_after(&self) -> bool {
        !self.made.is_empty()
    }

    /// Whether something is to be done: the identity lacks the role, or another one has it that the cluster had
    /// before.
    pub(super) fn has_work(&self, principal: Option<&str>) -> bool {
        let is_another = |one: &Assignment| {
            principal.is_none_or(|principal| !one.principal.eq_ignore_ascii_case(principal))
        };
        !self.is_given || self.made.iter().any(is_another)
    }

    /// The ids of the assignments that were made for the cluster.
    pub(super) fn ids(&self) -> impl Iterator<Item = &str> {
        self.made.iter().map(|one| one.id.as_str())
    }
}

/// Takes away what was made for the cluster on `subnet`, but for the identity `wanted`.
pub(super) async fn take_away_all_but(
    work: &Work<'_>,
    subnet: &ResourceId,
    wanted: Option<&str>,
) -> Result<(), Failure> {
    let made = made::at(work, subnet)
        .await
        .map_err(|error| work.fail(&error))?;
    let unwanted = made.iter().filter(|one| {
        wanted.is_none_or(|principal| !one.principal.eq_ignore_ascii_case(principal))
    });
    for one in unwanted {
        let Ok(id) = ResourceId::parse(&one.id) else {
            continue;
        };
        let needed = made::needed_by(work, subnet, &one.principal)
            .await
            .map_err(|error| work.fail(&error))?;
        match needed {
            Some(other) => made::leave_to(work, subnet, one, &other).await?,
            None => made::take_away(work, &id).await?,
        }
    }
    Ok(())
}

/// Leaves to `another` cluster, which has the name of the one that is gone, what is given to it: all at its own scope,
/// and what its identity has on the subnet. Descriptions and ids of both are the same.
fn leave_to_another(work: &Work<'_>, subnet: Option<&ResourceId>, another: &ManagedCluster) {
    for id in work.made_at(&work.id) {
        work.forget_id(&id);
    }
    let Some(subnet) = subnet else { return };
    match live::principal(another) {
        Some(principal) => {
            if let Ok(id) = role_assignment::id(subnet, &principal, NETWORK_CONTRIBUTOR) {
                work.forget_made(&id);
            }
        }
        None => {
            for id in work.made_at(subnet) {
                work.forget_id(&id);
            }
        }
    }
}

/// Takes away whatever was made for a cluster that is gone, but for what `another` has that was made under its name.
/// Where assignments may not be listed, those that the state names are taken away; what nobody can name is an error,
/// for only the state still tells of it.
pub(super) async fn take_away_left(
    work: &Work<'_>,
    spec: &Spec,
    another: Option<&ManagedCluster>,
) -> Result<(), Failure> {
    let subnet = subnet_of(spec).ok().flatten();
    if let Some(another) = another {
        leave_to_another(work, subnet.as_ref(), another);
    }
    let kept = another.and_then(live::principal);
    // Whose identity is not known may need any of them.
    let is_known = another.is_none() || kept.is_some();
    if let (Some(subnet), true) = (subnet, is_known) {
        match made::at(work, &subnet).await {
            Ok(_) => take_away_all_but(work, &subnet, kept.as_deref()).await?,
            Err(error) if error.is_not_found() => {}
            Err(error)
                if error.refusal().is_some_and(|refusal| refusal.status == 403)
                    && !work.call.has_forgotten() => {}
            Err(error) => return Err(work.fail(&error)),
        }
    }
    for id in work.made() {
        if let Ok(id) = ResourceId::parse(&id) {
            made::take_away(work, &id).await?;
        }
    }
    Ok(())
}

/// Whether something that was made for the cluster, which is gone, is still there, beside what `another` has that was made
/// under its name; where that cannot be seen, it is.
pub(super) async fn is_any_left(
    work: &Work<'_>,
    spec: &Spec,
    another: Option<&ManagedCluster>,
) -> Result<bool, Failure> {
    let failed = |error: Error| work.fail(&error);
    let subnet = subnet_of(spec).ok().flatten();
    if let Some(subnet) = &subnet {
        match made::at(work, subnet).await {
            Ok(made) => {
                for one in &made {
                    work.note_id(&one.id);
                }
                let listed: Vec<&str> = made.iter().map(|one| one.id.as_str()).collect();
                for id in work.made_at(subnet) {
                    if !listed.iter().any(|one| one.eq_ignore_ascii_case(&id)) {
                        work.forget_id(&id);
                    }
                }
            }
            Err(error @ (Error::Cancelled | Error::TimedOut)) => return Err(failed(error)),
            Err(_) => {}
        }
    }
    if let Some(another) = another {
        leave_to_another(work, subnet.as_ref(), another);
    }
    for id in work.made_at(&work.id) {
        let Ok(id) = ResourceId::parse(&id) else {
            continue;
        };
        match work
            .azure
            .read(&role_assignment::get(&id), &work.limits)
            .await
        {
            Err(error @ (Error::Cancelled | Error::TimedOut)) => return Err(failed(error)),
            Err(error) if error.is_not_found() => work.forget_made(&id),
            _ => {}
        }
    }
    Ok(!work.made().is_empty())
}

fn refused(subnet: &ResourceId, principal: &str, error: &Error) -> Diagnostic {
    let trace = error.refusal().map(Refusal::trace).unwrap_or_default();
    Diagnostic::error(
        "Cannot give the cluster its role on the subnet",
        format!(
            "The cluster's identity {principal} needs Network Contributor on {subnet}, and the signed-in identity may not grant it.\n\nApply as an identity with `Microsoft.Authorization/roleAssignments/write` there (Role Based Access Control Administrator), or use a user-assigned identity that has the role.\n\n{trace}."
        ),
    )
    .at(&Path::attribute("system_pool").join_attribute("subnet_id"))
}
