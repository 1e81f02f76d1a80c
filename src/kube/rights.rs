//! What whoever asks may do in a cluster, as the API server itself says.

use std::collections::BTreeMap;

use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
    SubjectAccessReviewStatus,
};
use tokio::sync::Mutex;

use super::{Cluster, Error};
use crate::azure::Call;

/// Something one may do with objects of a kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// What is done: `create`.
    pub verb: &'static str,
    /// The group of the kind's API; empty for the core.
    pub group: &'static str,
    /// The kind, in the plural as in its address: `namespaces`.
    pub resource: &'static str,
    /// The namespace; `None` in all of them, or where there are none.
    pub namespace: Option<String>,
}

/// What was answered in this process.
#[derive(Debug, Default)]
pub(super) struct Rights(Mutex<BTreeMap<Right, bool>>);

impl Cluster {
    /// Whether whoever asks has `right`, asked now.
    pub async fn may(&self, right: &Right, call: &Call) -> Result<bool, Error> {
        let review = SelfSubjectAccessReview {
            spec: SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    verb: Some(right.verb.to_owned()),
                    group: Some(right.group.to_owned()),
                    resource: Some(right.resource.to_owned()),
                    namespace: right.namespace.clone(),
                    ..ResourceAttributes::default()
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
            ..SelfSubjectAccessReview::default()
        };
        let answer = self.review(&review, call).await?;
        Ok(matches!(
            answer.status,
            Some(SubjectAccessReviewStatus { allowed: true, .. })
        ))
    }

    /// Whether whoever asks has `right`, asked once a process: for plans of many objects.
    pub async fn may_as_planned(&self, right: &Right, call: &Call) -> Result<bool, Error> {
        let cluster = self.current(call).await?;
        let mut known = call.lock(self.azure().clock(), &cluster.rights.0).await?;
        if let Some(answer) = known.get(right) {
            return Ok(*answer);
        }
        let answer = self.may(right, call).await?;
        known.insert(right.clone(), answer);
        Ok(answer)
    }
}
