//! Which permission lets a caller do what (Graph docs, "Permissions" of each operation).

use super::error::GraphError;
use super::object::Kind;
use crate::entra::{Directory, Principal, PrincipalKind};

/// Who asks, and what Graph lets them do.
#[derive(Clone, Debug)]
pub(super) struct Rights {
    pub(super) object_id: String,
    /// Whether a person has signed in, rather than an application.
    pub(super) delegated: bool,
    permissions: Vec<String>,
}

impl Rights {
    /// Members of the directory may read it when they have signed in; guests and applications may
    /// do what they were given a permission for.
    pub(super) fn of(object_id: &str, directory: &Directory) -> Self {
        let caller = directory.principal(object_id);
        let delegated = caller.is_some_and(|caller| caller.kind == PrincipalKind::User);
        let mut permissions = caller.map_or_else(Vec::new, |caller| caller.graph.clone());
        if delegated && !caller.is_some_and(Principal::is_guest) {
            permissions.push("Directory.Read.All".to_owned());
        }
        Self {
            object_id: object_id.to_owned(),
            delegated,
            permissions,
        }
    }

    fn any(&self, wanted: &[&str]) -> bool {
        let everything = ["Directory.ReadWrite.All"];
        self.permissions
            .iter()
            .any(|own| wanted.contains(&own.as_str()) || everything.contains(&own.as_str()))
    }

    pub(super) fn reads(&self, kind: Kind) -> bool {
        self.any(match kind {
            Kind::User => &[
                "User.ReadBasic.All",
                "User.Read.All",
                "User.ReadWrite.All",
                "Directory.Read.All",
            ],
            Kind::Group => &[
                "GroupMember.Read.All",
                "GroupMember.ReadWrite.All",
                "Group.Read.All",
                "Group.ReadWrite.All",
                "Directory.Read.All",
            ],
            Kind::ServicePrincipal => &[
                "Application.Read.All",
                "Application.ReadWrite.All",
                "Application.ReadWrite.OwnedBy",
                "Directory.Read.All",
            ],
        })
    }

    /// Everybody may read about themselves.
    pub(super) fn reads_object(&self, principal: &Principal) -> bool {
        self.reads(Kind::of(principal)) || principal.object_id == self.object_id
    }

    pub(super) fn must_read(&self, kind: Kind) -> Result<(), GraphError> {
        permit(self.reads(kind))
    }

    /// Reading in which groups an object is.
    pub(super) fn must_read_memberships(&self, of: &Principal) -> Result<(), GraphError> {
        permit(self.reads(Kind::Group) || self.reads_object(of))
    }

    /// Reading objects of any kind.
    pub(super) fn must_read_something(&self) -> Result<(), GraphError> {
        permit(Kind::ALL.into_iter().any(|kind| self.reads(kind)))
    }

    pub(super) fn must_create_groups(&self) -> Result<(), GraphError> {
        permit(self.any(&["Group.Create", "Group.ReadWrite.All"]))
    }

    pub(super) fn must_write_groups(&self) -> Result<(), GraphError> {
        permit(self.any(&["Group.ReadWrite.All"]))
    }

    pub(super) fn must_write_members(&self) -> Result<(), GraphError> {
        permit(self.any(&["GroupMember.ReadWrite.All", "Group.ReadWrite.All"]))
    }
}

fn permit(allowed: bool) -> Result<(), GraphError> {
    if allowed {
        Ok(())
    } else {
        Err(GraphError::denied())
    }
}
