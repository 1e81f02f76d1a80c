//! Creating a cluster.

use super::*;

/// The request recorded in create_2026-05-01.
fn recorded_request() -> Value {
    json!({
        "identity": { "delegatedResources": null, "type": "SystemAssigned" },
        "location": "westus3",
        "name": "main",
        "properties": {
            "addonProfiles": null,
            "agentPoolProfiles": [{
                "availabilityZones": null, "count": 1, "mode": "System", "name": "ap1",
                "nodeLabels": {}, "nodeTaints": [], "osSKU": "AzureContainerLinux",
                "osType": "Linux", "tags": {}, "virtualMachineNodesStatus": null,
                "vmSize": "Standard_DS2_v2",
            }],
            "dnsPrefix": "aso",
            "identityProfile": null,
            "oidcIssuerProfile": { "enabled": true },
            "privateLinkResources": null,
        },
        "tags": {},
    })
}

/// Replaces what is drawn at random by its shape.
fn redacted(mut body: Value) -> Value {
    let mut hide = |pointer: &str, shape: fn(&str) -> bool| {
        if let Some(value) = body.pointer_mut(pointer) {
            assert!(value.as_str().is_some_and(shape), "{pointer}: {value}");
            *value = json!("<drawn>");
        }
    };
    let guid = |text: &str| uuid::Uuid::parse_str(text).is_ok();
    hide("/properties/fqdn", |text| {
        text.starts_with("aso-") && text.ends_with(".hcp.westus3.azmk8s.io") && text.len() == 34
    });
    hide("/properties/azurePortalFQDN", |text| {
        text.starts_with("aso-") && text.ends_with(".portal.hcp.westus3.azmk8s.io")
    });
    hide("/properties/oidcIssuerProfile/issuerURL", |text| {
        text.starts_with(
            "https://westus3.oic.prod-aks.azure.com/11111111-1111-1111-1111-111111111111/",
        ) && text.ends_with('/')
    });
    hide("/properties/resourceUID", |text| {
        text.len() == 24 && text.starts_with("6aad5a")
    });
    hide("/identity/principalId", guid);
    hide("/eTag", guid);
    hide("/properties/agentPoolProfiles/0/eTag", guid);
    hide("/properties/identityProfile/kubeletidentity/clientId", guid);
    hide("/properties/identityProfile/kubeletidentity/objectId", guid);
    hide(
        "/properties/networkProfile/loadBalancerProfile/effectiveOutboundIPs/0/id",
        |text| {
            text.starts_with("/subscriptions/s1/resourceGroups/MC_Rg_main_westus3/providers/Microsoft.Network/publicIPAddresses/")
        },
    );
    hide("/properties/agentPoolProfiles/0/nodeImageVersion", |text| {
        text.starts_with("AKSAzureLinux-aclgen2TL-202609.")
    });
    body
}

/// The 201 of create_2026-05-01, with this test's names; its members in the recorded order.
fn recorded_answer() -> Value {
    let pools = json!([{
        "name": "ap1",
        "count": 1,
        "vmSize": "Standard_DS2_v2",
        "osDiskSizeGB": 128,
        "osDiskType": "Managed",
        "kubeletDiskType": "OS",
        "maxPods": 250,
        "type": "VirtualMachineScaleSets",
        "scaleDownMode": "Delete",
        "provisioningState": "Creating",
        "powerState": { "code": "Running" },
        "orchestratorVersion": "1.35",
        "currentOrchestratorVersion": "1.35.7",
        "enableNodePublicIP": false,
        "tags": {},
        "nodeLabels": {},
        "mode": "System",
        "osType": "Linux",
        "osSKU": "AzureContainerLinux",
        "nodeImageVersion": "<drawn>",
        "upgradeSettings": { "maxSurge": "10%", "maxUnavailable": "0" },
        "enableFIPS": false,
        "securityProfile": {
            "sshAccess": "LocalUser", "enableVTPM": true, "enableSecureBoot": true,
        },
    }]);
    let network = json!({
        "networkPlugin": "azure",
        "networkPluginMode": "overlay",
        "networkPolicy": "none",
        "networkDataplane": "azure",
        "loadBalancerSku": "standard",
        "loadBalancerProfile": {
            "managedOutboundIPs": { "count": 1 },
            "backendPoolType": "nodeIPConfiguration",
        },
        "podCidr": "10.244.0.0/16",
        "serviceCidr": "10.0.0.0/16",
        "dnsServiceIP": "10.0.0.10",
        "outboundType": "loadBalancer",
        "podCidrs": ["10.244.0.0/16"],
        "serviceCidrs": ["10.0.0.0/16"],
        "ipFamilies": ["IPv4"],
    });
    json!({
        "id": CLUSTER_ID,
        "location": "westus3",
        "name": "main",
        "type": "Microsoft.ContainerService/ManagedClusters",
        "kind": "Base",
        "properties": {
            "provisioningState": "Creating",
            "powerState": { "code": "Running" },
            "kubernetesVersion": "1.35",
            "currentKubernetesVersion": "1.35.7",
            "dnsPrefix": "aso",
            "fqdn": "<drawn>",
            "azurePortalFQDN": "<drawn>",
            "agentPoolProfiles": pools,
            "servicePrincipalProfile": { "clientId": "msi" },
            "nodeResourceGroup": "MC_Rg_main_westus3",
            "enableRBAC": true,
            "supportPlan": "KubernetesOfficial",
            "networkProfile": network,
            "maxAgentPools": 100,
            "autoUpgradeProfile": { "nodeOSUpgradeChannel": "NodeImage" },
            "securityProfile": {},
            "storageProfile": {
                "diskCSIDriver": { "enabled": true },
                "fileCSIDriver": { "enabled": true },
                "snapshotController": { "enabled": true },
            },
            "oidcIssuerProfile": { "enabled": true, "issuerURL": "<drawn>" },
            "workloadAutoScalerProfile": {},
            "resourceUID": "<drawn>",
            "metricsProfile": { "costAnalysis": { "enabled": false } },
            "nodeProvisioningProfile": { "mode": "Manual" },
            "bootstrapProfile": { "artifactSource": "Direct" },
            "hostedSystemProfile": { "enabled": false },
        },
        "identity": {
            "type": "SystemAssigned", "principalId": "<drawn>", "tenantId": TENANT,
        },
        "sku": { "name": "Base", "tier": "Free" },
    })
}

/// The GET recorded in the service's own `Updating` after that create.
fn recorded_get() -> Value {
    let mut answer = recorded_answer();
    answer["eTag"] = json!("<drawn>");
    let properties = &mut answer["properties"];
    properties["provisioningState"] = json!("Updating");
    let pool = properties["agentPoolProfiles"][0].as_object_mut().unwrap();
    pool.shift_remove("tags");
    pool.shift_remove("nodeLabels");
    pool.insert("provisioningState".to_owned(), json!("Updating"));
    pool.insert("eTag".to_owned(), json!("<drawn>"));
    properties["networkProfile"]["loadBalancerProfile"] = json!({
        "managedOutboundIPs": { "count": 1 },
        "effectiveOutboundIPs": [{ "id": "<drawn>" }],
        "backendPoolType": "nodeIPConfiguration",
    });
    properties["addonProfiles"] =
        json!({ "extensionManager": { "enabled": true, "config": null } });
    properties["identityProfile"] = json!({ "kubeletidentity": {
        "resourceId": "/subscriptions/s1/resourcegroups/MC_Rg_main_westus3/providers/Microsoft.ManagedIdentity/userAssignedIdentities/main-agentpool",
        "clientId": "<drawn>",
        "objectId": "<drawn>",
    } });
    answer
}

#[test]
fn the_recorded_create_is_answered_as_recorded() {
    let mut azure = Azure::new();

    let accepted = azure.send("PUT", CLUSTER, recorded_request());

    assert_eq!(accepted.status, 201);
    assert_eq!(header_names(&accepted), ["azure-asyncoperation"]);
    let answer = redacted(body(&accepted));
    // Compared as text, for the order of members is part of what was recorded.
    assert_eq!(format!("{answer:#}"), format!("{:#}", recorded_answer()));
}

#[test]
fn the_recorded_get_after_create_is_answered_as_recorded() {
    let mut azure = Azure::new();
    azure.engine.quirks.reconciles_after_success = true;
    let accepted = azure.send("PUT", CLUSTER, recorded_request());

    let operation = azure.finish(&accepted);

    assert_eq!(operation["status"], "Succeeded");
    assert_eq!(redacted(azure.get(CLUSTER)), recorded_get());
}

#[test]
fn the_operation_of_a_create_is_signed_and_longer_than_three_kilobytes() {
    let mut azure = Azure::new();
    let accepted = azure.send("PUT", CLUSTER, secure());
    let address = header(&accepted, "azure-asyncoperation");
    let tampered = address.replace("&h=", "&h=x");
    let shortened = address.split('&').next().unwrap().to_owned();

    let genuine = azure.send("GET", &address, Value::Null);
    let answers = [tampered, shortened].map(|url| azure.send("GET", &url, Value::Null).status);

    assert!(address.len() > 3000, "{}", address.len());
    assert_eq!((genuine.status, answers), (200, [403, 403]));
}

#[test]
fn kubelet_identity_and_outbound_addresses_come_during_the_create() {
    let mut azure = Azure::new();
    azure.send("PUT", CLUSTER, secure());

    let at_once = azure.get(CLUSTER);
    azure.wait(160);
    let later = azure.get(CLUSTER);

    let provided = |cluster: &Value| {
        (
            cluster.pointer("/properties/identityProfile").is_some(),
            cluster["properties"]["provisioningState"].clone(),
        )
    };
    assert_eq!(provided(&at_once), (false, json!("Creating")));
    assert_eq!(provided(&later), (true, json!("Creating")));
}

#[test]
fn secure_settings_are_answered_with_what_the_service_adds() {
    let mut azure = Azure::with_cluster();

    let cluster = azure.get(CLUSTER);

    assert_eq!(
        cluster["properties"]["aadProfile"],
        json!({
            "managed": true, "adminGroupObjectIDs": null, "adminUsers": null,
            "enableAzureRBAC": true, "tenantID": TENANT,
        })
    );
    let network = &cluster["properties"]["networkProfile"];
    assert_eq!(
        (
            &network["networkPlugin"],
            &network["networkPluginMode"],
            &network["networkPolicy"]
        ),
        (&json!("azure"), &json!("overlay"), &json!("cilium"))
    );
    assert_eq!(cluster["properties"]["oidcIssuerProfile"]["enabled"], true);
}

#[test]
fn if_none_match_refuses_an_existing_cluster() {
    let mut azure = Azure::with_cluster();

    let answer = azure.send_with("PUT", CLUSTER, secure(), &[("if-none-match", "*")]);

    assert_eq!(
        refusal(&answer),
        (412, json!("PreconditionFailed"), Value::Null)
    );
}

#[test]
fn another_write_during_a_create_is_refused_with_the_operation_in_progress() {
    let mut azure = Azure::new();
    azure.send("PUT", CLUSTER, secure());
    let id = azure.engine.operations.keys().next().unwrap().clone();

    let answer = azure.send("PUT", CLUSTER, secure());

    let message = format!(
        "Operation is not allowed because there's an in progress create managed cluster operation \
         (operation ID: {id}) on the managed cluster started on UTC 2026-09-18T15:36:04Z. Please \
         wait for it to finish before starting a new operation. You can also use 'az aks \
         operation-abort' to abort the ongoing operation."
    );
    let expected = json!({
        "code": "OperationNotAllowed", "details": null, "message": message, "subcode": "",
    });
    assert_eq!((answer.status, body(&answer)), (409, expected));
}

#[test]
fn a_user_assigned_identity_shows_its_ids_on_get_only() {
    let mut azure = Azure::new();
    azure.trusted.borrow_mut().insert("io".to_owned());
    let id = "/subscriptions/s1/resourceGroups/Rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/known";
    let mut request = secure();
    request["identity"] = json!({ "type": "userassigned", "userAssignedIdentities": { id: {} } });

    let accepted = azure.send("PUT", CLUSTER, request);
    let read = azure.get(CLUSTER);

    let identity =
        |ids: Value| json!({ "type": "UserAssigned", "userAssignedIdentities": { id: ids } });
    assert_eq!(body(&accepted)["identity"], identity(json!({})));
    let ids = json!({ "clientId": "ic", "principalId": "io" });
    assert_eq!(read["identity"], identity(ids));
}

#[test]
fn a_system_assigned_identity_needs_its_role_on_the_subnet_when_the_create_ends() {
    let mut request = secure();
    request["properties"]["agentPoolProfiles"][0]["vnetSubnetID"] = json!(SUBNET);
    let mut forgetful = Azure::new();
    let mut careful = Azure::new();

    let accepted = forgetful.send("PUT", CLUSTER, request.clone());
    let without = forgetful.finish(&accepted);
    let accepted = careful.send("PUT", CLUSTER, request);
    let principal = body(&accepted)["identity"]["principalId"]
        .as_str()
        .unwrap()
        .to_owned();
    careful.trusted.borrow_mut().insert(principal);
    let with = careful.finish(&accepted);

    let outcome = |operation: &Value| {
        (
            operation["status"].clone(),
            operation["error"]["code"].clone(),
        )
    };
    assert_eq!(
        outcome(&without),
        (json!("Failed"), json!("LinkedAuthorizationFailed"))
    );
    assert_eq!(with["status"], "Succeeded");
}

#[test]
fn an_unknown_version_is_refused_before_anything_is_created() {
    let mut azure = Azure::new();
    let mut request = secure();
    request["properties"]["kubernetesVersion"] = json!("1.29");

    let answer = azure.send("PUT", CLUSTER, request);

    assert_eq!(
        refusal(&answer),
        (400, json!("K8sVersionNotSupported"), Value::Null)
    );
    assert_eq!(azure.engine.resource_ids(), Vec::<String>::new());
}
