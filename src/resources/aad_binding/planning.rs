//! What is judged when a plan is made: principals, asked of Microsoft Graph, and the role, asked of a
//! cluster that is there.

mod facts;
mod standing;

use std::time::Duration;

use super::{
    AadBinding,
    grant::Grant,
    objects::{Objects, Role, is_built_in_name},
    outputs::{self, BoundSubject, Outputs},
    own::{self, Own},
    registry::{self, Stage},
    resolve::{self, Outcome, Settled},
    roles::{self, Found},
    spec::{Mode, Principal, Spec},
    subject::Subject,
    twice,
    work::{self, PLANNING, WHAT},
};
use crate::{
    azure::{self, arm::ResourceId},
    framework::{Call, Diagnostic, Diagnostics, Failure, PENDING, Planned, Severity, State},
    kube::{Error, Right},
    resources::{
        Session,
        inside::{Inside, NoFields, check_planned, goes_by_this_plan, planning_limits},
        refusals,
    },
};

/// Judges a plan.
pub(super) async fn judge(
    call: &Call<Session>,
    plan: &Planned<'_, AadBinding>,
) -> Result<(), Failure> {
    // Whether this one stays, changes or goes, others need not look at its objects as they are.
    let bindings = &call.client.bindings;
    bindings.touch(Stage::Planned, Own::of(call).uids());
    goes_by_this_plan(call, plan);
    let Some(spec) = plan.spec else { return Ok(()) };
    if call.client.azure.is_err() {
        // The provider block holds something that is only known after apply; nothing can be asked.
        foretell(call, plan, spec, None);
        return Ok(());
    }
    let is_unchanged = plan.changes.is_empty() && call.private(PENDING).is_none();
    let Some(prior) = plan.prior.filter(|_| is_unchanged) else {
        return judge_change(call, plan, spec).await;
    };
    // Nothing changes, so nobody is asked; but a new binding may give what this one gives.
    if let Ok(id) = prior.outputs.resource_id()
        && let Some(cluster) = outputs::cluster_in(&id)
    {
        if let Some(planned) = call.client.planned.changed(&cluster) {
            facts::judge_planned(&planned, &cluster, spec)?;
        }
        let rights = registry::rights(spec, &prior.outputs.bound());
        // Where neither of two is made or changed there is nothing to refuse. Where one stays as it is, no apply hears
        // of it, and the plan refuses.
        let clash = bindings.claim(Stage::Planned, &cluster, &id, &rights, false);
        if let Some(clash) = clash {
            if clash.other_changes {
                return Err(twice::kept_and_given(spec, &clash).into());
            }
            let told = twice::given_twice(spec, &clash);
            call.warn(Diagnostic::warning(told.summary, told.detail).at(&told.path));
        }
    }
    Ok(())
}

async fn judge_change(
    call: &Call<Session>,
    plan: &Planned<'_, AadBinding>,
    spec: &Spec,
) -> Result<(), Failure> {
    // One that the state holds is told by the apply, so that it can be destroyed out of the state.
    if let Some(name) = spec.name.if_known()
        && (plan.prior.is_none() || plan.replaces)
        && spec.mode.if_known() == Some(&Mode::Kubernetes)
        && is_built_in_name(name.as_ref())
    {
        return Err(own::built_in_name(name.as_ref()).into());
    }
    let bindings = &call.client.bindings;
    let subjects = judge_principals(call, plan, spec).await?;
    // Without its id nothing is known of the cluster, and nobody may be dialled.
    if spec.cluster_id.if_known().is_none() {
        return if spec.mode.if_known() == Some(&Mode::Kubernetes) {
            check_planned(&call.client, &spec.cluster_id, &limits(call)).await
        } else {
            Ok(())
        };
    }
    if spec.name.if_known().is_none() {
        return Ok(());
    }
    let inside = Inside::begin(call, &spec.cluster_id, PLANNING, WHAT)?;
    let id = outputs::id_of(inside.cluster.id(), spec.name.known()?.as_ref());
    if let Ok(id) = &id {
        note_creation(call, plan, spec, id)?;
    }
    if let (Ok(id), Some(subjects)) = (&id, &subjects)
        && spec.namespaces.if_known().is_some()
    {
        if spec.cluster_user_role.if_known().is_some() {
            Grant::wanted(spec, inside.cluster.id(), subjects)?;
        }
        let rights = registry::rights(spec, subjects);
        let clash = bindings.claim(Stage::Planned, inside.cluster.id(), id, &rights, true);
        if let Some(clash) = clash {
            let told = twice::given_twice(spec, &clash);
            if !clash.other_changes {
                return Err(told.into());
            }
            let detail = format!("{} Apply will refuse.", told.detail);
            call.warn(Diagnostic::warning(told.summary, detail).at(&told.path));
        }
    }
    let touched = |name: &str| {
        plan.prior.is_none()
            || plan.replaces
            || plan
                .changes
                .iter()
                .any(|change| change.path.to_string() == name)
    };
    if let Some(planned) = call.client.planned.changed(inside.cluster.id()) {
        facts::judge_planned(&planned, inside.cluster.id(), spec)?;
    } else if touched("mode") || touched("azure_role") {
        facts::judge(&inside, spec).await?;
    }
    if spec.is_azures() || spec.mode.if_known().is_none() {
        return Ok(());
    }
    if touched("namespaces") {
        judge_right(&inside, spec).await?;
    }
    if touched("cluster_role") || touched("role") || touched("namespaces") {
        // Neither a role that is changed nor a binding that is made anew has anything bound already.
        let prior = plan.prior.filter(|_| !plan.replaces);
        judge_role(&inside, spec, prior).await?;
    }
    if plan.prior.is_none()
        && spec.namespaces.if_known().is_some()
        && let Ok(id) = &id
    {
        standing::judge(&inside, id, spec, subjects.as_deref()).await?;
    }
    if let Some(subjects) = subjects
        && spec.namespaces.if_known().is_some()
        && let Ok(Some(objects)) = Objects::wanted(spec, &subjects, None)
        && let Ok(others) = work::bound_of_ours(&inside).await
    {
        // One of this configuration is planned too, and says what it gives then.
        let others = others
            .iter()
            .filter(|other| !bindings.is_touched(Stage::Planned, other))
            .filter_map(|other| {
                let clash = registry::clash_in_cluster(&objects, [other])?;
                Some((registry::is_anothers(&inside, other), clash))
            });
        for (is_anothers, clash) in others {
            let (told, fate) = match is_anothers {
                Some(true) => (twice::given_twice(spec, &clash), "Apply will refuse."),
                None => (
                    twice::perhaps_twice(spec, &clash),
                    "Apply will refuse unless that one loses it meanwhile.",
                ),
                Some(false) => continue,
            };
            let detail = format!("{} {fate}", told.detail);
            call.warn(Diagnostic::warning(told.summary, detail).at(&told.path));
        }
    }
    Ok(())
}

/// Notes that the plan makes the binding; an error where it makes another one of the name.
fn note_creation(
    call: &Call<Session>,
    plan: &Planned<'_, AadBinding>,
    spec: &Spec,
    id: &ResourceId,
) -> Result<(), Diagnostic> {
    if plan.prior.is_some() || call.predecessor().is_some() {
        return Ok(());
    }
    let planned = call.client.ownership.plan_creation(id);
    planned.map_err(|told| told.at(spec.name.path()))
}

/// The principals, once all of them are known. One that is bound already and is gone is no error: a client plans the
/// configuration before it destroys, too.
async fn judge_principals(
    call: &Call<Session>,
    plan: &Planned<'_, AadBinding>,
    spec: &Spec,
) -> Result<Option<Vec<Subject>>, Failure> {
    let Some(principals) = spec.principals.if_known() else {
        return Ok(None);
    };
    let azure = call.client.azure()?;
    let settled = settled(plan, principals);
    let limits = limits(call);
    let resolved = resolve::resolve(azure, principals, &settled, Duration::ZERO, &limits).await;
    let resolved = resolved.map_err(|error| refusals::tell(&error, PLANNING, WHAT, &NoFields))?;
    for warning in resolved.warnings {
        call.warn(warning);
    }
    foretell(call, plan, spec, Some(&resolved.outcomes));
    let (mut subjects, mut errors) = (Vec::new(), Vec::new());
    for ((outcome, settled), principal) in
        resolved.outcomes.into_iter().zip(settled).zip(principals)
    {
        match (outcome, settled) {
            (Outcome::Open, _) => subjects.push(None),
            (Outcome::Found { subject, .. }, _) => subjects.push(Some(subject)),
            (Outcome::Refused(told), Some(settled)) => {
                call.warn(is_bound_already(told, "`principals` names it no more"));
                subjects.push(settled.as_bound(principal.r#type.known()?));
            }
            (Outcome::Refused(error), None) => errors.push(error),
        }
    }
    if errors.is_empty() {
        Ok(subjects.into_iter().collect())
    } else {
        Err(Failure::Failed(errors))
    }
}

/// Whom the principals are by the state, unless the binding is made anew.
fn settled(plan: &Planned<'_, AadBinding>, principals: &[Principal]) -> Vec<Option<Settled>> {
    match plan.prior.filter(|_| !plan.replaces) {
        Some(prior) => Settled::in_state(prior, principals),
        None => vec![None; principals.len()],
    }
}

/// Says in the plan whom it binds, as far as that can be said for sure: the apply keeps to it.
fn foretell(
    call: &Call<Session>,
    plan: &Planned<'_, AadBinding>,
    spec: &Spec,
    outcomes: Option<&[Outcome]>,
) {
    let Some(principals) = spec.principals.if_known() else {
        return;
    };
    let settled = settled(plan, principals);
    let in_place = Principal::in_place(principals);
    let subjects: Vec<BoundSubject> = principals
        .iter()
        .zip(&settled)
        .zip(in_place)
        .enumerate()
        .map(|(index, ((principal, settled), is_in_place))| {
            if !is_in_place {
                return BoundSubject::unknown();
            }
            let outcome = outcomes.and_then(|outcomes| outcomes.get(index));
            resolve::foretold(principal, settled.as_ref(), outcome)
        })
        .collect();
    call.plan_outputs(&Outputs {
        subjects: subjects.into(),
        ..plan.outputs.clone()
    });
}

fn limits(call: &Call<Session>) -> azure::Call {
    planning_limits(&call.client, call)
}

/// Whether the signed-in identity may bind at all, asked once for all bindings where that suffices.
async fn judge_right(inside: &Inside<'_>, spec: &Spec) -> Result<(), Failure> {
    let right = |resource, namespace| Right {
        verb: "create",
        group: "rbac.authorization.k8s.io",
        resource,
        namespace,
    };
    let Some(namespaces) = spec.namespaces.if_known() else {
        return Ok(());
    };
    let Some(namespaces) = namespaces else {
        return inside
            .check_right(&right("clusterrolebindings", None), &spec.cluster_id)
            .await;
    };
    let everywhere = right("rolebindings", None);
    if let Ok(true) = inside
        .cluster
        .may_as_planned(&everywhere, &inside.limits)
        .await
    {
        return Ok(());
    }
    for namespace in &namespaces.0 {
        let there = right("rolebindings", Some(namespace.as_ref().to_owned()));
        inside.check_right(&there, &spec.cluster_id).await?;
    }
    Ok(())
}

/// What was wanted before this plan and is gone: no error, because a client plans the configuration before it destroys,
/// too.
fn is_bound_already(told: Diagnostic, until: &str) -> Diagnostic {
    let detail = format!(
        "{} The binding has it already, so the plan goes on; apply refuses to change the binding until {until}.",
        told.detail
    );
    Diagnostic {
        severity: Severity::Warning,
        detail,
        ..told
    }
}

/// Whether the role exists. A cluster that cannot be asked now is asked by the apply.
async fn judge_role(
    inside: &Inside<'_>,
    spec: &Spec,
    prior: Option<&State<AadBinding>>,
) -> Result<(), Failure> {
    let Some(role) = Role::of(spec) else {
        return Ok(());
    };
    let namespaces: Vec<Option<String>> = match (&role, spec.namespace_names()) {
        (Role::Namespaced(_), Some(names)) => names.into_iter().map(Some).collect(),
        (Role::Namespaced(_), None) => return Ok(()),
        (Role::Cluster(_), _) => vec![None],
    };
    let before = prior.map(|prior| prior.spec.namespace_names());
    let is_bound = |namespace: Option<&String>| match (&before, namespace) {
        (Some(Some(names)), Some(name)) => names.contains(name),
        (Some(_), None) => true,
        _ => false,
    };
    let mut told = Diagnostics::default();
    for namespace in namespaces {
        let found = roles::find(inside, &role, namespace.as_deref()).await;
        match found {
            // A namespace without any role may be one that comes with this apply.
            Ok(Found::Missing(names)) if namespace.is_none() || !names.is_empty() => {
                let missing = roles::missing(spec, &role, namespace.as_deref(), &names);
                if is_bound(namespace.as_ref()) {
                    inside
                        .call
                        .warn(is_bound_already(missing, "the role exists"));
                } else {
                    told.push(missing);
                }
            }
            Err(Error::Cancelled) => return Err(inside.fail(&Error::Cancelled, &NoFields).await),
            Ok(_) | Err(_) => {}
        }
    }
    if told.has_errors() {
        Err(told.into())
    } else {
        Ok(())
    }
}
