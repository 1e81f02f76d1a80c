//! The directory: users, groups, service principals and how each may prove who it is.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::device_code::DeviceCode;

/// Someone or something that can hold roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Principal {
    /// Object id.
    pub object_id: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// Application (client) id of a service principal.
    pub app_id: Option<String>,
    /// Name shown to people.
    pub display_name: String,
    /// Sign-in name of a user.
    pub user_principal_name: Option<String>,
    /// Client secrets that are accepted.
    pub secrets: Vec<String>,
    /// Certificates (PEM) whose keys may sign client assertions.
    pub certificates: Vec<String>,
    /// Foreign tokens accepted as client assertions.
    pub federations: Vec<Federation>,
    /// Object ids of the groups it is a direct member of.
    pub member_of: Vec<String>,
    /// Whether the managed identity endpoint gives out its tokens.
    pub managed_identity: bool,
    /// When it came into being; a fresh one is not known everywhere yet.
    pub created: Timestamp,
}

/// The kinds of principals, in the words of role assignments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrincipalKind {
    /// An application or managed identity.
    #[default]
    ServicePrincipal,
    /// A person.
    User,
    /// A security group.
    Group,
}

/// A federated identity credential: which foreign tokens stand for the application.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Federation {
    /// The token's `iss`.
    pub issuer: String,
    /// The token's `sub`.
    pub subject: String,
    /// The token's `aud`.
    pub audience: String,
    /// Public key (PEM) the token is signed with.
    pub public_key: String,
}

/// Everyone, and the sign-ins under way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Directory {
    pub(crate) tenant_id: String,
    pub(crate) domain: String,
    /// By object id in lower case.
    principals: BTreeMap<String, Principal>,
    /// By device code.
    pub(super) device_codes: BTreeMap<String, DeviceCode>,
}

impl Directory {
    pub(crate) fn new(tenant_id: &str, domain: &str) -> Self {
        Self {
            tenant_id: tenant_id.into(),
            domain: domain.into(),
            ..Self::default()
        }
    }

    /// Adds a principal, or replaces the one with its object id.
    pub(crate) fn put(&mut self, principal: Principal) {
        self.principals
            .insert(principal.object_id.to_lowercase(), principal);
    }

    pub(crate) fn remove(&mut self, object_id: &str) {
        self.principals.remove(&object_id.to_lowercase());
    }

    pub(crate) fn principal(&self, object_id: &str) -> Option<&Principal> {
        self.principals.get(&object_id.to_lowercase())
    }

    pub(crate) fn application(&self, app_id: &str) -> Option<&Principal> {
        self.principals.values().find(|principal| {
            principal
                .app_id
                .as_deref()
                .is_some_and(|id| id.eq_ignore_ascii_case(app_id))
        })
    }

    pub(super) fn user(&self, user_principal_name: &str) -> Option<&Principal> {
        self.principals.values().find(|principal| {
            principal
                .user_principal_name
                .as_deref()
                .is_some_and(|name| name.eq_ignore_ascii_case(user_principal_name))
        })
    }

    /// The managed identity with this client or object id, or the only one when none is named.
    pub(super) fn managed_identity(&self, id: Option<&str>) -> Option<&Principal> {
        self.principals.values().find(|principal| {
            principal.managed_identity
                && id.is_none_or(|id| {
                    principal.object_id.eq_ignore_ascii_case(id)
                        || principal
                            .app_id
                            .as_deref()
                            .is_some_and(|own| own.eq_ignore_ascii_case(id))
                })
        })
    }

    /// The groups a principal belongs to, through other groups as well.
    pub(crate) fn groups(&self, object_id: &str) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        let mut pending = vec![object_id.to_lowercase()];
        while let Some(member) = pending.pop() {
            let Some(principal) = self.principals.get(&member) else {
                continue;
            };
            for group in &principal.member_of {
                let group = group.to_lowercase();
                if !found.contains(&group) {
                    found.push(group.clone());
                    pending.push(group);
                }
            }
        }
        found.sort();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_found_through_groups_and_circles_end() {
        let mut directory = Directory::new("t", "d");
        for (id, groups) in [("u", vec!["A"]), ("a", vec!["b"]), ("b", vec!["a"])] {
            directory.put(Principal {
                object_id: id.into(),
                member_of: groups.into_iter().map(str::to_owned).collect(),
                ..Principal::default()
            });
        }

        assert_eq!(directory.groups("U"), ["a", "b"]);
    }
}
