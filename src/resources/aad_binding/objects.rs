//! The objects of a binding in the cluster: one `ClusterRoleBinding`, or a `RoleBinding` in each namespace.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::{
    api::rbac::v1::{ClusterRoleBinding, RoleBinding, RoleRef, Subject as KubernetesSubject},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};

use super::{
    spec::Spec,
    subject::{self, Subject},
};
use crate::{
    framework::Diagnostic,
    resources::inside::{MARK, labels},
};

/// The annotation that holds what Kubernetes has no field for: principals' types and object ids.
pub(super) const PRINCIPALS: &str = "secureaks/principals";

/// The annotation of a binding whose principals need the right to ask for the kubeconfig.
pub(super) const CLUSTER_USER_ROLE: &str = "secureaks/cluster-user-role";

const GROUP: &str = "rbac.authorization.k8s.io";

/// A role of Kubernetes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Of the cluster.
    Cluster(String),
    /// Of a namespace.
    Namespaced(String),
}

impl Role {
    /// The role a specification names; `None` with a role of Azure's.
    pub(super) fn of(spec: &Spec) -> Option<Self> {
        let cluster = spec.cluster_role.if_set();
        let cluster = cluster.map(|name| Self::Cluster(name.as_ref().to_owned()));
        cluster.or_else(|| {
            let name = spec.role.if_set()?;
            Some(Self::Namespaced(name.as_ref().to_owned()))
        })
    }

    /// Its kind in Kubernetes.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Cluster(_) => "ClusterRole",
            Self::Namespaced(_) => "Role",
        }
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Cluster(name) | Self::Namespaced(name) => name,
        }
    }

    fn reference(&self) -> RoleRef {
        RoleRef {
            api_group: GROUP.to_owned(),
            kind: self.kind().to_owned(),
            name: self.name().to_owned(),
        }
    }

    /// The role that a binding refers to.
    pub(super) fn of_reference(reference: &RoleRef) -> Self {
        if reference.kind == "Role" {
            Self::Namespaced(reference.name.clone())
        } else {
            Self::Cluster(reference.name.clone())
        }
    }
}

/// What the objects of a binding have in common.
#[derive(Clone, Debug)]
pub(super) struct Objects {
    /// Their name.
    pub(super) name: String,
    /// The role they bind.
    pub(super) role: Role,
    /// Whom to.
    pub(super) subjects: Vec<Subject>,
    /// Where; `None` for the whole cluster.
    pub(super) namespaces: Option<BTreeSet<String>>,
    /// Whether the principals need the right to ask for the kubeconfig.
    pub(super) cluster_user_role: bool,
    /// By what a run that was killed knows them.
    pub(super) mark: Option<String>,
}

impl Objects {
    /// The objects a specification asks for; `None` when Azure's role gives the rights.
    pub(super) fn wanted(
        spec: &Spec,
        subjects: &[Subject],
        mark: Option<String>,
    ) -> Result<Option<Self>, Diagnostic> {
        let Some(role) = Role::of(spec).filter(|_| !spec.is_azures()) else {
            return Ok(None);
        };
        Ok(Some(Self {
            name: spec.name.known()?.as_ref().to_owned(),
            role,
            subjects: subjects.to_vec(),
            namespaces: spec.namespace_names(),
            cluster_user_role: *spec.cluster_user_role.known()?,
            mark,
        }))
    }

    /// The same with a mark.
    pub(super) fn marked(self, mark: Option<&str>) -> Self {
        Self {
            mark: mark.map(str::to_owned),
            ..self
        }
    }

    /// The binding in the whole cluster.
    pub(super) fn cluster_role_binding(&self) -> ClusterRoleBinding {
        ClusterRoleBinding {
            metadata: self.metadata(None),
            role_ref: self.role.reference(),
            subjects: Some(self.kubernetes_subjects()),
        }
    }

    /// The binding in a namespace.
    pub(super) fn role_binding(&self, namespace: &str) -> RoleBinding {
        RoleBinding {
            metadata: self.metadata(Some(namespace)),
            role_ref: self.role.reference(),
            subjects: Some(self.kubernetes_subjects()),
        }
    }

    /// Where they are: a namespace each, or `None` for the whole cluster.
    pub(super) fn places(&self) -> Vec<Option<String>> {
        match &self.namespaces {
            None => vec![None],
            Some(names) => names.iter().cloned().map(Some).collect(),
        }
    }

    fn kubernetes_subjects(&self) -> Vec<KubernetesSubject> {
        self.subjects.iter().map(Subject::to_kubernetes).collect()
    }

    fn metadata(&self, namespace: Option<&str>) -> ObjectMeta {
        let mut annotations =
            BTreeMap::from([(PRINCIPALS.to_owned(), subject::note(&self.subjects))]);
        if self.cluster_user_role {
            annotations.insert(CLUSTER_USER_ROLE.to_owned(), "true".to_owned());
        }
        if let Some(mark) = &self.mark {
            annotations.insert(MARK.to_owned(), mark.clone());
        }
        ObjectMeta {
            name: Some(self.name.clone()),
            namespace: namespace.map(str::to_owned),
            labels: Some(labels()),
            annotations: Some(annotations),
            ..ObjectMeta::default()
        }
    }
}

/// A binding that is there, of either kind.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    /// Its name.
    pub(super) name: String,
    /// By what the API server tells it from another that had the name before.
    pub(super) uid: Option<String>,
    /// Its namespace; `None` for the whole cluster.
    pub(super) namespace: Option<String>,
    /// What it binds.
    pub(super) role: Role,
    /// Whom to.
    pub(super) subjects: Vec<KubernetesSubject>,
    /// Its annotations.
    annotations: BTreeMap<String, String>,
    /// Whether Kubernetes, AKS or an add-on made it.
    is_built_in: bool,
}

/// The labels of what Kubernetes (`rbac-defaults`), AKS and its add-ons make and put right again.
const BUILT_IN: [&str; 4] = [
    "kubernetes.io/bootstrapping",
    "addonmanager.kubernetes.io/mode",
    "kubernetes.io/cluster-service",
    "kubernetes.azure.com/managedby",
];

/// Whether Kubernetes or AKS makes a binding of this name in every cluster.
pub(super) fn is_built_in_name(name: &str) -> bool {
    name == "cluster-admin"
        || name.starts_with("system:")
        || name.starts_with("aks-cluster-admin-binding")
}

impl Bound {
    /// Whether it is the cluster's own: one that is overwritten or deleted takes away what the cluster works with.
    pub(super) fn is_built_in(&self) -> bool {
        self.is_built_in || is_built_in_name(&self.name)
    }

    /// By what it is known as ours.
    pub(super) fn mark(&self) -> Option<&str> {
        self.annotations.get(MARK).map(String::as_str)
    }

    /// Whether its principals need the right to ask for the kubeconfig.
    pub(super) fn needs_cluster_user_role(&self) -> bool {
        self.annotations.contains_key(CLUSTER_USER_ROLE)
    }

    /// What was noted about its principals.
    pub(super) fn noted(&self) -> Vec<Subject> {
        let text = self.annotations.get(PRINCIPALS);
        text.map(|text| subject::noted(text)).unwrap_or_default()
    }
}

impl From<&ClusterRoleBinding> for Bound {
    fn from(binding: &ClusterRoleBinding) -> Self {
        Self::of(
            &binding.metadata,
            &binding.role_ref,
            binding.subjects.as_ref(),
        )
    }
}

impl From<&RoleBinding> for Bound {
    fn from(binding: &RoleBinding) -> Self {
        Self::of(
            &binding.metadata,
            &binding.role_ref,
            binding.subjects.as_ref(),
        )
    }
}

impl Bound {
    fn of(
        metadata: &ObjectMeta,
        reference: &RoleRef,
        subjects: Option<&Vec<KubernetesSubject>>,
    ) -> Self {
        Self {
            name: metadata.name.clone().unwrap_or_default(),
            uid: metadata.uid.clone(),
            namespace: metadata.namespace.clone(),
            role: Role::of_reference(reference),
            subjects: subjects.cloned().unwrap_or_default(),
            annotations: metadata.annotations.clone().unwrap_or_default(),
            is_built_in: metadata
                .labels
                .iter()
                .flat_map(BTreeMap::keys)
                .any(|label| BUILT_IN.contains(&label.as_str())),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::azure::arm::role_assignment::PrincipalType;

    const ID: &str = "7c2f8b0e-5f3a-4d59-9a43-1f3f6f0a9a11";

    fn objects() -> Objects {
        Objects {
            name: "developers".to_owned(),
            role: Role::Cluster("edit".to_owned()),
            subjects: vec![Subject::by_id(PrincipalType::Group, ID)],
            namespaces: None,
            cluster_user_role: true,
            mark: Some("m".to_owned()),
        }
    }

    #[test]
    fn a_binding_in_a_namespace_is_sent_whole() {
        let body = serde_json::to_value(objects().role_binding("shop")).unwrap();

        let expected = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {
                "name": "developers",
                "namespace": "shop",
                "labels": {"app.kubernetes.io/managed-by": "terraform-provider-secureaks"},
                "annotations": {
                    "secureaks/mark": "m",
                    "secureaks/cluster-user-role": "true",
                    "secureaks/principals": format!(r#"[{{"kind":"Group","name":"{ID}"}}]"#)
                }
            },
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": ID}]
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn a_binding_that_is_there_tells_whom_it_was_made_for() {
        let bound = Bound::from(&objects().cluster_role_binding());

        assert_eq!(bound.noted(), objects().subjects);
        assert_eq!(bound.role, Role::Cluster("edit".to_owned()));
        assert_eq!((bound.mark(), &bound.namespace), (Some("m"), &None));
    }
}
