//! Changes in place: every attribute that Azure changes on a living cluster, what of its body is
//! sent changed, and what is left alone.

use std::collections::{BTreeMap, BTreeSet};

use secureaks::framework::{
    schema::{Block, Kind, Mode, Shape},
    service::Service as _,
};
use secureaks_simulator::Exchange;
use serde_json::{Value as Json, json};

use crate::drift::BESIDE;
use crate::support::{CLUSTER, Provider, assert_understood, cluster, fast_azure, identity};

/// An attribute, a cluster to begin with, and the change of its configuration.
struct Row {
    attribute: &'static str,
    from: Json,
    to: Json,
    /// What of the body is sent otherwise than it was read, by JSON pointer.
    sent: Json,
}

fn row(attribute: &'static str, from: Json, to: Json, sent: Json) -> Row {
    Row {
        attribute,
        from,
        to,
        sent,
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn rows(first: &str, second: &str) -> Vec<Row> {
    let none = || json!({});
    let pool = |pool: Json| json!({ "system_pool": pool });
    let scaled = |least: i64, most: i64| json!({ "system_pool": { "node_count": null, "autoscale": { "min_count": least, "max_count": most } } });
    let in_pool = "/properties/agentPoolProfiles/0";
    let no_entra = json!({ "entra": { "enabled": false, "azure_rbac": false, "admin_group_object_ids": null }, "local_accounts": true });
    let user_assigned =
        |id: &str| json!({ "identity": { "type": "UserAssigned", "identity_id": id } });
    let in_identities =
        |id: &str| format!("/identity/userAssignedIdentities/{}", id.replace('/', "~1"));
    let assigned = |id: &str| json!({ "/identity/type": "UserAssigned", in_identities(id): {} });
    let (other, ours) = (
        "8a3d5e70-c1f4-49b6-9e27-d60b8f2a4c13",
        "f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345",
    );
    vec![
        row(
            "kubernetes_version",
            json!({ "kubernetes_version": "1.35" }),
            json!({ "kubernetes_version": "1.36" }),
            json!({ "/properties/kubernetesVersion": "1.36", format!("{in_pool}/orchestratorVersion"): "1.36" }),
        ),
        row(
            "tier",
            none(),
            json!({ "tier": "Free" }),
            json!({ "/sku/tier": "Free" }),
        ),
        row(
            "support_plan",
            json!({ "tier": "Premium" }),
            json!({ "tier": "Premium", "support_plan": "AKSLongTermSupport" }),
            json!({ "/properties/supportPlan": "AKSLongTermSupport" }),
        ),
        row(
            "entra.enabled",
            no_entra.clone(),
            json!({ "entra": { "enabled": true, "azure_rbac": false, "admin_group_object_ids": [ours] }, "local_accounts": true }),
            json!({ "/properties/aadProfile/managed": true, "/properties/aadProfile/enableAzureRBAC": false, "/properties/aadProfile/adminGroupObjectIDs/0": ours }),
        ),
        row(
            "entra.admin_group_object_ids",
            none(),
            json!({ "entra": { "admin_group_object_ids": [ours, other] } }),
            json!({ "/properties/aadProfile/adminGroupObjectIDs/0": other, "/properties/aadProfile/adminGroupObjectIDs/1": ours }),
        ),
        row(
            "entra.azure_rbac",
            none(),
            json!({ "entra": { "azure_rbac": false } }),
            json!({ "/properties/aadProfile/enableAzureRBAC": false }),
        ),
        row(
            "local_accounts",
            none(),
            json!({ "local_accounts": true }),
            json!({ "/properties/disableLocalAccounts": false }),
        ),
        row(
            "network.mode",
            json!({ "network": { "mode": "node_subnet", "policy": "calico" } }),
            json!({ "network": { "mode": "overlay", "policy": "calico" } }),
            json!({ "/properties/networkProfile/networkPluginMode": "overlay" }),
        ),
        row(
            "network.policy",
            json!({ "network": { "policy": "calico" } }),
            none(),
            json!({ "/properties/networkProfile/networkPolicy": "cilium", "/properties/networkProfile/networkDataplane": "cilium" }),
        ),
        row(
            "api_server.authorized_ip_ranges",
            none(),
            json!({ "api_server": { "authorized_ip_ranges": ["20.50.0.0/24", "20.60.0.0/24"] } }),
            json!({ "/properties/apiServerAccessProfile/authorizedIPRanges/1": "20.60.0.0/24" }),
        ),
        row(
            "api_server.unrestricted",
            none(),
            json!({ "api_server": { "authorized_ip_ranges": null, "unrestricted": true } }),
            json!({ "/properties/apiServerAccessProfile/authorizedIPRanges": [], "/properties/apiServerAccessProfile/authorizedIPRanges/0": null }),
        ),
        row(
            "api_server.run_command",
            none(),
            json!({ "api_server": { "run_command": true } }),
            json!({ "/properties/apiServerAccessProfile/disableRunCommand": false }),
        ),
        row(
            "system_pool.node_count",
            none(),
            pool(json!({ "node_count": 5 })),
            json!({ format!("{in_pool}/count"): 5 }),
        ),
        row(
            "system_pool.autoscale",
            none(),
            scaled(3, 6),
            json!({ format!("{in_pool}/enableAutoScaling"): true, format!("{in_pool}/minCount"): 3, format!("{in_pool}/maxCount"): 6 }),
        ),
        row(
            "system_pool.autoscale.min_count",
            scaled(2, 6),
            scaled(1, 6),
            json!({ format!("{in_pool}/minCount"): 1 }),
        ),
        row(
            "system_pool.autoscale.max_count",
            scaled(3, 6),
            scaled(3, 9),
            json!({ format!("{in_pool}/maxCount"): 9 }),
        ),
        row(
            "identity.type",
            none(),
            user_assigned(first),
            assigned(first),
        ),
        row(
            "identity.identity_id",
            user_assigned(first),
            user_assigned(second),
            json!({ in_identities(second): {} }),
        ),
        row(
            "workload_identity",
            none(),
            json!({ "workload_identity": false }),
            json!({ "/properties/securityProfile/workloadIdentity/enabled": false }),
        ),
        row(
            "oidc_issuer",
            json!({ "oidc_issuer": false, "workload_identity": false }),
            json!({ "workload_identity": false }),
            json!({ "/properties/oidcIssuerProfile/enabled": true }),
        ),
        row(
            "automatic_upgrade_channel",
            none(),
            json!({ "automatic_upgrade_channel": "stable" }),
            json!({ "/properties/autoUpgradeProfile/upgradeChannel": "stable" }),
        ),
        row(
            "node_os_upgrade_channel",
            none(),
            json!({ "node_os_upgrade_channel": "SecurityPatch" }),
            json!({ "/properties/autoUpgradeProfile/nodeOSUpgradeChannel": "SecurityPatch" }),
        ),
        row(
            "image_cleaner.enabled",
            none(),
            json!({ "image_cleaner": { "enabled": false } }),
            json!({ "/properties/securityProfile/imageCleaner/enabled": false }),
        ),
        row(
            "image_cleaner.interval_hours",
            none(),
            json!({ "image_cleaner": { "interval_hours": 48 } }),
            json!({ "/properties/securityProfile/imageCleaner/intervalHours": 48 }),
        ),
        row(
            "tags",
            json!({ "tags": { "team": "a", "stage": "test" } }),
            json!({ "tags": { "team": "b", "stage": "test" } }),
            json!({ "/tags/team": "b" }),
        ),
    ]
}

/// The attributes that a user sets and that Azure can change on a living cluster.
fn changeable(block: &Block, before: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let own = block.attributes.iter().filter(|one| {
        one.mode != Mode::Computed && one.kind != Kind::Local && one.replace.is_none()
    });
    for attribute in own {
        let name = format!("{before}{}", attribute.name);
        match &attribute.shape {
            Shape::Nested(_, inner) => {
                found.extend(changeable(inner, &format!("{name}.")));
                if attribute.mode == Mode::Optional && attribute.default.is_none() {
                    found.insert(name);
                }
            }
            Shape::Value(_) => drop(found.insert(name)),
        }
    }
    found
}

#[test]
fn every_attribute_that_can_change_changes_alone_and_under_the_version_that_was_read() {
    let azure = fast_azure();
    let (first, second) = (identity(&azure, "first"), identity(&azure, "second"));
    let provider = Provider::of(&azure);
    let rows = rows(&first, &second);
    let attributes = rows.iter().map(|row| row.attribute).chain(BESIDE);
    let told: BTreeSet<String> = attributes.map(str::to_owned).collect();
    assert_eq!(
        told,
        changeable(
            &provider.server().schemas().resources["secureaks_cluster"].block,
            ""
        )
    );

    let (mut found, mut wanted) = (BTreeMap::new(), BTreeMap::new());
    for Row {
        attribute,
        from,
        to,
        sent,
    } in rows
    {
        println!("{attribute}");
        // Of its own for each, as for each run of Terraform: it holds back when much is asked of AKS.
        let provider = Provider::of(&azure);
        let (from, to) = (
            provider.value(&cluster(&from)),
            provider.value(&cluster(&to)),
        );
        let kept = provider.create(&from);
        let before = azure.resource(CLUSTER).expect("the cluster");
        azure.clear_journal();

        let (changed, diagnostics) = provider.apply(&kept, &to);
        let exchanges = on_cluster(azure.journal());
        let (read, _) = provider.read(&changed);
        let again = provider.plan(&read, &to);

        assert_eq!(diagnostics, [], "{attribute}");
        let methods: Vec<&str> = exchanges
            .iter()
            .take(2)
            .map(|exchange| exchange.method.as_str())
            .collect();
        assert_eq!(methods, ["GET", "PUT"], "{attribute}");
        let put = &exchanges[1];
        assert_eq!(
            put.headers.get("if-match").map(String::as_str),
            before["eTag"].as_str(),
            "{attribute}"
        );
        assert_eq!(
            exchanges
                .iter()
                .filter(|exchange| exchange.method != "GET")
                .count(),
            1,
            "{attribute}"
        );
        found.insert(
            attribute,
            difference(&before, put.body.as_ref().expect("a body")),
        );
        wanted.insert(attribute, sent);
        assert_eq!(
            read.value, changed.value,
            "{attribute}: the state is what a read finds"
        );
        assert_eq!(
            (again.value, again.diagnostics),
            (read.value.clone(), vec![]),
            "{attribute}"
        );

        assert_eq!(provider.destroy(&read).1, []);
    }
    let text = |all: &BTreeMap<_, Json>| serde_json::to_string_pretty(all).expect("JSON");
    assert_eq!(found, wanted, "{}\nwanted: {}", text(&found), text(&wanted));
    assert_understood(&azure);
}

fn on_cluster(journal: Vec<Exchange>) -> Vec<Exchange> {
    journal
        .into_iter()
        .filter(|exchange| exchange.path.starts_with(CLUSTER))
        .collect()
}

/// What a body that is sent says otherwise than the one that was read, by JSON pointer; null for
/// what it leaves out, unless that is the service's own.
fn difference(read: &Json, sent: &Json) -> Json {
    let (read, sent) = (leaves(read), leaves(sent));
    let left_out = read
        .keys()
        .filter(|pointer| !sent.contains_key(*pointer) && !is_the_services(pointer))
        .map(|pointer| (pointer.clone(), Json::Null));
    let changed = sent
        .iter()
        .filter(|(pointer, value)| read.get(*pointer) != Some(value))
        .map(|(pointer, value)| (pointer.clone(), value.clone()));
    Json::from_iter(left_out.chain(changed).collect::<BTreeMap<_, _>>())
}

/// Marked read-only in the API's schema of 2026-05-01.
fn is_the_services(pointer: &str) -> bool {
    const OWN: [&str; 26] = [
        "/id",
        "/name",
        "/type",
        "/eTag",
        "/systemData",
        "/identity/principalId",
        "/identity/tenantId",
        "/identity/userAssignedIdentities",
        "/properties/provisioningState",
        "/properties/powerState",
        "/properties/currentKubernetesVersion",
        "/properties/fqdn",
        "/properties/azurePortalFQDN",
        "/properties/maxAgentPools",
        "/properties/resourceUID",
        "/properties/status",
        "/properties/oidcIssuerProfile/issuerURL",
        "/properties/networkProfile/loadBalancerProfile/effectiveOutboundIPs",
        "/properties/agentPoolProfiles/0/provisioningState",
        "/properties/agentPoolProfiles/0/powerState",
        "/properties/agentPoolProfiles/0/currentOrchestratorVersion",
        "/properties/agentPoolProfiles/0/nodeImageVersion",
        "/properties/agentPoolProfiles/0/eTag",
        "/properties/agentPoolProfiles/0/status",
        "/properties/identityProfile",
        "/properties/privateLinkResources",
    ];
    OWN.iter()
        .any(|own| pointer == *own || pointer.starts_with(&format!("{own}/")))
}

/// The values of a document that hold no others, by JSON pointer.
pub(crate) fn leaves(document: &Json) -> BTreeMap<String, Json> {
    let escaped = |name: &String| name.replace('~', "~0").replace('/', "~1");
    let members: Vec<(String, &Json)> = match document {
        Json::Object(members) => members
            .iter()
            .map(|(name, value)| (escaped(name), value))
            .collect(),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    if document.is_null() {
        return BTreeMap::new();
    }
    if members.is_empty() {
        return BTreeMap::from([(String::new(), document.clone())]);
    }
    let below = members.into_iter().flat_map(|(name, value)| {
        leaves(value)
            .into_iter()
            .map(move |(rest, leaf)| (format!("/{name}{rest}"), leaf))
    });
    below.collect()
}
