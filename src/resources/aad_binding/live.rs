//! A binding as it is: the specification rebuilt from the cluster's objects and Azure's role assignments.

use std::collections::BTreeSet;
use std::sync::Arc;

use k8s_openapi::api::rbac::v1::{ClusterRoleBinding, RoleBinding, Subject as KubernetesSubject};

use super::{
    AadBinding, grant,
    objects::{Bound, Role},
    outputs::Outputs,
    own::{self, Own},
    registry,
    spec::{AzureRole, Kind, Mode, Principal, Spec},
    subject::Subject,
};
use crate::{
    azure::arm::{
        ResourceId,
        role_assignment::{self, PrincipalType},
    },
    framework::{Attr, State, Text as _},
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
    let unknown = prior.spec.principals.if_known().is_none_or(Vec::is_empty);
    let own = Own::of(inside.call);
    let imported = unknown && own.is_unknown() && !grant::is_any_kept(inside);
    if prior.spec.is_azures() {
        return read_azures(inside, id, prior, imported).await;
    }
    let found = if imported {
        everywhere(inside, id.name()).await?
    } else {
        where_it_was(inside, id.name(), &prior.spec).await?
    };
    let is_anothers = |one: &Bound| registry::is_anothers(inside, one) == Some(true);
    // Whoever imports what another configuration made takes it over, unless there is something else to take.
    let takes_over = imported && found.iter().all(is_anothers);
    let is_own =
        |one: &Bound| own.has(one) || own.is_unknown() && (takes_over || !is_anothers(one));
    let (bound, others): (Vec<Bound>, Vec<Bound>) = found.into_iter().partition(is_own);
    for other in &others {
        inside.call.warn(own::another(inside, other));
    }
    if bound.is_empty() {
        // Nothing in the cluster has the name; an import may mean one of Azure's.
        return if imported {
            read_azures(inside, id, prior, imported).await
        } else {
            let left = grant::is_any_left(inside).await;
            Ok(left.then(|| unbound(inside, id, prior)))
        };
    }
    own.note_all(inside, &bound);
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
    let written = prior
        .spec
        .principals
        .if_known()
        .filter(|written| written.len() == before.len());
    let mut principals: Vec<Principal> = Vec::new();
    for (index, subject) in subjects.iter().enumerate() {
        let as_written = kept
            .get(index)
            .and_then(|(position, _)| written?.get(*position));
        principals.push(as_written.map_or_else(|| principal(subject), copy));
    }
    let role = bound.first().map(|one| one.role.clone());
    let mut spec = blank(id, inside.cluster.id(), prior, principals);
    match role {
        Some(Role::Cluster(name)) => spec.cluster_role = Some(RoleName::other(&name)).into(),
        Some(Role::Namespaced(name)) => spec.role = Some(RoleName::other(&name)).into(),
        None => {}
    }
    spec.mode = Mode::Kubernetes.into();
    spec.namespaces = namespaces(bound.iter().map(|one| one.namespace.clone()));
    let wanted = prior.spec.cluster_user_role.if_known().copied();
    let listed = match wanted {
        Some(false) => None,
        _ => assignments(inside).await.ok(),
    };
    let listed = listed.as_ref().map(|listed| listed.as_slice());
    grant::adopt(inside, listed.unwrap_or_default(), &subjects);
    let entitled = entitled(bound, known, &subjects);
    let scope = inside.cluster.id();
    grant::plan_what_is_left(
        inside,
        std::slice::from_ref(scope),
        role_assignment::AKS_CLUSTER_USER,
        &entitled,
    );
    spec.cluster_user_role = has_cluster_user_role(inside, wanted, listed, &entitled).into();
    let outputs = Outputs::of(id, &subjects, prior.outputs.effective.value().copied());
    State { spec, outputs }
}

/// The binding of which nothing is left but role assignments of ours: somebody has taken its objects away, or a
/// destroy was killed halfway. It is not gone, because only the state knows what to take away yet.
fn unbound(inside: &Inside<'_>, id: &ResourceId, prior: &State<AadBinding>) -> State<AadBinding> {
    let mut spec = blank(id, inside.cluster.id(), prior, Vec::new());
    spec.cluster_role = prior.spec.cluster_role.clone();
    spec.role = prior.spec.role.clone();
    spec.namespaces = prior.spec.namespaces.clone();
    let outputs = Outputs::of(id, &[], None);
    State { spec, outputs }
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

async fn read_azures(
    inside: &Inside<'_>,
    id: &ResourceId,
    prior: &State<AadBinding>,
    imported: bool,
) -> Result<Option<State<AadBinding>>, Error> {
    let listed = assignments(inside).await?;
    let cluster = inside.cluster.id();
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
        .into_iter()
        .filter(|place| known.iter().any(|subject| has(place.as_deref(), subject)))
        .collect();
    if places.is_empty() {
        return Ok(None);
    }
    // A run that was killed after it gave some has not saved that. Another binding may have the name elsewhere.
    let made: Vec<&Assignment> = listed
        .iter()
        .filter(|one| one.description == description)
        .filter(|one| imported || places.contains(&one.namespace_in(cluster)))
        .collect();
    grant::adopt_described(inside, &made);
    let scopes = places
        .iter()
        .map(|place| grant::scope_of(cluster, place.as_deref()));
    let scopes: Vec<ResourceId> = scopes.flatten().collect();
    grant::plan_what_is_left(inside, &scopes, definition, &known);
    let written = prior
        .spec
        .principals
        .if_known()
        .filter(|written| written.len() == known.len());
    let (mut principals, mut subjects) = (Vec::new(), Vec::new());
    for (position, subject) in known.iter().enumerate() {
        if places.iter().all(|place| has(place.as_deref(), subject)) {
            let as_written = written.and_then(|written| written.get(position));
            principals.push(as_written.map_or_else(|| principal(subject), copy));
            subjects.push(subject.clone());
        }
    }
    let mut spec = blank(id, cluster, prior, principals);
    spec.mode = Mode::AzureRbac.into();
    spec.azure_role = Some(role).into();
    spec.namespaces = namespaces(places);
    let outputs = Outputs::of(id, &subjects, prior.outputs.effective.value().copied());
    Ok(Some(State { spec, outputs }))
}

async fn assignments(inside: &Inside<'_>) -> Result<Arc<Vec<Assignment>>, Error> {
    let lists = &inside.call.client.assignments;
    let azure = inside.cluster.azure();
    let listed = lists.of(azure, inside.cluster.id(), &inside.limits).await;
    listed.map_err(Error::from)
}

fn namespaces(
    places: impl IntoIterator<Item = Option<String>>,
) -> Attr<Option<BTreeSet<NamespaceName>>> {
    let names: Option<BTreeSet<NamespaceName>> = places
        .into_iter()
        .map(|place| place.map(|name| NamespaceName::other(&name)))
        .collect();
    names.into()
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
        principals: principals.into(),
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

fn copy(principal: &Principal) -> Principal {
    Principal {
        r#type: principal.r#type.clone(),
        object_id: principal.object_id.clone(),
        user_principal_name: principal.user_principal_name.clone(),
        display_name: principal.display_name.clone(),
    }
}
