//! What is judged when a plan is made, asking Azure: versions, names that are taken, newer sets
//! of choices.

mod lockout;
mod policy;
mod version;

use std::collections::BTreeSet;

use super::{Cluster, baseline, create, live, spec::Spec, work::Work};
use crate::{
    azure::{
        Error,
        arm::{Location, ResourceId},
    },
    framework::{Call, Diagnostic, Failure, PENDING, Planned, State, Text, Verb},
    resources::{
        Session,
        inside::{NoFields, PlannedCluster, planning_limits},
        ownership::{Vouched, continues},
        principals::check_groups,
        refusals,
    },
};

/// Judges a plan.
pub(super) async fn judge(
    cluster: &Cluster,
    call: &Call<Session>,
    plan: &Planned<'_, Cluster>,
) -> Result<(), Failure> {
    if let Some(prior) = plan.prior
        && (plan.spec.is_none() || plan.replaces)
        && let Ok(id) = super::id_in(&prior.outputs)
    {
        call.client.leaving.note(&id).await;
    }
    let Some(spec) = plan.spec else { return Ok(()) };
    if let Some(prior) = plan.prior {
        tell_of_newer_baseline(cluster, call, spec, prior);
    }
    let subscription = match call.client.azure() {
        Ok(azure) => azure.subscription_id().to_owned(),
        // The provider block holds something that is only known after apply; nothing can be asked.
        Err(_) => return Ok(()),
    };
    let changed = plan.prior.filter(|_| !plan.replaces);
    note_planned(call, &subscription, spec, changed);
    if plan.prior.is_none()
        && call.predecessor().is_none()
        && let Ok(id) = super::id_of(&subscription, spec)
    {
        let planned = call.client.ownership.plan_creation(&id);
        planned.map_err(|told| told.at(spec.name.path()))?;
        judge_taken_name(cluster, &Work::begin(call, id, Verb::Read)?, plan, spec).await?;
    }
    if changed.is_none() {
        check_node_resource_group(spec)?;
    }
    check_administrators(call, spec, changed).await?;
    policy::check(spec, plan)?;
    lockout::check(call, spec, plan).await?;
    version::check(call, spec, plan).await
}

/// Notes for what is planned inside this cluster who will have rights there.
fn note_planned(
    call: &Call<Session>,
    subscription: &str,
    spec: &Spec,
    changed: Option<&State<Cluster>>,
) {
    let (Some(name), Some(group)) = (spec.name.if_known(), spec.resource_group_name.if_known())
    else {
        return;
    };
    let (Ok(resource_group), Some(entra), Some(granted)) = (
        ResourceId::resource_group_of(subscription, group.as_ref()),
        spec.entra.if_known(),
        spec.grant_applier_access.if_known(),
    ) else {
        return;
    };
    // What is not known counts as what would let somebody in: nothing is refused on a guess.
    let admin_groups = match entra.admin_group_object_ids.if_known() {
        Some(groups) => groups.iter().flatten().map(Text::text).collect(),
        None => BTreeSet::from(["not known yet".to_owned()]),
    };
    // A right that an earlier plan gave was given to the identity that applied that, unless that was cut short.
    let is_left = call.private(PENDING).is_some();
    let before = changed.and_then(|prior| prior.spec.grant_applier_access.if_known());
    call.client.planned.note(PlannedCluster {
        name: name.text(),
        id: super::id_of(subscription, spec).ok(),
        changed: changed.and_then(|prior| super::id_in(&prior.outputs).ok()),
        resource_group,
        granted: *granted && (is_left || before != Some(&true)),
        entra: entra.enabled.if_known() != Some(&false),
        azure_rbac: entra.azure_rbac.if_known() != Some(&false),
        admin_groups,
    });
}

/// The group of the nodes has a name that Azure makes of three, and that must not be longer than 80 characters (AKS,
/// "why are two resource groups created").
fn check_node_resource_group(spec: &Spec) -> Result<(), Failure> {
    const MOST: usize = 80;
    let (Some(name), Some(group), Some(location)) = (
        spec.name.if_known(),
        spec.resource_group_name.if_known(),
        spec.location.if_known(),
    ) else {
        return Ok(());
    };
    let nodes = format!(
        "MC_{}_{}_{}",
        group.as_ref(),
        name.as_ref(),
        Location::new(location.as_ref())
    );
    let length = nodes.chars().count();
    if length <= MOST {
        return Ok(());
    }
    let told = spec.name.error(
        "Name of the nodes' resource group would be too long",
        format!(
            "Azure makes a resource group for the nodes and names it after the group, the cluster and the region. Expected at most {MOST} characters, found {length}: `{nodes}`. Shorten the names by {} or more.",
            length - MOST
        ),
    );
    Err(told.into())
}

/// Refuses groups of administrators that cannot be: a mistyped id lets nobody in, or somebody else. Those of before are
/// not asked about.
async fn check_administrators(
    call: &Call<Session>,
    spec: &Spec,
    changed: Option<&State<Cluster>>,
) -> Result<(), Failure> {
    let Some(entra) = spec.entra.if_known() else {
        return Ok(());
    };
    let before = changed.and_then(|prior| prior.spec.entra.if_known());
    let known = before.and_then(|entra| entra.admin_group_object_ids.if_set());
    let known = known
        .into_iter()
        .flatten()
        .map(|id| id.text().to_ascii_lowercase())
        .collect();
    let azure = call.client.azure()?;
    let limits = planning_limits(&call.client, call);
    let judged = check_groups(azure, &entra.admin_group_object_ids, &known, &limits).await;
    match judged {
        Ok(told) if told.is_empty() => Ok(()),
        Ok(told) => Err(Failure::Failed(told)),
        Err(error @ (Error::Cancelled | Error::TimedOut)) => {
            Err(refusals::tell(&error, Verb::Read, "cluster", &NoFields))
        }
        // Azure takes the ids as they are, so a look that fails refuses nothing.
        Err(_) => Ok(()),
    }
}

/// A newer set of choices is told and never taken by itself.
fn tell_of_newer_baseline(
    cluster: &Cluster,
    call: &Call<Session>,
    spec: &Spec,
    prior: &State<Cluster>,
) {
    let (Some(own), Some(before)) = (spec.baseline.if_known(), prior.spec.baseline.if_known())
    else {
        return;
    };
    let newest = baseline::newest(cluster.baselines);
    if own == before && own.text().as_str() < newest {
        call.warn(spec.baseline.warning(
            "A newer baseline exists",
            format!("The cluster follows the secure choices of `baseline = \"{}\"`; the newest are those of \"{newest}\". Set `baseline = \"{newest}\"` to see in a plan what would change.", own.text()),
        ));
    }
}

/// A cluster that exists under the name is told already now; only apply refuses, because the plan
/// may be about to delete it. One that an interrupted run began is gone on with, and must not need a new one for that.
async fn judge_taken_name(
    cluster: &Cluster,
    work: &Work<'_>,
    plan: &Planned<'_, Cluster>,
    spec: &Spec,
) -> Result<(), Failure> {
    match work.find().await {
        Ok(None) => Ok(()),
        Ok(Some(_)) if work.call.client.planned.is_gone(&work.id) => {
            let resource = work.id.to_string();
            Err(work.fail(&Error::Contradicted { resource }))
        }
        Ok(Some(found)) => match create::vouched(work, &found).await {
            Vouched::Begun => {
                work.call.warn(continues("cluster", &work.id));
                let live = live::state(&work.id, &found, Some(spec));
                let refused = plan.refusals(cluster, &work.call.client, &live);
                if refused.is_empty() {
                    return Ok(());
                }
                Err(Failure::Failed(refused.into_iter().map(as_begun).collect()))
            }
            vouched => {
                work.call.warn(spec.name.warning(
                    create::SUMMARY,
                    format!(
                        "Unless this plan deletes it first, apply will refuse: {}",
                        create::taken(work, &found, &vouched)
                    ),
                ));
                Ok(())
            }
        },
        // The group may come with the same apply, and so may the right to read it.
        Err(error)
            if error.is_resource_group_missing() || error.missing_registration().is_some() =>
        {
            Ok(())
        }
        Err(Error::Http(refusal)) if refusal.status == 403 => Ok(()),
        Err(error) => Err(work.fail(&error)),
    }
}

/// The error about a cluster that an interrupted run began otherwise than it is configured now.
fn as_begun(refusal: Diagnostic) -> Diagnostic {
    Diagnostic {
        summary: "Interrupted run began another cluster".to_owned(),
        detail: format!(
            "The cluster that an interrupted run began exists, and Azure cannot make it what the configuration says now. {} Or apply what was configured then, or delete the cluster with `az aks delete`, first.",
            refusal.detail
        ),
        ..refusal
    }
}
