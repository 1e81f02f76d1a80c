//! The Azure half of a binding: role assignments, made under names that follow from what they
//! give, and adopted where they exist.

use std::time::Duration;

use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use super::{given::Given, spec::Spec, subject::Subject};
use crate::{
    azure::{
        self, Error, Request, Response,
        arm::{
            ResourceId,
            role_assignment::{self, PrincipalType},
        },
        clock::later,
        error::Refusal,
    },
    framework::{Diagnostic, Failure},
    resources::{
        inside::{Inside, NoFields},
        refusals,
    },
};

/// What an assignment is described as that all bindings of the cluster share.
pub(super) const SHARED: &str = "secureaks_aad_binding";

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

    /// The assignment that it comes to.
    pub(super) fn given(&self) -> Result<Given, Diagnostic> {
        let given = Given::of(&self.scope, &self.principal, self.role, self.shared);
        given.map_err(|error| Diagnostic::error("Invalid id", error.to_string()))
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
        let made = self.given()?;
        let mut tries = 0;
        loop {
            let turn = turn(inside, &made, &inside.limits).await?;
            let sent = send_whole(inside, &request).await;
            drop(turn);
            let Err(error) = sent else {
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
            ", or set `cluster_user_role = false` and have an administrator assign `Azure Kubernetes Service Cluster User Role`"
        } else {
            ""
        };
        Diagnostic::error(
            "Not allowed to assign roles in Azure",
            format!(
                "{} {} needs a role on {}, and the signed-in identity may not give it.\n\nApply as an identity with `Microsoft.Authorization/roleAssignments/write` there (`Role Based Access Control Administrator`){instead}.\n\n{trace}.",
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
                format!("{name:?} cannot be part of an id."),
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

/// Waits for one's turn with an assignment: the binding that loses a principal looks whether another needs it, and
/// takes it away, while the one that gets the principal gives it.
pub(super) async fn turn(
    inside: &Inside<'_>,
    one: &Given,
    limits: &azure::Call,
) -> Result<OwnedMutexGuard<()>, Failure> {
    let bindings = &inside.call.client.bindings;
    let turn = bindings.turn(inside, one.id.as_str(), limits).await;
    turn.map_err(|error| fail(inside, &error))
}

/// The limits of what is not given up when Terraform says Stop: it ends all the same, and soon.
pub(super) fn patient(inside: &Inside<'_>) -> azure::Call {
    azure::Call {
        deadline: Some(later(inside.cluster.azure().clock().now(), PATIENCE)),
        last_try: inside.limits.cancelled.clone(),
        ..azure::Call::default()
    }
}

/// Sends a request whose answer must not be lost.
async fn send_whole(inside: &Inside<'_>, request: &Request) -> Result<Response, Error> {
    if inside.limits.cancelled.is_cancelled() {
        return Err(Error::Cancelled);
    }
    inside.call.client.assignments.forget(inside.cluster.id());
    let azure = inside.cluster.azure();
    azure.send(request, &patient(inside)).await
}

/// What Azure refused, in the user's words.
pub(super) fn fail(inside: &Inside<'_>, error: &Error) -> Failure {
    refusals::tell(error, inside.verb, "role assignment", &NoFields)
}
