//! The Azure half of a binding: role assignments, made under names that follow from what they
//! give, adopted where they exist, and taken away only where we made them.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use super::{objects::Bound, own::Own, spec::Spec, subject::Subject, work::bound_of_ours};
use crate::{
    azure::{
        self, Error, Request, Response,
        arm::{
            ResourceId,
            role_assignment::{self, PrincipalType, RoleAssignment},
        },
        clock::later,
        error::Refusal,
    },
    framework::{Diagnostic, Failure, PENDING},
    resources::{
        assignments::Assignment,
        inside::{Inside, NoFields},
        refusals,
    },
};

/// Under this private name stand the assignments that are ours to delete.
const KEPT: &str = "role_assignments";

/// What an assignment is described as that all bindings of the cluster share.
const SHARED: &str = "secureaks_aad_binding";

/// How long the answer to a write is waited for, even when Terraform says Stop: without it nobody would know
/// what exists.
const PATIENCE: Duration = Duration::from_mins(3);

/// The least a pause between two tries is multiplied by, at most.
const LONGEST: u32 = 6;

/// An assignment that a binding needs.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    scope: ResourceId,
    principal: String,
    kind: PrincipalType,
    role: Uuid,
    description: String,
    /// Whether other bindings of the cluster may need the very same.
    shared: bool,
}

/// An assignment that is ours to delete.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Kept {
    id: String,
    /// The principal, where other bindings may need the assignment too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shared_by: Option<String>,
}

/// What the assignments of the binding `name` are described as, so that an import finds them.
pub(super) fn description(name: &str) -> String {
    format!("secureaks_aad_binding {name}")
}

impl Grant {
    /// The assignments that a specification asks for.
    pub(super) fn wanted(
        spec: &Spec,
        cluster: &ResourceId,
        subjects: &[Subject],
    ) -> Result<Vec<Self>, Diagnostic> {
        let azures = if spec.is_azures() {
            spec.azure_role
                .if_set()
                .and_then(super::spec::AzureRole::definition)
        } else {
            None
        };
        let kubeconfig = !spec.is_azures() && *spec.cluster_user_role.known()?;
        let (role, shared) = match azures {
            Some(role) => (role, false),
            None if kubeconfig => (role_assignment::AKS_CLUSTER_USER, true),
            None => return Ok(Vec::new()),
        };
        let name = spec.name.known()?.as_ref();
        let mut grants = Vec::new();
        for scope in scopes(spec, cluster)? {
            for subject in subjects {
                let Some(principal) = subject.object_id.clone() else {
                    return Err(without_id(spec, subject));
                };
                grants.push(Self {
                    scope: scope.clone(),
                    principal,
                    kind: subject.kind,
                    role,
                    description: if shared {
                        SHARED.to_owned()
                    } else {
                        description(name)
                    },
                    shared,
                });
            }
        }
        Ok(grants)
    }

    fn kept(&self) -> Result<Kept, Diagnostic> {
        let id = role_assignment::id(&self.scope, &self.principal, self.role)
            .map_err(|error| Diagnostic::error("Invalid id", error.to_string()))?;
        Ok(Kept {
            id: id.as_str().to_owned(),
            shared_by: self.shared.then(|| self.principal.clone()),
        })
    }

    /// Makes the assignment. A principal that was created a moment ago is waited for; one that has the
    /// role from somebody else keeps it from them.
    async fn make(&self, inside: &Inside<'_>) -> Result<(), Failure> {
        let request = role_assignment::put_described(
            &self.scope,
            &self.principal,
            self.kind,
            self.role,
            Some(&self.description),
        )
        .map_err(|error| Diagnostic::error("Invalid id", error.to_string()))?;
        let made = self.kept()?;
        let mut tries = 0;
        loop {
            let turn = turn(inside, &made).await?;
            let sent = send_whole(inside, &request).await;
            drop(turn);
            let Err(error) = sent else {
                keep(inside, made);
                return Ok(());
            };
            let code = |code: &str| {
                error
                    .refusal()
                    .is_some_and(|refusal| refusal.has_code(code))
            };
            if code("RoleAssignmentExists") {
                return Ok(());
            }
            if code("PrincipalNotFound") {
                tries += 1;
                let pause = inside.cluster.azure().poll_interval() * tries.min(LONGEST);
                if let Err(ended) = inside.pause(pause).await {
                    return Err(match ended {
                        crate::kube::Error::TimedOut => self.unknown(&error).into(),
                        other => inside.fail(&other, &NoFields).await,
                    });
                }
                continue;
            }
            if error.refusal().is_some_and(|refusal| refusal.status == 403) {
                return if self.exists(inside).await {
                    Ok(())
                } else {
                    Err(self.refused(&error).into())
                };
            }
            return Err(fail(inside, &error));
        }
    }

    /// Whether somebody who may has given the role already.
    async fn exists(&self, inside: &Inside<'_>) -> bool {
        let assignments = &inside.call.client.assignments;
        let azure = inside.cluster.azure();
        let listed = assignments
            .of(azure, inside.cluster.id(), &inside.limits)
            .await;
        listed.is_ok_and(|listed| {
            let mut listed = listed.iter();
            listed.any(|one| one.gives(self.role, &self.principal) && one.covers(&self.scope))
        })
    }

    fn unknown(&self, error: &Error) -> Diagnostic {
        Diagnostic::error(
            "Azure does not know the principal",
            format!(
                "Azure could not give a role to {} {}: {error}. If it was created a moment ago, run apply again in some minutes; else check its object id.",
                self.kind.as_str(),
                self.principal
            ),
        )
    }

    fn refused(&self, error: &Error) -> Diagnostic {
        let trace = error.refusal().map(Refusal::trace).unwrap_or_default();
        let instead = if self.shared {
            ", or set `cluster_user_role = false` and have somebody else assign `Azure Kubernetes Service Cluster User Role`"
        } else {
            ""
        };
        Diagnostic::error(
            "Not allowed to assign roles in Azure",
            format!(
                "{} {} needs a role on {}, and whoever applies may not give it.\n\nApply as somebody with `Microsoft.Authorization/roleAssignments/write` there (`Role Based Access Control Administrator`){instead}.\n\n{trace}.",
                self.kind.as_str(),
                self.principal,
                self.scope
            ),
        )
    }
}

fn scopes(spec: &Spec, cluster: &ResourceId) -> Result<Vec<ResourceId>, Diagnostic> {
    let namespaces = spec.namespace_names().filter(|_| spec.is_azures());
    let Some(namespaces) = namespaces else {
        return Ok(vec![cluster.clone()]);
    };
    let scope = |name: &String| {
        scope_of(cluster, Some(name)).ok_or_else(|| {
            spec.namespaces.error(
                "Invalid namespace",
                format!("{name:?} is no part of an id."),
            )
        })
    };
    namespaces.iter().map(scope).collect()
}

/// Where a role of Azure's is assigned for a namespace, or for the whole cluster.
pub(super) fn scope_of(cluster: &ResourceId, namespace: Option<&str>) -> Option<ResourceId> {
    match namespace {
        None => Some(cluster.clone()),
        Some(name) => cluster.child("namespaces", name).ok(),
    }
}

fn without_id(spec: &Spec, subject: &Subject) -> Diagnostic {
    let instead = if spec.is_azures() {
        ""
    } else {
        ", or set `cluster_user_role = false`"
    };
    spec.principals.error(
        "Object id is not known",
        format!("Azure gives roles to object ids only, and that of {:?} cannot be looked up, because Microsoft Graph cannot be read. Set `object_id` beside `user_principal_name`{instead}.", subject.name),
    )
}

/// Makes what is wanted.
pub(super) async fn make(inside: &Inside<'_>, grants: &[Grant]) -> Result<(), Failure> {
    for grant in grants {
        grant.make(inside).await?;
    }
    Ok(())
}

/// Takes away what of ours is not among `wanted`.
pub(super) async fn revoke_all_but(
    inside: &Inside<'_>,
    wanted: &[Grant],
    name: &str,
) -> Result<(), Failure> {
    let wanted: Vec<Kept> = wanted.iter().map(Grant::kept).collect::<Result<_, _>>()?;
    let is_wanted = |one: &Kept| {
        wanted
            .iter()
            .any(|other| other.id.eq_ignore_ascii_case(&one.id))
    };
    let own = Own::of(inside.call);
    let mut left = kept(inside);
    let unwanted: Vec<Kept> = left.iter().filter(|one| !is_wanted(one)).cloned().collect();
    for one in unwanted {
        let turn = turn(inside, &one).await?;
        let needed = match one.shared_by.as_deref() {
            Some(principal) => is_needed(others(inside).await.as_deref(), &own, principal),
            None => false,
        };
        if !needed {
            revoke(inside, &one, name).await?;
        }
        drop(turn);
        left.retain(|other| *other != one);
        inside.call.keep_private(KEPT, json!(left));
    }
    Ok(())
}

/// Waits for one's turn with an assignment: the binding that loses a principal looks whether another needs it, and
/// takes it away, while the one that gets the principal gives it.
async fn turn(inside: &Inside<'_>, one: &Kept) -> Result<OwnedMutexGuard<()>, Failure> {
    let turn = inside.call.client.bindings.turn(inside, &one.id).await;
    turn.map_err(|error| fail(inside, &error))
}

/// The bindings of ours in the cluster, as they are now; `None` where nobody can say.
async fn others(inside: &Inside<'_>) -> Option<Vec<Bound>> {
    match bound_of_ours(inside).await {
        Ok(others) => Some(others),
        Err(error) if error.is_cluster_gone() => Some(Vec::new()),
        Err(_) if inside.cluster_goes().await => Some(Vec::new()),
        Err(_) => None,
    }
}

/// Whether another binding of the cluster needs what `principal` has. When nobody can say, it is left: to take a
/// right away that is needed is worse than to leave the right to ask for a kubeconfig.
fn is_needed(others: Option<&[Bound]>, own: &Own, principal: &str) -> bool {
    others.is_none_or(|others| {
        others.iter().any(|other| {
            !own.has_noted(other)
                && other.needs_cluster_user_role()
                && other
                    .noted()
                    .iter()
                    .any(|subject| subject.has_id(principal))
        })
    })
}

/// Deletes an assignment, unless another binding has taken it over meanwhile: the name follows from what it
/// gives, so two that give the same share it, and its description names the last that asked for it.
async fn revoke(inside: &Inside<'_>, kept: &Kept, name: &str) -> Result<(), Failure> {
    let Ok(id) = ResourceId::parse(&kept.id) else {
        return Ok(());
    };
    if kept.shared_by.is_none() {
        let request = role_assignment::get(&id);
        let found = inside.cluster.azure().send(&request, &inside.limits).await;
        match found.and_then(|answer| answer.json::<RoleAssignment>()) {
            Ok(found) => {
                let described = found
                    .properties
                    .and_then(|properties| properties.description);
                if described.is_some_and(|other| other != description(name)) {
                    return Ok(());
                }
            }
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(fail(inside, &error)),
        }
    }
    match send_whole(inside, &role_assignment::delete(&id)).await {
        Err(error) if !error.is_not_found() => Err(fail(inside, &error)),
        _ => Ok(()),
    }
}

/// Takes on the shared assignments of `subjects` among `listed` that bindings made, as making them once more
/// would: a run that was killed after it made one has not saved that.
pub(super) fn adopt(inside: &Inside<'_>, listed: &[Assignment], subjects: &[Subject]) {
    let (scope, role) = (inside.cluster.id(), role_assignment::AKS_CLUSTER_USER);
    for principal in subjects
        .iter()
        .filter_map(|subject| subject.object_id.as_ref())
    {
        let made = listed
            .iter()
            .any(|one| one.gives(role, principal) && one.is_at(scope) && one.description == SHARED);
        if made && let Ok(id) = role_assignment::id(scope, principal, role) {
            let one = Kept {
                id: id.as_str().to_owned(),
                shared_by: Some(principal.clone()),
            };
            keep(inside, one);
        }
    }
}

/// Takes on the assignments `own`, which an import found by their description.
pub(super) fn adopt_described(inside: &Inside<'_>, own: &[&Assignment]) {
    for one in own {
        let cluster = inside.cluster.id();
        let scope = scope_of(cluster, one.namespace_in(cluster).as_deref());
        let id = scope.and_then(|scope| {
            let is_at = one.is_at(&scope);
            let id = role_assignment::id(&scope, &one.principal, one.role).ok();
            id.filter(|_| is_at)
        });
        if let Some(id) = id {
            let one = Kept {
                id: id.as_str().to_owned(),
                shared_by: None,
            };
            keep(inside, one);
        }
    }
}

/// Has the next plan change the binding where something is ours that is not `role` for `subjects` at `scopes`: a run
/// that was killed has not taken it away.
pub(super) fn plan_what_is_left(
    inside: &Inside<'_>,
    scopes: &[ResourceId],
    role: Uuid,
    subjects: &[Subject],
) {
    let ids = subjects
        .iter()
        .filter_map(|subject| subject.object_id.as_deref());
    let wanted: BTreeSet<String> = ids
        .flat_map(|id| scopes.iter().map(move |scope| (scope, id)))
        .filter_map(|(scope, id)| role_assignment::id(scope, id, role).ok())
        .map(|id| id.as_str().to_ascii_lowercase())
        .collect();
    if kept(inside)
        .iter()
        .any(|one| !wanted.contains(&one.id.to_ascii_lowercase()))
    {
        inside.call.keep_private(PENDING, json!(true));
    }
}

/// Whether role assignments are ours to delete.
pub(super) fn is_any_kept(inside: &Inside<'_>) -> bool {
    !kept(inside).is_empty()
}

/// Whether one of them is there. Where nobody can say, it is: whoever forgets it leaves a right behind.
pub(super) async fn is_any_left(inside: &Inside<'_>) -> bool {
    let kept = kept(inside);
    if kept.is_empty() {
        return false;
    }
    let cluster = inside.cluster.id();
    let assignments = &inside.call.client.assignments;
    let listed = assignments
        .of(inside.cluster.azure(), cluster, &inside.limits)
        .await;
    let Ok(listed) = listed else { return true };
    kept.iter().any(|one| match &one.shared_by {
        Some(principal) => listed.iter().any(|other| {
            other.gives(role_assignment::AKS_CLUSTER_USER, principal) && other.is_at(cluster)
        }),
        None => true,
    })
}

/// The assignments that are ours to delete.
fn kept(inside: &Inside<'_>) -> Vec<Kept> {
    let kept = inside.call.private(KEPT);
    kept.and_then(|kept| serde_json::from_value(kept).ok())
        .unwrap_or_default()
}

fn keep(inside: &Inside<'_>, one: Kept) {
    let mut all = kept(inside);
    all.push(one);
    all.sort();
    all.dedup();
    inside.call.keep_private(KEPT, json!(all));
}

/// Sends a request whose answer must not be lost.
async fn send_whole(inside: &Inside<'_>, request: &Request) -> Result<Response, Error> {
    if inside.limits.cancelled.is_cancelled() {
        return Err(Error::Cancelled);
    }
    let azure = inside.cluster.azure();
    inside.call.client.assignments.forget(inside.cluster.id());
    let whole = azure::Call {
        deadline: Some(later(azure.clock().now(), PATIENCE)),
        last_try: inside.limits.cancelled.clone(),
        ..azure::Call::default()
    };
    azure.send(request, &whole).await
}

fn fail(inside: &Inside<'_>, error: &Error) -> Failure {
    refusals::tell(error, inside.verb, "role assignment", &NoFields)
}
