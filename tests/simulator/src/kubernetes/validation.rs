//! Whether an object is one the API server would store: the checks of each kind, in the server's
//! own words (Kubernetes, `pkg/apis/*/validation`).

mod field;
mod limit_range;
mod name;
mod network_policy;
mod pod_security;
mod rbac;
mod resource_quota;
mod workload;

use serde_json::Value;

use super::kind::Kind;
use super::status::Cause;
use field::{Path, members};

/// What is wrong with an object; `old` is what is stored under its name.
pub(crate) fn validate(kind: &Kind, new: &Value, old: Option<&Value>) -> Vec<Cause> {
    if !kind.is_stored() {
        return Vec::new();
    }
    let rule = name::Rule::of(kind.group, kind.resource);
    let metadata = new.get("metadata").cloned().unwrap_or_default();
    let mut causes = name::metadata(&metadata, rule, &Path::new("metadata"));
    causes.extend(match kind.resource {
        "namespaces" => pod_security::namespace(new, old),
        "roles" => rbac::role(new, true),
        "clusterroles" => rbac::role(new, false),
        "rolebindings" => rbac::binding(new, old, true),
        "clusterrolebindings" => rbac::binding(new, old, false),
        "networkpolicies" => network_policy::network_policy(new),
        "resourcequotas" => resource_quota::resource_quota(new, old),
        "limitranges" => limit_range::limit_range(new),
        "deployments" => workload::controller("deployment", new, old),
        "replicasets" => workload::controller("replicaset", new, old),
        "statefulsets" => workload::controller("statefulset", new, old),
        "daemonsets" => workload::controller("daemonset", new, old),
        "pods" => {
            let spec = new.get("spec").cloned().unwrap_or_default();
            workload::pod_spec(&spec, &Path::new("spec"))
        }
        "configmaps" | "secrets" => data_keys(new),
        _ => Vec::new(),
    });
    causes
}

fn data_keys(object: &Value) -> Vec<Cause> {
    let mut causes = Vec::new();
    for map in ["data", "binaryData"] {
        for (key, _) in members(object, map) {
            for problem in name::data_key(key) {
                let path = Path::new(map).key(key);
                causes.push(path.invalid_text(key, &problem));
            }
        }
    }
    causes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::kind::of_resource;
    use super::*;

    #[test]
    fn every_object_has_a_name() {
        let kind = of_resource("", "configmaps").unwrap();

        let causes = validate(kind, &json!({ "metadata": {} }), None);

        assert_eq!(
            causes,
            [Cause::new(
                "FieldValueRequired",
                "metadata.name",
                "Required value: name or generateName is required"
            )]
        );
    }

    #[test]
    fn keys_of_a_config_map_are_file_names() {
        let kind = of_resource("", "configmaps").unwrap();
        let object = json!({ "metadata": { "name": "a" }, "data": { "a.b": "", "a b": "" } });

        let fields: Vec<String> = validate(kind, &object, None)
            .into_iter()
            .map(|cause| cause.field)
            .collect();

        assert_eq!(fields, ["data[a b]"]);
    }
}
