//! Drift: whatever somebody changes of a cluster behind our back shows, each property as its own
//! attribute. The table and the schema must agree, so a new attribute comes with its row.

use std::collections::BTreeSet;

use secureaks::{
    framework::{
        schema::{Attribute, Block, Kind, Mode, Shape},
        service::Service as _,
    },
    value::Value,
};
use secureaks_simulator::Simulator;
use serde_json::{Value as Json, json};

use crate::support::{Kept, Provider, assert_understood, azure, cluster, clusters};

/// What is changed of a cluster, and what of the resource must show it.
struct Row {
    attribute: &'static str,
    /// What shows the same property beside it.
    twins: &'static [&'static str],
    /// Where the property is in Azure's document.
    property: &'static str,
    becomes: Json,
}

/// Parts of the cluster's address: a cluster at another address is another cluster.
const ADDRESS: [&str; 3] = ["id", "name", "resource_group_name"];

/// What is beside the cluster, with tests of its own.
pub(crate) const BESIDE: [&str; 1] = ["grant_applier_access"];

/// Outputs whose change means more than drift, with tests of their own.
const MEANINGFUL: [&str; 3] = ["provisioning_state", "resource_uid", "role_assignment_ids"];

#[test]
fn every_live_attribute_shows_its_drift() {
    let (azure, mut rows) = (azure(), Vec::new());
    let mut provider = Provider::of(&azure);
    let schema = provider.server().schemas().resources["secureaks_cluster"]
        .block
        .clone();
    for (config, table) in tables() {
        provider = provider.restarted(&azure);
        let config = provider.value(&cluster(&config));
        let kept = provider.create(&config);

        for row in &table {
            drifts(&azure, &provider, &config, &kept, row, &schema);
        }

        rows.extend(table.into_iter().map(|row| row.attribute));
        let (gone, told) = provider.destroy(&kept);
        assert_eq!((gone, told), (Kept::nothing(), vec![]));
    }

    let mut with_rows: Vec<String> = rows
        .into_iter()
        .chain(ADDRESS)
        .chain(BESIDE)
        .chain(MEANINGFUL)
        .map(str::to_owned)
        .collect();
    with_rows.sort();
    let mut live = live(&schema, "");
    live.sort();
    assert_eq!(
        with_rows, live,
        "each live attribute has one row, and each row an attribute"
    );
    assert_understood(&azure);
}

fn drifts(
    azure: &Simulator,
    provider: &Provider,
    config: &Value,
    kept: &Kept,
    row: &Row,
    schema: &Block,
) {
    let id = clusters(azure).remove(0);
    let before = edit(azure, &id, |document| {
        set(document, row.property, &row.becomes);
    });

    let (read, _) = provider.read(kept);
    let plan = provider.plan(&read, config);

    let shown = differences(&kept.value, &read.value, "");
    let wanted: BTreeSet<String> = row
        .twins
        .iter()
        .copied()
        .chain([row.attribute])
        .map(str::to_owned)
        .collect();
    assert_eq!(shown, wanted, "{} became {}", row.property, row.becomes);
    if !is_output(schema, row.attribute) {
        let planned = at(&plan.value, row.attribute) != at(&read.value, row.attribute);
        let refused = plan
            .diagnostics
            .iter()
            .any(|diagnostic| diagnostic.path.to_string() == row.attribute);
        assert!(
            planned || refused,
            "{}: the plan leaves it as it is: {:?}",
            row.attribute,
            plan.diagnostics
        );
    }
    edit(azure, &id, |document| *document = before.clone());
}

/// The attributes whose drift is to show: what is read from Azure, down to the leaves.
fn live(block: &Block, within: &str) -> Vec<String> {
    let attributes = block
        .attributes
        .iter()
        .filter(|attribute| attribute.kind != Kind::Local);
    attributes
        .flat_map(|attribute| {
            let path = format!("{within}{}", attribute.name);
            match &attribute.shape {
                Shape::Nested(_, block) => {
                    let mut paths = live(block, &format!("{path}."));
                    // Without a default it can be absent, which is a value of its own.
                    if attribute.default.is_none() && attribute.mode == Mode::Optional {
                        paths.push(path);
                    }
                    paths
                }
                Shape::Value(_) => vec![path],
            }
        })
        .collect()
}

fn is_output(block: &Block, path: &str) -> bool {
    let first = path.split('.').next().unwrap_or_default();
    block
        .attribute(first)
        .is_some_and(|attribute: &Attribute| attribute.mode == Mode::Computed)
}

fn differences(one: &Value, other: &Value, path: &str) -> BTreeSet<String> {
    match (one, other) {
        (Value::Object(own), Value::Object(others)) => {
            let inner = |name: &str| {
                if path.is_empty() {
                    name.to_owned()
                } else {
                    format!("{path}.{name}")
                }
            };
            own.iter()
                .flat_map(|(name, value)| differences(value, &others[name], &inner(name)))
                .collect()
        }
        _ if one == other => BTreeSet::new(),
        _ => BTreeSet::from([path.to_owned()]),
    }
}

fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.')
        .fold(value, |value, name| value.member(name))
}

/// Changes Azure's document; what it was before.
fn edit(azure: &Simulator, id: &str, change: impl Fn(&mut Json)) -> Json {
    let mut before = Json::Null;
    assert!(azure.change(id, |document| {
        before = document.clone();
        change(document);
    }));
    before
}

fn set(document: &mut Json, property: &str, value: &Json) {
    let mut place = document;
    for step in property.split('/') {
        place = match step.parse::<usize>() {
            Ok(index) => &mut place[index],
            Err(_) => &mut place[step],
        };
    }
    *place = value.clone();
}

fn row(attribute: &'static str, property: &'static str, becomes: impl Into<Json>) -> Row {
    Row {
        attribute,
        twins: &[],
        property,
        becomes: becomes.into(),
    }
}

/// What is changed, by what the cluster is otherwise.
fn tables() -> Vec<(Json, Vec<Row>)> {
    let addresses = json!({
        "kubernetes_version": "1.35",
        "network": { "pod_cidr": "10.240.0.0/16", "service_cidr": "10.1.0.0/16", "dns_service_ip": "10.1.0.10" },
    });
    let open = json!({ "api_server": { "authorized_ip_ranges": null, "unrestricted": true } });
    let scaled = json!({ "system_pool": { "node_count": null, "autoscale": { "min_count": 2, "max_count": 5 } } });
    vec![
        (json!({ "tags": { "team": "blue" } }), usual()),
        (addresses, chosen()),
        (
            open,
            vec![Row {
                twins: &["api_server.private"],
                ..row(
                    "api_server.unrestricted",
                    "properties/apiServerAccessProfile/enablePrivateCluster",
                    true,
                )
            }],
        ),
        (scaled, autoscaled()),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn usual() -> Vec<Row> {
    let identity = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.ManagedIdentity/userAssignedIdentities/other";
    let subnet = "/subscriptions/c3a5d9e2-6f18-4b70-8d2c-91e4f7a0b365/resourceGroups/rg-demo/providers/Microsoft.Network/virtualNetworks/vnet/subnets/other";
    vec![
        row("location", "location", "northeurope"),
        row("tier", "sku/tier", "Free"),
        row(
            "support_plan",
            "properties/supportPlan",
            "AKSLongTermSupport",
        ),
        row("entra.enabled", "properties/aadProfile/managed", false),
        row(
            "entra.admin_group_object_ids",
            "properties/aadProfile/adminGroupObjectIDs",
            json!(["3b1f6a52-70c4-4d8e-9a2b-5c6d7e8f9a01"]),
        ),
        row(
            "entra.azure_rbac",
            "properties/aadProfile/enableAzureRBAC",
            false,
        ),
        row("local_accounts", "properties/disableLocalAccounts", false),
        row(
            "network.mode",
            "properties/networkProfile/networkPlugin",
            "kubenet",
        ),
        row(
            "network.policy",
            "properties/networkProfile/networkPolicy",
            "calico",
        ),
        row(
            "api_server.private",
            "properties/apiServerAccessProfile/enablePrivateCluster",
            true,
        ),
        row(
            "api_server.authorized_ip_ranges",
            "properties/apiServerAccessProfile/authorizedIPRanges",
            json!(["20.50.0.0/24", "20.51.0.0/24"]),
        ),
        row(
            "api_server.run_command",
            "properties/apiServerAccessProfile/disableRunCommand",
            false,
        ),
        row(
            "system_pool.name",
            "properties/agentPoolProfiles/0/name",
            "other",
        ),
        row(
            "system_pool.vm_size",
            "properties/agentPoolProfiles/0/vmSize",
            "Standard_D8ds_v5",
        ),
        row(
            "system_pool.node_count",
            "properties/agentPoolProfiles/0/count",
            5,
        ),
        row(
            "system_pool.zones",
            "properties/agentPoolProfiles/0/availabilityZones",
            json!(["1", "2"]),
        ),
        row(
            "system_pool.subnet_id",
            "properties/agentPoolProfiles/0/vnetSubnetID",
            subnet,
        ),
        row(
            "system_pool.os_sku",
            "properties/agentPoolProfiles/0/osSKU",
            "Ubuntu",
        ),
        row("identity.type", "identity/type", "UserAssigned"),
        row(
            "identity.identity_id",
            "identity/userAssignedIdentities",
            json!({ identity: {} }),
        ),
        row(
            "workload_identity",
            "properties/securityProfile/workloadIdentity/enabled",
            false,
        ),
        row("oidc_issuer", "properties/oidcIssuerProfile/enabled", false),
        row(
            "automatic_upgrade_channel",
            "properties/autoUpgradeProfile/upgradeChannel",
            "stable",
        ),
        row(
            "node_os_upgrade_channel",
            "properties/autoUpgradeProfile/nodeOSUpgradeChannel",
            "Unmanaged",
        ),
        row(
            "image_cleaner.enabled",
            "properties/securityProfile/imageCleaner/enabled",
            false,
        ),
        row(
            "image_cleaner.interval_hours",
            "properties/securityProfile/imageCleaner/intervalHours",
            24,
        ),
        row("tags", "tags/team", "green"),
        row("fqdn", "properties/fqdn", "other.hcp.westeurope.azmk8s.io"),
        row(
            "portal_fqdn",
            "properties/azurePortalFQDN",
            "other.portal.hcp.westeurope.azmk8s.io",
        ),
        row(
            "node_resource_group",
            "properties/nodeResourceGroup",
            "MC_other",
        ),
        row(
            "oidc_issuer_url",
            "properties/oidcIssuerProfile/issuerURL",
            "https://other.example/",
        ),
        row(
            "kubelet_identity.client_id",
            "properties/identityProfile/kubeletidentity/clientId",
            "other",
        ),
        row(
            "kubelet_identity.object_id",
            "properties/identityProfile/kubeletidentity/objectId",
            "other",
        ),
        row(
            "kubelet_identity.user_assigned_identity_id",
            "properties/identityProfile/kubeletidentity/resourceId",
            "other",
        ),
        row("principal_id", "identity/principalId", "other"),
        row(
            "current_kubernetes_version",
            "properties/currentKubernetesVersion",
            "1.35.99",
        ),
        row(
            "current_network.pod_cidr",
            "properties/networkProfile/podCidr",
            "10.245.0.0/16",
        ),
        row(
            "current_network.service_cidr",
            "properties/networkProfile/serviceCidr",
            "10.2.0.0/16",
        ),
        row(
            "current_network.dns_service_ip",
            "properties/networkProfile/dnsServiceIP",
            "10.0.0.11",
        ),
        row("power_state", "properties/powerState/code", "Stopped"),
    ]
}

/// What Azure chooses when it is left out, and an output shows in any case.
fn chosen() -> Vec<Row> {
    vec![
        Row {
            twins: &["current_kubernetes_version"],
            ..row(
                "kubernetes_version",
                "properties/currentKubernetesVersion",
                "1.36.1",
            )
        },
        Row {
            twins: &["current_network.pod_cidr"],
            ..row(
                "network.pod_cidr",
                "properties/networkProfile/podCidr",
                "10.245.0.0/16",
            )
        },
        Row {
            twins: &["current_network.service_cidr"],
            ..row(
                "network.service_cidr",
                "properties/networkProfile/serviceCidr",
                "10.2.0.0/16",
            )
        },
        Row {
            twins: &["current_network.dns_service_ip"],
            ..row(
                "network.dns_service_ip",
                "properties/networkProfile/dnsServiceIP",
                "10.1.0.11",
            )
        },
    ]
}

fn autoscaled() -> Vec<Row> {
    vec![
        Row {
            twins: &["system_pool.node_count"],
            ..row(
                "system_pool.autoscale",
                "properties/agentPoolProfiles/0/enableAutoScaling",
                false,
            )
        },
        row(
            "system_pool.autoscale.min_count",
            "properties/agentPoolProfiles/0/minCount",
            3,
        ),
        row(
            "system_pool.autoscale.max_count",
            "properties/agentPoolProfiles/0/maxCount",
            6,
        ),
    ]
}
