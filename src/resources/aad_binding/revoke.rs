//! Taking role assignments of a binding away: what was given for it and is wanted no more, and what no binding that
//! is there needs. What could not be looked at is neither taken away nor forgotten.

use std::sync::Arc;

use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding};

use super::{
    AadBinding,
    given::{self, Given},
    grant::{self, Grant, fail, patient, turn},
    objects::Bound,
    own::{Own, TYPE},
    spec::Spec,
};
use crate::{
    azure::{
        self, Error,
        arm::{
            ResourceId,
            role_assignment::{self, RoleAssignment},
        },
    },
    framework::{Diagnostic, Failure, PENDING, State, Verb},
    kube::{self, LABEL, MANAGER},
    resources::{
        assignments::Assignment,
        inside::{Inside, NoFields},
    },
};

/// What was given before a change, as far as it may have to be taken away.
#[derive(Debug)]
pub(super) struct Before {
    /// What Azure shows, or where that may not be seen what the state names and is there.
    given: Vec<Given>,
    /// What the state names.
    named: Vec<Given>,
}

/// Looks what was given for a binding, before anything of it is changed. `prior` is its state.
pub(super) async fn look(
    inside: &Inside<'_>,
    id: &ResourceId,
    spec: &Spec,
    prior: Option<&State<AadBinding>>,
) -> Result<Before, Failure> {
    let cluster = inside.cluster.id();
    let named = prior.map_or_else(Vec::new, |prior| {
        given::named(&prior.spec, cluster, &prior.outputs.bound())
    });
    let listed = match list(inside, spec.is_azures()).await {
        Ok(listed) => listed,
        Err(error) if is_refused(&error) || error.is_not_found() => {
            if named.is_empty() && inside.verb == Verb::Delete && inside.call.has_forgotten() {
                return Err(unseen(inside, &error).into());
            }
            let given = look_at_each(inside, &named).await?;
            return Ok(Before { given, named });
        }
        Err(error) => return Err(fail(inside, &error)),
    };
    let mut given = if spec.is_azures() {
        given::described(&listed, cluster, id.name())
    } else {
        given::shared(&listed, cluster)
    };
    // A read has looked whether more is left than the state names.
    let is_known = inside.call.private(PENDING).is_none() && !inside.call.has_forgotten();
    if inside.verb == Verb::Update && is_known {
        given.retain(|one| one.is_in(&named));
    }
    if inside.verb == Verb::Create && spec.is_azures() {
        refuse_held(inside, id, &given).await?;
    }
    Ok(Before { given, named })
}

/// The assignments of the cluster: as they are now, or for the objects of a new binding as they were when this
/// process first looked, so that a thousand bindings are made without a thousand lists.
async fn list(inside: &Inside<'_>, is_azures: bool) -> Result<Arc<Vec<Assignment>>, Error> {
    let (session, cluster) = (&inside.call.client, inside.cluster.id());
    if inside.verb == Verb::Create && !is_azures {
        return session.bindings.given_in(inside).await;
    }
    let azure = inside.cluster.azure();
    session
        .assignments
        .now(azure, cluster, &inside.limits)
        .await
}

fn is_refused(error: &Error) -> bool {
    error.refusal().is_some_and(|refusal| refusal.status == 403)
}

/// Those of `named` that are there and ours: where assignments may not be listed, each is looked at.
async fn look_at_each(inside: &Inside<'_>, named: &[Given]) -> Result<Vec<Given>, Failure> {
    let mut found = Vec::new();
    for one in named {
        let request = role_assignment::get(&one.id);
        match inside.cluster.azure().send(&request, &inside.limits).await {
            Ok(_) => found.push(one.clone()),
            Err(error) if error.is_not_found() => {}
            // What may not be seen is judged where it is to be taken away.
            Err(error) if is_refused(&error) => found.push(one.clone()),
            Err(error) => return Err(fail(inside, &error)),
        }
    }
    Ok(found)
}

/// Refuses to make a binding of Azure's under a name that another one has: they would take what either gives for
/// their own. One that a killed run of this state began is gone on with.
async fn refuse_held(inside: &Inside<'_>, id: &ResourceId, given: &[Given]) -> Result<(), Failure> {
    if given.is_empty() {
        return Ok(());
    }
    if inside.call.predecessor().is_some() {
        return Err(inside.still_there(id).into());
    }
    match inside.call.client.ownership.begun(id).await {
        None => {
            inside
                .call
                .warn(crate::resources::ownership::continues(inside.what, id));
            Ok(())
        }
        Some(by) => Err(inside.refuse_held(id, TYPE, &by).into()),
    }
}

/// Takes away what was given before and is not among `wanted`. Once it has begun it is not given up when Terraform
/// says Stop, for some time; what is left after that is still in the state.
pub(super) async fn all_but(
    inside: &Inside<'_>,
    before: &Before,
    wanted: &[Grant],
    name: &str,
) -> Result<(), Failure> {
    let wanted: Vec<Given> = wanted.iter().map(Grant::given).collect::<Result<_, _>>()?;
    let unwanted = before.given.iter().filter(|one| !one.is_in(&wanted));
    let unwanted: Vec<&Given> = unwanted.collect();
    if unwanted.is_empty() {
        return Ok(());
    }
    let limits = patient(inside);
    let own = Own::of(inside.call);
    let others = if unwanted.iter().any(|one| one.shared) {
        match first_look(inside, &limits).await {
            Ok(others) => others,
            Err(error) => {
                let mut unseen = unwanted.iter().filter(|one| one.is_in(&before.named));
                return match unseen.next() {
                    Some(one) => Err(unseen_need(inside, one, &error).await),
                    // It is found again: Azure still shows it.
                    None => Ok(()),
                };
            }
        }
    } else {
        Arc::default()
    };
    for one in unwanted {
        if one.shared && is_needed(&others, &own, &one.principal) {
            continue;
        }
        let turn = turn(inside, one, &limits).await?;
        let is_free = if one.shared {
            match bound_now(inside, &limits).await {
                Ok(others) => !is_needed(&others, &own, &one.principal),
                Err(error) => return Err(unseen_need(inside, one, &error).await),
            }
        } else {
            is_still(inside, one, name, &limits).await?
        };
        if is_free {
            take_away(inside, one, &limits).await?;
        }
        drop(turn);
    }
    Ok(())
}

/// The bindings of ours in the cluster. A create that finds what a killed run has left needs no newer ones than those
/// of the moment when that was listed; each is looked at once more before it is taken away.
async fn first_look(
    inside: &Inside<'_>,
    limits: &azure::Call,
) -> Result<Arc<Vec<Bound>>, kube::Error> {
    if inside.verb == Verb::Create {
        return inside.call.client.bindings.found_in(inside).await;
    }
    bound_now(inside, limits).await.map(Arc::new)
}

/// The bindings of ours in the cluster, as they are now; none in one that is gone.
async fn bound_now(inside: &Inside<'_>, limits: &azure::Call) -> Result<Vec<Bound>, kube::Error> {
    let ours = format!("{LABEL}={MANAGER}");
    let cluster = &inside.cluster;
    let look = async {
        let wide = cluster.list::<ClusterRoleBinding>(None, Some(&ours), limits);
        let wide = wide.await?;
        let narrow = cluster.list::<RoleBinding>(None, Some(&ours), limits);
        let narrow = narrow.await?;
        let wide = wide.iter().map(Bound::from);
        Ok(wide.chain(narrow.iter().map(Bound::from)).collect())
    };
    match look.await {
        Err(error) if kube::Error::is_cluster_gone(&error) => Ok(Vec::new()),
        // The same plan deletes the cluster, and what is in it needs nothing any more.
        Err(_) if inside.cluster_goes().await => Ok(Vec::new()),
        looked => looked,
    }
}

/// Whether a binding of the cluster that is not `own` needs what `principal` has.
pub(super) fn is_needed(others: &[Bound], own: &Own, principal: &str) -> bool {
    others.iter().any(|other| {
        !own.has_noted(other)
            && other.needs_cluster_user_role()
            && other
                .noted()
                .iter()
                .any(|subject| subject.has_id(principal))
    })
}

/// Whether an assignment is still this binding's: the name follows from what it gives, so two that give the same
/// share it, and its description names the last that asked for it.
async fn is_still(
    inside: &Inside<'_>,
    one: &Given,
    name: &str,
    limits: &azure::Call,
) -> Result<bool, Failure> {
    let request = role_assignment::get(&one.id);
    let found = inside.cluster.azure().send(&request, limits).await;
    match found.and_then(|answer| answer.json::<RoleAssignment>()) {
        Ok(found) => {
            let described = found
                .properties
                .and_then(|properties| properties.description);
            Ok(described.as_deref() == Some(&grant::description(name)))
        }
        Err(error) if error.is_not_found() => Ok(false),
        Err(error) => Err(left(inside, one, &error)),
    }
}

async fn take_away(inside: &Inside<'_>, one: &Given, limits: &azure::Call) -> Result<(), Failure> {
    let assignments = &inside.call.client.assignments;
    assignments.forget(inside.cluster.id());
    let request = role_assignment::delete(&one.id);
    let sent = inside.cluster.azure().send(&request, limits).await;
    assignments.forget(inside.cluster.id());
    match sent {
        Err(error) if !error.is_not_found() => Err(left(inside, one, &error)),
        _ => Ok(()),
    }
}

/// The error about assignments that nobody can name and that may not be listed.
fn unseen(inside: &Inside<'_>, error: &Error) -> Diagnostic {
    Diagnostic::error(
        "Cannot see role assignments",
        format!(
            "Whether role assignments are left that were given for the {} could not be seen: {error}. It stays in the state. Run it again, as an identity with `Microsoft.Authorization/roleAssignments/read` on {}. To leave what there may be, remove the {} from the state with `terraform state rm`.",
            inside.what,
            inside.cluster.id(),
            inside.what
        ),
    )
}

/// The error about an assignment that stays.
fn left(inside: &Inside<'_>, one: &Given, error: &Error) -> Failure {
    if matches!(error, Error::Cancelled | Error::TimedOut) {
        return fail(inside, error);
    }
    let detail = format!(
        "The role assignment {} that was given to {} for the {} could not be taken away: {error}. It stays in the state. Run it again, as an identity with `Microsoft.Authorization/roleAssignments/read` and `/delete` there. {}",
        one.id,
        one.principal,
        inside.what,
        way_out(one)
    );
    Diagnostic::error("Role assignment is left", detail).into()
}

/// The error about an assignment of which the cluster could not say whether another binding needs it.
async fn unseen_need(inside: &Inside<'_>, one: &Given, error: &kube::Error) -> Failure {
    if matches!(error, kube::Error::Cancelled | kube::Error::TimedOut) {
        return inside.fail(error, &NoFields).await;
    }
    let detail = format!(
        "The role assignment {} gives {} the right to ask for the kubeconfig of the cluster. Whether another binding needs it could not be seen: {error}. It stays in the state. Run it again, as an identity that may list `rolebindings` and `clusterrolebindings` in the whole cluster. {}",
        one.id,
        one.principal,
        way_out(one)
    );
    Diagnostic::error("Role assignment is left", detail).into()
}

fn way_out(one: &Given) -> String {
    format!(
        "Or have an identity that may run `az role assignment delete --ids {}` first. To leave the assignment, remove the binding from the state with `terraform state rm`.",
        one.id
    )
}
