//! The flow of the slides this project began with: what each of its steps comes to in the cluster.

use serde_json::{Value, json};

use crate::{
    examples::slides,
    support::{
        Workspace, any_client, assert_understood, azure,
        person::{ask, ask_with, token_of},
        trouble::{api_server, cluster_called, leaves_nothing},
    },
};

#[test]
fn the_slides_flow_binds_people_and_closes_a_namespace() {
    let azure = azure();
    let mut workspace = Workspace::of_example(any_client(), &azure, "slides");
    for (name, value) in slides() {
        workspace.set(&format!("TF_VAR_{name}"), &value);
    }
    workspace.apply().succeeds();
    workspace.assert_no_changes();
    let cluster = cluster_called("aks-slides");
    let server = api_server(&azure, &cluster);
    let object = |path: &str| azure.kubernetes_object(&cluster, path).expect("an object");

    // Two ClusterRoleBindings and one RoleBinding, for a user, a group, and a user.
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let bound = |path: String| {
        let binding = object(&path);
        (
            binding["roleRef"]["name"].clone(),
            binding["subjects"].clone(),
        )
    };
    let subject = |kind: &str, name: &str| json!([{ "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name }]);
    assert_eq!(
        bound(format!("{rbac}/clusterrolebindings/cluster-administrator")),
        (
            json!("cluster-admin"),
            subject("User", "ada@simulated.onmicrosoft.com")
        )
    );
    assert_eq!(
        bound(format!("{rbac}/clusterrolebindings/cluster-administrators")),
        (
            json!("cluster-admin"),
            subject("Group", "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345")
        )
    );
    assert_eq!(
        bound(format!(
            "{rbac}/namespaces/demo/rolebindings/namespace-administrator"
        )),
        (
            json!("admin"),
            subject("User", "dev@simulated.onmicrosoft.com")
        )
    );

    // Default deny, then one allow.
    let policies = "/apis/networking.k8s.io/v1/namespaces/demo/networkpolicies";
    let deny = object(&format!("{policies}/default-deny"));
    assert_eq!(
        (
            &deny["spec"]["podSelector"],
            &deny["spec"]["policyTypes"],
            &deny["spec"]["ingress"]
        ),
        (&json!({}), &json!(["Ingress", "Egress"]), &Value::Null)
    );
    let allow = object(&format!("{policies}/backend-from-frontend"));
    assert_eq!(
        allow["spec"]["ingress"],
        json!([{
            "from": [{ "podSelector": { "matchLabels": { "app": "frontend" } } }],
            "ports": [{ "port": 8080, "protocol": "TCP" }],
        }])
    );

    // The administrator of the namespace binds others in it, and not beside it.
    let token = token_of(&azure, "dev@simulated.onmicrosoft.com");
    let view = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": { "name": "viewers" },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view" },
        "subjects": subject("User", "lee@simulated.onmicrosoft.com"),
    });
    let bind = |namespace: &str| {
        let path = format!("{rbac}/namespaces/{namespace}/rolebindings");
        ask_with(&server, "POST", &path, &token, &view).0
    };
    assert_eq!((bind("demo"), bind("default")), (201, 403));
    let viewers = format!("{rbac}/namespaces/demo/rolebindings/viewers");
    assert!(azure.change_kubernetes_object(&cluster, &viewers, &Value::Null));
    // The administrator of the cluster sees all of it.
    let token = token_of(&azure, "ada@simulated.onmicrosoft.com");
    assert_eq!(ask(&server, "GET", "/api/v1/nodes", &token).0, 200);
    leaves_nothing(&azure, &workspace);
    assert_understood(&azure);
}
