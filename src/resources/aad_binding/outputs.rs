//! What is known of a binding once it exists.

use super::subject::Subject;
use crate::{
    azure::arm::{InvalidResourceId, ResourceId, role_assignment::PrincipalType},
    framework::{Attr, Block, Computed, Diagnostic},
};

/// What is known of a binding once it exists.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct Outputs {
    /// Id of the binding: the cluster's, `/aadBindings/` and the name.
    #[tf(stable)]
    pub(super) id: Computed<String>,
    /// The principals as Azure and the cluster know them. A plan shows them, and its apply gives the
    /// rights to these object ids, whatever has a principal's name by then. A principal that another hand has taken out
    /// of the binding is named last, as long as a role assignment of the binding is left to it.
    pub(super) subjects: Computed<Vec<BoundSubject>>,
    /// Whether it was proved that the principals may do what the role allows; null where that was
    /// not looked at.
    pub(super) effective: Computed<bool>,
}

/// A principal as Azure and the cluster know it.
#[derive(Block, Clone, Debug, PartialEq)]
pub(super) struct BoundSubject {
    /// What it is.
    pub(super) r#type: Computed<String>,
    /// Its object id; null for a user who was named without one while Microsoft Graph could not be read.
    pub(super) object_id: Computed<String>,
    /// Its name in Kubernetes. Of a user who is named by object id alone it is found by the apply.
    pub(super) name: Computed<String>,
}

impl BoundSubject {
    /// Of whom a plan does not know who it will be.
    pub(super) fn unknown() -> Self {
        Self {
            r#type: Computed::unknown(),
            object_id: Computed::unknown(),
            name: Computed::unknown(),
        }
    }

    /// The outputs about `subject`.
    pub(super) fn of(subject: &Subject) -> Self {
        Self {
            r#type: subject.kind.as_str().to_owned().into(),
            object_id: subject.object_id.clone().into(),
            name: subject.name.clone().into(),
        }
    }
}

/// What names a binding.
#[derive(Block, Clone, Debug, PartialEq)]
pub struct BindingIdentity {
    /// Id of the cluster.
    pub(super) cluster_id: Attr<String>,
    /// Name of the binding.
    pub(super) name: Attr<String>,
}

/// The kind of our ids' last part.
const KIND: &str = "aadBindings";

/// The id of the binding `name` in a cluster.
pub(super) fn id_of(cluster: &ResourceId, name: &str) -> Result<ResourceId, InvalidResourceId> {
    cluster.child(KIND, name)
}

/// The cluster in the id of a binding, if it is one.
pub(super) fn cluster_in(id: &ResourceId) -> Option<ResourceId> {
    let of_binding = format!("Microsoft.ContainerService/managedClusters/{KIND}");
    if id.is_a(&of_binding) {
        id.parent()
    } else {
        None
    }
}

impl Outputs {
    /// The outputs of a binding of which only the id is known.
    pub(super) fn of_id(id: &ResourceId) -> Self {
        Self {
            id: id.as_str().to_owned().into(),
            subjects: Computed::none(),
            effective: Computed::none(),
        }
    }

    /// The outputs of a binding of `subjects`.
    pub(super) fn of(id: &ResourceId, subjects: &[Subject], effective: Option<bool>) -> Self {
        let subjects: Vec<BoundSubject> = subjects.iter().map(BoundSubject::of).collect();
        Self {
            id: id.as_str().to_owned().into(),
            subjects: subjects.into(),
            effective: effective.into(),
        }
    }

    /// The binding's id.
    pub(super) fn resource_id(&self) -> Result<ResourceId, Diagnostic> {
        let id = self.id.value().map(String::as_str).unwrap_or_default();
        ResourceId::parse(id).map_err(|error| {
            Diagnostic::error(
                "State names no binding",
                format!("{error}. Remove the resource from the state and import it."),
            )
        })
    }

    /// The principals, as they were bound.
    pub(super) fn bound(&self) -> Vec<Subject> {
        let bound = self.subjects.value().map(Vec::as_slice).unwrap_or_default();
        bound
            .iter()
            .filter_map(|subject| {
                let kind = match subject.r#type.value()?.as_str() {
                    "User" => PrincipalType::User,
                    "Group" => PrincipalType::Group,
                    _ => PrincipalType::ServicePrincipal,
                };
                Some(Subject {
                    kind,
                    object_id: subject.object_id.value().cloned(),
                    name: subject.name.value()?.clone(),
                })
            })
            .collect()
    }
}
