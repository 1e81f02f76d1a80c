//! What kubectl does with a cluster, whichever API server that has.

use crate::SERVER_VERSION;
use crate::session::Session;

const MANIFEST: &str = include_str!("team.yaml");

/// Says on standard error why the tests below prove nothing, when they are told to do without
/// kubectl; a missing kubectl fails them otherwise.
fn session() -> Option<Session> {
    Session::start()
}

#[test]
fn kubectl_applies_diffs_and_deletes_a_manifest() {
    let Some(session) = session() else { return };
    let manifest = session.file("team.yaml", MANIFEST);
    let changed = session.file(
        "changed.yaml",
        &MANIFEST.replace("size: \"1\"", "size: \"2\""),
    );

    let first = session.run(&["apply", "-f", &manifest]);
    let again = session.run(&["apply", "-f", &manifest]);
    let same = session.run(&["diff", "-f", &manifest]);
    let other = session.run(&["diff", "-f", &changed]);
    let applied = session.run(&["apply", "-f", &changed]);
    let size = session.run(&[
        "get",
        "configmap",
        "settings",
        "-n",
        "team",
        "-o",
        "jsonpath={.data.size}",
    ]);
    // The namespace, deleted first, may have taken the others along by the time kubectl comes to them.
    let deleted = session.run(&["delete", "--ignore-not-found", "-f", &manifest]);
    let left = session.run(&["get", "namespaces", "-o", "name"]);

    assert_eq!(
        first.lines(),
        [
            "namespace/team created",
            "configmap/settings created",
            "deployment.apps/web created",
            "networkpolicy.networking.k8s.io/deny created",
            "rolebinding.rbac.authorization.k8s.io/editors created",
        ]
    );
    assert_eq!(
        again.lines(),
        [
            "namespace/team unchanged",
            "configmap/settings unchanged",
            "deployment.apps/web unchanged",
            "networkpolicy.networking.k8s.io/deny unchanged",
            "rolebinding.rbac.authorization.k8s.io/editors unchanged",
        ]
    );
    assert_eq!((same.code, same.output.as_str()), (0, ""));
    assert_eq!(other.code, 1);
    let sizes: Vec<&str> = other
        .lines()
        .into_iter()
        .filter(|line| line.contains("  size:"))
        .collect();
    assert_eq!(sizes, ["-  size: \"1\"", "+  size: \"2\""]);
    assert_eq!(applied.lines()[1], "configmap/settings configured");
    assert_eq!(size.output, "2");
    assert_eq!(deleted.code, 0, "{}", deleted.error);
    assert_eq!(
        left.lines(),
        [
            "namespace/default",
            "namespace/kube-node-lease",
            "namespace/kube-public",
            "namespace/kube-system",
        ]
    );
}

#[test]
fn kubectl_applies_on_the_server_and_is_told_of_conflicts() {
    let Some(session) = session() else { return };
    let manifest = session.file("team.yaml", MANIFEST);
    let changed = session.file(
        "changed.yaml",
        &MANIFEST.replace("size: \"1\"", "size: \"2\""),
    );
    let apply = ["apply", "--server-side", "--field-manager"];

    let first = session.run(&[&apply[..], &["one", "-f", &manifest]].concat());
    let again = session.run(&[&apply[..], &["one", "-f", &manifest]].concat());
    let refused = session.run(&[&apply[..], &["two", "-f", &changed]].concat());
    let forced = session.run(&[&apply[..], &["two", "--force-conflicts", "-f", &changed]].concat());
    let managers = session.run(&[
        "get",
        "configmap",
        "settings",
        "-n",
        "team",
        "--show-managed-fields",
        "-o",
        "jsonpath={range .metadata.managedFields[*]}{.manager} {end}",
    ]);

    assert_eq!(first.lines()[1], "configmap/settings serverside-applied");
    assert_eq!(again.lines(), first.lines());
    assert_eq!(refused.code, 1);
    let told = "Apply failed with 1 conflict: conflict with \"one\": .data.size";
    assert!(refused.error.contains(told), "{}", refused.error);
    assert_eq!(forced.code, 0, "{}", forced.error);
    // The label is still only the first one's.
    assert_eq!(managers.output, "one two ");
}

#[test]
fn kubectl_moves_an_object_from_client_to_server_side_apply() {
    let Some(session) = session() else { return };
    let manifest = session.file("team.yaml", MANIFEST);
    let changed = session.file(
        "changed.yaml",
        &MANIFEST.replace("size: \"1\"", "size: \"2\""),
    );
    session.run(&["apply", "-f", &manifest]);

    let moved = session.run(&["apply", "--server-side", "-f", &manifest]);
    let applied = session.run(&["apply", "--server-side", "-f", &changed]);
    let size = session.run(&[
        "get",
        "configmap",
        "settings",
        "-n",
        "team",
        "-o",
        "jsonpath={.data.size}",
    ]);

    assert_eq!(moved.code, 0, "{}", moved.error);
    // The fields of the client's applies have become the server's, or this were a conflict.
    assert_eq!(applied.code, 0, "{}", applied.error);
    assert_eq!(size.output, "2");
}

#[test]
fn kubectl_prints_tables_and_explains_fields() {
    let Some(session) = session() else { return };

    let workloads = session.run(&["get", "deployments", "-n", "kube-system", "--no-headers"]);
    let wide = session.run(&["get", "services", "-A", "-o", "wide"]);
    let explained = session.run(&["explain", "networkpolicy.spec.egress.to"]);
    let resources = session.run(&[
        "api-resources",
        "--api-group=networking.k8s.io",
        "-o",
        "name",
    ]);
    let version = session.run(&["version", "-o", "json"]);

    let rows: Vec<Vec<&str>> = workloads
        .lines()
        .into_iter()
        .map(|line| line.split_whitespace().take(4).collect())
        .collect();
    assert_eq!(
        rows,
        [
            ["coredns", "2/2", "2", "2"],
            ["metrics-server", "2/2", "2", "2"]
        ]
    );
    let titles: Vec<&str> = wide.lines()[0].split_whitespace().collect();
    assert_eq!(
        titles,
        [
            "NAMESPACE",
            "NAME",
            "TYPE",
            "CLUSTER-IP",
            "EXTERNAL-IP",
            "PORT(S)",
            "AGE",
            "SELECTOR"
        ]
    );
    assert!(explained.output.contains("FIELD: to <[]NetworkPolicyPeer>"));
    assert!(explained.output.contains("ipBlock\t<IPBlock>"));
    // The built-in server has not all of the kinds.
    for resource in [
        "ingresses.networking.k8s.io",
        "networkpolicies.networking.k8s.io",
    ] {
        assert!(resources.lines().contains(&resource), "{resource}");
    }
    let version: serde_json::Value = serde_json::from_str(&version.output).unwrap();
    assert_eq!(version["serverVersion"]["gitVersion"], SERVER_VERSION);
}

#[test]
fn kubectl_creates_labels_patches_waits_and_deletes() {
    let Some(session) = session() else { return };
    let steps: [(&[&str], &str); 12] = [
        (&["create", "namespace", "n"], "namespace/n created"),
        (
            &["create", "deployment", "d", "-n", "n", "--image", "i"],
            "deployment.apps/d created",
        ),
        (
            &[
                "create",
                "secret",
                "generic",
                "s",
                "-n",
                "n",
                "--from-literal=a=b",
            ],
            "secret/s created",
        ),
        (
            &[
                "create",
                "role",
                "r",
                "-n",
                "n",
                "--verb=get",
                "--resource=pods",
            ],
            "role.rbac.authorization.k8s.io/r created",
        ),
        (
            &[
                "create",
                "rolebinding",
                "b",
                "-n",
                "n",
                "--role=r",
                "--user=u",
            ],
            "rolebinding.rbac.authorization.k8s.io/b created",
        ),
        (
            &["label", "deployment", "d", "-n", "n", "x=y"],
            "deployment.apps/d labeled",
        ),
        (
            &["annotate", "deployment", "d", "-n", "n", "x=y"],
            "deployment.apps/d annotated",
        ),
        (
            &[
                "patch",
                "deployment",
                "d",
                "-n",
                "n",
                "-p",
                r#"{"spec":{"replicas":2}}"#,
            ],
            "deployment.apps/d patched",
        ),
        (
            &["scale", "deployment", "d", "-n", "n", "--replicas=3"],
            "deployment.apps/d scaled",
        ),
        (
            &[
                "wait",
                "deployment/d",
                "-n",
                "n",
                "--for=jsonpath={.spec.replicas}=3",
                "--timeout=10s",
            ],
            "deployment.apps/d condition met",
        ),
        (
            &["delete", "deployment", "d", "-n", "n"],
            "deployment.apps \"d\" deleted",
        ),
        (&["delete", "namespace", "n"], "namespace \"n\" deleted"),
    ];

    for (arguments, said) in steps {
        let ran = session.run(arguments);
        // Later versions add the namespace to what they say.
        assert!(ran.output.starts_with(said), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn kubectl_applies_a_list() {
    let Some(session) = session() else { return };
    let list = session.file(
        "list.json",
        r#"{
            "apiVersion": "v1",
            "kind": "List",
            "items": [
                { "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "a" } },
                { "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "b" } }
            ]
        }"#,
    );

    let applied = session.run(&["apply", "-f", &list]);

    assert_eq!(
        applied.lines(),
        ["configmap/a created", "configmap/b created"],
        "{}",
        applied.error
    );
}

#[test]
fn kubectl_says_who_it_is() {
    let Some(session) = session() else { return };

    let user = session.run(&[
        "auth",
        "whoami",
        "-o",
        "jsonpath={.status.userInfo.username}",
    ]);

    assert_eq!(user.output, "masterclient");
}

#[test]
fn kubectl_asks_what_somebody_may_do() {
    let Some(session) = session() else { return };
    session.run(&["create", "namespace", "team"]);
    let somebody = ["--as=somebody", "--as-group=a", "--as-group=readers"];
    let ask = |arguments: &[&str]| {
        let arguments = [&["auth", "can-i", "-n", "team"], arguments, &somebody];
        session.run(&arguments.concat())
    };
    session.run(&[
        "create",
        "rolebinding",
        "readers",
        "-n",
        "team",
        "--clusterrole=view",
        "--group=readers",
    ]);

    let own = session.run(&["auth", "can-i", "*", "*", "--all-namespaces"]);
    let list = ask(&["list", "pods"]);
    let log = ask(&["get", "pods", "--subresource=log"]);
    let create = ask(&["create", "deployments.apps"]);
    let rules = ask(&["--list", "--no-headers"]);
    let name = ["auth", "whoami", "-o", "jsonpath={.status.userInfo.groups}"];
    let groups = session.run(&[&name[..], &somebody].concat());
    let refused = session.run(&[&["get", "pods"][..], &somebody].concat());

    assert_eq!(own.output.trim(), "yes");
    assert_eq!((list.output.trim(), log.output.trim()), ("yes", "yes"));
    assert_eq!((create.output.trim(), create.code), ("no", 1));
    let pods = rules
        .lines()
        .into_iter()
        .find(|line| line.starts_with("pods "));
    assert!(
        pods.is_some_and(|line| line.ends_with("[get list watch]")),
        "{}",
        rules.output
    );
    assert_eq!(groups.output, r#"["a","readers","system:authenticated"]"#);
    let told = "User \"somebody\" cannot list resource \"pods\" in API group \"\" in the namespace \
                \"default\"";
    assert!(refused.error.contains(told), "{}", refused.error);
}

#[test]
fn kubectl_shows_what_is_wrong_with_an_object() {
    let Some(session) = session() else { return };
    let policy = session.file(
        "policy.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: Wrong\nspec:\n  \
         podSelector: {}\n  egress:\n  - to:\n    - ipBlock:\n        cidr: 10.0.0.0\n",
    );

    let applied = session.run(&["apply", "-f", &policy]);

    let told = [
        "The NetworkPolicy \"Wrong\" is invalid:",
        "* metadata.name: Invalid value: \"Wrong\": a lowercase RFC 1123 subdomain",
        "* spec.egress[0].to[0].ipBlock.cidr: Invalid value: \"10.0.0.0\": must be a valid CIDR value",
    ];
    for told in told {
        assert!(applied.error.contains(told), "{}", applied.error);
    }
}
