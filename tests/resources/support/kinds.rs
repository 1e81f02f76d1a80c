//! Clusters of every kind that somebody else made: those that azurerm made and this provider imported beside it, and further
//! ones that older tools have left.

use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use super::{identity, lay_over, make, subnet};

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

/// The kinds that are created as they are, each as what it has beside the least there is.
#[expect(clippy::too_many_lines, reason = "a table")]
fn created(azure: &Simulator) -> Vec<(&'static str, Json)> {
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

/// A kind of cluster.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// What it is created with, beside the least there is.
    body: Json,
    /// What Azure says of it beside that, where no cluster is created so any more.
    patch: Json,
    /// The summaries of what is told when it is read.
    pub(crate) warnings: Vec<&'static str>,
}

impl Kind {
    /// Makes a cluster of the kind; its id.
    pub(crate) fn put(&self, azure: &Simulator) -> String {
        let id = format!("{CLUSTERS}/aks-{}", self.name);
        let mut body = json!({
            "location": "westeurope",
            "identity": { "type": "SystemAssigned" },
            "sku": { "name": "Base", "tier": "Free" },
            "properties": {
                "dnsPrefix": "foreign",
                "agentPoolProfiles": [{ "name": "system", "mode": "System", "vmSize": "Standard_D4ds_v5", "count": 1 }],
            },
        });
        lay_over(&mut body, &self.body);
        make(azure, &id, body);
        assert!(azure.change(&id, |cluster| lay_over_all(cluster, &self.patch)));
        id
    }
}

/// Lays changes over a document, also within the elements of its lists.
fn lay_over_all(document: &mut Json, changes: &Json) {
    if let (Some(elements), Some(changes)) = (document.as_array_mut(), changes.as_array()) {
        for (element, change) in elements.iter_mut().zip(changes) {
            lay_over_all(element, change);
        }
    } else if let (Some(members), Some(changes)) = (document.as_object_mut(), changes.as_object()) {
        for (name, change) in changes {
            if change.is_null() {
                members.remove(name);
            } else {
                lay_over_all(members.entry(name).or_insert(Json::Null), change);
            }
        }
    } else {
        *document = changes.clone();
    }
}

/// All kinds.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) fn all(azure: &Simulator) -> Vec<Kind> {
    let created = created(azure).into_iter().map(|(name, body)| Kind {
        name,
        body,
        patch: json!({}),
        warnings: match name {
            "without-rbac" => vec!["Kubernetes RBAC is off"],
            _ => Vec::new(),
        },
    });
    let network = |profile: Json| with(&json!({ "networkProfile": profile }));
    let pool = |members: Json| with(&json!({ "agentPoolProfiles": [members] }));
    let (subnet, _) = own_network(azure);
    let pods = subnet.replace("/subnets/", "/subnets/pods-of-");
    let private = |zone: &str, fqdn: Json| {
        let is_public = fqdn.is_string();
        with(&json!({
            "fqdn": fqdn,
            "privateFQDN": "foreign-a1b2c3d4.privatelink.westeurope.azmk8s.io",
            "privateLinkResources": [{
                "name": "management",
                "type": "Microsoft.ContainerService/managedClusters/privateLinkResources",
                "groupId": "management",
                "requiredMembers": ["management"],
            }],
            "apiServerAccessProfile": { "enablePrivateCluster": true, "privateDNSZone": zone, "enablePrivateClusterPublicFQDN": is_public },
        }))
    };
    let scale = json!({ "manual": [{ "size": "Standard_D4ds_v5", "count": 1 }] });
    let public = json!("foreign-a1b2c3d4.hcp.westeurope.azmk8s.io");
    let older: Vec<(&'static str, Json, Vec<&'static str>)> = vec![
        (
            "kubenet",
            network(
                json!({ "networkPlugin": "kubenet", "networkPluginMode": null, "networkDataplane": null, "podCidr": "10.244.0.0/16" }),
            ),
            vec!["kubenet retires"],
        ),
        (
            "own-plugin",
            network(
                json!({ "networkPlugin": "none", "networkPluginMode": null, "networkDataplane": null, "networkPolicy": "none" }),
            ),
            vec![],
        ),
        ("private", private("system", Json::Null), vec![]),
        ("private-and-public-name", private("none", public), vec![]),
        (
            "ubuntu-2204",
            pool(json!({ "osSKU": "Ubuntu2204" })),
            vec!["Ubuntu 22.04 retires"],
        ),
        (
            "azure-linux-3",
            pool(json!({ "osSKU": "AzureLinux3" })),
            vec![],
        ),
        (
            "pod-subnet-and-cilium",
            {
                let mut body = network(
                    json!({ "networkPlugin": "azure", "networkPluginMode": null, "networkDataplane": "cilium", "networkPolicy": "cilium", "podCidr": null }),
                );
                lay_over(
                    &mut body,
                    &pool(json!({ "vnetSubnetID": subnet, "podSubnetID": pods })),
                );
                body
            },
            vec![],
        ),
        (
            "cilium-without-overlay",
            network(
                json!({ "networkPlugin": "azure", "networkPluginMode": null, "networkDataplane": "cilium", "networkPolicy": "cilium", "podCidr": null }),
            ),
            vec![],
        ),
        (
            "virtual-machines",
            pool(
                json!({ "type": "VirtualMachines", "vmSize": null, "count": null, "virtualMachinesProfile": { "scale": scale } }),
            ),
            vec![],
        ),
        ("paid", json!({ "sku": { "tier": "Paid" } }), vec![]),
        (
            "service-principal",
            json!({ "identity": null, "properties": { "servicePrincipalProfile": { "clientId": "91c7e3b2-84df-4a05-a6f9-0b3d5e8c7214" }, "identityProfile": null } }),
            vec!["Cluster acts as a service principal"],
        ),
        (
            "legacy-entra",
            with(
                &json!({ "aadProfile": { "serverAppID": "5f4d2b1a-0c9e-4b7d-8a63-1e2f3d4c5b6a", "clientAppID": "6a5b4c3d-2e1f-4a63-8b7d-0c9e5f4d2b1a", "tenantID": "7b6c5d4e-3f2a-4b74-9c8e-1d0f6a5e3c2b" } }),
            ),
            vec!["Sign-in by applications of one's own is retired"],
        ),
    ];
    let older = older.into_iter().map(|(name, patch, warnings)| Kind {
        name,
        body: json!({}),
        patch,
        warnings,
    });
    created.chain(older).collect()
}
