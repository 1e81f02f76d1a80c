//! Clients that ask with an older version of the API.

use super::*;

/// A version that has no `eTag`, no `kind` and no node OS channel.
const OLD: &str = "api-version=2023-05-01";

#[test]
fn an_older_version_shows_no_later_member_alone_or_in_a_list() {
    let mut azure = Azure::with_cluster();
    let mut keys = |path: &str| {
        let shown = azure.get(&format!("{path}?api-version=2025-07-01"));
        let shown = shown["value"].get(0).cloned().unwrap_or(shown);
        let members = [
            "/eTag",
            "/kind",
            "/properties/hostedSystemProfile",
            "/properties/eTag",
            "/properties/securityProfile/enableVTPM",
            "/properties/securityProfile/sshAccess",
        ];
        members.map(|pointer| shown.pointer(pointer).is_some())
    };
    let clusters = format!("{GROUP}/providers/Microsoft.ContainerService/managedClusters");
    let pools = format!("{CLUSTER}/agentPools");

    let shown = [keys(&clusters), keys(CLUSTER), keys(&pools)];

    let cluster = [true, true, false, false, false, false];
    assert_eq!(
        shown,
        [cluster, cluster, [false, false, false, true, true, false]]
    );
}

#[test]
fn writes_and_actions_are_answered_in_the_version_that_they_came_with() {
    let mut azure = Azure::with_cluster();
    let pool = format!("{CLUSTER}/agentPools/system");

    let tagged = azure.send("PATCH", &format!("{CLUSTER}?{OLD}"), json!({ "tags": {} }));
    azure.wait(3600);
    let action = format!("{pool}/upgradeNodeImageVersion?{OLD}");
    let upgraded = azure.send("POST", &action, Value::Null);

    let later = [
        "/kind",
        "/properties/autoUpgradeProfile/nodeOSUpgradeChannel",
        "/properties/securityProfile/sshAccess",
        "/properties/upgradeSettings/maxUnavailable",
    ];
    for answer in [tagged, upgraded] {
        assert!(answer.status < 300, "{answer:?}");
        let body = body(&answer);
        assert_eq!(later.map(|pointer| body.pointer(pointer)), [None; 4]);
    }
}

#[test]
fn who_writes_back_what_an_older_version_showed_changes_nothing() {
    let mut azure = Azure::new();
    let mut request = secure();
    request["properties"]["autoUpgradeProfile"] =
        json!({ "upgradeChannel": "patch", "nodeOSUpgradeChannel": "SecurityPatch" });
    request["properties"]["apiServerAccessProfile"] = json!({ "enableVnetIntegration": true });
    let accepted = azure.send("PUT", CLUSTER, request);
    azure.finish(&accepted);
    let before = azure.get(CLUSTER);
    let pool = format!("{CLUSTER}/agentPools/system");

    for path in [CLUSTER, pool.as_str()] {
        let address = format!("{path}?{OLD}");
        let shown = azure.get(&address);
        let written = azure.send("PUT", &address, shown);
        assert_eq!(written.status, 200, "{written:?}");
        azure.finish(&written);
    }

    let without_etags = |mut cluster: Value| {
        document::remove(&mut cluster, "eTag");
        document::remove(&mut cluster["properties"]["agentPoolProfiles"][0], "eTag");
        cluster
    };
    assert_eq!(without_etags(azure.get(CLUSTER)), without_etags(before));
}

#[test]
fn what_an_older_version_leaves_out_is_kept_whole() {
    let mut azure = Azure::new();
    let mut request = secure();
    request["properties"]["autoUpgradeProfile"] = json!({ "upgradeChannel": "patch" });
    request["properties"]["agentPoolProfiles"][0]["upgradeSettings"] = json!({ "maxSurge": "33%" });
    let accepted = azure.send("PUT", CLUSTER, request);
    azure.finish(&accepted);
    let kept = |cluster: &Value| {
        [
            "/properties/apiServerAccessProfile",
            "/properties/autoUpgradeProfile",
            "/properties/securityProfile",
            "/properties/agentPoolProfiles/0/upgradeSettings",
        ]
        .map(|pointer| cluster.pointer(pointer).cloned())
    };
    let before = kept(&azure.get(CLUSTER));

    let little = json!({
        "location": "westeurope",
        "identity": { "type": "SystemAssigned" },
        "tags": { "changed": "yes" },
        "properties": { "agentPoolProfiles": [{ "name": "system" }] },
    });
    let written = azure.send("PUT", &format!("{CLUSTER}?{OLD}"), little);
    azure.finish(&written);

    let after = azure.get(CLUSTER);
    assert_eq!(
        (kept(&after), &after["tags"]["changed"]),
        (before, &json!("yes"))
    );
}

#[test]
fn a_cluster_gets_the_defaults_of_an_older_kubernetes_when_asked_to() {
    let mut azure = Azure::new();
    azure.engine.quirks.defaults_of_minor = Some(33);

    azure.send("PUT", CLUSTER, secure());

    let issuer = azure.get(CLUSTER)["properties"]["oidcIssuerProfile"].clone();
    assert_eq!(issuer, json!({ "enabled": false }));
}
