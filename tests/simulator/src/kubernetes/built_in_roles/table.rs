//! The built-in cluster roles and their rules (Kubernetes docs, "Default roles and role bindings"),
//! without those of components that do not run here.

use super::{BuiltIn, GROUP, Grant};

const READ: &[&str] = &["get", "list", "watch"];
const WRITE: &[&str] = &["create", "delete", "deletecollection", "patch", "update"];
const EVERYTHING: &[&str] = &[
    "create",
    "delete",
    "deletecollection",
    "get",
    "list",
    "patch",
    "update",
    "watch",
];

pub(super) static BUILT_IN: [BuiltIn; 11] = [
    sum("admin", ""),
    role(
        "cluster-admin",
        &[Grant(&["*"], &["*"], &["*"]), Grant(&[], &["*"], &["*"])],
    ),
    sum("edit", "admin"),
    part("system:aggregate-to-admin", "admin", ADMIN),
    part("system:aggregate-to-edit", "edit", EDIT),
    part("system:aggregate-to-view", "view", VIEW),
    role(
        "system:auth-delegator",
        &[
            Grant(&["authentication.k8s.io"], &["tokenreviews"], &["create"]),
            Grant(
                &["authorization.k8s.io"],
                &["subjectaccessreviews"],
                &["create"],
            ),
        ],
    ),
    role(
        "system:basic-user",
        &[
            Grant(
                &["authorization.k8s.io"],
                &["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
                &["create"],
            ),
            Grant(
                &["authentication.k8s.io"],
                &["selfsubjectreviews"],
                &["create"],
            ),
        ],
    ),
    role(
        "system:discovery",
        &[Grant(
            &[],
            &[
                "/api",
                "/api/*",
                "/apis",
                "/apis/*",
                "/healthz",
                "/livez",
                "/openapi",
                "/openapi/*",
                "/readyz",
                "/version",
                "/version/",
            ],
            &["get"],
        )],
    ),
    role(
        "system:public-info-viewer",
        &[Grant(
            &[],
            &["/healthz", "/livez", "/readyz", "/version", "/version/"],
            &["get"],
        )],
    ),
    sum("view", "edit"),
];

const ADMIN: &[Grant] = &[
    Grant(
        &["authorization.k8s.io"],
        &["localsubjectaccessreviews"],
        &["create"],
    ),
    Grant(&[GROUP], &["rolebindings", "roles"], EVERYTHING),
];

const EDIT: &[Grant] = &[
    Grant(
        &[""],
        &[
            "pods/attach",
            "pods/exec",
            "pods/portforward",
            "pods/proxy",
            "secrets",
            "services/proxy",
        ],
        READ,
    ),
    Grant(&[""], &["serviceaccounts"], &["impersonate"]),
    Grant(
        &[""],
        &[
            "pods",
            "pods/attach",
            "pods/exec",
            "pods/portforward",
            "pods/proxy",
        ],
        WRITE,
    ),
    Grant(&[""], &["pods/eviction"], &["create"]),
    Grant(
        &[""],
        &[
            "configmaps",
            "events",
            "persistentvolumeclaims",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "secrets",
            "serviceaccounts",
            "services",
            "services/proxy",
        ],
        WRITE,
    ),
    Grant(&[""], &["serviceaccounts/token"], &["create"]),
    Grant(
        &["apps"],
        &[
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "replicasets",
            "replicasets/scale",
            "statefulsets",
            "statefulsets/scale",
        ],
        WRITE,
    ),
    Grant(&["autoscaling"], &["horizontalpodautoscalers"], WRITE),
    Grant(&["batch"], &["cronjobs", "jobs"], WRITE),
    Grant(
        &["extensions"],
        &[
            "daemonsets",
            "deployments",
            "deployments/rollback",
            "deployments/scale",
            "ingresses",
            "networkpolicies",
            "replicasets",
            "replicasets/scale",
            "replicationcontrollers/scale",
        ],
        WRITE,
    ),
    Grant(&["policy"], &["poddisruptionbudgets"], WRITE),
    Grant(
        &["networking.k8s.io"],
        &["ingresses", "networkpolicies"],
        WRITE,
    ),
    Grant(&["coordination.k8s.io"], &["leases"], EVERYTHING),
];

const VIEW: &[Grant] = &[
    Grant(
        &[""],
        &[
            "configmaps",
            "endpoints",
            "persistentvolumeclaims",
            "persistentvolumeclaims/status",
            "pods",
            "replicationcontrollers",
            "replicationcontrollers/scale",
            "serviceaccounts",
            "services",
            "services/status",
        ],
        READ,
    ),
    Grant(
        &[""],
        &[
            "bindings",
            "events",
            "limitranges",
            "namespaces/status",
            "pods/log",
            "pods/status",
            "replicationcontrollers/status",
            "resourcequotas",
            "resourcequotas/status",
        ],
        READ,
    ),
    Grant(&[""], &["namespaces"], READ),
    Grant(&["discovery.k8s.io"], &["endpointslices"], READ),
    Grant(
        &["apps"],
        &[
            "controllerrevisions",
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "statefulsets",
            "statefulsets/scale",
            "statefulsets/status",
        ],
        READ,
    ),
    Grant(
        &["autoscaling"],
        &[
            "horizontalpodautoscalers",
            "horizontalpodautoscalers/status",
        ],
        READ,
    ),
    Grant(
        &["batch"],
        &["cronjobs", "cronjobs/status", "jobs", "jobs/status"],
        READ,
    ),
    Grant(
        &["extensions"],
        &[
            "daemonsets",
            "daemonsets/status",
            "deployments",
            "deployments/scale",
            "deployments/status",
            "ingresses",
            "ingresses/status",
            "networkpolicies",
            "replicasets",
            "replicasets/scale",
            "replicasets/status",
            "replicationcontrollers/scale",
        ],
        READ,
    ),
    Grant(
        &["policy"],
        &["poddisruptionbudgets", "poddisruptionbudgets/status"],
        READ,
    ),
    Grant(
        &["networking.k8s.io"],
        &["ingresses", "ingresses/status", "networkpolicies"],
        READ,
    ),
];

const fn role(name: &'static str, rules: &'static [Grant]) -> BuiltIn {
    BuiltIn {
        name,
        made_of: "",
        part_of: "",
        rules,
    }
}

const fn part(name: &'static str, part_of: &'static str, rules: &'static [Grant]) -> BuiltIn {
    BuiltIn {
        name,
        made_of: "",
        part_of,
        rules,
    }
}

const fn sum(name: &'static str, part_of: &'static str) -> BuiltIn {
    BuiltIn {
        name,
        made_of: name,
        part_of,
        rules: &[],
    }
}
