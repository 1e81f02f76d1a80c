//! Creating a namespace, taking one over, and changing it.

use k8s_openapi::api::core::v1::Namespace as Object;

use super::{
    Namespace, TYPE, WHAT,
    body::{self, Marks, POD_SECURITY},
    contents, delete,
    loss::loss,
    outputs::Outputs,
    place::Place,
    planning,
    read::{self, PartMarks, is_terminating, outputs},
    spec::Spec,
};
use crate::{
    framework::{Call, Diagnostic, Failure, PENDING, State, Verb},
    kube::Apply,
    resources::{
        Session,
        inside::{Fields, Inside, MARK, NoFields, Standing, labels},
        ownership::continues,
    },
    value::{Path, Step},
};

/// Creates the namespace, takes one over, or finishes what a killed run began.
pub(super) async fn create(call: &Call<Session>, spec: &Spec) -> Result<Outputs, Failure> {
    call.drop_private(planning::ALLOWED);
    call.drop_private(planning::WITH_CLUSTER);
    let place = Place::of(spec)?;
    let work = Inside::within(call, &place.cluster, Verb::Create, WHAT)?;
    call.client.ownership.reserve(&place.id)?;
    let is_ours = loop {
        let standing = work.standing::<Object>(&place.id, None, &place.name).await;
        match standing {
            // One of that name that is going makes room first, whoever it was.
            Ok(Standing::Begun(found) | Standing::Held(found, _) | Standing::Foreign(found))
                if is_terminating(&found) =>
            {
                delete::wait(&work, &place, found).await?;
            }
            Ok(Standing::Free) => break true,
            Ok(Standing::Begun(_)) => {
                call.warn(continues(WHAT, &place.id));
                tell_of_strange(&work, &place).await;
                break true;
            }
            Ok(Standing::Held(found, by)) => {
                let refused = work.refuse_predecessor(&place.id, &found);
                return Err(refused
                    .unwrap_or_else(|| work.refuse_held(&place.id, TYPE, &by))
                    .into());
            }
            Ok(Standing::Foreign(found)) => {
                if let Some(refused) = work.refuse_predecessor(&place.id, &found) {
                    return Err(refused.into());
                }
                if *spec.adopt.known()? {
                    break false;
                }
                return Err(taken(spec, &place).into());
            }
            Err(error) => return Err(work.fail(&error, &NoFields).await),
        }
    };
    work.warn_of_local_administrator().await;
    if !is_ours {
        return converge(&work, &place, spec, Given::default(), true).await;
    }
    let begun = work.begin_mark(&place.id).await?;
    let ended = call.client.ownership.ended(&place.id);
    let ended = ended.map(|mark| mark.to_string());
    let given = Given {
        namespace: Some(&begun),
        parts: ended.as_deref().or(Some(&begun)),
    };
    let made = converge(&work, &place, spec, given, false).await;
    let (Some(ended), true) = (&ended, made.is_ok() || work.call.has_kept()) else {
        return made;
    };
    match made {
        Ok(_) => apply(&work, &place, spec, Some(ended), false).await,
        // The state holds it all the same. Where this fails, the next apply does it.
        Err(failure) => {
            drop(apply(&work.ending(), &place, spec, Some(ended), false).await);
            Err(failure)
        }
    }
}

/// Warns of what others have put into a namespace that is gone on with: an identity that was let in before its policies stood
/// may still be in. A look that cannot be made tells nothing.
async fn tell_of_strange(work: &Inside<'_>, place: &Place) {
    if let Ok(found) = loss(work, &place.name).await
        && let Some(warning) = found.strange(place)
    {
        work.call.warn(warning);
    }
}

/// Changes the namespace.
pub(super) async fn update(
    call: &Call<Session>,
    prior: &State<Namespace>,
    spec: &Spec,
) -> Result<Outputs, Failure> {
    let place = super::place_in(&prior.outputs)?;
    let work = Inside::within(call, &place.cluster, Verb::Update, WHAT)?;
    let found = work
        .cluster
        .get::<Object>(None, &place.name, &work.limits)
        .await;
    let found = match found {
        Ok(Some(found)) => found,
        // The plan did not know whether its cluster would be the same, and promised nothing.
        Ok(None) if is_new(call) => return create(call, spec).await,
        Ok(None) => return Err(gone(&place)),
        Err(error) => return Err(work.fail(&error, &NoFields).await),
    };
    if read::is_another(&found, prior.outputs.uid.value()) {
        return Err(made_anew(&place).into());
    }
    if is_terminating(&found) {
        let detail = format!(
            "{} is being deleted, and Kubernetes changes it no more. Wait until it is gone, and run apply again.",
            place.id
        );
        return Err(Diagnostic::error("Namespace is being deleted", detail).into());
    }
    work.warn_of_local_administrator().await;
    // A field that is left out is given up, and the mark is to stay.
    let ownership = &call.client.ownership;
    let mark = read::mark(&found).map(|mark| ownership.closed(&place.id, mark));
    let given = Given {
        namespace: mark.as_deref(),
        parts: mark.as_deref(),
    };
    converge(&work, &place, spec, given, prior.outputs.is_adopted()).await
}

/// Whether the plan has left open whether the namespace is another one after the apply.
fn is_new(call: &Call<Session>) -> bool {
    call.planned_outputs::<Outputs>().uid.value().is_none()
}

/// The marks that a namespace and its parts are given; none of one that another hand made, which is not marked now.
#[derive(Clone, Copy, Debug, Default)]
struct Given<'a> {
    namespace: Option<&'a str>,
    parts: Option<&'a str>,
}

/// Brings the namespace and what is in it to what is wanted.
async fn converge(
    work: &Inside<'_>,
    place: &Place,
    spec: &Spec,
    given: Given<'_>,
    is_adopted: bool,
) -> Result<Outputs, Failure> {
    let wanted = body::contents(spec, &marks(given.parts))?;
    let outputs = apply(work, place, spec, given.namespace, is_adopted).await?;
    work.call.keep_private(PENDING, true.into());
    let known = PartMarks::within(work, place, given.namespace);
    contents::converge(work, &place.name, &wanted, &known, how(spec)?).await?;
    work.call.drop_private(PENDING);
    Ok(outputs)
}

/// Brings the namespace itself to what is wanted.
async fn apply(
    work: &Inside<'_>,
    place: &Place,
    spec: &Spec,
    mark: Option<&str>,
    is_adopted: bool,
) -> Result<Outputs, Failure> {
    let own = mark.map_or_else(Marks::default, |mark| marks(Some(mark)));
    let wanted = body::namespace(spec, &own)?;
    let applied = work.cluster.apply(&wanted, how(spec)?, &work.limits).await;
    let applied = match applied {
        Ok(applied) => applied,
        Err(error) => return Err(work.fail(&error, &Written).await),
    };
    let outputs = outputs(place, &applied, is_adopted);
    work.call.keep(&outputs);
    Ok(outputs)
}

fn how(spec: &Spec) -> Result<Apply, Diagnostic> {
    Ok(Apply {
        force: *spec.force_conflicts.known()?,
        dry_run: false,
    })
}

/// By what an object is known as the provider's, and with a mark as this state's.
fn marks(mark: Option<&str>) -> Marks {
    let mark = mark.map(|mark| (MARK.to_owned(), mark.to_owned()));
    Marks {
        labels: labels(),
        annotations: mark.into_iter().collect(),
    }
}

/// What to do about a namespace that is there already.
pub(super) fn taken(spec: &Spec, place: &Place) -> Diagnostic {
    spec.name.error(
        "Namespace exists already",
        format!("{0} exists, and this configuration did not create it. Nothing was changed. Choose another name, or take the namespace over with `terraform import secureaks_namespace.NAME '{0}'` or by `adopt = true`: it keeps what is in it, gets the labels, quota, limits and policies of this resource, and is not deleted on destroy.", place.id),
    )
}

fn made_anew(place: &Place) -> Diagnostic {
    Diagnostic::error(
        "Namespace is another one now",
        format!(
            "{} was deleted since the plan, and what has its name now is another namespace, which this configuration did not create. Nothing was changed. Run apply again: the plan then says how to go on.",
            place.id
        ),
    )
}

fn gone(place: &Place) -> Failure {
    Diagnostic::error(
        "Namespace is gone",
        format!(
            "{} was deleted while it was to be changed. Run apply again to create it anew.",
            place.id
        ),
    )
    .into()
}

/// The attributes of a configuration, by the fields of its namespace.
struct Written;

impl Fields for Written {
    fn attribute(&self, field: &str) -> Path {
        attribute(field)
    }
}

/// The attribute a field such as `.metadata.labels.team` was made of.
pub(super) fn attribute(field: &str) -> Path {
    let field = field.trim_start_matches('.');
    if let Some(label) = field.strip_prefix("metadata.labels.") {
        let Some(mode) = label.strip_prefix(POD_SECURITY) else {
            return Path::attribute("labels").join(Step::Key(label.to_owned()));
        };
        let security = Path::attribute("pod_security");
        return security.join_attribute(if mode.ends_with("-version") {
            "version"
        } else {
            mode
        });
    }
    if let Some(annotation) = field.strip_prefix("metadata.annotations.") {
        return Path::attribute("annotations").join(Step::Key(annotation.to_owned()));
    }
    match field {
        "metadata.name" => Path::attribute("name"),
        "metadata.labels" => Path::attribute("labels"),
        "metadata.annotations" => Path::attribute("annotations"),
        _ => Path::root(),
    }
}
