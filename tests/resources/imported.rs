//! Clusters of every kind that somebody else made: they are imported, one tag is changed, and nothing else of what
//! Azure says about them is otherwise than before.

use std::collections::BTreeMap;

use secureaks::{
    framework::{
        schema::{Block, Mode, Shape},
        service::Service as _,
    },
    value::Value,
};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::{
    change::leaves,
    support::{Provider, assert_understood, azure, identity, lay_over, make, subnet},
};

const CLUSTERS: &str = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ContainerService/managedClusters";

/// What a cluster is made of, its pool aside.
fn with(properties: &Json) -> Json {
    json!({ "properties": properties })
}

/// What a cluster's only pool is made of.
fn pool(members: &Json) -> Json {
    let mut pool = json!({
        "name": "system", "mode": "System", "vmSize": "Standard_D4ds_v5", "count": 1,
    });
    lay_over(&mut pool, members);
    with(&json!({ "agentPoolProfiles": [pool] }))
}

/// A subnet, and the identity that may join it.
fn own_network(azure: &Simulator) -> (String, String) {
    let (subnet, identity) = (subnet(azure, "net"), identity(azure, "control"));
    let document = azure.resource(&identity).expect("an identity");
    let principal = document["properties"]["principalId"]
        .as_str()
        .expect("an id");
    assert!(azure.grant(principal, "Network Contributor", &subnet));
    (subnet, identity)
}

/// The kinds, each as what it has beside the least there is.
#[expect(clippy::too_many_lines, reason = "a table")]
fn kinds(azure: &Simulator) -> Vec<(&'static str, Json)> {
    let entra = json!({ "managed": true, "enableAzureRBAC": true });
    let (subnet, identity) = own_network(azure);
    let mut in_subnet = pool(&json!({ "vnetSubnetID": subnet }));
    lay_over(
        &mut in_subnet,
        &json!({
            "identity": { "type": "UserAssigned", "userAssignedIdentities": { identity: {} } },
            "properties": { "networkProfile": { "networkPlugin": "azure", "networkPolicy": "azure" } },
        }),
    );
    let mut automatic = with(&json!({
        "nodeProvisioningProfile": { "mode": "Auto" },
        "networkProfile": {
            "networkPlugin": "azure", "networkPluginMode": "overlay",
            "networkDataplane": "cilium", "networkPolicy": "cilium",
        },
    }));
    automatic["sku"] = json!({ "name": "Automatic", "tier": "Standard" });
    automatic["kind"] = json!("Automatic");
    let mut long_term =
        with(&json!({ "supportPlan": "AKSLongTermSupport", "kubernetesVersion": "1.33" }));
    long_term["sku"] = json!({ "tier": "Premium" });
    let mut channels = with(&json!({
        "oidcIssuerProfile": { "enabled": true },
        "securityProfile": { "workloadIdentity": { "enabled": true } },
        "autoUpgradeProfile": { "upgradeChannel": "stable", "nodeOSUpgradeChannel": "SecurityPatch" },
    }));
    channels["tags"] = json!({ "made-by": "azurerm" });
    let mut standard = with(&json!({
        "serviceMeshProfile": { "mode": "Istio", "istio": { "revisions": ["asm-1-27"] } },
        "workloadAutoScalerProfile": { "keda": { "enabled": true }, "verticalPodAutoscaler": { "enabled": true } },
        "ingressProfile": { "webAppRouting": { "enabled": true } },
        "azureMonitorProfile": { "metrics": { "enabled": true } },
        "storageProfile": { "blobCSIDriver": { "enabled": true } },
        "metricsProfile": { "costAnalysis": { "enabled": true } },
    }));
    standard["sku"] = json!({ "tier": "Standard" });
    vec![
        ("defaults", json!({})),
        ("automatic", automatic),
        ("in-subnet", in_subnet),
        (
            "cilium",
            with(&json!({
                "aadProfile": entra, "disableLocalAccounts": true,
                "apiServerAccessProfile": { "authorizedIPRanges": ["20.50.0.0/24"] },
                "networkProfile": {
                    "networkPlugin": "azure", "networkPluginMode": "overlay",
                    "networkDataplane": "cilium", "networkPolicy": "cilium",
                },
            })),
        ),
        (
            "entra-alone",
            with(&json!({ "aadProfile": { "managed": true }, "disableLocalAccounts": false })),
        ),
        (
            "autoscaled",
            pool(&json!({
                "enableAutoScaling": true, "minCount": 1, "maxCount": 3, "osDiskType": "Ephemeral",
                "availabilityZones": ["1", "2", "3"], "nodeLabels": { "team": "shop" },
            })),
        ),
        ("ubuntu", {
            let mut body = pool(&json!({ "osSKU": "Ubuntu", "orchestratorVersion": "1.34" }));
            let keys = json!([{ "keyData": "ssh-rsa AAAA somebody" }]);
            let linux = json!({ "adminUsername": "azureuser", "ssh": { "publicKeys": keys } });
            lay_over(
                &mut body,
                &with(&json!({ "kubernetesVersion": "1.34", "linuxProfile": linux })),
            );
            body
        }),
        ("three-pools", {
            let mut body = pool(&json!({ "count": 3 }));
            let more = ["apps", "jobs"].map(|name| {
                json!({ "name": name, "mode": "User", "vmSize": "Standard_D8ds_v5", "count": 2, "nodeTaints": ["own=yes:NoSchedule"] })
            });
            let pools = body["properties"]["agentPoolProfiles"].as_array_mut();
            pools.expect("pools").extend(more);
            body
        }),
        (
            "addons",
            with(&json!({ "addonProfiles": {
                "azurepolicy": { "enabled": true },
                "azureKeyvaultSecretsProvider": { "enabled": true, "config": { "enableSecretRotation": "true" } },
                "omsagent": { "enabled": true, "config": { "logAnalyticsWorkspaceResourceID": "/subscriptions/s/w" } },
            } })),
        ),
        ("channels", channels),
        (
            "nat-gateway",
            with(&json!({ "networkProfile": {
                "networkPlugin": "azure", "networkPluginMode": "overlay",
                "outboundType": "managedNATGateway",
                "natGatewayProfile": { "managedOutboundIPProfile": { "count": 2 } },
            } })),
        ),
        (
            "node-image",
            with(
                &json!({ "autoUpgradeProfile": { "upgradeChannel": "node-image", "nodeOSUpgradeChannel": "NodeImage" } }),
            ),
        ),
        (
            "node-os-none",
            with(&json!({ "autoUpgradeProfile": { "nodeOSUpgradeChannel": "None" } })),
        ),
        ("long-term", long_term),
        ("without-rbac", with(&json!({ "enableRBAC": false }))),
        ("standard", standard),
        (
            "without-issuer",
            with(&json!({
                "oidcIssuerProfile": { "enabled": false },
                "apiServerAccessProfile": { "authorizedIPRanges": ["20.60.0.0/24", "20.50.0.0/24"] },
            })),
        ),
        (
            "advanced-networking",
            with(&json!({ "networkProfile": {
                "networkPlugin": "azure", "networkPluginMode": "overlay",
                "networkDataplane": "cilium", "networkPolicy": "cilium",
                "advancedNetworking": { "enabled": true },
                "loadBalancerProfile": { "managedOutboundIPs": { "count": 2 }, "allocatedOutboundPorts": 1024 },
            } })),
        ),
        (
            "proxied",
            with(&json!({
                "networkProfile": { "networkPlugin": "azure", "networkPluginMode": "overlay", "networkPolicy": "calico" },
                "httpProxyConfig": { "httpProxy": "http://proxy:3128/", "noProxy": ["10.0.0.0/8"] },
            })),
        ),
        (
            "auto-provisioned",
            with(&json!({ "nodeProvisioningProfile": { "mode": "Auto" } })),
        ),
        (
            "special-nodes",
            pool(&json!({
                "enableFIPS": true, "enableEncryptionAtHost": true, "enableNodePublicIP": true,
                "maxPods": 60, "kubeletConfig": { "cpuManagerPolicy": "static" },
                "linuxOSConfig": { "swapFileSizeMB": 1500 }, "upgradeSettings": { "maxSurge": "33%" },
            })),
        ),
        (
            "own-ranges",
            with(&json!({ "networkProfile": {
                "networkPlugin": "azure", "networkPluginMode": "overlay", "podCidr": "10.100.0.0/16",
                "serviceCidr": "10.200.0.0/16", "dnsServiceIP": "10.200.0.10",
            } })),
        ),
    ]
}

/// What a client would write into a configuration of what was imported.
fn configuration(block: &Block, state: &Value) -> Value {
    let mut config = state.clone();
    for attribute in &block.attributes {
        let written = state.member(attribute.name);
        let value = match &attribute.shape {
            _ if attribute.mode == Mode::Computed => Value::Null,
            Shape::Nested(_, inner) => {
                written.map_objects(&mut |object| configuration(inner, object))
            }
            Shape::Value(_) => written.clone(),
        };
        config.set_member(attribute.name, value);
    }
    config
}

/// What Azure's document says otherwise after a change, but for the marks of its version.
fn difference(before: &Json, after: &Json) -> BTreeMap<String, Json> {
    let (before, mut after) = (leaves(before), leaves(after));
    for (pointer, value) in before {
        match after.remove(&pointer) {
            Some(same) if same == value => {}
            Some(other) => drop(after.insert(pointer, other)),
            None => drop(after.insert(pointer, Json::Null)),
        }
    }
    after.retain(|pointer, _| !pointer.ends_with("/eTag"));
    after
}

#[test]
fn a_tag_is_all_that_changes_of_a_cluster_whatever_kind_it_is() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let schema = provider.server().schemas().resources["secureaks_cluster"].clone();
    let least = json!({
        "location": "westeurope",
        "identity": { "type": "SystemAssigned" },
        "sku": { "name": "Base", "tier": "Free" },
        "properties": {
            "dnsPrefix": "foreign",
            "agentPoolProfiles": [{ "name": "system", "mode": "System", "vmSize": "Standard_D4ds_v5", "count": 1 }],
        },
    });
    let kinds = kinds(&azure);

    let changed: BTreeMap<&str, BTreeMap<String, Json>> = kinds
        .iter()
        .map(|(name, more)| {
            let id = format!("{CLUSTERS}/aks-{name}");
            let mut body = least.clone();
            lay_over(&mut body, more);
            make(&azure, &id, body);
            let before = azure.resource(&id).expect("a cluster");
            let (imported, told) = provider.read(&provider.import(&id));
            assert_eq!(told, [], "{name}");
            let mut config = configuration(&schema.block, &imported.value);
            let nothing = provider.plan(&imported, &config);
            assert_eq!(
                (nothing.value, nothing.diagnostics),
                (imported.value.clone(), vec![]),
                "{name}"
            );
            let mut tags = config.member("tags").members().cloned().unwrap_or_default();
            tags.insert("team".to_owned(), "platform".into());
            config.set_member("tags", Value::Map(tags));
            let (_, told) = provider.apply(&imported, &config);
            assert_eq!(told, [], "{name}");
            let after = azure.resource(&id).expect("a cluster");
            (*name, difference(&before, &after))
        })
        .collect();

    let tag = BTreeMap::from([("/tags/team".to_owned(), json!("platform"))]);
    let expected = kinds.iter().map(|(name, _)| (*name, tag.clone()));
    assert_eq!(changed, expected.collect());
    assert_understood(&azure);
}
