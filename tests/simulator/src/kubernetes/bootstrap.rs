//! What is in every cluster from the start: the four namespaces, the workloads AKS runs in
//! `kube-system` as far as clients look for them, and the built-in roles.

use serde_json::{Value, json};

use super::built_in_roles;
use super::defaults;
use super::kind;
use super::metadata;
use super::store::Store;
use crate::arm::exchange::Moment;

/// The config map by which pods know the cluster's authority.
pub(crate) const ROOT_AUTHORITY: &str = "kube-root-ca.crt";

/// A new cluster's objects; `authority` is the certificate of its own one, PEM.
pub(crate) fn store(moment: &mut Moment<'_>, authority: &str) -> Store {
    let mut store = Store::default();
    for mut object in objects(authority) {
        let text = |pointer: &str| super::store::text(&object, pointer).to_owned();
        let Some(kind) = kind::of_object(&text("/apiVersion"), &text("/kind")) else {
            continue;
        };
        defaults::fill(kind, &mut object);
        let status = object.get("status").cloned();
        metadata::begin(kind, &mut object, moment.now, moment.random);
        if let Some(status) = status {
            metadata::members(&mut object).insert("status".into(), status);
        }
        store.put(kind, object);
    }
    store
}

/// The objects, as they are written.
pub(super) fn objects(authority: &str) -> Vec<Value> {
    let namespaces = ["default", "kube-node-lease", "kube-public", "kube-system"];
    let mut objects = Vec::new();
    for name in namespaces {
        let mut labels = json!({ "kubernetes.io/metadata.name": name });
        if name == "kube-system"
            && let Some(labels) = labels.as_object_mut()
        {
            labels.insert("kubernetes.azure.com/managedby".into(), "aks".into());
        }
        objects.push(json!({
            "kind": "Namespace",
            "apiVersion": "v1",
            "metadata": { "name": name, "labels": labels },
        }));
        objects.push(json!({
            "kind": "ServiceAccount",
            "apiVersion": "v1",
            "metadata": { "name": "default", "namespace": name },
        }));
        objects.push(json!({
            "kind": "ConfigMap",
            "apiVersion": "v1",
            "metadata": { "name": ROOT_AUTHORITY, "namespace": name },
            "data": { "ca.crt": authority },
        }));
    }
    objects.push(api_service());
    objects.push(dns_service());
    objects.push(workload("coredns", "kube-dns", 2));
    objects.push(workload("metrics-server", "metrics-server", 2));
    objects.extend(built_in_roles::objects());
    objects
}

fn api_service() -> Value {
    json!({
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {
            "name": "kubernetes",
            "namespace": "default",
            "labels": { "component": "apiserver", "provider": "kubernetes" },
        },
        "spec": {
            "clusterIP": "10.0.0.1",
            "ports": [{ "name": "https", "port": 443, "protocol": "TCP", "targetPort": 443 }],
        },
    })
}

fn dns_service() -> Value {
    json!({
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {
            "name": "kube-dns",
            "namespace": "kube-system",
            "labels": { "k8s-app": "kube-dns", "kubernetes.io/name": "CoreDNS" },
        },
        "spec": {
            "clusterIP": "10.0.0.10",
            "selector": { "k8s-app": "kube-dns" },
            "ports": [
                { "name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53 },
                { "name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53 },
            ],
        },
    })
}

/// A deployment that is said to run.
fn workload(name: &str, label: &str, replicas: u32) -> Value {
    let labels = json!({ "k8s-app": label });
    json!({
        "kind": "Deployment",
        "apiVersion": "apps/v1",
        "metadata": { "name": name, "namespace": "kube-system", "labels": labels },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": labels },
            "template": {
                "metadata": { "labels": labels },
                "spec": {
                    "containers": [{
                        "name": name,
                        "image": format!("mcr.microsoft.com/oss/kubernetes/{name}:simulated"),
                    }],
                },
            },
        },
        "status": {
            "observedGeneration": 1,
            "replicas": replicas,
            "updatedReplicas": replicas,
            "readyReplicas": replicas,
            "availableReplicas": replicas,
            "conditions": [{
                "type": "Available",
                "status": "True",
                "reason": "MinimumReplicasAvailable",
                "message": "Deployment has minimum availability.",
            }],
        },
    })
}
