//! What the service adds to what it was sent, each as recorded in the scenario that a test names.

use super::*;

/// The cluster as it is read once it was created from [`secure`] with these members in place.
fn created(members: &[(&str, Value)]) -> Value {
    let mut azure = Azure::new();
    azure.trusted.borrow_mut().insert("io".to_owned());
    let accepted = azure.send("PUT", CLUSTER, sent(members));
    assert_eq!(accepted.status, 201, "{accepted:?}");
    azure.finish(&accepted);
    azure.get(CLUSTER)
}

/// [`secure`] with these members, by JSON pointer.
fn sent(members: &[(&str, Value)]) -> Value {
    let mut request = secure();
    for (pointer, value) in members {
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        request.pointer_mut(parent).unwrap()[name] = value.clone();
    }
    request
}

fn keys(value: &Value) -> Vec<&str> {
    let members = value.as_object().into_iter().flatten();
    members.map(|(name, _)| name.as_str()).collect()
}

#[test]
fn a_network_that_is_asked_to_be_azures_has_a_profile_for_windows_nodes() {
    // Recorded network_azure_overlay, and create_default_2025_nowait without.
    let asked = created(&[("/properties/networkProfile/networkPlugin", json!("azure"))]);
    let left = created(&[("/properties/networkProfile", json!({}))]);

    let profiles = [&asked, &left].map(|cluster| cluster["properties"].get("windowsProfile"));
    let profile = json!({ "adminUsername": "azureuser", "enableCSIProxy": true });
    assert_eq!(profiles, [Some(&profile), None]);
}

#[test]
fn application_routing_gets_a_controller_at_once_and_an_identity_with_time() {
    // Recorded error_429_identity.
    let routing = (
        "/properties/ingressProfile",
        json!({ "webAppRouting": { "enabled": true } }),
    );
    let mut azure = Azure::new();

    let accepted = azure.send("PUT", CLUSTER, sent(&[routing]));
    azure.finish(&accepted);

    let routing =
        |cluster: &Value| cluster["properties"]["ingressProfile"]["webAppRouting"].clone();
    let later = routing(&azure.get(CLUSTER));
    assert_eq!(
        routing(&body(&accepted)),
        json!({
            "enabled": true,
            "dnsZoneResourceIds": null,
            "identity": null,
            "nginx": { "defaultIngressControllerType": "AnnotationControlled" },
        })
    );
    assert_eq!(
        keys(&later["identity"]),
        ["resourceId", "clientId", "objectId"]
    );
    assert!(
        later["identity"]["resourceId"]
            .as_str()
            .unwrap()
            .ends_with("/userAssignedIdentities/webapprouting-main"),
        "{later}"
    );
}

#[test]
fn an_addon_that_is_on_has_an_identity_of_its_own_and_one_that_is_off_has_none() {
    // Recorded addon_keyvault_secrets_provider and addon_azure_policy_safeguards.
    let addons = json!({
        "azurepolicy": { "enabled": true },
        "azureKeyvaultSecretsProvider": { "enabled": false },
    });

    let cluster = created(&[("/properties/addonProfiles", addons)]);

    let profiles = &cluster["properties"]["addonProfiles"];
    let identity = &profiles["azurepolicy"]["identity"];
    assert_eq!(keys(identity), ["resourceId", "clientId", "objectId"]);
    assert!(
        identity["resourceId"]
            .as_str()
            .unwrap()
            .ends_with("/userAssignedIdentities/azurepolicy-main"),
        "{identity}"
    );
    assert_eq!(
        profiles["azureKeyvaultSecretsProvider"],
        json!({ "enabled": false, "config": null })
    );
}

#[test]
fn an_integrated_api_server_names_its_empty_subnet_and_is_not_private() {
    // Recorded apiserver_vnet_integration.
    let profile = json!({ "enableVnetIntegration": true });

    let cluster = created(&[("/properties/apiServerAccessProfile", profile)]);

    assert_eq!(
        cluster["properties"]["apiServerAccessProfile"],
        json!({ "enableVnetIntegration": true, "enablePrivateCluster": false, "subnetId": "" })
    );
}

#[test]
fn a_single_authorized_address_is_answered_as_a_range() {
    // Recorded authorized_ip_ranges.
    let profile = json!({ "authorizedIPRanges": ["20.50.0.4", "20.51.0.0/24"] });

    let cluster = created(&[("/properties/apiServerAccessProfile", profile)]);

    assert_eq!(
        cluster["properties"]["apiServerAccessProfile"]["authorizedIPRanges"],
        json!(["20.50.0.4/32", "20.51.0.0/24"])
    );
}

/// Recorded of private clusters: the id in answers to GET alone.
#[test]
fn a_private_cluster_tells_what_private_endpoints_can_join() {
    let mut azure = Azure::new();
    let profile = (
        "/properties/apiServerAccessProfile",
        json!({ "enablePrivateCluster": true }),
    );

    let accepted = azure.send("PUT", CLUSTER, sent(&[profile]));
    azure.finish(&accepted);

    let link = |cluster: &Value| cluster["properties"]["privateLinkResources"][0].clone();
    let (written, read) = (link(&body(&accepted)), link(&azure.get(CLUSTER)));
    assert_eq!(written.get("id"), None);
    assert!(
        read["id"]
            .as_str()
            .unwrap()
            .ends_with("/privateLinkResources/management")
    );
    for link in [written, read] {
        assert_eq!(
            (&link["name"], &link["groupId"], &link["requiredMembers"]),
            (
                &json!("management"),
                &json!("management"),
                &json!(["management"])
            )
        );
    }
}

/// azurerm's acceptance tests pin 1.34.3 and 1.35.1.
#[test]
fn older_patches_than_are_listed_are_created() {
    for version in ["1.34.3", "1.35.1"] {
        let cluster = created(&[("/properties/kubernetesVersion", json!(version))]);

        assert_eq!(cluster["properties"]["currentKubernetesVersion"], version);
    }
}

/// azurerm's `TestAccKubernetesClusterNodePool_spot` plans by what it reads back.
#[test]
fn a_spot_pool_has_no_upgrade_settings_of_its_own_accord() {
    let mut azure = Azure::with_cluster();
    let pool = format!("{CLUSTER}/agentPools/spot");
    let body = json!({ "properties": {
        "mode": "User", "vmSize": "Standard_D4ds_v5", "count": 1,
        "scaleSetPriority": "Spot", "scaleSetEvictionPolicy": "Delete", "spotMaxPrice": 0.5,
        "nodeTaints": ["kubernetes.azure.com/scalesetpriority=spot:NoSchedule"],
        "nodeLabels": { "kubernetes.azure.com/scalesetpriority": "spot" },
    } });

    let accepted = azure.send("PUT", &pool, body);
    azure.finish(&accepted);

    assert_eq!(azure.get(&pool)["properties"].get("upgradeSettings"), None);
}

/// Recorded 201; the body is azurerm's (`TestAccKubernetesAutomaticCluster_basic`).
#[test]
fn an_automatic_cluster_needs_neither_prefix_nor_pools() {
    let mut azure = Azure::new();
    let body = json!({
        "location": "westeurope",
        "sku": { "name": "Automatic", "tier": "Standard" },
        "identity": { "type": "SystemAssigned" },
        "properties": {},
    });

    let accepted = azure.send("PUT", CLUSTER, body);
    assert_eq!(accepted.status, 201, "{accepted:?}");
    azure.finish(&accepted);

    let cluster = azure.get(CLUSTER);
    let properties = &cluster["properties"];
    assert_eq!(cluster["kind"], "Automatic");
    assert_eq!(
        (
            &properties["aadProfile"]["enableAzureRBAC"],
            &properties["networkProfile"]["networkPolicy"],
            &properties["nodeProvisioningProfile"]["mode"],
            &properties["agentPoolProfiles"][0]["mode"],
        ),
        (
            &json!(true),
            &json!("cilium"),
            &json!("Auto"),
            &json!("System")
        )
    );
    assert!(properties["dnsPrefix"].is_string());
}

#[test]
fn a_cluster_with_a_service_principal_has_no_identity_for_its_nodes() {
    // Recorded network_byo_subnet_role_assignment.
    let principal = json!({ "clientId": "app", "secret": "s" });
    let members = [
        ("/properties/servicePrincipalProfile", principal),
        ("/identity", Value::Null),
    ];

    let cluster = created(&members);

    let properties = &cluster["properties"];
    assert_eq!(
        properties["servicePrincipalProfile"],
        json!({ "clientId": "app" })
    );
    assert_eq!(properties.get("identityProfile"), None);
}

#[test]
fn a_cluster_is_deleted_while_one_of_its_pools_is_at_work() {
    // Recorded nodepool_add_scale_delete.
    let mut azure = Azure::with_cluster();
    let pool = json!({ "properties": { "count": 1, "vmSize": "Standard_DS2_v2", "mode": "User" } });
    let begun = azure.send("PUT", &format!("{CLUSTER}/agentPools/extra"), pool);

    let accepted = azure.send("DELETE", CLUSTER, Value::Null);
    azure.finish(&accepted);

    let gone = azure.send("GET", CLUSTER, Value::Null);
    assert_eq!(
        (begun.status, accepted.status, gone.status),
        (201, 202, 404)
    );
}
