//! What counts as lost with a namespace, and what does not.

use secureaks::{framework::Severity, value::Value};
use secureaks_simulator::{Action, Answer, Fault, Host, Matches, Simulator};
use serde_json::{Value as Json, json};

use crate::{
    binding::{TYPE as BINDING, binding},
    inside::{applied, change, object, reached},
    namespace::{NAMESPACE, namespace, start},
    network_policy::TYPE as NETWORK_POLICY,
    support::{Kept, Plan, assert_understood, told},
};

const CORE: &str = "/api/v1/namespaces/team-a";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/team-a";
const NETWORKING: &str = "/apis/networking.k8s.io/v1/namespaces/team-a";

/// One object of each kind that counts, by its path.
fn objects() -> Vec<(String, Json)> {
    let pod = json!({ "containers": [{ "name": "web", "image": "web" }] });
    let labels = json!({ "app": "web" });
    let template = json!({ "metadata": { "labels": labels }, "spec": pod });
    let workload =
        json!({ "spec": { "selector": { "matchLabels": labels }, "template": template } });
    let stateful = json!({ "spec": { "selector": { "matchLabels": labels }, "template": template, "serviceName": "web" } });
    let once = json!({ "metadata": {}, "spec": { "containers": pod["containers"], "restartPolicy": "Never" } });
    let job = json!({ "spec": { "template": once } });
    let cron = json!({ "spec": { "schedule": "0 0 * * *", "jobTemplate": { "spec": { "template": once } } } });
    let claim = json!({ "spec": { "accessModes": ["ReadWriteOnce"], "resources": { "requests": { "storage": "1Gi" } } } });
    let reference =
        json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view" });
    let subject =
        json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "somebody" });
    let backend = json!({ "service": { "name": "web", "port": { "number": 80 } } });
    let apps = "/apis/apps/v1/namespaces/team-a";
    let batch = "/apis/batch/v1/namespaces/team-a";
    [
        (apps, "deployments", workload.clone()),
        (apps, "statefulsets", stateful),
        (apps, "daemonsets", workload.clone()),
        (apps, "replicasets", workload),
        (batch, "cronjobs", cron),
        (batch, "jobs", job),
        (CORE, "pods", json!({ "spec": pod })),
        (CORE, "persistentvolumeclaims", claim),
        (
            CORE,
            "secrets",
            json!({ "stringData": { "password": "known" } }),
        ),
        (CORE, "configmaps", json!({ "data": { "a": "b" } })),
        (
            CORE,
            "services",
            json!({ "spec": { "ports": [{ "port": 80 }] } }),
        ),
        (
            NETWORKING,
            "ingresses",
            json!({ "spec": { "defaultBackend": backend } }),
        ),
        (
            NETWORKING,
            "networkpolicies",
            json!({ "spec": { "podSelector": {} } }),
        ),
        (CORE, "serviceaccounts", json!({})),
        (RBAC, "roles", json!({ "rules": [] })),
        (
            RBAC,
            "rolebindings",
            json!({ "roleRef": reference, "subjects": [subject] }),
        ),
    ]
    .map(|(group, plural, body)| (format!("{group}/{plural}/theirs"), body))
    .to_vec()
}

fn forbidden() -> Answer {
    let body = json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden", "message": "no" });
    Answer {
        code: 403,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body,
    }
}

/// Lets the listing of these kinds be refused.
fn forbid(azure: &Simulator, plurals: &[&str]) {
    for plural in plurals {
        azure.add_fault(Fault {
            name: (*plural).to_owned(),
            matches: Matches {
                host: Some(Host::Kubernetes),
                method: Some("GET".to_owned()),
                path_contains: Some(format!("/{plural}?")),
                times: Some(100),
                ..Matches::default()
            },
            action: Action::Status(forbidden()),
        });
    }
}

#[test]
fn every_kind_that_others_put_into_a_namespace_keeps_it() {
    let (azure, provider) = start();
    let kept = reached(
        &provider,
        &Kept::nothing(),
        &namespace(&provider, &json!({})),
    );
    let empty = provider.plan(&kept, &Value::Null);

    let mut texts = Vec::new();
    for (path, body) in objects() {
        change(&azure, &path, &body);
        let plan = provider.plan(&kept, &Value::Null);
        texts.push(told(&plan.diagnostics));
        change(&azure, &path, &Json::Null);
    }
    for (path, body) in objects() {
        change(&azure, &path, &body);
    }
    texts.push(told(&provider.plan(&kept, &Value::Null).diagnostics));

    assert_eq!(empty.diagnostics, []);
    insta::assert_snapshot!(texts.join("\n"));
    assert_understood(&azure);
}

#[test]
fn what_kubernetes_istio_and_this_provider_put_into_a_namespace_is_no_loss() {
    let (azure, provider) = start();
    let wanted = namespace(&provider, &json!({ "quota": { "pods": "20" } }));
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let account = json!({ "kubernetes.io/service-account.name": "default" });
    let token = json!({ "metadata": { "annotations": account }, "type": "kubernetes.io/service-account-token" });
    change(&azure, &format!("{CORE}/secrets/default-token"), &token);
    for name in ["istio-ca-root-cert", "istio-ca-crl"] {
        change(&azure, &format!("{CORE}/configmaps/{name}"), &json!({}));
    }
    let policies = crate::inside::provider(&azure, NETWORK_POLICY);
    let policy = crate::inside::config(
        &policies,
        &json!({ "namespace": "team-a", "name": "web", "pods": { "app": "web" }, "directions": ["ingress"] }),
        &json!({}),
    );
    reached(&policies, &Kept::nothing(), &policy);
    let bindings = crate::inside::provider(&azure, BINDING);
    let developers = json!({ "namespaces": ["team-a"], "verify": false });
    reached(
        &bindings,
        &Kept::nothing(),
        &binding(&bindings, &developers),
    );
    let there = [
        format!("{CORE}/serviceaccounts/default"),
        format!("{CORE}/configmaps/kube-root-ca.crt"),
        format!("{NETWORKING}/networkpolicies/web"),
        format!("{RBAC}/rolebindings/developers"),
    ]
    .map(|path| object(&azure, &path).is_null());

    let (gone, silent) = applied(&provider, &kept, &Value::Null);

    assert_eq!(there, [false; 4]);
    assert_eq!((gone.value, silent), (Value::Null, vec![]));
    assert_understood(&azure);
}

#[test]
fn what_may_not_be_seen_is_a_warning_of_the_plan_and_keeps_the_namespace() {
    let (azure, provider) = start();
    let wanted = namespace(&provider, &json!({}));
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    forbid(&azure, &["secrets", "roles"]);

    let plan = provider.plan(&kept, &Value::Null);
    let (left, refused) = provider.carry_out(&kept, &Value::Null, &plan);
    change(&azure, &format!("{CORE}/configmaps/theirs"), &json!({}));
    let in_use = provider.plan(&kept, &Value::Null);
    let allowed = namespace(&provider, &json!({ "delete_with_workloads": true }));
    let allowed = reached(&provider, &kept, &allowed);
    let (gone, silent) = applied(&provider, &allowed, &Value::Null);

    assert_eq!(plan.diagnostics[0].severity, Severity::Warning);
    insta::assert_snapshot!(format!(
        "plan: {}\n\napply: {}\n\nin use: {}",
        told(&plan.diagnostics),
        told(&refused),
        told(&in_use.diagnostics)
    ));
    assert_eq!(left.value, kept.value);
    assert_eq!((gone.value, silent), (Value::Null, vec![]));
    assert_eq!(object(&azure, NAMESPACE), Json::Null);
    assert_understood(&azure);
}

/// Whoever has put something into a namespace that a killed run began may have let somebody in.
#[test]
fn what_others_put_into_a_namespace_that_is_gone_on_with_is_told() {
    let (azure, provider) = start();
    let wanted = namespace(&provider, &json!({}));
    let plan = provider.plan(&Kept::nothing(), &wanted);
    provider.carry_out(&Kept::nothing(), &wanted, &plan);
    let subject = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "mallory@example.com" });
    let role =
        json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "admin" });
    let binding = json!({ "roleRef": role, "subjects": [subject] });
    change(&azure, &format!("{RBAC}/rolebindings/mine"), &binding);

    let (kept, diagnostics) = applied(&provider.restarted(&azure), &Kept::nothing(), &wanted);

    assert!(!kept.value.is_null());
    let strange = diagnostics
        .iter()
        .find(|told| told.summary == "Namespace holds what others have put there");
    let strange = strange.expect("a warning");
    assert!(strange.detail.contains("RoleBinding `mine`"), "{strange:?}");
    assert_eq!(strange.severity, Severity::Warning);
    assert_understood(&azure);
}

/// The state keeps what a plan said of a deletion that then failed; the next plan must not go by it.
#[test]
fn what_allowed_a_deletion_that_failed_allows_no_later_one() {
    let (azure, provider) = start();
    let kept = reached(
        &provider,
        &Kept::nothing(),
        &namespace(&provider, &json!({})),
    );
    change(&azure, &format!("{CORE}/configmaps/theirs"), &json!({}));
    let changes = json!({ "name": "team-b", "delete_with_workloads": true });
    let replacement = namespace(&provider, &changes);
    refuse_deletion(&azure);

    let plan = Plan {
        value: Value::Null,
        ..provider.plan(&kept, &replacement)
    };
    let (left, failed) = provider.carry_out(&kept, &Value::Null, &plan);
    let later = provider.plan(&left, &Value::Null);

    assert_eq!(failed.len(), 1, "{failed:#?}");
    assert_eq!(left.value, kept.value);
    let refusal = told(&later.diagnostics);
    assert!(refusal.contains("ConfigMap `theirs`"), "{refusal}");
    assert_eq!(later.diagnostics[0].severity, Severity::Error);
    assert_understood(&azure);
}

/// Lets the next deletion of the namespace be refused.
fn refuse_deletion(azure: &Simulator) {
    azure.add_fault(Fault {
        name: "deletion".to_owned(),
        matches: Matches {
            host: Some(Host::Kubernetes),
            method: Some("DELETE".to_owned()),
            path_contains: Some(CORE.to_owned()),
            times: Some(1),
            ..Matches::default()
        },
        action: Action::Status(forbidden()),
    });
}
