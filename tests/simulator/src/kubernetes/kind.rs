//! The kinds the API server knows, as discovery describes them.

/// A kind and its resource.
#[derive(Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_field_names,
    reason = "group, version and kind are how Kubernetes names one"
)]
pub(crate) struct Kind {
    /// Empty for the core group.
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    /// The plural, as paths have it.
    pub(crate) resource: &'static str,
    pub(crate) short_names: &'static [&'static str],
    pub(crate) namespaced: bool,
    /// `all` is what `kubectl get all` shows.
    pub(crate) categories: &'static [&'static str],
    pub(crate) subresources: &'static [&'static str],
    pub(crate) handling: Handling,
    /// Its name in `OpenAPI`, less `io.k8s.api.` and the kind: `core.v1`.
    pub(crate) package: &'static str,
}

/// What can be done with a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handling {
    /// Objects are kept.
    Stored,
    /// Objects follow from the managed cluster, and can only be read.
    Derived,
    /// Only `create`, which answers and keeps nothing.
    Review,
}

impl Kind {
    /// `apps/v1`, or `v1` for the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `deployments.apps`, or `pods` for the core group.
    pub(crate) fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }

    pub(crate) fn is_stored(&self) -> bool {
        self.handling == Handling::Stored
    }

    /// The name of its schema.
    pub(crate) fn definition(&self) -> String {
        format!("io.k8s.api.{}.{}", self.package, self.kind)
    }

    pub(crate) fn verbs(&self) -> &'static [&'static str] {
        match self.handling {
            Handling::Stored => &[
                "create",
                "delete",
                "deletecollection",
                "get",
                "list",
                "patch",
                "update",
                "watch",
            ],
            Handling::Derived => &["get", "list", "watch"],
            Handling::Review => &["create"],
        }
    }
}

/// The resource whose objects hold others.
pub(crate) const NAMESPACES: &str = "namespaces";

/// The kind of a resource, whatever the version.
pub(crate) fn of_resource(group: &str, resource: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.group == group && kind.resource == resource)
}

/// The kind an object says it is of.
pub(crate) fn of_object(api_version: &str, name: &str) -> Option<&'static Kind> {
    KINDS
        .iter()
        .find(|kind| kind.kind == name && kind.api_version() == api_version)
}

/// Every kind, in the order of discovery.
pub(crate) const KINDS: &[Kind] = &[
    core("ConfigMap", "configmaps").short(&["cm"]),
    core("Endpoints", "endpoints").short(&["ep"]),
    core("Event", "events").short(&["ev"]),
    core("LimitRange", "limitranges").short(&["limits"]),
    core("Namespace", "namespaces")
        .short(&["ns"])
        .cluster_wide()
        .with(&["finalize", "status"]),
    core("Node", "nodes")
        .short(&["no"])
        .cluster_wide()
        .handled(Handling::Derived),
    core("PersistentVolumeClaim", "persistentvolumeclaims")
        .short(&["pvc"])
        .with(&["status"]),
    core("Pod", "pods")
        .short(&["po"])
        .listed_by_all()
        .with(&["status"]),
    core("ResourceQuota", "resourcequotas")
        .short(&["quota"])
        .with(&["status"]),
    core("Secret", "secrets"),
    core("ServiceAccount", "serviceaccounts").short(&["sa"]),
    core("Service", "services")
        .short(&["svc"])
        .listed_by_all()
        .with(&["status"]),
    apps("DaemonSet", "daemonsets")
        .short(&["ds"])
        .with(&["status"]),
    apps("Deployment", "deployments")
        .short(&["deploy"])
        .with(&["scale", "status"]),
    apps("ReplicaSet", "replicasets")
        .short(&["rs"])
        .with(&["scale", "status"]),
    apps("StatefulSet", "statefulsets")
        .short(&["sts"])
        .with(&["scale", "status"]),
    review("authentication", "SelfSubjectReview", "selfsubjectreviews"),
    review(
        "authorization",
        "LocalSubjectAccessReview",
        "localsubjectaccessreviews",
    )
    .in_namespaces(),
    review(
        "authorization",
        "SelfSubjectAccessReview",
        "selfsubjectaccessreviews",
    ),
    review(
        "authorization",
        "SelfSubjectRulesReview",
        "selfsubjectrulesreviews",
    ),
    review(
        "authorization",
        "SubjectAccessReview",
        "subjectaccessreviews",
    ),
    batch("CronJob", "cronjobs")
        .short(&["cj"])
        .with(&["status"]),
    batch("Job", "jobs").with(&["status"]),
    Kind::new("networking.k8s.io", "networking.v1", "Ingress", "ingresses")
        .short(&["ing"])
        .with(&["status"]),
    Kind::new(
        "networking.k8s.io",
        "networking.v1",
        "NetworkPolicy",
        "networkpolicies",
    )
    .short(&["netpol"]),
    Kind::new(
        "policy",
        "policy.v1",
        "PodDisruptionBudget",
        "poddisruptionbudgets",
    )
    .short(&["pdb"])
    .with(&["status"]),
    rbac("ClusterRoleBinding", "clusterrolebindings").cluster_wide(),
    rbac("ClusterRole", "clusterroles").cluster_wide(),
    rbac("RoleBinding", "rolebindings"),
    rbac("Role", "roles"),
];

const fn core(kind: &'static str, resource: &'static str) -> Kind {
    Kind::new("", "core.v1", kind, resource)
}

const fn apps(kind: &'static str, resource: &'static str) -> Kind {
    Kind::new("apps", "apps.v1", kind, resource).listed_by_all()
}

const fn batch(kind: &'static str, resource: &'static str) -> Kind {
    Kind::new("batch", "batch.v1", kind, resource).listed_by_all()
}

const fn rbac(kind: &'static str, resource: &'static str) -> Kind {
    Kind::new("rbac.authorization.k8s.io", "rbac.v1", kind, resource)
}

const fn review(group: &'static str, kind: &'static str, resource: &'static str) -> Kind {
    let (group, package) = match group.as_bytes() {
        b"authentication" => ("authentication.k8s.io", "authentication.v1"),
        _ => ("authorization.k8s.io", "authorization.v1"),
    };
    Kind::new(group, package, kind, resource)
        .cluster_wide()
        .handled(Handling::Review)
}

impl Kind {
    const fn new(
        group: &'static str,
        package: &'static str,
        kind: &'static str,
        resource: &'static str,
    ) -> Self {
        Self {
            group,
            version: "v1",
            kind,
            resource,
            short_names: &[],
            namespaced: true,
            categories: &[],
            subresources: &[],
            handling: Handling::Stored,
            package,
        }
    }

    const fn short(mut self, names: &'static [&'static str]) -> Self {
        self.short_names = names;
        self
    }

    const fn cluster_wide(mut self) -> Self {
        self.namespaced = false;
        self
    }

    const fn in_namespaces(mut self) -> Self {
        self.namespaced = true;
        self
    }

    const fn listed_by_all(mut self) -> Self {
        self.categories = &["all"];
        self
    }

    const fn with(mut self, subresources: &'static [&'static str]) -> Self {
        self.subresources = subresources;
        self
    }

    const fn handled(mut self, handling: Handling) -> Self {
        self.handling = handling;
        self
    }
}
