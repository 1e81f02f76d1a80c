//! Everything that only reads: lists, credentials, profiles, maintenance, the back door of tests.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

#[test]
fn clusters_are_listed_by_group_and_by_subscription() {
    let mut azure = Azure::with_cluster();
    let provider = "providers/Microsoft.ContainerService/managedClusters";
    let cluster = azure.get(CLUSTER);

    let in_group = azure.get(&format!("{GROUP}/{provider}"));
    let in_subscription = azure.get(&format!("/subscriptions/S1/{provider}"));
    let elsewhere = azure.get(&format!(
        "/subscriptions/s1/resourceGroups/other/{provider}"
    ));

    let all = json!({ "value": [cluster] });
    assert_eq!(
        (in_group, in_subscription, elsewhere),
        (all.clone(), all, json!({ "value": [] }))
    );
}

#[test]
fn an_entra_cluster_hands_out_kubelogin_and_no_static_credential() {
    let mut azure = Azure::with_cluster();

    let user = azure.send(
        "POST",
        &format!("{CLUSTER}/listClusterUserCredential"),
        Value::Null,
    );
    let admin = azure.send(
        "POST",
        &format!("{CLUSTER}/listClusterAdminCredential"),
        Value::Null,
    );

    let entry = body(&user)["kubeconfigs"][0].clone();
    let value = STANDARD.decode(entry["value"].as_str().unwrap()).unwrap();
    let kubeconfig = String::from_utf8(value).unwrap();
    let fqdn = azure.get(CLUSTER)["properties"]["fqdn"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(entry["name"], "clusterUser");
    for line in [
        format!("    server: https://{fqdn}:443\n  name: main\n"),
        "- name: clusterUser_Rg_main\n  user:\n    exec:\n".to_owned(),
        "      command: kubelogin\n".to_owned(),
        format!("      - --tenant-id\n      - {TENANT}\n"),
    ] {
        assert!(kubeconfig.contains(&line), "{line} not in\n{kubeconfig}");
    }
    assert_eq!(
        body(&admin)["message"],
        "Getting static credential is not allowed because this cluster is set to disable local \
         accounts."
    );
    assert_eq!(admin.status, 400);
}

#[test]
fn the_default_version_is_marked_in_the_list() {
    let mut azure = Azure::new();

    let listing = azure.get(
        "/subscriptions/s1/providers/Microsoft.ContainerService/locations/westeurope/kubernetesVersions",
    );

    let versions: Vec<(&Value, bool)> = listing["values"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (&entry["version"], entry["isDefault"] == true))
        .collect();
    assert_eq!(
        versions,
        [
            (&json!("1.37"), false),
            (&json!("1.36"), false),
            (&json!("1.35"), true),
            (&json!("1.34"), false),
            (&json!("1.33"), false),
        ]
    );
}

#[test]
fn the_upgrade_profile_is_the_recorded_one() {
    let mut azure = Azure::with_cluster();

    let profile = azure.get(&format!("{CLUSTER}/upgradeProfiles/default"));

    let upgrade = |version: &str| json!({ "kubernetesVersion": version });
    assert_eq!(
        profile,
        json!({
            "id": format!("{CLUSTER_ID}/upgradeprofiles/default"),
            "name": "default",
            "type": "Microsoft.ContainerService/managedClusters/upgradeprofiles",
            "properties": {
                "controlPlaneProfile": {
                    "kubernetesVersion": "1.35.7",
                    "osType": "Linux",
                    "upgrades": [
                        upgrade("1.36.3"), upgrade("1.36.2"), upgrade("1.36.1"), upgrade("1.36.0"),
                    ],
                },
                "agentPoolProfiles": null,
            },
        })
    );
}

#[test]
fn a_maintenance_configuration_is_stored_at_once_with_todays_start() {
    let mut azure = Azure::with_cluster();
    let path = format!("{CLUSTER}/maintenanceConfigurations/aksManagedAutoUpgradeSchedule");
    let window = json!({
        "schedule": { "weekly": { "intervalWeeks": 1, "dayOfWeek": "Friday" } },
        "durationHours": 8, "utcOffset": "+00:00", "startTime": "00:00",
    });

    let put = azure.send(
        "PUT",
        &path,
        json!({ "properties": { "maintenanceWindow": window } }),
    );
    let listed = azure.get(&format!("{CLUSTER}/maintenanceConfigurations"));
    let deletions = [0, 1].map(|_| azure.send("DELETE", &path, Value::Null).status);

    let mut stored = window;
    stored["startDate"] = json!("2026-09-18");
    let expected = json!({
        "id": path,
        "name": "aksManagedAutoUpgradeSchedule",
        "properties": { "maintenanceWindow": stored },
    });
    assert_eq!((put.status, body(&put)), (200, expected.clone()));
    assert_eq!(listed, json!({ "value": [expected] }));
    assert_eq!(deletions, [200, 204]);
}

#[test]
fn a_pool_of_a_missing_cluster_has_no_parent() {
    let mut azure = Azure::new();

    let answer = azure.send("GET", &format!("{CLUSTER}/agentPools/system"), Value::Null);

    assert_eq!(
        refusal(&answer),
        (404, json!("ParentResourceNotFound"), Value::Null)
    );
}

#[test]
fn an_action_nobody_simulates_says_so() {
    let mut azure = Azure::with_cluster();

    let answer = azure.send(
        "POST",
        &format!("{CLUSTER}/runCommand"),
        json!({ "command": "ls" }),
    );

    let message = format!("The simulator does not know POST {CLUSTER}/runCommand.");
    assert_eq!(
        (answer.status, body(&answer)),
        (
            501,
            json!({ "error": { "code": "NotSimulated", "message": message } })
        )
    );
}

#[test]
fn a_change_behind_the_clients_back_shows_in_get_with_another_etag() {
    let mut azure = Azure::with_cluster();
    let before = azure.get(CLUSTER);
    let pool = format!("{CLUSTER}/agentPools/system");

    let cluster_changed = azure.engine.change(CLUSTER, &mut |cluster| {
        cluster["properties"]["disableLocalAccounts"] = json!(false);
    });
    let pool_changed = azure
        .engine
        .change(&pool, &mut |pool| pool["properties"]["count"] = json!(9));

    let after = azure.resource(CLUSTER).unwrap();
    assert!(cluster_changed && pool_changed);
    assert_eq!(after["properties"]["disableLocalAccounts"], false);
    assert_eq!(after["properties"]["agentPoolProfiles"][0]["count"], 9);
    assert_ne!(after["eTag"], before["eTag"]);
    assert_eq!(azure.resource(&pool).unwrap()["properties"]["count"], 9);
}
