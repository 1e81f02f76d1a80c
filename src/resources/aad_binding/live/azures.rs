//! What Azure says about a binding with a role of Azure's: its role assignments are all there is of it.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{assignments, blank, in_order, left, namespaces, principal};
use crate::{
    azure::arm::{ResourceId, role_assignment::PrincipalType},
    framework::{PENDING, State},
    kube::Error,
    resources::{
        aad_binding::{
            AadBinding,
            given::{self, Given},
            grant,
            outputs::Outputs,
            spec::{AzureRole, Mode},
            subject::Subject,
        },
        assignments::Assignment,
        inside::Inside,
    },
};

/// Reads the binding `id`; `None` when nothing of it is there.
pub(super) async fn read(
    inside: &Inside<'_>,
    id: &ResourceId,
    prior: &State<AadBinding>,
    imported: bool,
) -> Result<Option<State<AadBinding>>, Error> {
    let listed = assignments(inside).await?;
    let cluster = inside.cluster.id();
    let made = given::described(&listed, cluster, id.name());
    let description = grant::description(id.name());
    let own: Vec<&Assignment> = listed
        .iter()
        .filter(|one| imported && one.description == description)
        .collect();
    let role = match (prior.spec.azure_role.if_set(), own.first()) {
        (Some(role), _) => Some(role.clone()),
        (None, Some(first)) => AzureRole::ALL
            .into_iter()
            .find(|role| role.definition() == Some(first.role)),
        (None, None) => None,
    };
    let Some((role, definition)) = role.and_then(|role| Some((role.clone(), role.definition()?)))
    else {
        return Ok(None);
    };
    let known = if imported {
        let ids: BTreeSet<(&str, PrincipalType)> = own
            .iter()
            .map(|one| (one.principal.as_str(), one.kind))
            .collect();
        ids.into_iter()
            .map(|(id, kind)| Subject::by_id(kind, id))
            .collect()
    } else {
        prior.outputs.bound()
    };
    let has = |namespace: Option<&str>, subject: &Subject| {
        let id = subject.object_id.as_deref().unwrap_or_default();
        grant::scope_of(cluster, namespace).is_some_and(|scope| {
            let mut listed = listed.iter();
            listed.any(|one| one.gives(definition, id) && one.is_at(&scope))
        })
    };
    let asked: Vec<Option<String>> = if imported {
        own.iter().map(|one| one.namespace_in(cluster)).collect()
    } else {
        prior.spec.places()
    };
    let places: BTreeSet<Option<String>> = asked
        .iter()
        .filter(|place| known.iter().any(|subject| has(place.as_deref(), subject)))
        .cloned()
        .collect();
    if places.is_empty() && (imported || made.is_empty()) {
        return Ok(None);
    }
    let wanted = wanted(cluster, &asked, definition, &known);
    if made.iter().any(|one| !one.is_in(&wanted)) {
        // A run that was killed has not taken it away.
        inside.call.keep_private(PENDING, true.into());
    }
    let written = prior
        .spec
        .principals
        .if_known()
        .filter(|written| written.len() <= known.len());
    let (mut principals, mut subjects) = (Vec::new(), Vec::new());
    for (position, subject) in known.iter().enumerate() {
        if !places.is_empty() && places.iter().all(|place| has(place.as_deref(), subject)) {
            let as_written = written.and_then(|written| written.get(position));
            principals.push(as_written.map_or_else(|| principal(subject), Clone::clone));
            subjects.push(subject.clone());
        }
    }
    let (principals, mut subjects) = in_order(principals, subjects);
    let left = left(known.iter(), &subjects, |subject| {
        made.iter().any(|one| one.is_to(subject))
    });
    subjects.extend(left);
    let mut spec = blank(id, cluster, prior, principals);
    spec.mode = Mode::AzureRbac.into();
    spec.azure_role = Some(role).into();
    spec.namespaces = if places.is_empty() {
        prior.spec.namespaces.clone()
    } else {
        namespaces(places)
    };
    let outputs = Outputs::of(id, &subjects, prior.outputs.effective.value().copied());
    Ok(Some(State { spec, outputs }))
}

/// What a binding of `role` to `subjects` in `places` has given.
fn wanted(
    cluster: &ResourceId,
    places: &[Option<String>],
    role: Uuid,
    subjects: &[Subject],
) -> Vec<Given> {
    let mut wanted = Vec::new();
    for scope in places
        .iter()
        .filter_map(|place| grant::scope_of(cluster, place.as_deref()))
    {
        let ids = subjects
            .iter()
            .filter_map(|subject| subject.object_id.as_deref());
        wanted.extend(ids.filter_map(|id| Given::of(&scope, id, role, false).ok()));
    }
    wanted
}
