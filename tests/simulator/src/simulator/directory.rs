//! The library's calls about people: who is in the directory and in which group, what they do at
//! another device, and where they call from.

use std::net::IpAddr;

use super::Simulator;
use crate::entra::{Directory, Principal};

impl Simulator {
    /// Adds a principal to the directory, or replaces it. Unless it says when it was created, it is
    /// known everywhere at once.
    pub fn put_principal(&self, principal: Principal) {
        self.shared
            .with(|inner, _| inner.cloud.directory.put(principal));
    }

    /// Moves the clients to another address, as the internet sees it.
    pub fn set_public_address(&self, address: IpAddr) {
        self.shared
            .with(|inner, _| inner.cloud.moved_to = Some(address));
    }

    /// Deletes a user, group or service principal, named by object id, sign-in name or display
    /// name. False when there is none.
    pub fn delete_principal(&self, name: &str) -> bool {
        self.shared.with(|inner, _| {
            let now = inner.clock.now();
            let directory = &mut inner.cloud.directory;
            let id = directory.called(name);
            id.is_some_and(|id| directory.delete(&id, now))
        })
    }

    /// Makes somebody a direct member of a group, both named as above. False when that changes
    /// nothing.
    pub fn add_member(&self, group: &str, member: &str) -> bool {
        self.membership(group, member, Directory::add_member)
    }

    /// Ends a direct membership. False when there was none.
    pub fn remove_member(&self, group: &str, member: &str) -> bool {
        self.membership(group, member, Directory::remove_member)
    }

    fn membership(
        &self,
        group: &str,
        member: &str,
        act: impl FnOnce(&mut Directory, &str, &str) -> bool,
    ) -> bool {
        self.shared.with(|inner, _| {
            let directory = &mut inner.cloud.directory;
            let (group, member) = (directory.called(group), directory.called(member));
            let both = group.zip(member);
            both.is_some_and(|(group, member)| act(directory, &group, &member))
        })
    }

    /// Approves a device code as a user. False when code or user is unknown.
    pub fn approve_device_code(&self, user_code: &str, user: &str) -> bool {
        self.shared
            .with(|inner, _| inner.cloud.directory.approve_device_code(user_code, user))
    }
}
