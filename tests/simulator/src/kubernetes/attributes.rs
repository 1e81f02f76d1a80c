//! What a request is about, as authorization sees it (`authorizer.Attributes`).

/// What somebody wants to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection` or a
    /// special one; of a path that is no resource, the HTTP method in lower case.
    pub(crate) verb: String,
    pub(crate) target: Target,
}

/// What it is to be done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Resource(ResourceAttributes),
    /// A path such as `/version`.
    Path(String),
}

/// A resource as a path names it. Absent parts are empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ResourceAttributes {
    pub(crate) group: String,
    pub(crate) version: String,
    /// The plural, such as `rolebindings`.
    pub(crate) resource: String,
    pub(crate) subresource: String,
    /// Empty for objects without one, and for all namespaces. Of a namespace itself, its name.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl ResourceAttributes {
    /// `pods` or `pods/log`, as rules and refusals write it.
    pub(crate) fn with_subresource(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }
}
