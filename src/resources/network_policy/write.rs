//! Creating, changing and deleting a network policy.

use k8s_openapi::{
    api::networking::v1::NetworkPolicy as Object, apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::{
    NetworkPolicy, TYPE, WHAT, body, fields, live, outputs::Outputs, place::Place, spec::Spec,
};
use crate::{
    framework::{Call, Diagnostic, Failure, PENDING, State, Verb},
    kube::{self, Apply},
    resources::{
        Session,
        inside::{Fields, Inside, MARK, Standing, labels},
        ownership::continues,
    },
    value::Path,
};

/// Creates the policy, or finishes what a killed run began.
pub(super) async fn create(call: &Call<Session>, spec: &Spec) -> Result<Outputs, Failure> {
    let place = Place::of(spec)?;
    let work = Inside::within(call, &place.cluster, Verb::Create, WHAT)?;
    call.client.ownership.reserve(&place.id)?;
    let namespace = Some(place.namespace.as_str());
    let standing = work
        .standing::<Object>(&place.id, namespace, &place.name)
        .await;
    match standing {
        Ok(Standing::Free) => {}
        Ok(Standing::Begun(_)) => call.warn(continues(WHAT, &place.id)),
        Ok(Standing::Held(found, by)) => {
            let refused = work.refuse_predecessor(&place.id, &found);
            return Err(refused
                .unwrap_or_else(|| work.refuse_held(&place.id, TYPE, &by))
                .into());
        }
        Ok(Standing::Foreign(_)) if is_forced(spec)? => {}
        Ok(Standing::Foreign(found)) => {
            if let Some(refused) = work.refuse_predecessor(&place.id, &found) {
                return Err(refused.into());
            }
            let wanted = object(&place, spec, None)?;
            let written = Written(spec);
            let refused = work.refuse_foreign(&place.id, &wanted, TYPE, &written);
            return Err(refused.await);
        }
        Err(error) => return Err(fail(&work, spec, &error).await),
    }
    work.warn_of_local_administrator().await;
    let mark = work.begin_mark(&place.id).await?;
    let wanted = object(&place, spec, Some(&mark))?;
    let outputs = apply(&work, &place, spec, &wanted).await?;
    let Some(ended) = call.client.ownership.ended(&place.id) else {
        return Ok(outputs);
    };
    let wanted = object(&place, spec, Some(&ended.to_string()))?;
    // The state holds it by now, also where Terraform has said Stop.
    apply(&work.ending(), &place, spec, &wanted).await
}

/// Changes the policy.
pub(super) async fn update(
    call: &Call<Session>,
    prior: &State<NetworkPolicy>,
    spec: &Spec,
) -> Result<Outputs, Failure> {
    let place = super::place_in(&prior.outputs)?;
    let work = Inside::within(call, &place.cluster, Verb::Update, WHAT)?;
    let namespace = Some(place.namespace.as_str());
    let found = work
        .cluster
        .get::<Object>(namespace, &place.name, &work.limits)
        .await;
    let found = match found {
        Ok(Some(found)) => found,
        // The plan did not know whether its cluster would be the same, and promised nothing.
        Ok(None) if is_new(call) => return create(call, spec).await,
        Ok(None) => return Err(gone(&place)),
        Err(error) => return Err(fail(&work, spec, &error).await),
    };
    let known = prior.outputs.uid.value();
    if known.is_some() && found.metadata.uid.as_ref() != known {
        return Err(another(&place).into());
    }
    // A field that is left out is given up, and the mark is to stay.
    let annotations = found.metadata.annotations.unwrap_or_default();
    let mark = annotations.get(MARK);
    let mark = mark.map(|mark| call.client.ownership.closed(&place.id, mark));
    let wanted = object(&place, spec, mark.as_deref())?;
    work.warn_of_local_administrator().await;
    let outputs = apply(&work, &place, spec, &wanted).await?;
    call.drop_private(PENDING);
    Ok(outputs)
}

/// Deletes the policy. One that somebody else made since under the same name is left alone.
pub(super) async fn delete(
    call: &Call<Session>,
    prior: &State<NetworkPolicy>,
) -> Result<(), Failure> {
    let place = super::place_in(&prior.outputs)?;
    let work = Inside::within(call, &place.cluster, Verb::Delete, WHAT)?;
    let uid = prior.outputs.uid.value().map(String::as_str);
    let namespace = Some(place.namespace.as_str());
    let deleted = work
        .cluster
        .delete::<Object>(namespace, &place.name, uid, &work.limits)
        .await;
    match deleted {
        Ok(()) => {}
        Err(error) if error.is_cluster_gone() => {}
        Err(error) if work.lets_go(&place.id, &error).await => {}
        Err(error) if error.is_conflict() => call.warn(Diagnostic::warning(
            "Another network policy has the name",
            format!("{} was deleted by another hand, and what has its name now is another policy, which stays.", place.id),
        )),
        Err(error) => return Err(fail(&work, &prior.spec, &error).await),
    }
    call.client.ownership.forget(&place.id).await;
    Ok(())
}

/// The object a specification means.
pub(super) fn object(place: &Place, spec: &Spec, mark: Option<&str>) -> Result<Object, Diagnostic> {
    let annotations = mark.map(|mark| [(MARK.to_owned(), mark.to_owned())].into());
    Ok(Object {
        metadata: ObjectMeta {
            name: Some(place.name.clone()),
            namespace: Some(place.namespace.clone()),
            labels: Some(labels()),
            annotations,
            ..ObjectMeta::default()
        },
        spec: Some(body::policy(spec)?),
    })
}

/// Whether fields of others are taken over.
pub(super) fn is_forced(spec: &Spec) -> Result<bool, Diagnostic> {
    Ok(*spec.force_conflicts.known()?)
}

async fn apply(
    work: &Inside<'_>,
    place: &Place,
    spec: &Spec,
    wanted: &Object,
) -> Result<Outputs, Failure> {
    let how = Apply {
        force: is_forced(spec)?,
        dry_run: false,
    };
    match work.cluster.apply(wanted, how, &work.limits).await {
        Ok(applied) => {
            let outputs = live::outputs(place, &applied);
            work.call.keep(&outputs);
            Ok(outputs)
        }
        Err(error) => Err(fail(work, spec, &error).await),
    }
}

/// How a verb fails with `error`. What is not found when a policy is applied is its namespace.
async fn fail(work: &Inside<'_>, spec: &Spec, error: &kube::Error) -> Failure {
    if error.is_not_found()
        && let Some(namespace) = spec.namespace.if_known()
    {
        return spec
            .namespace
            .error(
                "Namespace does not exist",
                format!("There is no namespace `{}` in {}. Create it first, with `secureaks_namespace` and a reference to its name, or name one that exists.", namespace.as_ref(), work.cluster.id()),
            )
            .into();
    }
    work.fail(error, &Written(spec)).await
}

/// Whether the plan has left open whether the policy is another one after the apply.
fn is_new(call: &Call<Session>) -> bool {
    call.planned_outputs::<Outputs>().uid.value().is_none()
}

fn another(place: &Place) -> Diagnostic {
    Diagnostic::error(
        "Another network policy has the name",
        format!(
            "{} was deleted since the plan, and what has its name now is another policy, which this configuration did not create. Nothing was changed. Run it again: the plan then says how to go on.",
            place.id
        ),
    )
}

fn gone(place: &Place) -> Failure {
    Diagnostic::error(
        "Network policy is gone",
        format!(
            "{} was deleted while it was to be changed. Run apply again to create it anew.",
            place.id
        ),
    )
    .into()
}

/// The attributes of a configuration, by the fields of its object.
pub(super) struct Written<'a>(pub(super) &'a Spec);

impl Fields for Written<'_> {
    fn attribute(&self, field: &str) -> Path {
        fields::place(self.0, field)
    }
}
