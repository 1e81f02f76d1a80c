//! What the API server fills in where an object says nothing (`zz_generated.defaults.go` and the
//! strategies), for the fields clients notice.

use serde_json::{Map, Value, json};

use super::kind::Kind;
use super::metadata::members;
use super::shape::{Form, Shape};
use super::store::{name, text};

/// Fills in defaults, and leaves out what says nothing.
pub(crate) fn fill(kind: &Kind, object: &mut Value) {
    match kind.resource {
        "namespaces" => namespace(object),
        "secrets" => {
            absorb_string_data(object);
            put(object, "type", json!("Opaque"));
        }
        "services" => service(object),
        "pods" => {
            let spec = child(object, "spec");
            pod(spec);
            // Admission plugin `ServiceAccount`.
            put(spec, "serviceAccountName", json!("default"));
            let own = text(spec, "/serviceAccountName").to_owned();
            put(spec, "serviceAccount", json!(own));
        }
        "limitranges" => limits(object),
        "deployments" => {
            let spec = child(object, "spec");
            put(spec, "replicas", json!(1));
            put(spec, "revisionHistoryLimit", json!(10));
            put(spec, "progressDeadlineSeconds", json!(600));
            rolling_update(
                child(spec, "strategy"),
                &json!({ "maxSurge": "25%", "maxUnavailable": "25%" }),
            );
            template(spec);
        }
        "replicasets" => {
            let spec = child(object, "spec");
            put(spec, "replicas", json!(1));
            template(spec);
        }
        "statefulsets" => {
            let spec = child(object, "spec");
            put(spec, "replicas", json!(1));
            put(spec, "revisionHistoryLimit", json!(10));
            put(spec, "podManagementPolicy", json!("OrderedReady"));
            rolling_update(child(spec, "updateStrategy"), &json!({ "partition": 0 }));
            template(spec);
        }
        "daemonsets" => {
            let spec = child(object, "spec");
            put(spec, "revisionHistoryLimit", json!(10));
            rolling_update(
                child(spec, "updateStrategy"),
                &json!({ "maxSurge": 0, "maxUnavailable": 1 }),
            );
            template(spec);
        }
        "jobs" => job(child(object, "spec")),
        "cronjobs" => {
            let spec = child(object, "spec");
            put(spec, "concurrencyPolicy", json!("Allow"));
            put(spec, "suspend", json!(false));
            put(spec, "successfulJobsHistoryLimit", json!(3));
            put(spec, "failedJobsHistoryLimit", json!(1));
        }
        "networkpolicies" => network_policy(child(object, "spec")),
        "rolebindings" | "clusterrolebindings" => binding(object),
        _ => {}
    }
    if let Some(shape) = Shape::of(kind) {
        omit_empty(object, shape);
    }
}

/// Leaves out empty lists and maps that are not required, as Go's `omitempty` does. Objects with
/// fields of their own stay: an empty selector selects everything.
fn omit_empty(value: &mut Value, shape: Shape) {
    match value {
        Value::Object(members) => {
            members.retain(|name, member| {
                let Some(own) = shape.member(name) else {
                    return true;
                };
                omit_empty(member, own);
                let is_empty = match member {
                    Value::Array(items) => items.is_empty(),
                    Value::Object(values) => {
                        values.is_empty() && matches!(own.structure(), Form::Map(_))
                    }
                    _ => false,
                };
                !is_empty || shape.requires(name)
            });
        }
        Value::Array(list) => {
            if let Some(own) = shape.items() {
                for item in list {
                    omit_empty(item, own);
                }
            }
        }
        _ => {}
    }
}

/// Every namespace bears its own name as a label, and waits for its contents to go.
fn namespace(object: &mut Value) {
    let own = name(object).to_owned();
    let labels = child(child(object, "metadata"), "labels");
    members(labels).insert("kubernetes.io/metadata.name".into(), own.into());
    put(child(object, "spec"), "finalizers", json!(["kubernetes"]));
}

/// `stringData` is for writing only.
fn absorb_string_data(object: &mut Value) {
    use base64::Engine as _;
    let Some(Value::Object(texts)) = members(object).shift_remove("stringData") else {
        return;
    };
    let data = members(child(object, "data"));
    for (name, value) in texts {
        let text = value.as_str().unwrap_or_default();
        let encoded = base64::engine::general_purpose::STANDARD.encode(text);
        data.insert(name, encoded.into());
    }
}

fn service(object: &mut Value) {
    let own = name(object).bytes();
    // Any address in the service range will do as long as it is always the same.
    let number = own.fold(17_u32, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    let address = format!("10.0.{}.{}", (number >> 8) % 256, number % 254 + 1);
    let spec = child(object, "spec");
    put(spec, "type", json!("ClusterIP"));
    put(spec, "sessionAffinity", json!("None"));
    put(spec, "internalTrafficPolicy", json!("Cluster"));
    if text(spec, "/type") != "ExternalName" {
        put(spec, "clusterIP", json!(address));
        let own = text(spec, "/clusterIP").to_owned();
        put(spec, "clusterIPs", json!([own]));
        put(spec, "ipFamilies", json!(["IPv4"]));
        put(spec, "ipFamilyPolicy", json!("SingleStack"));
    }
    for port in list(spec, "ports") {
        put(port, "protocol", json!("TCP"));
        let number = port.get("port").cloned().unwrap_or_default();
        put(port, "targetPort", number);
    }
}

fn template(spec: &mut Value) {
    pod(child(child(spec, "template"), "spec"));
}

fn pod(spec: &mut Value) {
    put(spec, "restartPolicy", json!("Always"));
    put(spec, "terminationGracePeriodSeconds", json!(30));
    put(spec, "dnsPolicy", json!("ClusterFirst"));
    put(spec, "securityContext", json!({}));
    put(spec, "schedulerName", json!("default-scheduler"));
    for volume in list(spec, "volumes") {
        // One that only has a name.
        if volume.as_object().is_some_and(|members| members.len() == 1) {
            put(volume, "emptyDir", json!({}));
        }
    }
    for containers in ["initContainers", "containers"] {
        for container in list(spec, containers) {
            let image = text(container, "/image").to_owned();
            let tag = image.rsplit('/').next().unwrap_or_default();
            let latest = !image.contains('@') && (!tag.contains(':') || tag.ends_with(":latest"));
            let policy = if latest { "Always" } else { "IfNotPresent" };
            put(container, "imagePullPolicy", json!(policy));
            put(container, "resources", json!({}));
            put(
                container,
                "terminationMessagePath",
                json!("/dev/termination-log"),
            );
            put(container, "terminationMessagePolicy", json!("File"));
            for port in list(container, "ports") {
                put(port, "protocol", json!("TCP"));
            }
        }
    }
}

fn job(spec: &mut Value) {
    put(spec, "parallelism", json!(1));
    put(spec, "completions", json!(1));
    put(spec, "backoffLimit", json!(6));
    put(spec, "completionMode", json!("NonIndexed"));
    put(spec, "suspend", json!(false));
    template(spec);
}

fn rolling_update(strategy: &mut Value, parameters: &Value) {
    put(strategy, "type", json!("RollingUpdate"));
    if text(strategy, "/type") == "RollingUpdate" {
        let own = child(strategy, "rollingUpdate");
        for (name, value) in parameters.as_object().into_iter().flatten() {
            put(own, name, value.clone());
        }
    }
}

/// A limit is the default limit, which is the default request, unless those are given.
fn limits(object: &mut Value) {
    for limit in list(child(object, "spec"), "limits") {
        if text(limit, "/type") != "Container" {
            continue;
        }
        for (to, from) in [
            ("default", "max"),
            ("defaultRequest", "default"),
            ("defaultRequest", "min"),
        ] {
            let source: Map<String, Value> = limit
                .get(from)
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default();
            if source.is_empty() {
                continue;
            }
            let target = child(limit, to);
            for (name, value) in source {
                put(target, &name, value);
            }
        }
    }
}

fn network_policy(spec: &mut Value) {
    put(spec, "podSelector", json!({}));
    let with_egress = spec
        .get("egress")
        .is_some_and(|rules| rules.as_array().is_some_and(|rules| !rules.is_empty()));
    let types = if with_egress {
        json!(["Ingress", "Egress"])
    } else {
        json!(["Ingress"])
    };
    put(spec, "policyTypes", types);
    for direction in ["ingress", "egress"] {
        for rule in list(spec, direction) {
            for port in list(rule, "ports") {
                put(port, "protocol", json!("TCP"));
            }
        }
    }
}

/// The group of subjects and roles that do not say theirs.
fn binding(object: &mut Value) {
    const RBAC: &str = "rbac.authorization.k8s.io";
    for subject in list(object, "subjects") {
        if matches!(text(subject, "/kind"), "User" | "Group") {
            put(subject, "apiGroup", json!(RBAC));
        }
    }
    if object.get("roleRef").is_some() {
        put(child(object, "roleRef"), "apiGroup", json!(RBAC));
    }
}

/// Sets a member that is absent, null or empty text.
fn put(object: &mut Value, name: &str, value: Value) {
    let own = members(object);
    if own
        .get(name)
        .is_none_or(|own| own.is_null() || own.as_str() == Some(""))
    {
        own.insert(name.into(), value);
    }
}

fn child<'a>(object: &'a mut Value, name: &str) -> &'a mut Value {
    members(object)
        .entry(name)
        .or_insert_with(|| Value::Object(Map::new()))
}

fn list<'a>(object: &'a mut Value, name: &str) -> impl Iterator<Item = &'a mut Value> {
    let list = object.get_mut(name).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter(|item| item.is_object())
}
