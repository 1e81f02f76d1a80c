//! Which objects in the cluster are the binding's own: those whose uid the state has noted, and those that carry
//! the binding's mark. Another object of the same name is somebody else's.

use std::collections::BTreeSet;

use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding};
use serde_json::json;

use super::{
    objects::{Bound, Objects},
    registry,
    work::WHAT,
};
use crate::{
    azure::arm::ResourceId,
    framework::{Call, Diagnostic, Failure, Verb},
    kube::Error,
    resources::{
        Session,
        inside::{Fields, Inside},
        ownership::{Vouched, continues},
    },
    value::Path,
};

/// Under this private name stands by what the objects are known as ours.
const MARK: &str = "mark";

/// Under this private name stand the uids of the objects, as they were applied or read.
const OBJECTS: &str = "objects";

/// What an error about a binding of the cluster's own is called.
const BUILT_IN: &str = "Binding is the cluster's own";

/// The resource, as configurations name it.
pub(super) const TYPE: &str = "secureaks_aad_binding";

/// By what a binding's objects are known.
#[derive(Debug, Default)]
pub(super) struct Own {
    mark: Option<String>,
    uids: BTreeSet<String>,
    /// The uids of the objects that a create takes the place of.
    replaced: BTreeSet<String>,
}

impl Own {
    /// As it is kept beside the state.
    pub(super) fn of(call: &Call<Session>) -> Self {
        let mark = call.private(MARK);
        let uids = call.private(OBJECTS);
        Self {
            mark: mark.and_then(|mark| mark.as_str().map(str::to_owned)),
            uids: uids
                .and_then(|uids| serde_json::from_value(uids).ok())
                .unwrap_or_default(),
            replaced: BTreeSet::new(),
        }
    }

    /// Of a binding that is created: what is kept beside the state is an older one's, which it replaces.
    pub(super) fn anew(inside: &Inside<'_>, id: &ResourceId) -> Result<Self, Failure> {
        let replaced = match inside.call.predecessor() {
            Some(_) => Self::of(inside.call).uids,
            None => BTreeSet::new(),
        };
        inside.call.drop_private(OBJECTS);
        inside.call.client.ownership.reserve(id)?;
        Ok(Self {
            replaced,
            ..Self::default()
        })
    }

    /// The same with the mark of a binding whose create begins.
    pub(super) async fn begun(self, inside: &Inside<'_>, id: &ResourceId) -> Result<Self, Failure> {
        let mark = inside.begin_mark(id).await?;
        Ok(self.with(inside, mark))
    }

    /// The same with a mark, which is given where there is none or one from before there was an owner: a binding that
    /// was imported has none yet.
    pub(super) async fn marked(
        self,
        inside: &Inside<'_>,
        id: &ResourceId,
    ) -> Result<Self, Failure> {
        let ownership = &inside.call.client.ownership;
        if self.mark().is_some_and(|mark| !ownership.is_outdated(mark)) {
            return Ok(self);
        }
        match ownership.ended(id) {
            Some(mark) => Ok(self.with(inside, mark.to_string())),
            None => self.begun(inside, id).await,
        }
    }

    /// The same with the mark `mark`.
    pub(super) fn with(self, inside: &Inside<'_>, mark: String) -> Self {
        inside.call.keep_private(MARK, json!(mark));
        Self {
            mark: Some(mark),
            ..self
        }
    }

    /// The same with the mark of a binding that a state holds.
    pub(super) fn closed(self, inside: &Inside<'_>, id: &ResourceId) -> Self {
        let ownership = &inside.call.client.ownership;
        let unclosed = self.mark().filter(|mark| ownership.is_unclosed(id, mark));
        match unclosed.map(|mark| ownership.closed(id, mark)) {
            Some(mark) => self.with(inside, mark),
            None => self,
        }
    }

    /// The same with further objects.
    pub(super) fn having(mut self, objects: &[Bound]) -> Self {
        self.uids
            .extend(objects.iter().filter_map(|one| one.uid.clone()));
        self
    }

    /// The mark.
    pub(super) fn mark(&self) -> Option<&str> {
        self.mark.as_deref()
    }

    /// Whether an object is the binding's.
    pub(super) fn has(&self, bound: &Bound) -> bool {
        self.has_noted(bound) || self.mark.is_some() && self.mark.as_deref() == bound.mark()
    }

    /// Whether an object is one that was noted. Marks that follow from an owner are the same in all
    /// configurations of that owner, uids are not.
    pub(super) fn has_noted(&self, bound: &Bound) -> bool {
        bound
            .uid
            .as_ref()
            .is_some_and(|uid| self.uids.contains(uid))
    }

    /// Where objects of the name are that carry the binding's mark, among `found`.
    pub(super) fn places_in(&self, name: &str, found: &[Bound]) -> BTreeSet<Option<String>> {
        let marked = |bound: &&Bound| {
            bound.name == name && self.mark.is_some() && bound.mark() == self.mark.as_deref()
        };
        let marked = found.iter().filter(marked);
        marked.map(|one| one.namespace.clone()).collect()
    }

    /// The uids of the objects that were noted.
    pub(super) fn uids(&self) -> &BTreeSet<String> {
        &self.uids
    }

    /// Whether nothing is known of the binding's objects, as in an import.
    pub(super) fn is_unknown(&self) -> bool {
        self.mark.is_none() && self.uids.is_empty()
    }

    /// Notes one more object beside the state.
    pub(super) fn note(inside: &Inside<'_>, bound: &Bound) {
        let mut own = Self::of(inside.call);
        own.uids.extend(bound.uid.clone());
        inside.call.keep_private(OBJECTS, json!(own.uids));
    }

    /// Notes beside the state that `bound` are the binding's objects, and no others.
    pub(super) fn note_all(&self, inside: &Inside<'_>, bound: &[Bound]) {
        let uids: BTreeSet<&String> = bound.iter().filter_map(|one| one.uid.as_ref()).collect();
        inside.call.keep_private(OBJECTS, json!(uids));
        // Another configuration's mark is not taken on: the next update marks the objects as ours.
        let ours = |one: &&Bound| registry::is_anothers(inside, one) != Some(true);
        if self.mark.is_none()
            && let Some(mark) = bound.iter().filter(ours).find_map(Bound::mark)
        {
            inside.call.keep_private(MARK, json!(mark));
        }
    }
}

/// Refuses to apply over objects of another configuration or, unless `force` says so, of another tool.
pub(super) async fn stand(
    inside: &Inside<'_>,
    id: &ResourceId,
    objects: &Objects,
    own: &Own,
    force: bool,
    fields: &dyn Fields,
) -> Result<(), Failure> {
    let mut continued = false;
    for place in objects.places() {
        let found = match look(inside, place.as_deref(), &objects.name).await {
            Ok(found) => found,
            Err(error) => return Err(inside.fail(&error, fields).await),
        };
        if let Some(found) = found.as_ref().filter(|found| found.is_built_in()) {
            return Err(built_in(inside, found).into());
        }
        let Some(found) = found.filter(|found| !own.has(found)) else {
            continue;
        };
        if found
            .uid
            .as_ref()
            .is_some_and(|uid| own.replaced.contains(uid))
        {
            return Err(inside.still_there(id).into());
        }
        let vouched = match found.mark() {
            Some(mark) => inside.call.client.ownership.vouched(id, mark).await,
            None => Vouched::Unknown,
        };
        match vouched {
            Vouched::Begun => {
                continued = true;
                continue;
            }
            Vouched::Held(_) if matches!(inside.verb, Verb::Update) => {}
            Vouched::Held(by) => return Err(inside.refuse_held(id, TYPE, &by).into()),
            Vouched::Unknown if force => continue,
            Vouched::Unknown => {}
        }
        if matches!(inside.verb, Verb::Update) {
            return Err(in_its_place(inside, &found).into());
        }
        return Err(match place {
            None => {
                let wanted = objects.cluster_role_binding();
                inside.refuse_foreign(id, &wanted, TYPE, fields).await
            }
            Some(name) => {
                let wanted = objects.role_binding(&name);
                inside.refuse_foreign(id, &wanted, TYPE, fields).await
            }
        });
    }
    if continued {
        inside.call.warn(continues(WHAT, id));
    }
    Ok(())
}

/// Deletes the object of a binding in one place, unless it is somebody else's, of which is told. It may be gone.
pub(super) async fn remove(
    inside: &Inside<'_>,
    own: &Own,
    namespace: Option<&str>,
    name: &str,
) -> Result<(), Error> {
    let Some(mut found) = look(inside, namespace, name).await? else {
        return Ok(());
    };
    if found.is_built_in() {
        let told = built_in(inside, &found);
        inside
            .call
            .warn(Diagnostic::warning(told.summary, told.detail).at(&told.path));
        return Ok(());
    }
    let may_be_own = own.is_unknown() && registry::is_anothers(inside, &found) != Some(true);
    if own.has(&found) || may_be_own {
        let (cluster, limits) = (&inside.cluster, &inside.limits);
        let uid = found.uid.as_deref();
        let deleted = if namespace.is_some() {
            let deleted = cluster.delete::<RoleBinding>(namespace, name, uid, limits);
            deleted.await
        } else {
            let deleted = cluster.delete::<ClusterRoleBinding>(None, name, uid, limits);
            deleted.await
        };
        match deleted {
            // Another one may have come in its place meanwhile.
            Err(error) if error.is_conflict() => match look(inside, namespace, name).await? {
                Some(now) if now.uid == found.uid => return Err(error),
                Some(now) => found = now,
                None => return Ok(()),
            },
            deleted => return deleted,
        }
    }
    inside.call.warn(another(inside, &found));
    Ok(())
}

/// What a create that was killed has left of the binding `id`, among `found`: the configuration may have changed since.
pub(super) async fn left_behind(
    inside: &Inside<'_>,
    id: &ResourceId,
    found: &[Bound],
) -> Vec<Bound> {
    let mut left = Vec::new();
    for one in found.iter().filter(|one| one.name == id.name()) {
        if let Some(mark) = one.mark()
            && inside.call.client.ownership.vouched(id, mark).await == Vouched::Begun
        {
            left.push(one.clone());
        }
    }
    left
}

/// Where objects of the name are, among `found`, that carry a mark of this configuration's owner: where nothing is
/// known beside the state, an update that was killed may have made them.
pub(super) fn places_without_note(
    inside: &Inside<'_>,
    own: &Own,
    name: &str,
    found: &[Bound],
) -> BTreeSet<Option<String>> {
    let is_ours = |one: &&Bound| {
        own.is_unknown() && one.name == name && registry::is_anothers(inside, one) == Some(false)
    };
    let ours = found.iter().filter(is_ours);
    ours.map(|one| one.namespace.clone()).collect()
}

/// The object of a binding in one place, as it is now.
async fn look(
    inside: &Inside<'_>,
    namespace: Option<&str>,
    name: &str,
) -> Result<Option<Bound>, Error> {
    let (cluster, limits) = (&inside.cluster, &inside.limits);
    Ok(if namespace.is_some() {
        let found = cluster.get::<RoleBinding>(namespace, name, limits);
        found.await?.as_ref().map(Bound::from)
    } else {
        let found = cluster.get::<ClusterRoleBinding>(None, name, limits);
        found.await?.as_ref().map(Bound::from)
    })
}

/// What is told of an object that has the name of ours and is not ours, and stays.
pub(super) fn another(inside: &Inside<'_>, found: &Bound) -> Diagnostic {
    Diagnostic::warning(
        "Another binding has the name",
        format!(
            "{} It stays as it is. If it is not wanted, delete it with kubectl.",
            not_ours(inside, found)
        ),
    )
    .at(&Path::attribute("name"))
}

/// What is told of an object that is the cluster's own.
pub(super) fn built_in(inside: &Inside<'_>, found: &Bound) -> Diagnostic {
    Diagnostic::error(
        BUILT_IN,
        format!(
            "{} of {} was made by Kubernetes, AKS or an add-on, and the cluster works with it. It stays as it is, whatever `force_conflicts` says. Expected the name of a binding of yours: choose another one, and if the state holds this one, remove it with `terraform state rm`.",
            which(found),
            inside.cluster.id()
        ),
    )
    .at(&Path::attribute("name"))
}

/// The error about a name that a binding of the cluster's own has.
pub(super) fn built_in_name(name: &str) -> Diagnostic {
    Diagnostic::error(
        BUILT_IN,
        format!(
            "Kubernetes or AKS makes the binding {name:?} in every cluster, and the cluster works with it. It is neither overwritten nor taken over. Expected the name of a binding of yours: choose another one."
        ),
    )
    .at(&Path::attribute("name"))
}

/// The error about an object that stands where one of ours is wanted.
fn in_its_place(inside: &Inside<'_>, found: &Bound) -> Diagnostic {
    Diagnostic::error(
        "Another binding has the name",
        format!(
            "{} Nothing was changed. Delete it with kubectl, set `force_conflicts = true` to overwrite it, or leave its place out of the binding.",
            not_ours(inside, found)
        ),
    )
    .at(&Path::attribute("name"))
}

fn which(found: &Bound) -> String {
    match &found.namespace {
        None => format!("The ClusterRoleBinding {:?}", found.name),
        Some(namespace) => {
            format!(
                "The RoleBinding {:?} in the namespace {namespace}",
                found.name
            )
        }
    }
}

fn not_ours(inside: &Inside<'_>, found: &Bound) -> String {
    let which = which(found);
    format!(
        "{which} of {} was made by another tool or configuration, and is not one of this binding's objects.",
        inside.cluster.id()
    )
}
