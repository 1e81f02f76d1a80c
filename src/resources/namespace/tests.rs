//! The pure half of the namespace: configuration to objects, objects to state, and back.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{LimitRange, ResourceQuota},
    apimachinery::pkg::apis::meta::v1::{FieldsV1, ManagedFieldsEntry},
};
use serde_json::{Value as Json, json};

use super::{
    Namespace,
    body::{self, Marks},
    check::check,
    live::{self, Live},
    outputs::{NamespaceIdentity, Outputs},
    place::Place,
    spec::Spec,
    write::attribute,
};
use crate::{
    framework::{Block as _, Diagnostic, Diagnostics, ImportTarget, Origin, Resource as _, plan},
    value::{Value, from_json, to_json},
};

const CLUSTER: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";
const MANAGER: &str = "manager";
const RESERVED: [&str; 2] = ["managed-by", "secureaks/mark"];

fn judged(changes: &Json) -> (Spec, Vec<Diagnostic>) {
    let mut config = json!({ "cluster_id": CLUSTER, "name": "team-a" });
    for (name, value) in changes.as_object().unwrap() {
        config[name] = value.clone();
    }
    let block = Spec::schema();
    let config = from_json(config.to_string().as_bytes(), &block.ty()).unwrap();
    let config = plan::with_defaults(&block, &config, &Value::Null);
    let mut diagnostics = Diagnostics::default();
    let spec = Spec::from_value(&config, Origin::Configuration, &mut diagnostics);
    check(&spec, &RESERVED, &mut diagnostics);
    (spec, diagnostics.into_vec())
}

fn spec(changes: &Json) -> Spec {
    let (spec, told) = judged(changes);
    assert_eq!(told, []);
    spec
}

fn told(changes: &Json) -> Vec<String> {
    let (_, told) = judged(changes);
    told.iter()
        .map(|diagnostic| format!("{}: {}", diagnostic.path, diagnostic.summary))
        .collect()
}

fn marks() -> Marks {
    Marks {
        labels: BTreeMap::from([("managed-by".to_owned(), MANAGER.to_owned())]),
        annotations: BTreeMap::from([("secureaks/mark".to_owned(), "1".to_owned())]),
    }
}

/// What there is after `spec` was applied by us.
fn applied(spec: &Spec) -> Live {
    let mut namespace = body::namespace(spec, &marks()).unwrap();
    let keys = |names: Option<&BTreeMap<String, String>>| -> Json {
        names
            .into_iter()
            .flatten()
            .map(|(key, _)| (format!("f:{key}"), json!({})))
            .collect()
    };
    let fields = json!({ "f:metadata": {
        "f:labels": keys(namespace.metadata.labels.as_ref()),
        "f:annotations": keys(namespace.metadata.annotations.as_ref()),
    } });
    namespace.metadata.managed_fields = Some(managed(fields));
    let mut contents = body::contents(spec, &marks()).unwrap();
    if let Some(quota) = &mut contents.quota {
        let hard = quota.spec.as_ref().unwrap().hard.iter().flatten();
        let hard: Json = hard
            .map(|(name, _)| (format!("f:{name}"), json!({})))
            .collect();
        quota.metadata.managed_fields = Some(managed(json!({ "f:spec": { "f:hard": hard } })));
    }
    Live {
        namespace,
        quota: contents.quota,
        limits: contents.limits,
        deny: contents.deny,
        dns: contents.dns,
    }
}

/// What Kubernetes notes of fields that we applied.
fn managed(fields: Json) -> Vec<ManagedFieldsEntry> {
    vec![ManagedFieldsEntry {
        manager: Some(MANAGER.to_owned()),
        operation: Some("Apply".to_owned()),
        fields_v1: Some(FieldsV1(fields)),
        ..ManagedFieldsEntry::default()
    }]
}

fn read(live: &Live, prior: Option<&Spec>) -> Json {
    to_json(&live::spec(CLUSTER, live, MANAGER, &RESERVED, prior).encode())
}

/// A specification with everything in it.
fn full() -> Spec {
    spec(&json!({
        "labels": { "team": "a" },
        "annotations": { "contact": "a@example.com" },
        "pod_security": { "enforce": "baseline", "version": "v1.35" },
        "quota": { "requests.cpu": "4", "limits.memory": "8192Mi", "pods": "20" },
        "limits": {
            "default": { "cpu": "0.5", "memory": "256Mi" },
            "max": { "cpu": "2" },
        },
        "network": { "default_deny_ingress": true, "default_deny_egress": true },
    }))
}

#[test]
fn an_import_names_the_namespace_by_id_or_by_identity() {
    let id = format!("{CLUSTER}/namespaces/team-a");
    let identity = NamespaceIdentity {
        cluster_id: CLUSTER.to_owned().into(),
        name: "team-a".to_owned().into(),
    };

    let outputs = [
        Namespace.import(ImportTarget::Id(id.clone())),
        Namespace.import(ImportTarget::Identity(identity)),
        Namespace.import(ImportTarget::Id(CLUSTER.to_owned())),
    ];

    let ids = outputs.map(|outputs| outputs.map_err(|told| told.summary));
    let found = Outputs::of(&Place::parse(&id).unwrap());
    assert_eq!(
        ids,
        [
            Ok(found.clone()),
            Ok(found),
            Err("Cannot import this".to_owned())
        ]
    );
}

#[test]
fn a_field_of_the_service_is_found_in_the_configuration() {
    let fields = [
        ".metadata.labels.team",
        ".metadata.labels.pod-security.kubernetes.io/enforce",
        ".metadata.labels.pod-security.kubernetes.io/warn-version",
        ".metadata.annotations.example.com/contact",
        "metadata.name",
        "spec.finalizers",
    ];

    let attributes = fields.map(|field| attribute(field).to_string());

    assert_eq!(
        attributes,
        [
            r#"labels["team"]"#,
            "pod_security.enforce",
            "pod_security.version",
            r#"annotations["example.com/contact"]"#,
            "name",
            "",
        ]
    );
}

#[test]
fn a_namespace_of_which_only_the_name_is_said_is_closed() {
    let spec = spec(&json!({}));

    let objects = (
        body::namespace(&spec, &marks()).unwrap(),
        body::contents(&spec, &marks()).unwrap(),
    );

    let (namespace, contents) = objects;
    let objects = json!([
        namespace,
        contents.deny,
        contents.dns,
        contents.quota,
        contents.limits
    ]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&objects).unwrap());
}

#[test]
fn what_was_applied_reads_back_as_it_was_written() {
    for wanted in [spec(&json!({})), full()] {
        let live = applied(&wanted);

        assert_eq!(read(&live, Some(&wanted)), to_json(&wanted.encode()));
    }
}

#[test]
fn what_was_applied_reads_back_without_a_state() {
    let live = applied(&full());

    let read = read(&live, None);

    assert_eq!(
        [
            &read["labels"],
            &read["annotations"],
            &read["quota"],
            &read["network"]
        ],
        [
            &json!({ "team": "a" }),
            &json!({ "contact": "a@example.com" }),
            &json!({ "requests.cpu": "4", "limits.memory": "8192Mi", "pods": "20" }),
            &json!({ "default_deny_ingress": true, "default_deny_egress": true, "allow_dns": true }),
        ]
    );
}

#[test]
fn what_others_set_is_no_drift_and_what_they_change_of_ours_is() {
    let wanted = full();
    let mut live = applied(&wanted);
    let labels = live.namespace.metadata.labels.as_mut().unwrap();
    labels.insert("theirs".to_owned(), "1".to_owned());
    labels.insert("team".to_owned(), "b".to_owned());
    // Kubernetes takes a field from the manager whose value was overwritten.
    live.namespace.metadata.managed_fields = None;
    let hard = live
        .quota
        .as_mut()
        .unwrap()
        .spec
        .as_mut()
        .unwrap()
        .hard
        .as_mut()
        .unwrap();
    hard.insert(
        "secrets".to_owned(),
        k8s_openapi::apimachinery::pkg::api::resource::Quantity("5".to_owned()),
    );
    hard.get_mut("pods").unwrap().0 = "30".to_owned();

    let read = read(&live, Some(&wanted));

    assert_eq!(
        [&read["labels"], &read["quota"]],
        [
            &json!({ "team": "b" }),
            &json!({ "requests.cpu": "4", "limits.memory": "8192Mi", "pods": "30" }),
        ]
    );
}

#[test]
fn an_amount_in_another_unit_is_no_drift() {
    let wanted = full();
    let mut live = applied(&wanted);
    let quota: ResourceQuota = serde_json::from_value(json!({
        "metadata": {}, "spec": { "hard": { "requests.cpu": "4000m", "limits.memory": "8Gi", "pods": "20" } }
    })).unwrap();
    live.quota = Some(quota);

    let read = read(&live, Some(&wanted));

    assert_eq!(read["quota"], to_json(&wanted.encode())["quota"]);
}

#[test]
fn limits_that_kubernetes_completed_are_no_drift() {
    let wanted = full();
    let mut live = applied(&wanted);
    let limits: LimitRange = serde_json::from_value(json!({ "spec": { "limits": [{
        "type": "Container",
        "default": { "cpu": "500m", "memory": "256Mi" },
        "defaultRequest": { "cpu": "500m", "memory": "256Mi" },
        "max": { "cpu": "2" },
    }] } }))
    .unwrap();
    live.limits = Some(limits);

    let (kept, anew) = (read(&live, Some(&wanted)), read(&live, None));

    assert_eq!(kept["limits"], to_json(&wanted.encode())["limits"]);
    assert_eq!(
        anew["limits"],
        json!({
            "default": { "cpu": "500m", "memory": "256Mi" }, "max": { "cpu": "2" },
            "default_request": null, "min": null, "max_limit_request_ratio": null,
        })
    );
}

#[test]
fn a_policy_that_was_opened_or_removed_denies_no_more() {
    let wanted = spec(&json!({}));
    let mut opened = applied(&wanted);
    let policy = opened.deny.as_mut().unwrap().spec.as_mut().unwrap();
    policy.ingress = serde_json::from_value(json!([{}])).unwrap();
    let mut removed = applied(&wanted);
    (removed.deny, removed.dns) = (None, None);

    let read = [&opened, &removed].map(|live| read(live, Some(&wanted))["network"].clone());

    assert_eq!(
        read,
        [
            json!({ "default_deny_ingress": false, "default_deny_egress": true, "allow_dns": true }),
            json!({ "default_deny_ingress": false, "default_deny_egress": false, "allow_dns": true }),
        ]
    );
}

#[test]
fn without_denied_egress_no_policy_for_dns_denies_the_rest() {
    let spec = spec(&json!({ "network": { "default_deny_egress": false } }));

    let contents = body::contents(&spec, &marks()).unwrap();

    assert_eq!(contents.dns, None);
}

#[test]
fn a_namespace_of_the_clusters_own_is_no_target() {
    let configurations = [
        json!({ "name": "kube-system" }),
        json!({ "name": "kube-system", "adopt": true }),
        json!({ "name": "kube-system", "adopt": true, "pod_security": { "enforce": "privileged" },
                "network": { "default_deny_ingress": false, "default_deny_egress": false } }),
        json!({ "name": "gatekeeper-system", "adopt": true, "pod_security": { "enforce": "privileged" },
                "network": { "default_deny_ingress": false } }),
        json!({ "name": "default" }),
        json!({ "name": "default", "adopt": true }),
    ];

    let told = configurations.map(|changes| told(&changes));

    let deny = "Default deny would cut off the cluster itself";
    let taken = "name: Namespace is the cluster's own".to_owned();
    let (ingress, egress) = (
        format!("network.default_deny_ingress: {deny}"),
        format!("network.default_deny_egress: {deny}"),
    );
    let security =
        "pod_security.enforce: Pod security would stop the cluster's own pods".to_owned();
    assert_eq!(
        told,
        [
            vec![
                taken.clone(),
                ingress.clone(),
                egress.clone(),
                security.clone()
            ],
            vec![ingress, egress.clone(), security],
            vec![],
            vec![egress],
            vec![taken],
            vec![],
        ]
    );
}

#[test]
fn keys_that_are_not_the_users_are_refused() {
    let told = told(&json!({
        "labels": {
            "pod-security.kubernetes.io/enforce": "privileged", "kubernetes.io/metadata.name": "x",
            "managed-by": "me", "not a key": "x", "team": "a",
        },
        "annotations": { "secureaks/mark": "x" },
    }));

    assert_eq!(
        told,
        [
            "labels: Label is reserved",
            "labels: Label is reserved",
            "labels: Invalid label",
            "labels: Label is reserved",
            "annotations: Annotation is reserved",
        ]
    );
}

#[test]
fn a_quota_for_which_pods_need_requests_is_warned_of_without_limits() {
    let quota = json!({ "requests.cpu": "4", "limits.memory": "8Gi" });
    let enough = json!({ "default": { "memory": "256Mi" }, "default_request": { "cpu": "100m" } });
    let too_little = json!({ "default_request": { "cpu": "100m", "memory": "64Mi" } });
    let configurations = [
        json!({ "quota": quota }),
        json!({ "quota": quota, "limits": too_little }),
        json!({ "quota": quota, "limits": enough }),
        json!({ "quota": { "pods": "20" } }),
    ];

    let told = configurations.map(|changes| told(&changes).len());

    assert_eq!(told, [1, 1, 0, 0]);
}
