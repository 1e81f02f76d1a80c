//! Which resources a real API server has.

use std::io;

use serde_json::Value;

use super::backend::Backend;
use crate::kubernetes::store::text;

const WHOLE: (&str, &str) = (
    "accept",
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
);

/// A resource of the preferred version of its group.
pub(super) struct Resource {
    group: String,
    version: String,
    plural: String,
    pub(super) namespaced: bool,
    /// Whether its objects can be listed and deleted.
    pub(super) is_kept: bool,
}

impl Resource {
    /// `deployments.apps`, or `pods` for the core group.
    pub(super) fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.clone()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// Where its objects are, in a namespace or, without one, anywhere.
    pub(super) fn collection(&self, namespace: &str) -> String {
        let Self {
            group,
            version,
            plural,
            ..
        } = self;
        let root = if group.is_empty() {
            format!("/api/{version}")
        } else {
            format!("/apis/{group}/{version}")
        };
        if namespace.is_empty() {
            format!("{root}/{plural}")
        } else {
            format!("{root}/namespaces/{namespace}/{plural}")
        }
    }
}

/// All of them.
pub(super) async fn resources(backend: &Backend) -> io::Result<Vec<Resource>> {
    let mut resources = Vec::new();
    for root in ["/api", "/apis"] {
        for group in backend.ask("GET", root, &[WHOLE], None).await?.items() {
            let name = text(&group, "/metadata/name").to_owned();
            let version = group.pointer("/versions/0").unwrap_or(&Value::Null);
            let listed = version.get("resources").and_then(Value::as_array);
            resources.extend(listed.into_iter().flatten().map(|one| {
                let verbs = one.get("verbs").and_then(Value::as_array);
                let can = |verb: &str| verbs.is_some_and(|verbs| verbs.iter().any(|v| v == verb));
                Resource {
                    group: name.clone(),
                    version: text(version, "/version").to_owned(),
                    plural: text(one, "/resource").to_owned(),
                    namespaced: text(one, "/scope") == "Namespaced",
                    is_kept: can("list") && can("deletecollection"),
                }
            }));
        }
    }
    Ok(resources)
}
