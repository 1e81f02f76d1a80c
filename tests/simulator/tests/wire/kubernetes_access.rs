//! Who may do what at the API server of a cluster.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::api_server::{
    ADMINISTRATOR, ApiServer, DEVELOPER, DEVELOPERS, OUTSIDER, PATIENCE, application, sign_in,
    start_cluster, until, with_azure_rbac, with_entra,
};
use crate::client::{Client, cluster, start};

const NAMESPACES: &str = "/api/v1/namespaces";
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
const RBAC_GROUP: &str = "rbac.authorization.k8s.io";
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
const WRITER: &str = "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb";

fn namespace(name: &str) -> Value {
    json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": name } })
}

fn binding(name: &str, kind: &str, role: &str, group: &str) -> Value {
    json!({
        "apiVersion": format!("{RBAC_GROUP}/v1"),
        "kind": kind,
        "metadata": { "name": name },
        "roleRef": { "apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": role },
        "subjects": [{ "apiGroup": RBAC_GROUP, "kind": "Group", "name": group }],
    })
}

/// Lets a group do in a namespace what a cluster role says.
fn bind(server: &ApiServer, token: &str, place: &str, role: &str, group: &str) {
    server.make(token, NAMESPACES, &namespace(place));
    let path = format!("{RBAC}/namespaces/{place}/rolebindings");
    server.make(token, &path, &binding("team", "RoleBinding", role, group));
    let review = json!({
        "kind": "SubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "spec": {
            "groups": [group],
            "resourceAttributes": { "namespace": place, "verb": "list", "resource": "pods" },
        },
    });
    let deadline = Instant::now() + PATIENCE;
    while server.post(token, REVIEWS, &review).json()["status"]["allowed"] != true {
        assert!(
            Instant::now() < deadline,
            "{group} never comes to be {role}"
        );
    }
}

#[test]
fn a_group_bound_in_a_namespace_works_there_and_nowhere_else() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_entra());
    let admin = sign_in(&simulator, &client, ADMINISTRATOR);
    bind(&server, &admin, "team", "edit", DEVELOPERS);
    let developer = sign_in(&simulator, &client, DEVELOPER);
    let outsider = sign_in(&simulator, &client, OUTSIDER);
    let pods = "/api/v1/namespaces/team/pods";

    let inside = server.get(&developer, pods).status;
    let outside = server.get(&developer, "/api/v1/namespaces/default/pods");
    let everywhere = server.get(&developer, "/api/v1/nodes/a");
    let stranger = server.get(&outsider, pods).status;

    let body = outside.json();
    assert_eq!((inside, outside.status, stranger), (200, 403, 403));
    assert_eq!(
        body["message"],
        format!(
            "pods is forbidden: User \"{DEVELOPER}\" cannot list resource \"pods\" in API group \
             \"\" in the namespace \"default\""
        )
    );
    assert_eq!(
        (&body["reason"], &body["details"]),
        (&json!("Forbidden"), &json!({ "kind": "pods" }))
    );
    assert_eq!(
        everywhere.json()["message"],
        format!(
            "nodes \"a\" is forbidden: User \"{DEVELOPER}\" cannot get resource \"nodes\" in API \
             group \"\" at the cluster scope"
        )
    );
}

#[test]
fn without_its_binding_a_group_has_nothing_left() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_entra());
    let admin = sign_in(&simulator, &client, ADMINISTRATOR);
    bind(&server, &admin, "team", "view", DEVELOPERS);
    let developer = sign_in(&simulator, &client, DEVELOPER);
    let pods = "/api/v1/namespaces/team/pods";
    let path = format!("{RBAC}/namespaces/team/rolebindings/team");

    let before = server.get(&developer, pods).status;
    let deleted = server.send(&admin, "DELETE", &path, &[], None).unwrap();
    let after = until(403, || server.get(&developer, pods)).status;

    assert_eq!((before, deleted.status, after), (200, 200, 403));
}

#[test]
fn nobody_gives_away_what_they_do_not_have() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_entra());
    let admin = sign_in(&simulator, &client, ADMINISTRATOR);
    bind(&server, &admin, "team", "admin", DEVELOPERS);
    let developer = sign_in(&simulator, &client, DEVELOPER);
    let bindings = format!("{RBAC}/namespaces/team/rolebindings");
    let give = |role: &str| {
        let binding = binding(role, "RoleBinding", role, DEVELOPERS);
        server.post(&developer, &bindings, &binding)
    };

    let own = give("view").status;
    let more = give("cluster-admin");

    let message = more.json()["message"].as_str().unwrap().to_owned();
    assert_eq!((own, more.status), (201, 403));
    let start = format!(
        "rolebindings.{RBAC_GROUP} \"cluster-admin\" is forbidden: user \"{DEVELOPER}\" \
         (groups=[\"{DEVELOPERS}\" \"system:authenticated\"]) is attempting to grant RBAC \
         permissions not currently held:\n\
         {{APIGroups:[\"*\"], Resources:[\"*\"], Verbs:[\"*\"]}}"
    );
    assert!(message.starts_with(&start), "{message}");
}

#[test]
fn the_role_of_a_binding_cannot_be_changed() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_entra());
    let admin = sign_in(&simulator, &client, ADMINISTRATOR);
    bind(&server, &admin, "team", "view", DEVELOPERS);
    let path = format!("{RBAC}/namespaces/team/rolebindings/team");
    let mut changed = binding("team", "RoleBinding", "edit", DEVELOPERS);
    changed["metadata"]["namespace"] = json!("team");

    let answer = server
        .send(&admin, "PUT", &path, &[], Some(&changed))
        .unwrap();

    let body = answer.json();
    assert_eq!(answer.status, 422, "{body}");
    assert_eq!(
        body["details"]["causes"],
        json!([{
            "reason": "FieldValueInvalid",
            "message": format!(
                "Invalid value: {{\"APIGroup\":\"{RBAC_GROUP}\",\"Kind\":\"ClusterRole\",\"Name\":\"edit\"}}: cannot change roleRef"
            ),
            "field": "roleRef",
        }])
    );
}

#[test]
fn reviews_answer_for_oneself_and_for_others() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_entra());
    let admin = sign_in(&simulator, &client, ADMINISTRATOR);
    bind(&server, &admin, "team", "view", DEVELOPERS);
    let developer = sign_in(&simulator, &client, DEVELOPER);
    let asked = |verb: &str| json!({ "namespace": "team", "verb": verb, "resource": "pods" });
    let review = json!({
        "kind": "SubjectAccessReview",
        "apiVersion": "authorization.k8s.io/v1",
        "spec": { "user": "x", "groups": [DEVELOPERS], "resourceAttributes": asked("list") },
    });
    let rules = json!({
        "kind": "SelfSubjectRulesReview",
        "apiVersion": "authorization.k8s.io/v1",
        "spec": { "namespace": "team" },
    });

    let list = server.may(&developer, &asked("list"));
    let create = server.may(&developer, &asked("create"));
    let other = server.post(&admin, REVIEWS, &review).json();
    let refused = server.post(&developer, REVIEWS, &review).status;
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let rules = server.post(&developer, path, &rules).json();

    let reason = format!(
        "RBAC: allowed by RoleBinding \"team/team\" of ClusterRole \"view\" to Group \"{DEVELOPERS}\""
    );
    assert_eq!(list, json!({ "allowed": true, "reason": reason }));
    assert_eq!(create, json!({ "allowed": false }));
    assert_eq!((&other["status"]["allowed"], refused), (&json!(true), 403));
    let resources = rules["status"]["resourceRules"].as_array().unwrap();
    assert!(resources.iter().any(|rule| {
        rule["resources"]
            .as_array()
            .unwrap()
            .contains(&json!("pods"))
            && rule["verbs"] == json!(["get", "list", "watch"])
    }));
    assert_eq!(rules["status"]["incomplete"], false);
}

#[test]
fn acting_as_somebody_else_needs_the_right_to() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_entra());
    let admin = sign_in(&simulator, &client, ADMINISTRATOR);
    bind(&server, &admin, "team", "view", DEVELOPERS);
    let outsider = sign_in(&simulator, &client, OUTSIDER);
    let pods = "/api/v1/namespaces/team/pods";
    let as_somebody = [
        ("impersonate-user", "somebody"),
        ("impersonate-group", "x"),
        ("impersonate-group", DEVELOPERS),
    ];
    let get = |token: &str| server.send(token, "GET", pods, &as_somebody, None).unwrap();

    let allowed = get(&admin).status;
    let refused = get(&outsider);

    assert_eq!((allowed, refused.status), (200, 403));
    assert_eq!(
        refused.json()["message"],
        format!(
            "users \"somebody\" is forbidden: User \"{OUTSIDER}\" cannot impersonate resource \
             \"users\" in API group \"\" at the cluster scope"
        )
    );
}

/// Assigns the role of a writer in a namespace of the cluster; the path of the assignment.
fn assign(client: &Client) -> String {
    let path = format!(
        "{}/namespaces/team/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-000000000001",
        cluster(client)
    );
    let role = client.id(&format!(
        "/providers/Microsoft.Authorization/roleDefinitions/{WRITER}"
    ));
    let answer = client.put(
        &path,
        json!({ "properties": {
            "roleDefinitionId": role, "principalId": DEVELOPERS, "principalType": "Group",
        }}),
    );
    assert_eq!(answer.status, 201, "{}", answer.text);
    path
}

#[test]
fn azure_decides_late_about_what_the_cluster_has_no_rule_for() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_azure_rbac());
    let developer = sign_in(&simulator, &client, DEVELOPER);
    let pods = "/api/v1/namespaces/team/pods";
    let five_minutes = Duration::from_secs(301);

    let before = server.get(&developer, pods);
    let assignment = assign(&client);
    simulator.advance(five_minutes);
    let after = server.get(&developer, pods).status;
    let asked = json!({ "namespace": "team", "verb": "list", "resource": "pods" });
    let reason = server.may(&developer, &asked)["reason"].clone();
    let elsewhere = server
        .get(&developer, "/api/v1/namespaces/other/pods")
        .status;
    client.call("DELETE", &assignment, None);
    let remembered = server.get(&developer, pods).status;
    simulator.advance(five_minutes);
    let forgotten = server.get(&developer, pods).status;

    assert_eq!(before.status, 403);
    assert_eq!(
        before.json()["message"],
        format!(
            "pods is forbidden: User \"{DEVELOPER}\" cannot list resource \"pods\" in API group \
             \"\" in the namespace \"team\": User does not have access to the resource in Azure. \
             Update role assignment to allow access."
        )
    );
    assert_eq!((after, elsewhere), (200, 403));
    assert_eq!(
        reason,
        format!(
            "Access allowed by Azure RBAC Role Assignment 00000000-0000-0000-0000-000000000001 of \
             Role {WRITER} to user {DEVELOPERS}"
        )
    );
    assert_eq!((remembered, forgotten), (200, 403));
}

#[test]
fn what_azure_denied_stays_denied_for_five_minutes() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_azure_rbac());
    let deployer = "a4e81b57-0c9d-4f32-86a1-d5b7c2e9f013";
    let token = application(&client);
    let admin = "Azure Kubernetes Service RBAC Cluster Admin";

    let before = server.get(&token, NAMESPACES).status;
    assert!(simulator.grant(deployer, admin, &cluster(&client)));
    let remembered = server.get(&token, NAMESPACES).status;
    let new_question = server.get(&token, "/api/v1/pods").status;
    simulator.advance(Duration::from_secs(301));
    let after = server.get(&token, NAMESPACES).status;

    assert_eq!(
        (before, remembered, new_question, after),
        (403, 403, 200, 200)
    );
}

#[test]
fn limits_and_quotas_hold_for_new_pods() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &json!({}));
    let admin = server.admin_token.clone();
    let place = "/api/v1/namespaces/default";
    let quota = json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": { "name": "team" },
        "spec": { "hard": { "pods": "1", "requests.cpu": "1" } },
    });
    let range = json!({
        "apiVersion": "v1", "kind": "LimitRange", "metadata": { "name": "team" },
        "spec": { "limits": [{ "type": "Container", "defaultRequest": { "cpu": "100m" } }] },
    });
    let pod = |name: &str| {
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": { "name": name },
            "spec": { "containers": [{ "name": "main", "image": "nginx" }] },
        })
    };
    let pods = format!("{place}/pods");
    server.make(&admin, &format!("{place}/resourcequotas"), &quota);
    let path = format!("{place}/resourcequotas/team");
    let deadline = Instant::now() + PATIENCE;
    while server.get(&admin, &path).json()["status"]["used"].is_null() {
        assert!(Instant::now() < deadline, "the quota is never counted");
    }

    let without = server.post(&admin, &pods, &pod("a"));
    server.make(&admin, &format!("{place}/limitranges"), &range);
    let with = until(201, || server.post(&admin, &pods, &pod("a")));
    let full = server.post(&admin, &pods, &pod("b"));
    let quota = server.get(&admin, &path);

    assert_eq!(
        without.json()["message"],
        "pods \"a\" is forbidden: failed quota: team: must specify requests.cpu for: main"
    );
    assert_eq!(with.status, 201, "{}", with.text);
    assert_eq!(
        full.json()["message"],
        "pods \"b\" is forbidden: exceeded quota: team, requested: pods=1, used: pods=1, limited: pods=1"
    );
    assert_eq!(
        quota.json()["status"]["used"],
        json!({ "pods": "1", "requests.cpu": "100m" })
    );
}

#[test]
fn a_review_in_a_namespace_is_about_that_namespace() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_entra());
    let admin = sign_in(&simulator, &client, ADMINISTRATOR);
    bind(&server, &admin, "team", "admin", DEVELOPERS);
    let developer = sign_in(&simulator, &client, DEVELOPER);
    let review = |spec: Value| {
        json!({
            "kind": "LocalSubjectAccessReview",
            "apiVersion": "authorization.k8s.io/v1",
            "metadata": { "namespace": "team" },
            "spec": spec,
        })
    };
    let about =
        |namespace: &str| json!({ "namespace": namespace, "verb": "get", "resource": "pods" });
    let path = "/apis/authorization.k8s.io/v1/namespaces/team/localsubjectaccessreviews";
    let ask = |spec: Value| server.post(&developer, path, &review(spec));

    let answered = ask(json!({ "groups": [DEVELOPERS], "resourceAttributes": about("team") }));
    let elsewhere = ask(json!({ "user": "x", "resourceAttributes": about("other") }));
    let nobody = ask(json!({ "resourceAttributes": about("team") }));

    assert_eq!(
        answered.json()["status"]["allowed"],
        true,
        "{}",
        answered.text
    );
    assert_eq!(
        (elsewhere.status, &elsewhere.json()["message"]),
        (
            422,
            &json!(
                ".authorization.k8s.io \"\" is invalid: spec.resourceAttributes.namespace: Invalid value: \
                 \"other\": must match metadata.namespace"
            )
        )
    );
    assert_eq!(
        (
            nobody.status,
            &nobody.json()["details"]["causes"][0]["field"]
        ),
        (422, &json!("spec.user"))
    );
}

#[test]
fn a_role_grows_by_parts_that_carry_its_label() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_entra());
    let admin = sign_in(&simulator, &client, ADMINISTRATOR);
    bind(&server, &admin, "team", "view", DEVELOPERS);
    let developer = sign_in(&simulator, &client, DEVELOPER);
    let secrets = "/api/v1/namespaces/team/secrets";
    let part = json!({
        "apiVersion": format!("{RBAC_GROUP}/v1"),
        "kind": "ClusterRole",
        "metadata": {
            "name": "view-secrets",
            "labels": { "rbac.authorization.k8s.io/aggregate-to-view": "true" },
        },
        "rules": [{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["list"] }],
    });

    let before = server.get(&developer, secrets).status;
    server.make(&admin, &format!("{RBAC}/clusterroles"), &part);
    let after = until(200, || server.get(&developer, secrets)).status;
    let view = server
        .get(&admin, &format!("{RBAC}/clusterroles/view"))
        .json();

    assert_eq!((before, after), (403, 200));
    let rules = view["rules"].as_array().unwrap();
    assert!(rules.contains(&part["rules"][0]), "{rules:?}");
}
