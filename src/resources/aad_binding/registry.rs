//! What one process knows of bindings: which rights are given by which of them, the rules of roles,
//! and the role assignments of each cluster.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use k8s_openapi::api::rbac::v1::PolicyRule;
use tokio::sync::OwnedMutexGuard;

use super::{
    objects::{Bound, Objects, Role},
    spec::Spec,
    subject::Subject,
    work::bound_of_ours,
};
use crate::{
    azure::{self, arm::ResourceId},
    framework::Text,
    kube::Error,
    resources::{assignments::Assignment, inside::Inside},
};

/// What one process knows of bindings.
#[derive(Debug, Default)]
pub struct Bindings {
    planned: Claims,
    applied: Claims,
    rules: Mutex<BTreeMap<String, Arc<Vec<PolicyRule>>>>,
    found: Mutex<BTreeMap<u64, Arc<Vec<Bound>>>>,
    given: Mutex<BTreeMap<u64, Arc<Vec<Assignment>>>>,
    turns: Mutex<BTreeMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// Whether rights are only planned or being given.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stage {
    /// A plan says so.
    Planned,
    /// An apply does so.
    Applied,
}

/// One right of one principal, given by one binding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Right {
    scope: String,
    role: String,
    subject: String,
}

impl Right {
    /// The right for messages.
    pub(super) fn shown(&self) -> String {
        format!("{} has {} in {}", self.subject, self.role, self.scope)
    }
}

/// A right that two bindings give.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Clash {
    /// The right.
    pub(super) right: String,
    /// The name of the other binding.
    pub(super) other: String,
    /// Whether the other is made or changed too, so that an apply hears of both.
    pub(super) other_changes: bool,
}

/// Which binding gives a right.
#[derive(Debug)]
struct Claim {
    binding: String,
    changes: bool,
}

#[derive(Debug, Default)]
struct Claims {
    rights: Mutex<BTreeMap<(String, Right), Claim>>,
    /// The uids of the objects whose bindings have claimed what they give from now on.
    objects: Mutex<BTreeSet<String>>,
}

impl Claims {
    fn locked(&self) -> MutexGuard<'_, BTreeMap<(String, Right), Claim>> {
        self.rights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn objects(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bindings {
    /// Notes that the binding `id`, which is made or changed or stays as it is, gives `rights` in a cluster, and
    /// those only; the first of them that another binding gives.
    pub(super) fn claim(
        &self,
        stage: Stage,
        cluster: &ResourceId,
        id: &ResourceId,
        rights: &[Right],
        changes: bool,
    ) -> Option<Clash> {
        let own = id.as_str();
        let cluster = cluster.as_str().to_ascii_lowercase();
        let mut claims = self.claims(stage).locked();
        claims.retain(|_, claim| !claim.binding.eq_ignore_ascii_case(own));
        let mut clash = None;
        for right in rights {
            let claim = claims
                .entry((cluster.clone(), right.clone()))
                .or_insert_with(|| Claim {
                    binding: own.to_owned(),
                    changes,
                });
            if !claim.binding.eq_ignore_ascii_case(own) && clash.is_none() {
                let name = claim.binding.rsplit('/').next();
                clash = Some(Clash {
                    right: right.shown(),
                    other: name.unwrap_or_default().to_owned(),
                    other_changes: claim.changes,
                });
            }
        }
        clash
    }

    /// The bindings of ours that were in a cluster when this process first looked. What came since is known by
    /// [`Bindings::claim`], so that a thousand bindings are made without a thousand lists.
    pub(super) async fn found_in(&self, inside: &Inside<'_>) -> Result<Arc<Vec<Bound>>, Error> {
        let key = inside.cluster.number();
        if let Some(found) = self.found().get(&key) {
            return Ok(Arc::clone(found));
        }
        let found = Arc::new(bound_of_ours(inside).await?);
        Ok(Arc::clone(self.found().entry(key).or_insert(found)))
    }

    /// The role assignments of a cluster as they were when this process first looked: what killed runs have left is
    /// among them.
    pub(super) async fn given_in(
        &self,
        inside: &Inside<'_>,
    ) -> Result<Arc<Vec<Assignment>>, azure::Error> {
        let key = inside.cluster.number();
        if let Some(given) = self.given().get(&key) {
            return Ok(Arc::clone(given));
        }
        let lists = &inside.call.client.assignments;
        let (azure, cluster) = (inside.cluster.azure(), inside.cluster.id());
        let given = lists.of(azure, cluster, &inside.limits).await?;
        Ok(Arc::clone(self.given().entry(key).or_insert(given)))
    }

    /// Notes that a binding has said by [`Bindings::claim`] what it gives from now on: what is found of these
    /// objects of it is no longer true, or will not be.
    pub(super) fn touch<'a>(&self, stage: Stage, uids: impl IntoIterator<Item = &'a String>) {
        let mut objects = self.claims(stage).objects();
        objects.extend(uids.into_iter().cloned());
    }

    /// Whether what is found of an object is no longer true, or will not be.
    pub(super) fn is_touched(&self, stage: Stage, found: &Bound) -> bool {
        let uid = found.uid.as_ref();
        uid.is_some_and(|uid| self.claims(stage).objects().contains(uid))
    }

    /// Waits for one's turn with a role assignment, which several bindings may share: while one looks whether
    /// others need it and takes it away, no other gives it.
    pub(super) async fn turn(
        &self,
        inside: &Inside<'_>,
        assignment: &str,
        limits: &azure::Call,
    ) -> Result<OwnedMutexGuard<()>, azure::Error> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(assignment.to_ascii_lowercase()).or_default())
        };
        let clock = inside.cluster.azure().clock();
        let wait = async { Ok(turn.lock_owned().await) };
        limits.guard(clock, wait).await
    }

    /// Forgets the rights of a binding that is gone.
    pub(super) fn release(&self, id: &ResourceId) {
        let mut applied = self.applied.locked();
        applied.retain(|_, claim| !claim.binding.eq_ignore_ascii_case(id.as_str()));
    }

    /// The rules of a role, if they were read before.
    pub(super) fn rules(&self, key: &str) -> Option<Arc<Vec<PolicyRule>>> {
        self.known_rules().get(key).cloned()
    }

    /// Keeps the rules of a role.
    pub(super) fn keep_rules(&self, key: String, rules: Vec<PolicyRule>) -> Arc<Vec<PolicyRule>> {
        let rules = Arc::new(rules);
        self.known_rules().insert(key, Arc::clone(&rules));
        rules
    }

    fn found(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Vec<Bound>>>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn given(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Vec<Assignment>>>> {
        self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn claims(&self, stage: Stage) -> &Claims {
        match stage {
            Stage::Planned => &self.planned,
            Stage::Applied => &self.applied,
        }
    }

    fn known_rules(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Vec<PolicyRule>>>> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The rights that a specification gives to `subjects`.
pub(super) fn rights(spec: &Spec, subjects: &[Subject]) -> Vec<Right> {
    let role = if spec.is_azures() {
        spec.azure_role.if_set().map(Text::text)
    } else {
        Role::of(spec).map(|role| format!("the {} {}", role.kind(), role.name()))
    };
    let Some(role) = role else {
        return Vec::new();
    };
    let scopes = scopes(spec.namespace_names().as_ref());
    let mut rights = Vec::new();
    for scope in &scopes {
        rights.extend(subjects.iter().map(|subject| Right {
            scope: scope.clone(),
            role: role.clone(),
            subject: format!("the {} {}", subject.kind.as_str(), subject.name),
        }));
    }
    rights
}

fn scopes(namespaces: Option<&BTreeSet<String>>) -> Vec<String> {
    match namespaces {
        None => vec!["the whole cluster".to_owned()],
        Some(names) => names
            .iter()
            .map(|name| format!("the namespace {name}"))
            .collect(),
    }
}

/// Whether a binding that is found in a cluster is another configuration's; `None` where nobody can say.
pub(super) fn is_anothers(inside: &Inside<'_>, found: &Bound) -> Option<bool> {
    inside.call.client.ownership.is_anothers(found.mark()?)
}

/// The first of `objects`' rights that one of `others`, which are bindings in the cluster, gives already.
pub(super) fn clash_in_cluster<'a>(
    objects: &Objects,
    others: impl IntoIterator<Item = &'a Bound>,
) -> Option<Clash> {
    others.into_iter().find_map(|other| {
        let same_place = match (&objects.namespaces, &other.namespace) {
            (None, None) => true,
            (Some(names), Some(name)) => names.contains(name),
            _ => false,
        };
        if other.name == objects.name || other.role != objects.role || !same_place {
            return None;
        }
        let mut subjects = objects.subjects.iter();
        let twice =
            subjects.find(|subject| other.subjects.iter().any(|bound| subject.is(bound)))?;
        let place = other.namespace.as_ref().map_or_else(
            || "the whole cluster".to_owned(),
            |name| format!("the namespace {name}"),
        );
        Some(Clash {
            right: format!(
                "the {} {} has the {} {} in {place}",
                twice.kind.as_str(),
                twice.name,
                other.role.kind(),
                other.role.name()
            ),
            other: other.name.clone(),
            other_changes: false,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster() -> ResourceId {
        ResourceId::managed_cluster("s", "rg", "aks").unwrap()
    }

    fn right(subject: &str) -> Right {
        Right {
            scope: "the whole cluster".to_owned(),
            role: "the ClusterRole edit".to_owned(),
            subject: subject.to_owned(),
        }
    }

    fn binding(name: &str) -> ResourceId {
        cluster().child("aadBindings", name).unwrap()
    }

    #[test]
    fn one_right_belongs_to_one_binding() {
        let bindings = Bindings::default();
        let claim = |name: &str, subject: &str| {
            bindings.claim(
                Stage::Applied,
                &cluster(),
                &binding(name),
                &[right(subject)],
                true,
            )
        };

        let first = claim("a", "alice");
        let again = claim("a", "alice");
        let other = claim("b", "alice");
        claim("a", "bob");
        let freed = claim("b", "alice");

        assert_eq!((first, again, freed), (None, None, None));
        assert_eq!(
            other,
            Some(Clash {
                right: "alice has the ClusterRole edit in the whole cluster".to_owned(),
                other: "a".to_owned(),
                other_changes: true,
            })
        );
    }

    #[test]
    fn a_plan_takes_nothing_from_an_apply() {
        let bindings = Bindings::default();
        bindings.claim(
            Stage::Planned,
            &cluster(),
            &binding("a"),
            &[right("alice")],
            true,
        );

        let applied = bindings.claim(
            Stage::Applied,
            &cluster(),
            &binding("b"),
            &[right("alice")],
            true,
        );

        assert_eq!(applied, None);
    }
}
