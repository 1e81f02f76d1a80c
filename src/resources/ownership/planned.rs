//! What the resources of one plan make, by their ids: two that make the same object are told apart from one that is
//! planned in two steps.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{Ownership, key};
use crate::{azure::arm::ResourceId, framework::Diagnostic};

/// The ids that one plan has named so far.
#[derive(Debug, Default)]
pub(super) struct Planned(Mutex<Names>);

#[derive(Debug, Default)]
struct Names {
    /// What a resource of its own is to be made for.
    created: BTreeSet<String>,
    /// What the states at hand hold.
    held: BTreeSet<String>,
    /// What another resource makes as a part of its own, and whether the plan makes or changes that one.
    parts: BTreeMap<String, bool>,
    /// What a resource of its own stands for after the plan, and whether the plan makes or changes it.
    wanted: BTreeMap<String, bool>,
}

impl Ownership {
    /// Notes that a resource of its own is planned to create the object `id`; an error for the second one. A creation that
    /// follows the deletion of the same object is no second one, and must not come here.
    pub(crate) fn plan_creation(&self, id: &ResourceId) -> Result<(), Diagnostic> {
        if self.names().created.insert(key(id)) {
            return Ok(());
        }
        Err(Diagnostic::error(
            "Two resources create the same object",
            format!(
                "Expected one resource for each object, found a second one that creates {id}. Give one of the two another name, or remove it."
            ),
        ))
    }

    /// Notes that a resource of its own stands for the object `id`, and whether this plan makes or changes it. Where another
    /// resource has the object as a part of its own, whether the plan makes or changes either of the two.
    pub(crate) fn plan_object(&self, id: &ResourceId, changes: bool) -> Option<bool> {
        let mut names = self.names();
        names.wanted.insert(key(id), changes);
        let other_changes = names.parts.get(&key(id))?;
        Some(changes || *other_changes)
    }

    /// Notes the objects that a resource makes as parts of its own, and whether this plan makes or changes it. Those that
    /// have a resource of their own are returned, and whether the plan makes or changes either of the two.
    pub(crate) fn plan_parts<'a>(
        &self,
        parts: &'a [ResourceId],
        changes: bool,
    ) -> Vec<(&'a ResourceId, bool)> {
        let mut names = self.names();
        let mut collisions = Vec::new();
        for part in parts {
            names.parts.insert(key(part), changes);
            if let Some(other_changes) = names.wanted.get(&key(part)) {
                collisions.push((part, changes || *other_changes));
            }
        }
        collisions
    }

    /// Whether a state at hand holds the object `id`: this process was asked to read it, or to plan its change.
    pub(crate) fn is_in_state(&self, id: &ResourceId) -> bool {
        self.names().held.contains(&key(id))
    }

    /// Notes that a state at hand holds the object `id`.
    pub(super) fn seen_in_state(&self, id: &ResourceId) {
        self.names().held.insert(key(id));
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.planned
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
