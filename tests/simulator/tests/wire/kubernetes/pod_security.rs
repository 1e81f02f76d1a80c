//! Which pods a namespace lets in. The texts are those of `k8s.io/pod-security-admission`, and the same tests run
//! on real servers.

mod demands;

use serde_json::{Value, json};

use super::{Answer, Api, cluster, wait_until};

const TEAM: &str = "/api/v1/namespaces/team";
const PODS: &str = "/api/v1/namespaces/team/pods";

/// Makes the namespace with labels of pod security, named without their prefix.
fn create_namespace(api: &Api, labels: &[(&str, &str)]) {
    let namespace = json!({ "metadata": { "name": "team", "labels": prefixed(labels) } });
    let made = api.send("POST", "/api/v1/namespaces", &namespace);
    assert_eq!(made.status, 201, "{}", made.text);
    // Without its account a namespace takes no pods.
    wait_until("the namespace's account is there", || {
        api.get(&format!("{TEAM}/serviceaccounts/default")).status == 200
    });
}

fn prefixed(labels: &[(&str, &str)]) -> Value {
    labels
        .iter()
        .map(|(name, value)| {
            let name = format!("pod-security.kubernetes.io/{name}");
            (name, json!(value))
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// What `kubectl run NAME --image nginx` sends.
fn as_kubectl_runs_it(name: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": name, "labels": { "run": name } },
        "spec": {
            "containers": [{ "name": name, "image": "nginx", "resources": {} }],
            "dnsPolicy": "ClusterFirst",
            "restartPolicy": "Always",
        },
    })
}

/// A pod that `restricted` has nothing against.
fn restricted_pod() -> Value {
    let mut pod = as_kubectl_runs_it("x");
    pod["spec"]["securityContext"] =
        json!({ "runAsNonRoot": true, "seccompProfile": { "type": "RuntimeDefault" } });
    pod["spec"]["containers"][0]["securityContext"] = json!({
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
    });
    pod
}

const RUN_IS_REFUSED: &str = "allowPrivilegeEscalation != false (container \"x\" must set \
    securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container \"x\" must set \
    securityContext.capabilities.drop=[\"ALL\"]), runAsNonRoot != true (pod or container \"x\" must set \
    securityContext.runAsNonRoot=true), seccompProfile (pod or container \"x\" must set \
    securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")";

#[test]
fn what_kubectl_runs_is_refused_in_a_restricted_namespace_and_nowhere_else() {
    let (_simulator, _client, api) = cluster();
    create_namespace(&api, &[("enforce", "restricted")]);

    let refused = api.send("POST", PODS, &as_kubectl_runs_it("x"));
    let taken = api.send("POST", PODS, &restricted_pod());
    let elsewhere = "/api/v1/namespaces/kube-system/pods?dryRun=All";
    let elsewhere = api.send("POST", elsewhere, &as_kubectl_runs_it("x"));

    let message = format!(
        "pods \"x\" is forbidden: violates PodSecurity \"restricted:latest\": {RUN_IS_REFUSED}"
    );
    assert_eq!(refused.refusal(), (403, "Forbidden".to_owned(), message));
    assert_eq!(
        refused.json()["details"],
        json!({ "name": "x", "kind": "pods" })
    );
    let warned = |answer: &Answer| (answer.status, answer.warnings.clone());
    assert_eq!(warned(&taken), (201, Vec::new()), "{}", taken.text);
    assert_eq!(warned(&elsewhere), (201, Vec::new()), "{}", elsewhere.text);
}

#[test]
fn templates_are_taken_with_a_warning() {
    let (_simulator, _client, api) = cluster();
    create_namespace(&api, &[("enforce", "restricted")]);
    let template = |policy: &str| {
        let mut pod = as_kubectl_runs_it("x");
        pod["spec"]["restartPolicy"] = json!(policy);
        json!({ "metadata": { "labels": { "app": "x" } }, "spec": pod["spec"] })
    };
    let selector = json!({ "matchLabels": { "app": "x" } });
    let deployment = json!({
        "metadata": { "name": "x" },
        "spec": { "selector": selector, "template": template("Always") },
    });
    let job = json!({ "spec": { "template": template("Never") } });
    let cron_job = json!({ "metadata": { "name": "x" }, "spec": { "schedule": "* * * * *", "jobTemplate": job } });

    let deployments = "/apis/apps/v1/namespaces/team/deployments";
    let answers = [
        api.send("POST", deployments, &deployment),
        api.send("POST", "/apis/batch/v1/namespaces/team/cronjobs", &cron_job),
    ];
    let scale = json!({ "spec": { "replicas": 0 } }).to_string();
    let scaled = api
        .try_send(
            "PATCH",
            &format!("{deployments}/x/scale"),
            "application/merge-patch+json",
            &scale,
        )
        .unwrap();

    let text = format!("would violate PodSecurity \"restricted:latest\": {RUN_IS_REFUSED}");
    let warning = format!("299 - {}", json!(text));
    for answer in answers {
        assert_eq!(
            (answer.status, &answer.warnings),
            (201, &vec![warning.clone()]),
            "{}",
            answer.text
        );
    }
    assert_eq!((scaled.status, scaled.warnings), (200, Vec::new()));
}

#[test]
fn pods_from_before_a_level_are_warned_of_and_may_stay_but_not_change() {
    let (_simulator, _client, api) = cluster();
    create_namespace(&api, &[]);
    for name in ["b", "a"] {
        let made = api.send("POST", PODS, &as_kubectl_runs_it(name));
        assert_eq!(made.status, 201, "{}", made.text);
    }
    let mut mounting = restricted_pod();
    mounting["spec"]["volumes"] = json!([{ "name": "v", "hostPath": { "path": "/" } }]);
    assert_eq!(api.send("POST", PODS, &mounting).status, 201);
    let labels = json!({ "metadata": { "labels": prefixed(&[("enforce", "restricted")]) } });
    let merge = |path: &str, patch: &Value| {
        let media_type = "application/merge-patch+json";
        api.try_send("PATCH", path, media_type, &patch.to_string())
            .unwrap()
    };
    // A real server counts the pods that it has heard of itself.
    wait_until("the server knows all pods", || {
        merge(&format!("{TEAM}?dryRun=All"), &labels).warnings.len() == 3
    });

    let labelled = merge(TEAM, &labels);
    let relabelled = merge(
        &format!("{PODS}/a"),
        &json!({ "metadata": { "labels": { "b": "c" } } }),
    );
    let image = json!([{ "op": "replace", "path": "/spec/containers/0/image", "value": "httpd" }]);
    let change_image = || {
        let media_type = "application/json-patch+json";
        api.try_send(
            "PATCH",
            &format!("{PODS}/a?dryRun=All"),
            media_type,
            &image.to_string(),
        )
        .unwrap()
    };
    wait_until("the server knows the labels", || {
        change_image().status == 403
    });

    assert_eq!(
        labelled.warnings,
        [
            "299 - \"existing pods in namespace \\\"team\\\" violate the new PodSecurity enforce level \
             \\\"restricted:latest\\\"\"",
            "299 - \"a (and 1 other pod): allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != \
             true, seccompProfile\"",
            "299 - \"x: restricted volume types\"",
        ]
    );
    assert_eq!((relabelled.status, relabelled.warnings), (200, Vec::new()));
    let message = change_image().text_at("/message");
    assert!(
        message.starts_with(
            "pods \"a\" is forbidden: violates PodSecurity \"restricted:latest\": allow"
        ),
        "{message}"
    );
}
