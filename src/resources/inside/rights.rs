//! Whether the signed-in identity has rights inside a cluster: what a plan says about it, before an apply would fail.

use std::{collections::BTreeSet, sync::Mutex, sync::PoisonError};

use super::{Inside, telling::NoFields};
use crate::{
    azure::{
        self,
        arm::{
            ResourceId,
            role_assignment::{
                self, AKS_RBAC_ADMIN, AKS_RBAC_CLUSTER_ADMIN, AKS_RBAC_WRITER, RoleAssignment,
            },
        },
    },
    framework::{Attr, Failure, plan::Change},
    kube::{Error, Right},
    resources::{Session, texts::ClusterId},
};

/// What a configuration says about who works inside a cluster that a plan makes.
#[derive(Debug, Clone)]
pub(crate) struct PlannedCluster {
    /// Its name.
    pub(crate) name: String,
    /// Its id, as far as it can be told.
    pub(crate) id: Option<ResourceId>,
    /// Its id, when it exists and the plan only changes it.
    pub(crate) changed: Option<ResourceId>,
    /// The group it will be in, whose role assignments hold for it.
    pub(crate) resource_group: ResourceId,
    /// `grant_applier_access`.
    pub(crate) granted: bool,
    /// Whether sign-in with Entra is on.
    pub(crate) entra: bool,
    /// Whether role assignments in Azure decide.
    pub(crate) azure_rbac: bool,
    /// The administrators' groups.
    pub(crate) admin_groups: BTreeSet<String>,
}

/// What one run knows of the clusters that it plans and makes. Terraform plans them before what refers to them, whose
/// cluster is not known by then.
#[derive(Debug, Default)]
pub struct PlannedClusters {
    planned: Mutex<Vec<PlannedCluster>>,
    gone: Mutex<BTreeSet<String>>,
    failed: Mutex<BTreeSet<String>>,
}

impl PlannedClusters {
    /// Notes a cluster that the plan makes.
    pub(crate) fn note(&self, cluster: PlannedCluster) {
        self.planned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(cluster);
    }

    /// Notes that this run has found the cluster `id` to be gone.
    pub(crate) fn gone(&self, id: &ResourceId) {
        insert(&self.gone, id);
    }

    /// Whether this run has found the cluster `id` to be gone.
    pub(crate) fn is_gone(&self, id: &ResourceId) -> bool {
        contains(&self.gone, id)
    }

    /// Notes that the cluster `id`, which this run has made, is not as it should be.
    pub(crate) fn failed(&self, id: &ResourceId) {
        insert(&self.failed, id);
    }

    /// Whether this run has made the cluster `id`, and that is not as it should be.
    pub(crate) fn has_failed(&self, id: &ResourceId) -> bool {
        contains(&self.failed, id)
    }

    /// What the plan leaves the cluster `id` as, which exists.
    pub(crate) fn changed(&self, id: &ResourceId) -> Option<PlannedCluster> {
        let same = |changed: &ResourceId| changed.as_str().eq_ignore_ascii_case(id.as_str());
        let mut clusters = self.all().into_iter().rev();
        clusters.find(|cluster| cluster.changed.as_ref().is_some_and(same))
    }

    /// Whether the plan makes the cluster `id` anew, in place of the one there is.
    pub(crate) fn makes_anew(&self, id: &ResourceId) -> bool {
        let same = |made: &ResourceId| made.as_str().eq_ignore_ascii_case(id.as_str());
        let clusters = self.all();
        let mut made = clusters.iter().filter(|cluster| cluster.changed.is_none());
        made.any(|cluster| cluster.id.as_ref().is_some_and(same))
    }

    fn all(&self) -> Vec<PlannedCluster> {
        self.planned
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

fn insert(ids: &Mutex<BTreeSet<String>>, id: &ResourceId) {
    let mut ids = ids.lock().unwrap_or_else(PoisonError::into_inner);
    ids.insert(id.as_str().to_ascii_lowercase());
}

fn contains(ids: &Mutex<BTreeSet<String>>, id: &ResourceId) -> bool {
    let ids = ids.lock().unwrap_or_else(PoisonError::into_inner);
    ids.contains(&id.as_str().to_ascii_lowercase())
}

/// Whether an object in `cluster` is made anew because the same plan makes its cluster anew; the reason.
pub(crate) fn goes_with_cluster(
    session: &Session,
    change: &Change<'_>,
    cluster: &ResourceId,
) -> Option<&'static str> {
    let of_cluster = change.path.to_string() == "cluster_id";
    (of_cluster && session.planned.makes_anew(cluster)).then_some("its cluster is made anew")
}

/// How the signed-in identity stands in a cluster that does not exist yet.
enum Standing {
    Holds(&'static str),
    Nothing,
    Unclear,
}

const CHOICES: &str = "The signed-in identity needs rights inside the cluster, one of:\n  - `grant_applier_access = true` on `secureaks_cluster`, which assigns `Azure Kubernetes Service RBAC Cluster Admin` on the cluster;\n  - membership in one of `entra.admin_group_object_ids`;\n  - a role such as `Azure Kubernetes Service RBAC Cluster Admin` on the cluster, its resource group or subscription (`az role assignment create`).";

/// Refuses to plan an object in a cluster that the same plan makes, when in none of those the signed-in identity will
/// have any right. Which of them it is, nobody knows before it exists.
pub(crate) async fn check_planned(
    session: &Session,
    cluster_id: &Attr<ClusterId>,
    limits: &azure::Call,
) -> Result<(), Failure> {
    let made = |cluster: &PlannedCluster| cluster.changed.is_none();
    let clusters: Vec<_> = session.planned.all().into_iter().filter(made).collect();
    let Ok(azure) = session.azure() else {
        return Ok(());
    };
    let mut names = Vec::new();
    for cluster in &clusters {
        match standing(azure, cluster, limits).await {
            Standing::Nothing => names.push(cluster.name.clone()),
            Standing::Holds(how) => {
                tracing::info!(cluster = %cluster.name, right = how, "The signed-in identity will have rights inside");
                return Ok(());
            }
            Standing::Unclear => return Ok(()),
        }
    }
    if names.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "The cluster {} is made by this plan, and the signed-in identity will have no right inside it. {CHOICES}",
        names.join(" or ")
    );
    Err(cluster_id
        .error("No right inside the cluster", detail)
        .into())
}

async fn standing(
    azure: &azure::Client,
    cluster: &PlannedCluster,
    limits: &azure::Call,
) -> Standing {
    const ENOUGH: [uuid::Uuid; 3] = [AKS_RBAC_CLUSTER_ADMIN, AKS_RBAC_ADMIN, AKS_RBAC_WRITER];
    if cluster.granted {
        return Standing::Holds("grant_applier_access");
    }
    if !cluster.entra {
        return Standing::Holds("the local administrator");
    }
    let Ok(Some(principal)) = azure.principal(limits).await else {
        return Standing::Unclear;
    };
    let is_admin = |group: &String| {
        cluster
            .admin_groups
            .iter()
            .any(|admin| admin.eq_ignore_ascii_case(group))
    };
    if principal.groups.iter().any(is_admin) {
        return Standing::Holds("a group of administrators");
    }
    if cluster.azure_rbac {
        let Ok(request) =
            role_assignment::list_assigned_to(&cluster.resource_group, &principal.object_id)
        else {
            return Standing::Unclear;
        };
        let Ok(assignments) = azure.read_pages::<RoleAssignment>(&request, limits).await else {
            return Standing::Unclear;
        };
        let enough =
            |assignment: &RoleAssignment| assignment.gives_one_of(&ENOUGH, &cluster.resource_group);
        if assignments.iter().any(enough) {
            return Standing::Holds("a role assignment");
        }
    }
    // A token does not name all groups.
    if cluster.admin_groups.is_empty() {
        Standing::Nothing
    } else {
        Standing::Unclear
    }
}

impl Inside<'_> {
    /// Refuses a plan of whoever has no right inside the cluster, and warns who has too little to carry it out,
    /// asked of the API server once for all objects of a kind. A cluster that cannot be asked now is no error: it may be reached by apply.
    pub(crate) async fn check_right(
        &self,
        right: &Right,
        cluster_id: &Attr<ClusterId>,
    ) -> Result<(), Failure> {
        match self.cluster.may_as_planned(right, &self.limits).await {
            Ok(true) => Ok(()),
            Ok(false) => self.without_right(right, cluster_id).await,
            Err(error @ (Error::Cancelled | Error::TimedOut)) => {
                Err(self.fail(&error, &NoFields).await)
            }
            Err(error) => {
                let told = self.tell(&error, &NoFields).await;
                self.call.warn(cluster_id.warning(
                    "Cluster could not be asked",
                    format!(
                        "Whether this plan can be applied was not checked: {}. {}",
                        told.summary, told.detail
                    ),
                ));
                Ok(())
            }
        }
    }

    /// Who may read in the cluster plans for somebody else, as pipelines do, and is warned; who may not even do
    /// that has forgotten to be let in.
    async fn without_right(
        &self,
        right: &Right,
        cluster_id: &Attr<ClusterId>,
    ) -> Result<(), Failure> {
        // The same plan gives the right, before anything inside is touched.
        let given = self.call.client.planned.all().into_iter().any(|cluster| {
            let same =
                |id: ResourceId| id.as_str().eq_ignore_ascii_case(self.cluster.id().as_str());
            cluster.granted && cluster.changed.is_some_and(same)
        });
        if given {
            return Ok(());
        }
        let place = right.namespace.as_ref().map_or_else(
            || "in the whole cluster".to_owned(),
            |namespace| format!("in the namespace {namespace}"),
        );
        let detail = format!(
            "The API server of {} says that the signed-in identity may not {} `{}` {place}. {CHOICES}\nA new right takes up to five minutes to have effect.",
            self.cluster.id(),
            right.verb,
            right.resource
        );
        let reading = Right {
            verb: "list",
            ..right.clone()
        };
        match self.cluster.may_as_planned(&reading, &self.limits).await {
            Ok(true) => {
                self.call
                    .warn(cluster_id.warning("The signed-in identity may not apply this", detail));
                Ok(())
            }
            _ => Err(cluster_id
                .error("No right inside the cluster", detail)
                .into()),
        }
    }
}
