//! A principal as the cluster sees it: the name and groups that its tokens come to.

use k8s_openapi::api::rbac::v1::Subject as KubernetesSubject;
use serde::{Deserialize, Serialize};

use crate::azure::arm::role_assignment::PrincipalType;

const GROUP: &str = "rbac.authorization.k8s.io";

/// A principal that is known well enough to be bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    /// What it is.
    pub(super) kind: PrincipalType,
    /// Its object id, where it is known.
    pub(super) object_id: Option<String>,
    /// Its name in Kubernetes: of a user of the tenant the user principal name, else the object id
    /// (Azure/guard, `auth/providers/azure`).
    pub(super) name: String,
}

impl Subject {
    /// Something whose object id is its name.
    pub(super) fn by_id(kind: PrincipalType, object_id: &str) -> Self {
        Self {
            kind,
            object_id: Some(object_id.to_owned()),
            name: object_id.to_owned(),
        }
    }

    /// The kind Kubernetes knows it as: it has no word for service principals.
    pub(super) fn kubernetes_kind(&self) -> &'static str {
        match self.kind {
            PrincipalType::Group => "Group",
            PrincipalType::User | PrincipalType::ServicePrincipal => "User",
        }
    }

    /// The subject of a role binding.
    pub(super) fn to_kubernetes(&self) -> KubernetesSubject {
        KubernetesSubject {
            api_group: Some(GROUP.to_owned()),
            kind: self.kubernetes_kind().to_owned(),
            name: self.name.clone(),
            namespace: None,
        }
    }

    /// Whether a role binding's subject is this one.
    pub(super) fn is(&self, subject: &KubernetesSubject) -> bool {
        subject.kind == self.kubernetes_kind() && subject.name == self.name
    }

    /// Whether Azure knows it by this object id.
    pub(super) fn has_id(&self, object_id: &str) -> bool {
        self.object_id
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(object_id))
    }

    /// A subject that somebody else bound. Of a user Kubernetes knows only the name: an object id
    /// is a guest's or, more often, a service principal's.
    pub(super) fn of_kubernetes(subject: &KubernetesSubject) -> Option<Self> {
        let is_id = uuid::Uuid::parse_str(&subject.name).is_ok();
        match (subject.kind.as_str(), is_id) {
            ("Group", true) => Some(Self::by_id(PrincipalType::Group, &subject.name)),
            ("User", true) => Some(Self::by_id(PrincipalType::ServicePrincipal, &subject.name)),
            ("User", false) => Some(Self {
                kind: PrincipalType::User,
                object_id: None,
                name: subject.name.clone(),
            }),
            _ => None,
        }
    }
}

/// A subject as the annotation of a binding has it: what Kubernetes itself has no field for.
#[derive(Deserialize, Serialize)]
struct Noted {
    kind: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

/// The annotation's text for `subjects`.
pub(super) fn note(subjects: &[Subject]) -> String {
    let noted: Vec<Noted> = subjects
        .iter()
        .map(|subject| Noted {
            kind: subject.kind.as_str().to_owned(),
            name: subject.name.clone(),
            id: subject.object_id.clone().filter(|id| *id != subject.name),
        })
        .collect();
    serde_json::to_string(&noted).unwrap_or_default()
}

/// The subjects that an annotation's text names; none where it is not ours.
pub(super) fn noted(text: &str) -> Vec<Subject> {
    let noted: Vec<Noted> = serde_json::from_str(text).unwrap_or_default();
    noted
        .into_iter()
        .map(|noted| {
            let kind = match noted.kind.as_str() {
                "User" => PrincipalType::User,
                "Group" => PrincipalType::Group,
                _ => PrincipalType::ServicePrincipal,
            };
            let is_id = uuid::Uuid::parse_str(&noted.name).is_ok();
            Subject {
                kind,
                object_id: noted.id.or_else(|| is_id.then(|| noted.name.clone())),
                name: noted.name,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7c2f8b0e-5f3a-4d59-9a43-1f3f6f0a9a11";

    #[test]
    fn an_annotation_gives_back_what_kubernetes_forgets() {
        let subjects = vec![
            Subject {
                kind: PrincipalType::User,
                object_id: Some(ID.to_owned()),
                name: "alice@contoso.com".to_owned(),
            },
            Subject::by_id(PrincipalType::User, ID),
            Subject::by_id(PrincipalType::Group, ID),
            Subject::by_id(PrincipalType::ServicePrincipal, ID),
        ];

        assert_eq!(noted(&note(&subjects)), subjects);
    }

    #[test]
    fn a_service_principal_is_a_user_to_kubernetes() {
        let subject = Subject::by_id(PrincipalType::ServicePrincipal, ID).to_kubernetes();

        assert_eq!((subject.kind.as_str(), subject.name.as_str()), ("User", ID));
        assert_eq!(subject.api_group.as_deref(), Some(GROUP));
    }
}
