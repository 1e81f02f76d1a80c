//! The schemas of the kinds, with what Kubernetes adds to `OpenAPI`: how lists and maps are merged
//! and which definition is which kind.
//!
//! Shapes and descriptions come from `k8s-openapi`, which leaves the extensions out; the ones here
//! are those of `api/openapi-spec` of Kubernetes 1.33.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use k8s_openapi::api::{
    apps::v1 as apps, authentication::v1 as authentication, authorization::v1 as authorization,
    autoscaling::v1 as autoscaling, batch::v1 as batch, core::v1 as core,
    networking::v1 as networking, policy::v1 as policy, rbac::v1 as rbac,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1 as meta;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::kind::KINDS;

/// Where references point to.
pub(crate) const REFERENCE: &str = "#/components/schemas/";

/// Every definition by its name, such as `io.k8s.api.core.v1.Pod`.
pub(crate) fn definitions() -> &'static Map<String, Value> {
    static DEFINITIONS: OnceLock<Map<String, Value>> = OnceLock::new();
    DEFINITIONS.get_or_init(|| {
        let mut generator = SchemaSettings::openapi3().into_generator();
        mention(&mut generator);
        let mut definitions = generator.take_definitions(true);
        for schema in definitions.values_mut() {
            wrap_references(schema);
        }
        add_lists(&mut definitions);
        add_maps(&mut definitions);
        add_kinds(&mut definitions);
        add_alternatives(&mut definitions);
        definitions
    })
}

macro_rules! mention {
    ($generator:ident: $($kind:ty),+ $(,)?) => {
        $($generator.subschema_for::<$kind>();)+
    };
}

fn mention(generator: &mut SchemaGenerator) {
    mention!(generator:
        core::ConfigMap, core::Endpoints, core::Event, core::LimitRange, core::Namespace,
        core::Node, core::PersistentVolumeClaim, core::Pod, core::ResourceQuota, core::Secret,
        core::ServiceAccount, core::Service, apps::DaemonSet, apps::Deployment,
        apps::ReplicaSet, apps::StatefulSet, authentication::SelfSubjectReview,
        authorization::LocalSubjectAccessReview, authorization::SelfSubjectAccessReview,
        authorization::SelfSubjectRulesReview, authorization::SubjectAccessReview,
        autoscaling::Scale, batch::CronJob, batch::Job, networking::Ingress,
        networking::NetworkPolicy, policy::PodDisruptionBudget, rbac::ClusterRoleBinding,
        rbac::ClusterRole, rbac::RoleBinding, rbac::Role, meta::DeleteOptions, meta::Status,
    );
}

/// Lists whose items have keys (`map`) or are told apart by their value (`set`): definition, field
/// and keys. The first key is the one strategic merge patches go by; `set` has none.
const LISTS: &[(&str, &str, &[&str])] = &[
    ("meta.v1.ObjectMeta", "finalizers", &[]),
    ("meta.v1.ObjectMeta", "ownerReferences", &["uid"]),
    ("apps.v1.DaemonSetStatus", "conditions", &["type"]),
    ("apps.v1.DeploymentStatus", "conditions", &["type"]),
    ("apps.v1.ReplicaSetStatus", "conditions", &["type"]),
    ("apps.v1.StatefulSetStatus", "conditions", &["type"]),
    ("batch.v1.JobStatus", "conditions", &["type"]),
    ("core.v1.Container", "env", &["name"]),
    ("core.v1.Container", "ports", &["containerPort", "protocol"]),
    ("core.v1.Container", "volumeDevices", &["devicePath"]),
    ("core.v1.Container", "volumeMounts", &["mountPath"]),
    ("core.v1.EphemeralContainer", "env", &["name"]),
    (
        "core.v1.EphemeralContainer",
        "ports",
        &["containerPort", "protocol"],
    ),
    (
        "core.v1.EphemeralContainer",
        "volumeDevices",
        &["devicePath"],
    ),
    ("core.v1.EphemeralContainer", "volumeMounts", &["mountPath"]),
    ("core.v1.NamespaceStatus", "conditions", &["type"]),
    ("core.v1.NodeStatus", "addresses", &["type"]),
    ("core.v1.NodeStatus", "conditions", &["type"]),
    (
        "core.v1.PersistentVolumeClaimStatus",
        "conditions",
        &["type"],
    ),
    ("core.v1.PodSpec", "containers", &["name"]),
    ("core.v1.PodSpec", "ephemeralContainers", &["name"]),
    ("core.v1.PodSpec", "hostAliases", &["ip"]),
    ("core.v1.PodSpec", "imagePullSecrets", &["name"]),
    ("core.v1.PodSpec", "initContainers", &["name"]),
    ("core.v1.PodSpec", "resourceClaims", &["name"]),
    ("core.v1.PodSpec", "schedulingGates", &["name"]),
    (
        "core.v1.PodSpec",
        "topologySpreadConstraints",
        &["topologyKey", "whenUnsatisfiable"],
    ),
    ("core.v1.PodSpec", "volumes", &["name"]),
    ("core.v1.PodStatus", "conditions", &["type"]),
    ("core.v1.PodStatus", "hostIPs", &["ip"]),
    ("core.v1.PodStatus", "podIPs", &["ip"]),
    ("core.v1.ResourceRequirements", "claims", &["name"]),
    ("core.v1.ServiceAccount", "secrets", &["name"]),
    ("core.v1.ServiceSpec", "ports", &["port", "protocol"]),
    ("core.v1.ServiceStatus", "conditions", &["type"]),
    (
        "policy.v1.PodDisruptionBudgetStatus",
        "conditions",
        &["type"],
    ),
];

/// Objects that are owned as a whole.
const WHOLE: &[&str] = &[
    "core.v1.ConfigMapKeySelector",
    "core.v1.LocalObjectReference",
    "core.v1.NodeSelector",
    "core.v1.NodeSelectorTerm",
    "core.v1.ObjectFieldSelector",
    "core.v1.ObjectReference",
    "core.v1.ResourceFieldSelector",
    "core.v1.ScopeSelector",
    "core.v1.SecretKeySelector",
    "core.v1.TypedLocalObjectReference",
    "meta.v1.LabelSelector",
    "meta.v1.OwnerReference",
    "rbac.v1.RoleRef",
    "rbac.v1.Subject",
];

/// Maps that are owned as a whole: definition and field.
const WHOLE_MAPS: &[(&str, &str)] = &[
    ("core.v1.PodSpec", "nodeSelector"),
    ("core.v1.ServiceSpec", "selector"),
];

/// Fields of which a strategic merge patch says which members stay.
const RETAIN_KEYS: &[(&str, &str)] = &[
    ("apps.v1.DeploymentSpec", "strategy"),
    ("core.v1.PodSpec", "volumes"),
    ("core.v1.PodSpec", "resourceClaims"),
];

/// The full name of a definition that the tables shorten.
fn full(short: &str) -> String {
    if short.starts_with("meta.") {
        format!("io.k8s.apimachinery.pkg.apis.{short}")
    } else {
        format!("io.k8s.api.{short}")
    }
}

fn field<'a>(
    definitions: &'a mut Map<String, Value>,
    definition: &str,
    name: &str,
) -> Option<&'a mut Map<String, Value>> {
    definitions
        .get_mut(&full(definition))?
        .get_mut("properties")?
        .get_mut(name)?
        .as_object_mut()
}

fn add_lists(definitions: &mut Map<String, Value>) {
    for (definition, name, keys) in LISTS {
        let Some(field) = field(definitions, definition, name) else {
            continue;
        };
        field.insert("x-kubernetes-patch-strategy".into(), "merge".into());
        if let Some(first) = keys.first() {
            field.insert("x-kubernetes-list-type".into(), "map".into());
            field.insert("x-kubernetes-list-map-keys".into(), json!(keys));
            field.insert("x-kubernetes-patch-merge-key".into(), (*first).into());
        } else {
            field.insert("x-kubernetes-list-type".into(), "set".into());
        }
    }
    for schema in definitions.values_mut() {
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (_, field) in properties.into_iter().flatten() {
            if field.get("type").is_some_and(|own| own == "array")
                && let Some(field) = field.as_object_mut()
                && !field.contains_key("x-kubernetes-list-type")
            {
                field.insert("x-kubernetes-list-type".into(), "atomic".into());
            }
        }
    }
}

fn add_maps(definitions: &mut Map<String, Value>) {
    for name in WHOLE {
        if let Some(schema) = definitions
            .get_mut(&full(name))
            .and_then(Value::as_object_mut)
        {
            schema.insert("x-kubernetes-map-type".into(), "atomic".into());
        }
    }
    for (definition, name) in WHOLE_MAPS {
        if let Some(field) = field(definitions, definition, name) {
            field.insert("x-kubernetes-map-type".into(), "atomic".into());
        }
    }
    for (definition, name) in RETAIN_KEYS {
        if let Some(field) = field(definitions, definition, name) {
            let strategy = match field.get("x-kubernetes-patch-strategy") {
                Some(_) => "merge,retainKeys",
                None => "retainKeys",
            };
            field.insert("x-kubernetes-patch-strategy".into(), strategy.into());
        }
    }
}

fn add_kinds(definitions: &mut Map<String, Value>) {
    for kind in KINDS {
        let own = json!([{ "group": kind.group, "kind": kind.kind, "version": kind.version }]);
        if let Some(schema) = definitions
            .get_mut(&kind.definition())
            .and_then(Value::as_object_mut)
        {
            schema.insert("x-kubernetes-group-version-kind".into(), own);
        }
    }
}

/// Texts that may be numbers.
fn add_alternatives(definitions: &mut Map<String, Value>) {
    for (name, schema) in definitions.iter_mut() {
        let Some(schema) = schema.as_object_mut() else {
            continue;
        };
        if schema.shift_remove("x-kubernetes-int-or-string").is_none() {
            continue;
        }
        let number = if name.ends_with(".IntOrString") {
            schema.insert("format".into(), "int-or-string".into());
            "integer"
        } else {
            "number"
        };
        schema.insert(
            "oneOf".into(),
            json!([{ "type": "string" }, { "type": number }]),
        );
    }
}

/// A reference allows no members beside it; Kubernetes writes `allOf` with one.
fn wrap_references(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (_, member) in members.iter_mut() {
                wrap_references(member);
            }
            if members.len() > 1
                && let Some(reference) = members.shift_remove("$ref")
            {
                members.insert("allOf".into(), json!([{ "$ref": reference }]));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(wrap_references),
        _ => {}
    }
}

/// The name of the definition a schema refers to.
pub(crate) fn reference(schema: &Value) -> Option<&str> {
    let own = schema
        .get("$ref")
        .or_else(|| schema.pointer("/allOf/0/$ref"));
    own?.as_str()?.strip_prefix(REFERENCE)
}

/// A definition and all it refers to.
pub(crate) fn closure(start: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open: Vec<String> = start.into_iter().collect();
    while let Some(name) = open.pop() {
        let Some(schema) = definitions().get(&name) else {
            continue;
        };
        if found.insert(name) {
            collect(schema, &mut open);
        }
    }
    found
}

fn collect(schema: &Value, into: &mut Vec<String>) {
    if let Some(name) = reference(schema) {
        into.push(name.to_owned());
    }
    match schema {
        Value::Object(members) => members.values().for_each(|member| collect(member, into)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_schema() {
        let missing: Vec<String> = KINDS
            .iter()
            .map(super::super::kind::Kind::definition)
            .filter(|name| !definitions().contains_key(name))
            .collect();

        assert_eq!(missing, Vec::<String>::new());
    }

    #[test]
    fn every_entry_of_the_tables_is_a_field() {
        let lists = LISTS.iter().map(|(definition, name, _)| (definition, name));
        let others = WHOLE_MAPS.iter().chain(RETAIN_KEYS);
        let mut missing: Vec<String> = lists
            .chain(others.map(|(definition, name)| (definition, name)))
            .filter(|(definition, name)| {
                let pointer = format!("/properties/{name}");
                definitions()
                    .get(&full(definition))
                    .and_then(|schema| schema.pointer(&pointer))
                    .is_none()
            })
            .map(|(definition, name)| format!("{definition}.{name}"))
            .collect();
        missing.extend(
            WHOLE
                .iter()
                .map(|name| full(name))
                .filter(|name| !definitions().contains_key(name)),
        );

        assert_eq!(missing, Vec::<String>::new());
    }
}
