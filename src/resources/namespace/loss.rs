//! What would be lost with a namespace: what others have put into it.

use std::{collections::BTreeSet, future::Future, pin::Pin};

use futures::future::join_all;
use k8s_openapi::{
    api::{
        apps::v1::{DaemonSet, Deployment, ReplicaSet, StatefulSet},
        batch::v1::{CronJob, Job},
        core::v1::{ConfigMap, PersistentVolumeClaim, Pod, Secret, Service, ServiceAccount},
        networking::v1::{Ingress, NetworkPolicy},
        rbac::v1::{Role, RoleBinding},
    },
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::core::PartialObjectMeta;

use super::{place::Place, read::is_the_providers};
use crate::{
    framework::Diagnostic,
    kube::{Error, Object},
    resources::inside::Inside,
};

/// How many objects are named; the others are counted.
const FEW: usize = 5;

/// What would be lost.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Loss {
    /// The objects, each as `Deployment web`. What one of them made, as a Deployment its pods, is not named.
    pub(super) objects: Vec<String>,
    /// The kinds that the signed-in identity may not list.
    pub(super) unseen: Vec<String>,
}

/// What would be lost with the namespace, asked for by one LIST a kind, all at once.
pub(super) async fn loss(work: &Inside<'_>, namespace: &str) -> Result<Loss, Error> {
    let listings: Vec<Listing<'_>> = vec![
        Box::pin(of::<Deployment>(work, namespace)),
        Box::pin(of::<StatefulSet>(work, namespace)),
        Box::pin(of::<DaemonSet>(work, namespace)),
        Box::pin(of::<ReplicaSet>(work, namespace)),
        Box::pin(of::<CronJob>(work, namespace)),
        Box::pin(of::<Job>(work, namespace)),
        Box::pin(of::<Pod>(work, namespace)),
        Box::pin(of::<PersistentVolumeClaim>(work, namespace)),
        Box::pin(of::<Secret>(work, namespace)),
        Box::pin(of::<ConfigMap>(work, namespace)),
        Box::pin(of::<Service>(work, namespace)),
        Box::pin(of::<Ingress>(work, namespace)),
        Box::pin(of::<NetworkPolicy>(work, namespace)),
        Box::pin(of::<ServiceAccount>(work, namespace)),
        Box::pin(of::<Role>(work, namespace)),
        Box::pin(of::<RoleBinding>(work, namespace)),
    ];
    let kinds = join_all(listings).await;
    let kinds: Vec<Listed> = kinds.into_iter().collect::<Result<_, _>>()?;
    Ok(judge(&kinds))
}

type Listing<'a> = Pin<Box<dyn Future<Output = Result<Listed, Error>> + Send + 'a>>;

/// The objects of a kind.
struct Listed {
    kind: String,
    /// `None` where the signed-in identity may not list them.
    found: Option<Vec<Found>>,
}

struct Found {
    meta: ObjectMeta,
    /// Whether it is none that others have made.
    is_expected: bool,
}

/// Of an object nothing is kept but its metadata: what is in a secret is nobody's concern here.
async fn of<K>(work: &Inside<'_>, namespace: &str) -> Result<Listed, Error>
where
    K: Object,
    PartialObjectMeta<K>: Object,
{
    let kind = K::kind(&()).into_owned();
    let listed = work
        .cluster
        .list::<PartialObjectMeta<K>>(Some(namespace), None, &work.limits)
        .await;
    let found = match listed {
        Ok(listed) => Some(listed),
        // The cluster has no such kind.
        Err(error) if error.is_not_found() => Some(Vec::new()),
        Err(error) if error.is_forbidden() => None,
        Err(error) => return Err(error),
    };
    let found = found.map(|found| {
        let found = found.into_iter().map(|object| Found {
            is_expected: is_expected(&kind, &object),
            meta: object.metadata,
        });
        found.collect()
    });
    Ok(Listed { kind, found })
}

/// Whether Kubernetes, Istio or this provider makes such an object in a namespace: the account and the authority of each
/// namespace, the tokens of accounts, what Istio tells its proxies, and what resources of this provider are.
fn is_expected<K: Object>(kind: &str, object: &K) -> bool {
    const OF_ACCOUNT: &str = "kubernetes.io/service-account.name";
    const AUTHORITIES: [&str; 3] = ["kube-root-ca.crt", "istio-ca-root-cert", "istio-ca-crl"];
    let meta = object.meta();
    let name = meta.name.as_deref().unwrap_or_default();
    match kind {
        "ServiceAccount" => name == "default",
        "ConfigMap" => AUTHORITIES.contains(&name),
        // Secrets of the type `kubernetes.io/service-account-token` have it, and no others (Kubernetes, "Secrets").
        "Secret" => {
            let annotations = meta.annotations.as_ref();
            annotations.is_some_and(|annotations| annotations.contains_key(OF_ACCOUNT))
        }
        "Service" => name == "kubernetes" && meta.namespace.as_deref() == Some("default"),
        "NetworkPolicy" | "RoleBinding" => is_the_providers(object),
        _ => false,
    }
}

/// Leaves out what is expected, and what another of the objects made. What an object made that is not among them, such
/// as a custom resource, stands for its maker.
fn judge(kinds: &[Listed]) -> Loss {
    let every = kinds.iter().flat_map(|kind| kind.found.iter().flatten());
    let known: BTreeSet<String> = every.filter_map(|one| one.meta.uid.clone()).collect();
    let is_made = |one: &Found| {
        let mut owners = one.meta.owner_references.iter().flatten();
        owners.any(|owner| known.contains(&owner.uid))
    };
    let mut loss = Loss::default();
    for Listed { kind, found } in kinds {
        let Some(found) = found else {
            loss.unseen.push(kind.clone());
            continue;
        };
        let of_others = found.iter().filter(|one| !one.is_expected && !is_made(one));
        let mut names: Vec<&str> = of_others
            .filter_map(|one| one.meta.name.as_deref())
            .collect();
        names.sort_unstable();
        loss.objects
            .extend(names.iter().map(|name| format!("{kind} `{name}`")));
    }
    loss
}

impl Loss {
    /// Why the namespace is not deleted, and what to do; `None` when nothing would be lost. What could not be seen is not
    /// taken for nothing.
    pub(super) fn refusal(&self, place: &Place) -> Option<Diagnostic> {
        if !self.objects.is_empty() {
            return Some(self.in_use(place));
        }
        (!self.unseen.is_empty()).then(|| self.cannot_see(place))
    }

    /// Whether nothing that could be seen would be lost, but not all could be seen.
    pub(super) fn is_unseen(&self) -> bool {
        self.objects.is_empty() && !self.unseen.is_empty()
    }

    /// The warning about a namespace that is gone on with and holds more than the provider puts there.
    pub(super) fn strange(&self, place: &Place) -> Option<Diagnostic> {
        (!self.objects.is_empty()).then(|| {
            Diagnostic::warning(
                "Namespace holds what others have put there",
                format!(
                    "{} was begun by an interrupted run, and others have put into it since: {}. It stays there. Delete what should not be, such as bindings by which another identity has rights there.",
                    place.id,
                    named(&self.objects)
                ),
            )
        })
    }

    fn in_use(&self, place: &Place) -> Diagnostic {
        let unseen = if self.unseen.is_empty() {
            String::new()
        } else {
            format!(" Of the kind {} none could be seen.", either(&self.unseen))
        };
        Diagnostic::error(
            "Namespace is in use",
            format!(
                "{} would be deleted with what is in it: {}.{unseen} Remove that first; or set `delete_with_workloads = true` and apply it before the change that deletes the namespace.",
                place.id,
                named(&self.objects)
            ),
        )
    }

    fn cannot_see(&self, place: &Place) -> Diagnostic {
        Diagnostic::error(
            "Cannot see what is in the namespace",
            format!(
                "{} is to be deleted, and the signed-in identity may not list objects of the kind {} there, so that they could not be seen. Without that it is not deleted, unless its cluster is deleted with it. Let the identity list them, as the role `Azure Kubernetes Service RBAC Cluster Admin` does; or set `delete_with_workloads = true` and apply it before the change that deletes the namespace.",
                place.id,
                either(&self.unseen)
            ),
        )
    }
}

/// The first few by name, and how many more there are.
fn named(objects: &[String]) -> String {
    let first = objects.iter().take(FEW).cloned().collect::<Vec<_>>();
    match objects.len().checked_sub(FEW) {
        None | Some(0) => first.join(", "),
        Some(more) => format!("{} and {more} more", first.join(", ")),
    }
}

fn either(kinds: &[String]) -> String {
    match kinds {
        [others @ .., last] if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => kinds.concat(),
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;

    use super::*;

    fn object(name: &str, uid: &str, owner: Option<&str>) -> Found {
        let owner = owner.map(|uid| {
            vec![OwnerReference {
                uid: uid.to_owned(),
                ..OwnerReference::default()
            }]
        });
        let meta = ObjectMeta {
            name: Some(name.to_owned()),
            uid: Some(uid.to_owned()),
            owner_references: owner,
            ..ObjectMeta::default()
        };
        Found {
            meta,
            is_expected: false,
        }
    }

    fn listed(kind: &str, found: Option<Vec<Found>>) -> Listed {
        Listed {
            kind: kind.to_owned(),
            found,
        }
    }

    #[test]
    fn many_objects_are_counted() {
        let many: Vec<String> = (0..8).map(|n| format!("Pod `p{n}`")).collect();

        let texts = [named(&many[..2]), named(&many[..5]), named(&many)];

        assert_eq!(
            texts,
            [
                "Pod `p0`, Pod `p1`",
                "Pod `p0`, Pod `p1`, Pod `p2`, Pod `p3`, Pod `p4`",
                "Pod `p0`, Pod `p1`, Pod `p2`, Pod `p3`, Pod `p4` and 3 more",
            ]
        );
    }

    #[test]
    fn what_a_listed_object_made_is_not_named_and_what_another_made_is() {
        let kinds = vec![
            listed("Deployment", Some(vec![object("web", "1", None)])),
            listed(
                "ReplicaSet",
                Some(vec![
                    object("web-5", "2", Some("1")),
                    object("rollout-7", "3", Some("of a custom resource")),
                ]),
            ),
            listed(
                "Pod",
                Some(vec![
                    object("web-5-a", "4", Some("2")),
                    object("rollout-7-a", "5", Some("3")),
                ]),
            ),
            listed("Secret", None),
        ];

        let loss = judge(&kinds);

        assert_eq!(
            loss,
            Loss {
                objects: vec![
                    "Deployment `web`".to_owned(),
                    "ReplicaSet `rollout-7`".to_owned()
                ],
                unseen: vec!["Secret".to_owned()],
            }
        );
    }
}
