//! By what an object inside a cluster is known as ours, should the process die between creating it and saving
//! the state.

use std::collections::BTreeMap;

use super::{Fields, Inside};
use crate::{
    azure::arm::ResourceId,
    framework::{Diagnostic, Failure},
    kube::{Apply, LABEL, MANAGER, Object},
};

/// The annotation that holds the mark.
pub(crate) const MARK: &str = "secureaks/mark";

/// Whose an object is that a create finds.
#[derive(Debug)]
pub(crate) enum Standing<K> {
    /// There is none.
    Free,
    /// A run of ours made it and ended before the state was saved.
    Ours(K),
    /// Somebody else made it.
    Foreign(K),
}

impl Inside<'_> {
    /// The mark for the object `id`; it is kept before anything carries it.
    pub(crate) async fn mark(&self, id: &ResourceId) -> Result<String, Failure> {
        Ok(self.call.client.ownership.mark(id).await?)
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
        let mark = found
            .meta()
            .annotations
            .as_ref()
            .and_then(|annotations| annotations.get(MARK).cloned());
        let ours = match mark {
            Some(mark) => self.call.client.ownership.is_ours(id, &mark).await,
            None => false,
        };
        Ok(if ours {
            Standing::Ours(found)
        } else {
            Standing::Foreign(found)
        })
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
        )];
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
