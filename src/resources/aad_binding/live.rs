//! A binding as it is: the specification rebuilt from the cluster's objects and Azure's role assignments.

mod azures;

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding, Subject as KubernetesSubject};

use super::{
    AadBinding,
    given::{self, Given},
    objects::{Bound, Role},
    outputs::Outputs,
    own::{self, Own},
    registry, revoke,
    spec::{Kind, Mode, Namespaces, Principal, Spec},
    subject::Subject,
    work::bound_of_ours,
};
use crate::{
    azure::arm::{
        ResourceId,
        role_assignment::{self, PrincipalType},
    },
    framework::{Attr, Blocks, Diagnostic, PENDING, State, Text as _},
    kube::Error,
    resources::{
        assignments::Assignment,
        inside::Inside,
        texts::{BindingName, ClusterId, NamespaceName, ObjectId, RoleName, UserPrincipalName},
    },
};

/// Reads the binding `id`; `None` when nothing of it is there. An import knows nothing of it yet: `prior`
/// then has no principals, and no role assignments are ours.
pub(super) async fn read(
    inside: &Inside<'_>,
    id: &ResourceId,
    prior: &State<AadBinding>,
) -> Result<Option<State<AadBinding>>, Error> {
    let own = Own::of(inside.call);
    let imported = prior.outputs.subjects.value().is_none() && own.is_unknown();
    if prior.spec.is_azures() {
        return azures::read(inside, id, prior, imported).await;
    }
    let found = if imported {
        everywhere(inside, id.name()).await?
    } else {
        where_it_was(inside, id.name(), &prior.spec).await?
    };
    let is_anothers = |one: &Bound| registry::is_anothers(inside, one) == Some(true);
    // The signed-in identity what another configuration made takes it over, unless there is something else to take.
    let takes_over = imported && found.iter().all(is_anothers);
    let is_own =
        |one: &Bound| own.has(one) || own.is_unknown() && (takes_over || !is_anothers(one));
    let (bound, others): (Vec<Bound>, Vec<Bound>) = found.into_iter().partition(is_own);
    for other in &others {
        inside.call.warn(own::another(inside, other));
    }
    let bound = if bound.is_empty() && !imported {
        moved(inside, id, &own).await?
    } else {
        bound
    };
    if bound.is_empty() {
        // Nothing in the cluster has the name; an import may mean one of Azure's.
        return if imported {
            azures::read(inside, id, prior, imported).await
        } else {
            Ok(unbound(inside, id, prior).await)
        };
    }
    own.note_all(inside, &bound);
    let ownership = &inside.call.client.ownership;
    let mut marks = bound.iter().filter_map(Bound::mark);
    if marks.any(|mark| ownership.is_unclosed(id, mark)) {
        // The create that made it was cut short, and its mark says so to other machines yet.
        inside.call.keep_private(PENDING, true.into());
    }
    Ok(Some(of_kubernetes(inside, id, prior, &bound).await))
}

/// The objects, where the state says they are: from the one list.
async fn where_it_was(inside: &Inside<'_>, name: &str, spec: &Spec) -> Result<Vec<Bound>, Error> {
    let (cluster, limits) = (&inside.cluster, &inside.limits);
    let Some(namespaces) = spec.namespace_names() else {
        let found = cluster
            .find::<ClusterRoleBinding>(None, name, limits)
            .await?;
        return Ok(found.iter().map(Bound::from).collect());
    };
    let mut bound = Vec::new();
    for namespace in namespaces {
        let found = cluster
            .find::<RoleBinding>(Some(&namespace), name, limits)
            .await?;
        bound.extend(found.iter().map(Bound::from));
    }
    Ok(bound)
}

/// The objects of the binding where its state does not say they are: an update that was killed has moved them.
async fn moved(inside: &Inside<'_>, id: &ResourceId, own: &Own) -> Result<Vec<Bound>, Error> {
    let all = match bound_of_ours(inside).await {
        Ok(all) => all,
        // An identity with rights in single namespaces may not list them all.
        Err(error) if error.is_forbidden() => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut moved = Vec::new();
    for one in all.into_iter().filter(|one| one.name == id.name()) {
        let is_own = match one.mark() {
            _ if own.has(&one) => true,
            Some(mark) if own.is_unknown() => inside.call.client.ownership.is_own(id, mark).await,
            _ => false,
        };
        if is_own {
            moved.push(one);
        }
    }
    Ok(moved)
}

/// The objects of that name, wherever they are: in the whole cluster, else in namespaces.
async fn everywhere(inside: &Inside<'_>, name: &str) -> Result<Vec<Bound>, Error> {
    let (cluster, limits) = (&inside.cluster, &inside.limits);
    if let Some(found) = cluster
        .get::<ClusterRoleBinding>(None, name, limits)
        .await?
    {
        return Ok(vec![Bound::from(&found)]);
    }
    let all = cluster.list::<RoleBinding>(None, None, limits).await?;
    let named = all.iter().map(Bound::from);
    Ok(named.filter(|bound| bound.name == name).collect())
}

async fn of_kubernetes(
    inside: &Inside<'_>,
    id: &ResourceId,
    prior: &State<AadBinding>,
    bound: &[Bound],
) -> State<AadBinding> {
    let before = prior.outputs.bound();
    let noted: Vec<Subject> = bound.first().map(Bound::noted).unwrap_or_default();
    let known = if before.is_empty() { &noted } else { &before };
    let (kept, others) = compare(known, bound);
    let subjects: Vec<Subject> = kept
        .iter()
        .map(|(_, subject)| (*subject).clone())
        .chain(others)
        .collect();
    // Whom the state knows beside its principals is named by none.
    let written = prior
        .spec
        .principals
        .if_known()
        .filter(|written| written.len() <= before.len());
    let as_written = subjects.iter().enumerate().map(|(index, subject)| {
        let kept = kept.get(index);
        let as_written = kept.and_then(|(position, _)| written?.get(*position));
        as_written.map_or_else(|| principal(subject), Clone::clone)
    });
    let principals: Vec<Principal> = as_written.collect();
    let (principals, mut subjects) = in_order(principals, subjects);
    let role = bound.first().map(|one| one.role.clone());
    let mut spec = blank(id, inside.cluster.id(), prior, principals);
    match role {
        Some(Role::Cluster(name)) => spec.cluster_role = Some(RoleName::other(&name)).into(),
        Some(Role::Namespaced(name)) => spec.role = Some(RoleName::other(&name)).into(),
        None => {}
    }
    spec.mode = Mode::Kubernetes.into();
    spec.namespaces = namespaces(bound.iter().map(|one| one.namespace.clone()));
    let needs = bound.iter().any(Bound::needs_cluster_user_role);
    let state = prior.spec.cluster_user_role.if_known().copied();
    // What the objects say is wanted is what a killed update was about to give.
    let wanted = state.map(|wanted| wanted || needs);
    let listed = match wanted {
        Some(false) if !inside.call.has_forgotten() => None,
        _ => assignments(inside).await.ok(),
    };
    let listed = listed.as_ref().map(|listed| listed.as_slice());
    let entitled = entitled(bound, known, &subjects);
    spec.cluster_user_role = has_cluster_user_role(inside, wanted, listed, &entitled).into();
    let may_have = known.iter().chain(&noted);
    match listed.map(|listed| given::shared(listed, inside.cluster.id())) {
        Some(shared) => {
            let left = left(may_have, &subjects, |subject| {
                shared.iter().any(|one| one.is_to(subject))
            });
            let is_theirs = |one: &Given| subjects.iter().any(|subject| one.is_to(subject));
            let strange: Vec<&Given> = shared.iter().filter(|one| !is_theirs(one)).collect();
            if !left.is_empty() || is_any_unneeded(inside, &strange).await {
                inside.call.keep_private(PENDING, true.into());
            }
            subjects.extend(left);
        }
        // What cannot be seen is taken for there.
        None if wanted != Some(false) => {
            let left = left(may_have, &subjects, |_| true);
            subjects.extend(left);
        }
        None => {}
    }
    let outputs = Outputs::of(id, &subjects, prior.outputs.effective.value().copied());
    State { spec, outputs }
}

/// Whom of `known` the binding does not bind, and who still has the right to ask for the kubeconfig from it.
fn left<'a>(
    known: impl Iterator<Item = &'a Subject>,
    bound: &[Subject],
    has_right: impl Fn(&Subject) -> bool,
) -> Vec<Subject> {
    let mut left: Vec<Subject> = Vec::new();
    for subject in known.filter(|subject| has_right(subject)) {
        let same = |other: &Subject| {
            let id = subject.object_id.as_deref();
            id.map_or(other == subject, |id| other.has_id(id))
        };
        if !bound.iter().chain(&left).any(same) {
            left.push(subject.clone());
        }
    }
    left
}

/// Whether one of `given` is needed by no binding of the cluster: a run that was killed has not taken it away. Where
/// the bindings cannot be listed nobody can say.
async fn is_any_unneeded(inside: &Inside<'_>, given: &[&Given]) -> bool {
    if given.is_empty() {
        return false;
    }
    let Ok(others) = bound_of_ours(inside).await else {
        return false;
    };
    let own = Own::of(inside.call);
    given
        .iter()
        .any(|one| !revoke::is_needed(&others, &own, &one.principal))
}

/// The binding of which nothing is left but role assignments of ours: somebody has taken its objects away, or a
/// destroy was killed halfway. It is not gone, because only the state knows what to take away yet. Where that cannot be
/// seen it is taken for there.
pub(super) async fn unbound(
    inside: &Inside<'_>,
    id: &ResourceId,
    prior: &State<AadBinding>,
) -> Option<State<AadBinding>> {
    let known = prior.outputs.bound();
    let left = match assignments(inside).await {
        Ok(listed) => {
            let shared = given::shared(&listed, inside.cluster.id());
            left(known.iter(), &[], |subject| {
                shared.iter().any(|one| one.is_to(subject))
            })
        }
        Err(error) if error.is_cluster_gone() || error.is_not_found() => Vec::new(),
        Err(error) => {
            let may_be_given = prior.spec.cluster_user_role.if_known() != Some(&false);
            if may_be_given && !known.is_empty() {
                inside.call.warn(unseen(inside, &error));
                known
            } else {
                Vec::new()
            }
        }
    };
    if left.is_empty() {
        return None;
    }
    let mut spec = blank(id, inside.cluster.id(), prior, Vec::new());
    spec.cluster_role = prior.spec.cluster_role.clone();
    spec.role = prior.spec.role.clone();
    spec.namespaces = prior.spec.namespaces.clone();
    let outputs = Outputs::of(id, &left, None);
    Some(State { spec, outputs })
}

/// What is told of a binding whose objects are gone while its role assignments cannot be seen.
fn unseen(inside: &Inside<'_>, error: &Error) -> Diagnostic {
    Diagnostic::warning(
        "Cannot see role assignments",
        format!(
            "The objects of the binding are gone from {}. Whether its role assignments are left could not be seen: {error}. The binding stays in the state, and the next apply gives back what is configured. To forget it, run `terraform state rm`.",
            inside.cluster.id()
        ),
    )
}

/// Which of the subjects that are known are bound wherever the binding is, by their position; and whom somebody
/// else has added.
fn compare<'a>(known: &'a [Subject], bound: &[Bound]) -> (Vec<(usize, &'a Subject)>, Vec<Subject>) {
    let everywhere = |subject: &&Subject| {
        bound
            .iter()
            .all(|one| one.subjects.iter().any(|other| subject.is(other)))
    };
    let kept: Vec<(usize, &Subject)> = known
        .iter()
        .enumerate()
        .filter(|(_, subject)| everywhere(subject))
        .collect();
    let mut others: Vec<Subject> = Vec::new();
    let strange = |subject: &&KubernetesSubject| !known.iter().any(|known| known.is(subject));
    // A run of ours that was killed after it bound them has noted what Kubernetes does not know of them.
    let described = |subject: &KubernetesSubject| {
        let mut noted = bound.iter().flat_map(Bound::noted);
        let noted = noted.find(|noted| noted.is(subject));
        noted.or_else(|| Subject::of_kubernetes(subject))
    };
    for subject in bound.iter().flat_map(|one| &one.subjects).filter(strange) {
        if let Some(subject) = described(subject)
            && !others.contains(&subject)
        {
            others.push(subject);
        }
    }
    (kept, others)
}

/// Who should have the right to ask for the kubeconfig: whom the binding was made for, whatever somebody else has
/// made of its subjects since; else whoever is bound.
fn entitled(bound: &[Bound], known: &[Subject], subjects: &[Subject]) -> Vec<Subject> {
    let noted: Vec<Subject> = bound.iter().flat_map(Bound::noted).collect();
    let all = [noted.as_slice(), known, subjects];
    let first = all.into_iter().find(|some| !some.is_empty());
    first.unwrap_or_default().to_vec()
}

/// Whether all have the right to ask for the kubeconfig. One that was not asked for is nobody's concern.
fn has_cluster_user_role(
    inside: &Inside<'_>,
    wanted: Option<bool>,
    listed: Option<&[Assignment]>,
    subjects: &[Subject],
) -> bool {
    let Some(listed) = listed else {
        return wanted.unwrap_or(true);
    };
    let scope = inside.cluster.id();
    subjects.iter().all(|subject| {
        let id = subject.object_id.as_deref().unwrap_or_default();
        listed
            .iter()
            .any(|one| one.gives(role_assignment::AKS_CLUSTER_USER, id) && one.covers(scope))
    })
}

async fn assignments(inside: &Inside<'_>) -> Result<Arc<Vec<Assignment>>, Error> {
    let lists = &inside.call.client.assignments;
    let azure = inside.cluster.azure();
    let listed = lists.of(azure, inside.cluster.id(), &inside.limits).await;
    listed.map_err(Error::from)
}

fn namespaces(places: impl IntoIterator<Item = Option<String>>) -> Attr<Option<Namespaces>> {
    let names: Option<BTreeSet<NamespaceName>> = places
        .into_iter()
        .map(|place| place.map(|name| NamespaceName::other(&name)))
        .collect();
    names.map(Namespaces).into()
}

/// What every binding has, without role and place.
fn blank(
    id: &ResourceId,
    cluster: &ResourceId,
    prior: &State<AadBinding>,
    principals: Vec<Principal>,
) -> Spec {
    let user_role = prior.spec.cluster_user_role.if_known().copied();
    Spec {
        cluster_id: ClusterId::other(cluster.as_str()).into(),
        name: BindingName::other(id.name()).into(),
        principals: Blocks::from(principals).into(),
        mode: Mode::Kubernetes.into(),
        cluster_role: Attr::unset(),
        role: Attr::unset(),
        azure_role: Attr::unset(),
        namespaces: Attr::unset(),
        cluster_user_role: user_role.unwrap_or(true).into(),
        force_conflicts: false.into(),
        verify: true.into(),
        timeouts: Attr::unset(),
    }
}

/// A principal that nobody wrote.
fn principal(subject: &Subject) -> Principal {
    let kind = match subject.kind {
        PrincipalType::User => Kind::User,
        PrincipalType::Group => Kind::Group,
        PrincipalType::ServicePrincipal => Kind::ServicePrincipal,
    };
    let by_name = kind == Kind::User && subject.object_id.as_deref() != Some(&subject.name);
    let id = subject.object_id.as_deref().filter(|_| !by_name);
    Principal {
        r#type: kind.into(),
        object_id: id.map(ObjectId::other).into(),
        user_principal_name: by_name
            .then(|| UserPrincipalName::other(&subject.name))
            .into(),
        display_name: Attr::unset(),
    }
}

/// Principals and the subjects they are, in the order in which a state has both.
fn in_order(principals: Vec<Principal>, subjects: Vec<Subject>) -> (Vec<Principal>, Vec<Subject>) {
    let mut pairs: Vec<(Principal, Subject)> = principals.into_iter().zip(subjects).collect();
    pairs.sort_by(|(left, _), (right, _)| left.cmp(right));
    pairs.into_iter().unzip()
}
