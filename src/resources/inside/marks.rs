//! By what an object inside a cluster is known as ours, should the process die between creating it and saving
//! the state.

use std::collections::BTreeMap;

use super::{Fields, Inside};
use crate::{
    azure::arm::ResourceId,
    framework::{Diagnostic, Failure},
    kube::{Apply, LABEL, MANAGER, Object},
    resources::ownership::{Vouched, continues, held, predecessor},
    value::Path,
};

/// The annotation that holds the mark.
pub(crate) const MARK: &str = "secureaks/mark";

/// Whose an object is that has the name of what is to be created.
#[derive(Debug)]
pub(crate) enum Standing<K> {
    /// There is none.
    Free,
    /// A run of this state made it and ended before the client had saved that.
    Begun(K),
    /// A state holds it; which, as a sentence.
    Held(K, String),
    /// Another hand made it, or it cannot be told which state holds it.
    Foreign(K),
}

impl Inside<'_> {
    /// The mark for the object `id`, which is about to be made; it is noted before anything carries it.
    pub(crate) async fn begin_mark(&self, id: &ResourceId) -> Result<String, Failure> {
        let now = self.cluster.azure().clock().now();
        let mark = self.call.client.ownership.begin(id, now).await?;
        Ok(mark.to_string())
    }

    /// Whose the object is that has the name of what is to be created.
    pub(crate) async fn standing<K: Object>(
        &self,
        id: &ResourceId,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<Standing<K>, crate::kube::Error> {
        let Some(found) = self.cluster.get::<K>(namespace, name, &self.limits).await? else {
            return Ok(Standing::Free);
        };
        Ok(match self.vouched(id, &found).await {
            Vouched::Begun => Standing::Begun(found),
            Vouched::Held(by) => Standing::Held(found, by),
            Vouched::Unknown => Standing::Foreign(found),
        })
    }

    /// Warns, in a plan, of an object that has the name of what is to be created and carries a mark of this
    /// provider's. Only an apply refuses it, as it may be gone by then.
    pub(crate) async fn tell_of_marked<K: Object>(
        &self,
        id: &ResourceId,
        namespace: Option<&str>,
        name: &str,
        resource_type: &str,
    ) {
        // The object that a replacement deletes first is no news.
        if self.call.predecessor().is_some() {
            return;
        }
        let key = (namespace.map(str::to_owned), name.to_owned());
        let Ok(ours) = self.cluster.ours::<K>(&self.limits).await else {
            return;
        };
        let Some(found) = ours.get(&key).filter(|found| !is_going(*found)) else {
            return;
        };
        match self.vouched(id, found).await {
            Vouched::Begun => self.call.warn(continues(self.what, id)),
            Vouched::Held(by) => self.call.warn(Diagnostic::warning(
                held_summary(self.what),
                format!(
                    "Unless this plan deletes it first, apply will refuse: {}",
                    held(id, resource_type, &by)
                ),
            )),
            Vouched::Unknown => {}
        }
    }

    /// The object that has the name of what a plan is to create, unless a state at hand holds it or it is going. A look
    /// that cannot be made finds none: the apply looks again.
    pub(crate) async fn in_the_way<K: Object>(
        &self,
        id: &ResourceId,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<K> {
        let ownership = &self.call.client.ownership;
        if self.call.predecessor().is_some() || ownership.is_in_state(id) {
            return None;
        }
        let found = self.cluster.get::<K>(namespace, name, &self.limits).await;
        found.ok()?.filter(|found| !is_going(found))
    }

    /// The error about an object that a state holds, and that is to be created in another.
    pub(crate) fn refuse_held(&self, id: &ResourceId, resource_type: &str, by: &str) -> Diagnostic {
        if self.call.client.ownership.is_to_be_replaced(id) {
            return self.still_there(id);
        }
        Diagnostic::error(held_summary(self.what), held(id, resource_type, by))
    }

    /// The error about the object that this create was to take the place of, and that is still there.
    pub(crate) fn refuse_predecessor<K: Object>(
        &self,
        id: &ResourceId,
        found: &K,
    ) -> Option<Diagnostic> {
        let replaced = self.call.predecessor();
        let is_it = replaced.is_some() && found.meta().uid == replaced;
        (is_it || self.call.client.ownership.is_to_be_replaced(id)).then(|| self.still_there(id))
    }

    /// The error about an object that is still there, and whose place is to be taken.
    pub(crate) fn still_there(&self, id: &ResourceId) -> Diagnostic {
        Diagnostic::error(
            format!("The {} to be replaced is still there", self.what),
            predecessor(id),
        )
    }

    async fn vouched<K: Object>(&self, id: &ResourceId, found: &K) -> Vouched {
        match mark_of(found) {
            Some(mark) => self.call.client.ownership.vouched(id, mark).await,
            None => Vouched::Unknown,
        }
    }

    /// Refuses to create `wanted` over an object of somebody else: names the fields in dispute where there are
    /// any, and the way to take the object over.
    pub(crate) async fn refuse_foreign<K: Object>(
        &self,
        id: &ResourceId,
        wanted: &K,
        resource_type: &str,
        fields: &dyn Fields,
    ) -> Failure {
        let rehearsal = Apply {
            dry_run: true,
            ..Apply::default()
        };
        let conflict = self
            .cluster
            .apply(wanted, rehearsal, &self.limits)
            .await
            .err()
            .filter(crate::kube::Error::is_conflict);
        let mut told = vec![Diagnostic::error(
            format!("There is such a {} already", self.what),
            format!(
                "{id} exists, and this configuration did not create it. Nothing was changed. Take it over with `terraform import {resource_type}.NAME '{id}'`, set `force_conflicts = true` to overwrite it, or choose another name.",
            ),
        )
        .at(&Path::attribute("name"))];
        if let Some(conflict) = conflict
            && let Failure::Failed(disputed) = self.fail(&conflict, fields).await
        {
            told.extend(disputed);
        }
        Failure::Failed(told)
    }
}

/// The labels of an object that we make.
pub(crate) fn labels() -> BTreeMap<String, String> {
    BTreeMap::from([(LABEL.to_owned(), MANAGER.to_owned())])
}

/// Whether an object carries the label of what we make.
pub(crate) fn has_label<K: Object>(found: &K) -> bool {
    let labels = found.meta().labels.as_ref();
    labels
        .and_then(|labels| labels.get(LABEL))
        .map(String::as_str)
        == Some(MANAGER)
}

/// The mark that an object carries.
pub(crate) fn mark_of<K: Object>(found: &K) -> Option<&str> {
    let annotations = found.meta().annotations.as_ref()?;
    annotations.get(MARK).map(String::as_str)
}

fn is_going<K: Object>(found: &K) -> bool {
    found.meta().deletion_timestamp.is_some()
}

fn held_summary(what: &str) -> String {
    format!("A state holds such a {what} already")
}
