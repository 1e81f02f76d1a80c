//! Tests of the cluster's model against bodies as API 2026-05-01 sends them.

use serde_json::json;

use super::*;

/// A cluster as a recorded GET of 2026-09 shows it, cut to one of each kind of property.
fn live() -> serde_json::Value {
    json!({
        "id": "/subscriptions/s/resourcegroups/rg/providers/Microsoft.ContainerService/managedClusters/aks",
        "location": "westus3",
        "name": "aks",
        "type": "Microsoft.ContainerService/ManagedClusters",
        "kind": "Base",
        "eTag": "ce3ad862-5d40-4bca-a900-06b83bb3c757",
        "systemData": {"createdBy": "someone"},
        "identity": {
            "type": "UserAssigned",
            "principalId": "p",
            "tenantId": "t",
            "userAssignedIdentities": {
                "/subscriptions/s/a": {"clientId": "c", "principalId": "p"},
                "/subscriptions/s/b": null
            }
        },
        "sku": {"name": "Base", "tier": "Free"},
        "properties": {
            "provisioningState": "Succeeded",
            "powerState": {"code": "Running"},
            "status": {"provisioningError": {"code": "Old", "details": []}},
            "kubernetesVersion": "1.35",
            "currentKubernetesVersion": "1.35.7",
            "fqdn": "aks-v5xs3imi.hcp.westus3.azmk8s.io",
            "resourceUID": "6aad5a6e5cc58a0001b24014",
            "maxAgentPools": 100,
            "aadProfile": {"managed": true, "adminGroupObjectIDs": null, "adminUsers": null, "tenantID": "t"},
            "addonProfiles": {"extensionManager": {"enabled": true, "config": null, "identity": {"clientId": "c"}}},
            "agentPoolProfiles": [{
                "name": "system", "count": 3, "eTag": "e", "provisioningState": "Succeeded",
                "nodeImageVersion": "AKSUbuntu-2404gen2containerd-202609.03.0",
                "upgradeSettings": {"maxSurge": "10%"}
            }],
            "networkProfile": {
                "networkPlugin": "azure",
                "advancedNetworking": {"enabled": true},
                "loadBalancerProfile": {"managedOutboundIPs": {"count": 1}, "effectiveOutboundIPs": [{"id": "ip"}]}
            },
            "oidcIssuerProfile": {"enabled": true, "issuerURL": "https://westus3.oic.prod-aks.azure.com/t/g/"},
            "securityProfile": {"defender": {"securityMonitoring": {"enabled": true}}},
            "bootstrapProfile": {"artifactSource": "Direct"},
            "ingressProfile": {"webAppRouting": {"enabled": true, "identity": {"clientId": "c"}}},
            "podIdentityProfile": {"userAssignedIdentities": [{"name": "n", "provisioningState": "Assigned"}]}
        }
    })
}

#[test]
fn a_put_keeps_what_we_do_not_know_and_drops_what_only_azure_decides() {
    let cluster: ManagedCluster = serde_json::from_value(live()).unwrap();

    let body = serde_json::to_value(cluster.for_put()).unwrap();

    let expected = json!({
        "location": "westus3",
        "kind": "Base",
        "identity": {
            "type": "UserAssigned",
            "userAssignedIdentities": {"/subscriptions/s/a": {}, "/subscriptions/s/b": {}}
        },
        "sku": {"name": "Base", "tier": "Free"},
        "properties": {
            "kubernetesVersion": "1.35",
            "aadProfile": {"managed": true, "tenantID": "t"},
            "addonProfiles": {"extensionManager": {"enabled": true}},
            "agentPoolProfiles": [{"name": "system", "count": 3, "upgradeSettings": {"maxSurge": "10%"}}],
            "networkProfile": {
                "networkPlugin": "azure",
                "advancedNetworking": {"enabled": true},
                "loadBalancerProfile": {"managedOutboundIPs": {"count": 1}}
            },
            "oidcIssuerProfile": {"enabled": true},
            "securityProfile": {"defender": {"securityMonitoring": {"enabled": true}}},
            "bootstrapProfile": {"artifactSource": "Direct"},
            "ingressProfile": {"webAppRouting": {"enabled": true}},
            "podIdentityProfile": {"userAssignedIdentities": [{"name": "n"}]}
        }
    });
    assert_eq!(body, expected);
}

#[test]
fn null_and_absent_read_alike() {
    let null =
        json!({"properties": {"fqdn": null, "unknown": null, "aadProfile": {"adminUsers": null}}});
    let absent = json!({"properties": {"aadProfile": {}}});

    let read = [null, absent].map(|body| serde_json::from_value::<ManagedCluster>(body).unwrap());

    assert_eq!(read[0], read[1]);
}

#[test]
fn a_put_carries_its_condition() {
    let id = ResourceId::managed_cluster("s", "rg", "aks").unwrap();
    let cluster = ManagedCluster {
        location: Some("westeurope".into()),
        ..ManagedCluster::default()
    };

    let request = put(&id, &cluster, Precondition::Absent);

    let path = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";
    let expected = Request::path(Method::Put, path, "2026-05-01")
        .with_body(&json!({"location": "westeurope"}))
        .with_precondition(Precondition::Absent);
    assert_eq!((request.repeatable, request), (true, expected));
}
