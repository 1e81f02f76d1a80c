//! The directory: users, groups, service principals and how each may prove who it is.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::device_code::DeviceCode;

/// Simulated time until a change of the directory is known everywhere. Recorded tries that ran
/// into `PrincipalNotFound` were answered 201 after two to five repetitions.
pub(crate) const REPLICATION: SignedDuration = SignedDuration::from_secs(20);

/// Someone or something that can hold roles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Principal {
    /// Object id.
    pub object_id: String,
    /// What it is.
    pub kind: PrincipalKind,
    /// Application (client) id of a service principal.
    pub app_id: Option<String>,
    /// Name shown to people.
    pub display_name: String,
    /// Sign-in name of a user; a guest's has `#EXT#` in it.
    pub user_principal_name: Option<String>,
    /// Mail address of a user or group.
    pub mail: Option<String>,
    /// What a group is for.
    pub description: Option<String>,
    /// The part before the `@` of a group's address; Microsoft Graph wants one of every group.
    pub mail_nickname: Option<String>,
    /// Whether a group is a distribution list: Graph shows `securityEnabled: false`, no token
    /// names it, and no role can be assigned to it.
    pub distribution: bool,
    /// Client secrets that are accepted.
    pub secrets: Vec<String>,
    /// Certificates (PEM) whose keys may sign client assertions.
    pub certificates: Vec<String>,
    /// Foreign tokens accepted as client assertions.
    pub federations: Vec<Federation>,
    /// Object ids of the groups it is a direct member of.
    pub member_of: Vec<String>,
    /// Permissions on Microsoft Graph, in Graph's words, such as `Directory.Read.All`.
    pub graph: Vec<String>,
    /// Whether the managed identity endpoint gives out its tokens.
    pub managed_identity: bool,
    /// When it came into being; a fresh one is not known everywhere yet.
    pub created: Timestamp,
}

impl Principal {
    /// Whether it is a user of another directory.
    pub(crate) fn is_guest(&self) -> bool {
        let name = self.user_principal_name.as_deref().unwrap_or_default();
        name.to_uppercase().contains("#EXT#")
    }

    /// Whether a name means it: object id, sign-in name or display name, whatever the case.
    pub(super) fn is_called(&self, name: &str) -> bool {
        [
            Some(&self.object_id),
            self.user_principal_name.as_ref(),
            Some(&self.display_name),
        ]
        .into_iter()
        .flatten()
        .any(|own| own.eq_ignore_ascii_case(name))
    }
}

/// The kinds of principals, in the words of role assignments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PrincipalKind {
    /// An application or managed identity.
    #[default]
    ServicePrincipal,
    /// A person.
    User,
    /// A group of any of these.
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
    /// Those who were deleted, and when; Microsoft Graph goes on showing them for a while.
    #[serde(default)]
    deleted: BTreeMap<String, (Timestamp, Principal)>,
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

    /// Takes a principal away as if it had never been there.
    pub(crate) fn remove(&mut self, object_id: &str) {
        self.principals.remove(&object_id.to_lowercase());
    }

    /// Deletes a principal and its memberships. False when there is none.
    pub(crate) fn delete(&mut self, object_id: &str, now: Timestamp) -> bool {
        let id = object_id.to_lowercase();
        let Some(principal) = self.principals.remove(&id) else {
            return false;
        };
        for member in self.principals.values_mut() {
            member
                .member_of
                .retain(|group| !group.eq_ignore_ascii_case(&id));
        }
        self.deleted.insert(id, (now, principal));
        true
    }

    /// Makes a principal a direct member of a group. False when it is one already, or when either
    /// does not exist.
    pub(crate) fn add_member(&mut self, group: &str, member: &str) -> bool {
        let is_group = |one: &Principal| one.kind == PrincipalKind::Group;
        if !self.principal(group).is_some_and(is_group) {
            return false;
        }
        let Some(member) = self.principals.get_mut(&member.to_lowercase()) else {
            return false;
        };
        let new = !member
            .member_of
            .iter()
            .any(|own| own.eq_ignore_ascii_case(group));
        if new {
            member.member_of.push(group.to_lowercase());
        }
        new
    }

    /// Ends a direct membership. False when there was none.
    pub(crate) fn remove_member(&mut self, group: &str, member: &str) -> bool {
        let Some(member) = self.principals.get_mut(&member.to_lowercase()) else {
            return false;
        };
        let before = member.member_of.len();
        member
            .member_of
            .retain(|own| !own.eq_ignore_ascii_case(group));
        member.member_of.len() < before
    }

    pub(crate) fn principal(&self, object_id: &str) -> Option<&Principal> {
        self.principals.get(&object_id.to_lowercase())
    }

    /// Everyone, by object id.
    pub(crate) fn principals(&self) -> impl Iterator<Item = &Principal> {
        self.principals.values()
    }

    /// The object id of the one whom a name means: see [`Principal::is_called`].
    pub(crate) fn called(&self, name: &str) -> Option<String> {
        let found = self.principals.values().find(|one| one.is_called(name));
        found.map(|one| one.object_id.clone())
    }

    /// Everyone as replicas of the directory show them: without those who are too new, and still
    /// with those deleted just now.
    pub(crate) fn replicated(&self, now: Timestamp) -> impl Iterator<Item = &Principal> {
        let lately = move |then: Timestamp| now.duration_since(then) < REPLICATION;
        let living = self
            .principals
            .values()
            .filter(move |one| !lately(one.created));
        let deleted = self
            .deleted
            .values()
            .filter(move |(when, one)| lately(*when) && !lately(one.created))
            .map(|(_, one)| one);
        living.chain(deleted)
    }

    /// Those who were deleted in the last thirty days, as far as Graph's replicas know it.
    pub(crate) fn deleted(&self, now: Timestamp) -> impl Iterator<Item = &Principal> {
        const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
        let shown = move |when: Timestamp| {
            let since = now.duration_since(when);
            since >= REPLICATION && since < KEPT
        };
        let deleted = self.deleted.values();
        deleted
            .filter(move |(when, _)| shown(*when))
            .map(|(_, one)| one)
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

    /// The security groups a principal belongs to, through other groups as well: those that count
    /// for rights and stand in tokens.
    pub(crate) fn groups(&self, object_id: &str) -> Vec<String> {
        let mut groups = self.memberships(object_id);
        groups.retain(|id| !self.principal(id).is_some_and(|group| group.distribution));
        groups
    }

    /// All groups a principal belongs to, through other groups as well.
    pub(crate) fn memberships(&self, object_id: &str) -> Vec<String> {
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

    #[test]
    fn a_deleted_group_leaves_its_members_at_once_and_the_replicas_later() {
        let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
        let mut directory = Directory::new("t", "d");
        for (id, kind) in [("u", PrincipalKind::User), ("g", PrincipalKind::Group)] {
            directory.put(Principal {
                object_id: id.into(),
                kind,
                ..Principal::default()
            });
        }
        let shown = |directory: &Directory, now| {
            let ids = directory.replicated(now).map(|one| one.object_id.clone());
            ids.collect::<Vec<_>>()
        };

        let added = [
            directory.add_member("G", "U"),
            directory.add_member("g", "u"),
        ];
        let before = directory.groups("u");
        let deleted = directory.delete("G", now);

        assert_eq!((added, before), ([true, false], vec!["g".to_owned()]));
        assert!(deleted && directory.groups("u").is_empty());
        assert_eq!(shown(&directory, now), ["u", "g"]);
        assert_eq!(shown(&directory, now + REPLICATION), ["u"]);
    }

    #[test]
    fn a_distribution_list_gives_no_rights() {
        let mut directory = Directory::new("t", "d");
        directory.put(Principal {
            object_id: "u".into(),
            member_of: vec!["list".into(), "group".into()],
            ..Principal::default()
        });
        directory.put(Principal {
            object_id: "list".into(),
            kind: PrincipalKind::Group,
            distribution: true,
            ..Principal::default()
        });

        assert_eq!(directory.groups("u"), ["group"]);
        assert_eq!(directory.memberships("u"), ["group", "list"]);
    }
}
