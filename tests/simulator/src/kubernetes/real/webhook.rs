//! Azure RBAC as a webhook: what a real API server asks after its own rules.

use serde_json::{Value, json};

use super::settings::OBJECT_ID;
use crate::cloud::Setting;
use crate::kubernetes::authorization::by_azure;
use crate::kubernetes::kind;
use crate::kubernetes::reviews::{attributes, subject};
use crate::shared::Inner;

impl Inner {
    /// Answers a `SubjectAccessReview` about a cluster; `None` when there is no such cluster or this is no
    /// review.
    pub(crate) fn azure_rbac(
        &mut self,
        instance: &str,
        mut review: Value,
        setting: &Setting,
    ) -> Option<Value> {
        let kind = kind::of_resource("authorization.k8s.io", "subjectaccessreviews")?;
        let spec = review.get("spec")?.clone();
        let mut user = subject(kind, &spec).ok()?;
        if let Some(object_id) = user.extra.remove(OBJECT_ID) {
            user.extra.insert("oid".into(), object_id);
        }
        let attributes = attributes(kind, &spec).ok()?;
        let within = self.within(instance, setting, |around, store, memory, _| {
            by_azure(&around.view(store), memory, &user, &attributes)
        });
        let status = match within.ok()? {
            None => json!({ "allowed": false }),
            Some(decision) => json!({
                "allowed": decision.allowed,
                "denied": decision.denied,
                "reason": decision.reason,
            }),
        };
        review.as_object_mut()?.insert("status".into(), status);
        Some(review)
    }
}
