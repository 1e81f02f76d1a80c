//! A namespace through its life, and what stands in its way.

use secureaks::{framework::Severity, value::Value};
use secureaks_simulator::{Action, Answer, Fault, Host, Matches, Simulator};
use serde_json::{Value as Json, json};

use crate::{
    inside::{
        applied, attribute, change, config, is_about_the_object, made_cluster, object, provider,
        reached,
    },
    support::{CLUSTER, Kept, Provider, assert_understood, fast_azure, told},
};

pub(crate) const TYPE: &str = "secureaks_namespace";
pub(crate) const NAMESPACE: &str = "/api/v1/namespaces/team-a";
pub(crate) const QUOTA: &str = "/api/v1/namespaces/team-a/resourcequotas/quota";
const LIMITS: &str = "/api/v1/namespaces/team-a/limitranges/limits";
pub(crate) const DENY: &str =
    "/apis/networking.k8s.io/v1/namespaces/team-a/networkpolicies/default-deny";
pub(crate) const DNS: &str =
    "/apis/networking.k8s.io/v1/namespaces/team-a/networkpolicies/allow-dns";
const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/team-a/deployments/web";

/// A cluster, and a provider that is asked about namespaces in it.
pub(crate) fn start() -> (Simulator, Provider) {
    let azure = fast_azure();
    made_cluster(&azure, &json!({}));
    let provider = provider(&azure, TYPE);
    (azure, provider)
}

pub(crate) fn namespace(provider: &Provider, changes: &Json) -> Value {
    config(provider, &json!({ "name": "team-a" }), changes)
}

/// A namespace with a quota, limits and labels.
pub(crate) fn full(provider: &Provider) -> Value {
    namespace(
        provider,
        &json!({
            "labels": { "team": "a" },
            "annotations": { "contact": "a@example.com" },
            "quota": { "requests.cpu": "4000m", "pods": "20" },
            "limits": { "default": { "cpu": "0.5", "memory": "256Mi" }, "max": { "cpu": "2" } },
        }),
    )
}

fn deployment() -> Json {
    json!({
        "metadata": { "name": "web", "namespace": "team-a" },
        "spec": {
            "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "containers": [{ "name": "web", "image": "web" }] },
            },
        },
    })
}

#[test]
fn a_namespace_is_made_read_changed_and_deleted() {
    let (azure, provider) = start();
    let wanted = full(&provider);

    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let labels = object(&azure, NAMESPACE)["metadata"]["labels"].clone();
    let read = provider.read(&kept);
    let silent = provider.plan(&kept, &wanted);
    let fewer = namespace(
        &provider,
        &json!({ "network": { "default_deny_egress": false } }),
    );
    let changed = reached(&provider, &kept, &fewer);
    let left = [NAMESPACE, QUOTA, LIMITS, DENY, DNS].map(|path| object(&azure, path));
    let reread = provider.read(&changed);
    let (gone, warned) = applied(&provider, &changed, &Value::Null);

    assert_eq!(
        labels,
        json!({
            "app.kubernetes.io/managed-by": "terraform-provider-secureaks",
            "kubernetes.io/metadata.name": "team-a",
            "pod-security.kubernetes.io/audit": "restricted",
            "pod-security.kubernetes.io/audit-version": "latest",
            "pod-security.kubernetes.io/enforce": "restricted",
            "pod-security.kubernetes.io/enforce-version": "latest",
            "pod-security.kubernetes.io/warn": "restricted",
            "pod-security.kubernetes.io/warn-version": "latest",
            "team": "a",
        })
    );
    assert_eq!((&read.0.value, read.1), (&kept.value, vec![]));
    assert_eq!(
        (silent.value, silent.diagnostics),
        (kept.value.clone(), vec![])
    );
    assert_eq!(left[0]["metadata"]["labels"]["team"], Json::Null);
    assert_eq!([&left[1], &left[2], &left[4]], [&Json::Null; 3]);
    assert_eq!(left[3]["spec"]["policyTypes"], json!(["Ingress"]));
    assert_eq!((&reread.0.value, reread.1), (&changed.value, vec![]));
    assert_eq!((gone.value, warned), (Value::Null, vec![]));
    assert_eq!(object(&azure, NAMESPACE), Json::Null);
    assert_understood(&azure);
}

#[test]
fn what_others_add_stays_and_what_they_change_of_ours_shows() {
    let (azure, provider) = start();
    let wanted = full(&provider);
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    change(
        &azure,
        NAMESPACE,
        &json!({ "metadata": { "labels": { "theirs": "1" }, "annotations": { "theirs": "1" } } }),
    );

    let untouched = provider.read(&kept).0;
    change(
        &azure,
        NAMESPACE,
        &json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": null } } }),
    );
    change(&azure, DENY, &Json::Null);
    let later = crate::inside::provider(&azure, TYPE);
    let drifted = later.read(&kept).0;
    let repaired = reached(&later, &drifted, &wanted);

    assert_eq!(untouched.value, kept.value);
    assert_eq!(
        (
            &attribute(&drifted, "pod_security")["enforce"],
            &attribute(&drifted, "network")["default_deny_ingress"]
        ),
        (&json!("privileged"), &json!(false))
    );
    assert_eq!(
        attribute(&repaired, "pod_security"),
        attribute(&kept, "pod_security")
    );
    let labels = &object(&azure, NAMESPACE)["metadata"]["labels"];
    assert_eq!(
        (
            &labels["pod-security.kubernetes.io/enforce"],
            &labels["theirs"]
        ),
        (&json!("restricted"), &json!("1"))
    );
    assert_ne!(object(&azure, DENY), Json::Null);
    assert_understood(&azure);
}

#[test]
fn a_namespace_with_workloads_is_not_deleted_unless_told() {
    let (azure, provider) = start();
    let wanted = namespace(&provider, &json!({}));
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let in_time = provider.plan(&kept, &Value::Null);
    change(&azure, DEPLOYMENT, &deployment());

    let late = provider.carry_out(&kept, &Value::Null, &in_time);
    let refused = provider.plan(&kept, &Value::Null);
    let renamed = provider.plan(&kept, &namespace(&provider, &json!({ "name": "team-b" })));
    let allowed = namespace(&provider, &json!({ "delete_with_workloads": true }));
    let told_so = reached(&provider, &kept, &allowed);
    let (gone, warned) = applied(&provider, &told_so, &Value::Null);

    assert_eq!(in_time.diagnostics, []);
    assert_eq!(late.0.value, kept.value);
    let late_told = told(&late.1);
    let (same, way_out) = late_told.rsplit_once("\n\n").expect("a way out");
    assert_eq!(told(&refused.diagnostics), same);
    assert_eq!(
        way_out,
        "The namespace stays in the state, and the next destroy tries it again. To give it up as it is, run `terraform state rm`."
    );
    assert_eq!(renamed.diagnostics[..1], refused.diagnostics);
    insta::assert_snapshot!(told(&refused.diagnostics));
    assert_eq!((gone.value, warned), (Value::Null, vec![]));
    assert_eq!(object(&azure, NAMESPACE), Json::Null);
    assert_understood(&azure);
}

#[test]
fn a_replacement_deletes_workloads_when_its_configuration_says_so() {
    let (azure, provider) = start();
    let kept = reached(
        &provider,
        &Kept::nothing(),
        &namespace(&provider, &json!({})),
    );
    change(&azure, DEPLOYMENT, &deployment());
    let renamed = namespace(
        &provider,
        &json!({ "name": "team-b", "delete_with_workloads": true }),
    );

    let plan = provider.plan(&kept, &renamed);
    let deletion = crate::support::Plan {
        value: Value::Null,
        ..plan
    };
    let (gone, deleted) = provider.carry_out(&kept, &Value::Null, &deletion);

    assert_eq!((gone.value, deleted), (Value::Null, vec![]));
    assert_eq!(object(&azure, NAMESPACE), Json::Null);
    assert_understood(&azure);
}

#[test]
fn a_create_that_failed_half_way_is_finished_by_the_next() {
    for path in [
        "/namespaces/team-a?",
        "resourcequotas/quota?",
        "networkpolicies/allow-dns?",
    ] {
        for took_effect in [false, true] {
            let (azure, provider) = start();
            let wanted = full(&provider);
            let refusal = Answer {
                code: 400,
                headers: vec![("content-type".to_owned(), "application/json".to_owned())],
                body: json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 400, "reason": "BadRequest", "message": "made up" }),
            };
            azure.add_fault(Fault {
                name: "refused".to_owned(),
                matches: Matches {
                    host: Some(Host::Kubernetes),
                    method: Some("PATCH".to_owned()),
                    path_contains: Some(path.to_owned()),
                    ..Matches::default()
                },
                action: if took_effect {
                    Action::StatusAfter(refusal)
                } else {
                    Action::Status(refusal)
                },
            });

            let (_, failed) = applied(&provider, &Kept::nothing(), &wanted);
            let next = provider.restarted(&azure);
            let (kept, _) = applied(&next, &Kept::nothing(), &wanted);

            assert_eq!(failed.len(), 1, "{path} {took_effect}");
            let read = next.read(&kept);
            assert_eq!(
                (read.0.value, read.1),
                (kept.value.clone(), vec![]),
                "{path}"
            );
            assert_eq!(attribute(&kept, "adopted"), json!(false));
            assert_understood(&azure);
        }
    }
}

#[test]
fn what_holds_a_namespace_that_does_not_go_is_named() {
    let (azure, provider) = start();
    let wanted = namespace(
        &provider,
        &json!({ "timeouts": { "delete": "1s" }, "delete_with_workloads": true }),
    );
    let kept = reached(&provider, &Kept::nothing(), &wanted);
    let held = json!({ "metadata": { "name": "held", "namespace": "team-a", "finalizers": ["example.com/backup"] } });
    change(&azure, "/api/v1/namespaces/team-a/configmaps/held", &held);

    let (left, late) = applied(&provider, &kept, &Value::Null);
    let (read, warned) = provider.read(&left);
    change(
        &azure,
        "/api/v1/namespaces/team-a/configmaps/held",
        &json!({ "metadata": { "finalizers": null } }),
    );
    let (gone, silent) = applied(&provider, &read, &Value::Null);

    assert_eq!(left.value, kept.value);
    insta::assert_snapshot!(format!("{}\n\n{}", told(&late), told(&warned)));
    assert_eq!(attribute(&read, "phase"), "Terminating");
    assert_eq!((gone.value, silent), (Value::Null, vec![]));
    assert_understood(&azure);
}

#[test]
fn a_cluster_that_is_gone_takes_its_namespaces_along_and_one_that_is_stopped_does_not() {
    let (azure, provider) = start();
    let kept = reached(
        &provider,
        &Kept::nothing(),
        &namespace(&provider, &json!({})),
    );

    azure.change(CLUSTER, |cluster| {
        cluster["properties"]["powerState"]["code"] = json!("Stopped");
    });
    let (stopped, warned) = crate::inside::provider(&azure, TYPE).read(&kept);
    assert!((200..300).contains(&azure.delete(CLUSTER)));
    azure.advance(std::time::Duration::from_hours(1));
    let (gone, silent) = crate::inside::provider(&azure, TYPE).read(&kept);

    assert_eq!(stopped.value, kept.value);
    let warned: Vec<_> = warned
        .iter()
        .map(|told| (told.severity, told.summary.as_str()))
        .collect();
    assert_eq!(
        warned,
        [(Severity::Warning, "Cannot refresh the namespace")]
    );
    assert_eq!((gone.value, silent), (Value::Null, vec![]));
}

#[test]
fn a_namespace_is_imported_and_is_then_as_configured() {
    let (azure, provider) = start();
    let wanted = full(&provider);
    let made = reached(&provider, &Kept::nothing(), &wanted);
    let id = attribute(&made, "id").as_str().expect("an id").to_owned();
    let provider = crate::inside::provider(&azure, TYPE);

    let imported = provider.read(&provider.import(&id));
    let plan = provider.plan(&imported.0, &wanted);

    assert_eq!(imported.1, []);
    assert_eq!((plan.value, plan.diagnostics), (imported.0.value, vec![]));
    assert_understood(&azure);
}

#[test]
fn a_cluster_that_is_not_known_yet_is_asked_by_nobody() {
    let (azure, provider) = start();
    let mut wanted = namespace(&provider, &json!({}));
    wanted.set_member("cluster_id", Value::unknown());
    azure.clear_journal();

    let plan = provider.plan(&Kept::nothing(), &wanted);

    assert_eq!(plan.diagnostics, []);
    assert_eq!(azure.journal().len(), 0);
}

#[test]
fn a_cluster_without_an_engine_is_told_to_deny_nothing() {
    let azure = fast_azure();
    made_cluster(&azure, &json!({ "network": { "policy": "none" } }));
    let provider = provider(&azure, TYPE);

    let plan = provider.plan(&Kept::nothing(), &namespace(&provider, &json!({})));

    let about: Vec<_> = plan
        .diagnostics
        .into_iter()
        .filter(is_about_the_object)
        .collect();
    insta::assert_snapshot!(told(&about));
}

#[test]
fn what_cannot_be_is_told_on_its_attribute_and_nobody_is_asked() {
    let (azure, provider) = start();
    azure.clear_journal();
    let changes = [
        json!({ "name": "Team_A" }),
        json!({ "cluster_id": "aks-demo" }),
        json!({ "name": "kube-system" }),
        json!({ "name": "kube-system", "adopt": true, "pod_security": { "enforce": "privileged" } }),
        json!({ "labels": { "pod-security.kubernetes.io/enforce": "baseline", "a b": "c" } }),
        json!({ "labels": { "team": "not a value" } }),
        json!({ "annotations": { "secureaks/mark": "1" } }),
        json!({ "pod_security": { "enforce": "Restricted", "version": "1.35" } }),
        json!({ "quota": { "requests.cpu": "four" } }),
        json!({ "quota": { "requests.cpu": "4" } }),
        json!({ "quota": {}, "limits": {} }),
    ];

    let answers = changes.map(|changes| {
        let answers = provider.validate(&namespace(&provider, &changes));
        format!("{changes}\n{}", told(&answers))
    });

    insta::assert_snapshot!(answers.join("\n\n"));
    assert_eq!(azure.journal().len(), 0);
}
