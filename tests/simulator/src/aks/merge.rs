//! What a PUT means for what it does not mention.
//!
//! A block left out is kept (recorded partial PUTs without `networkProfile`, `kubernetesVersion` or
//! `sku`); a block that is sent replaces the one before, and what it leaves out falls back to its
//! default (recorded `advancedNetworking: {enabled: true}`, which turned `security` on again). Null
//! counts as left out. What cannot change, and what the service alone writes, is kept either way.

use serde_json::{Map, Value, json};

use super::document::{is_empty, items, object, ordered, remove, remove_if, text, without_nulls};
use super::order::{POOL, PROPERTIES};

/// Blocks whose own members are kept one by one: most of a network cannot change, and addons and
/// identities are also added by the service.
const KEPT_BY_MEMBER: &[&str] = &[
    "properties",
    "networkProfile",
    "addonProfiles",
    "identityProfile",
];

/// Members the service writes into blocks that callers send.
const WRITTEN_BY_SERVICE: &[&str] = &[
    "/identity/principalId",
    "/identity/tenantId",
    "/properties/oidcIssuerProfile/issuerURL",
    "/properties/networkProfile/loadBalancerProfile/effectiveOutboundIPs",
    "/properties/networkProfile/natGatewayProfile/effectiveOutboundIPs",
    "/properties/apiServerAccessProfile/privateDNSZone",
    "/properties/apiServerAccessProfile/enablePrivateClusterPublicFQDN",
    "/properties/aadProfile/tenantID",
];

/// Members of `properties` the service alone writes.
const READ_ONLY: &[&str] = &[
    "provisioningState",
    "powerState",
    "currentKubernetesVersion",
    "fqdn",
    "privateFQDN",
    "azurePortalFQDN",
    "maxAgentPools",
    "privateLinkResources",
    "resourceUID",
    "status",
];

/// Members of a pool the service alone writes; `powerState` is not one of them, it stops a pool
/// (recorded `nodepool_stop_start`).
const READ_ONLY_POOL: &[&str] = &[
    "provisioningState",
    "currentOrchestratorVersion",
    "nodeImageVersion",
    "virtualMachineNodesStatus",
    "status",
    "eTag",
];

/// What a caller may wish for, out of a request's body.
pub(crate) fn cluster_wish(body: &Value) -> Value {
    let body = without_nulls(body);
    let mut wish = ordered(
        &body,
        &[
            "location",
            "tags",
            "kind",
            "extendedLocation",
            "properties",
            "identity",
            "sku",
        ],
    );
    for id in ["principalId", "tenantId"] {
        if let Some(identity) = wish.get_mut("identity") {
            remove(identity, id);
        }
    }
    let Some(properties) = wish.get_mut("properties") else {
        return wish;
    };
    *properties = ordered(properties, PROPERTIES);
    for name in READ_ONLY {
        remove(properties, name);
    }
    for (block, member) in [
        ("oidcIssuerProfile", "issuerURL"),
        ("servicePrincipalProfile", "secret"),
        ("windowsProfile", "adminPassword"),
        ("aadProfile", "serverAppSecret"),
    ] {
        if let Some(block) = properties.get_mut(block) {
            remove(block, member);
        }
    }
    for profile in ["loadBalancerProfile", "natGatewayProfile"] {
        if let Some(profile) = properties.pointer_mut(&format!("/networkProfile/{profile}")) {
            remove(profile, "effectiveOutboundIPs");
        }
    }
    for addon in properties
        .get_mut("addonProfiles")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(|addons| addons.iter_mut().map(|(_, addon)| addon))
    {
        remove(addon, "identity");
    }
    if let Some(routing) = properties.pointer_mut("/ingressProfile/webAppRouting") {
        remove(routing, "identity");
    }
    if let Some(pools) = properties
        .get_mut("agentPoolProfiles")
        .and_then(Value::as_array_mut)
    {
        for pool in pools {
            *pool = pool_wish(pool);
        }
    }
    wish
}

/// What a caller may wish of a pool.
pub(crate) fn pool_wish(pool: &Value) -> Value {
    let mut wish = ordered(&without_nulls(pool), POOL);
    for name in READ_ONLY_POOL {
        remove(&mut wish, name);
    }
    wish
}

/// Lays a wish for a cluster over what is there. Pools are matched by name; a pool the wish leaves
/// out stays.
pub(crate) fn cluster(existing: &mut Value, wish: &Value) {
    let before = existing.clone();
    let pools = without_pools(existing);
    let mut wish = wish.clone();
    let wished = without_pools(&mut wish);
    lay(existing, &wish);
    keep(&before, existing, WRITTEN_BY_SERVICE);
    let fixed: Vec<String> = super::immutable::FIXED
        .iter()
        .map(|path| format!("/properties/{path}"))
        .collect();
    let fixed: Vec<&str> = fixed.iter().map(String::as_str).collect();
    keep(&before, existing, &fixed);
    let mut merged = pools.unwrap_or_default();
    for pool in wished.into_iter().flatten() {
        let own = merged
            .iter_mut()
            .find(|own| text(own, "/name") == text(&pool, "/name"));
        match own {
            Some(own) => lay_pool(own, &pool),
            None => merged.push(pool),
        }
    }
    if let Some(properties) = existing.get_mut("properties") {
        object(properties).insert("agentPoolProfiles".to_owned(), Value::Array(merged));
    }
}

/// Lays a wish for a pool over what is there. An autoscaler that is turned off takes its bounds along, which are left out
/// then (recorded `test_aks_create_autoscaler_then_update` of azure-cli, 2022-10: a PUT of the cluster; azurerm's
/// `TestAccKubernetesClusterNodePool_autoScale` expects the same of a PUT of the pool).
pub(crate) fn lay_pool(existing: &mut Value, wish: &Value) {
    lay(existing, wish);
    if wish.get("enableAutoScaling") == Some(&json!(false)) {
        for bound in ["minCount", "maxCount"] {
            if wish.get(bound).is_none() {
                remove(existing, bound);
            }
        }
    }
}

/// Lays a wish over what is there, member by member.
pub(crate) fn lay(existing: &mut Value, wish: &Value) {
    let Value::Object(members) = wish else {
        return;
    };
    let existing = object(existing);
    for (key, wished) in members {
        match existing.get_mut(key) {
            Some(own) if wished.is_object() && KEPT_BY_MEMBER.contains(&key.as_str()) => {
                lay(own, wished);
            }
            _ => {
                existing.insert(key.clone(), wished.clone());
            }
        }
    }
}

/// Brings back members a replaced block lost, where the block is still there.
fn keep(before: &Value, after: &mut Value, pointers: &[&str]) {
    for pointer in pointers {
        let Some((block, member)) = pointer.rsplit_once('/') else {
            continue;
        };
        if let (Some(value), Some(block)) = (before.pointer(pointer), after.pointer_mut(block))
            && block.is_object()
        {
            super::document::fill(block, member, value.clone());
        }
    }
}

/// Drops what was sent but is never answered.
pub(crate) fn tidy_cluster(cluster: &mut Value) {
    remove_if(cluster, "tags", is_empty);
    let Some(properties) = cluster.get_mut("properties") else {
        return;
    };
    remove_if(properties, "addonProfiles", is_empty);
    if let Some(access) = properties.get_mut("apiServerAccessProfile") {
        let ranges = access.get("authorizedIPRanges").is_some();
        remove_if(access, "authorizedIPRanges", is_empty);
        remove_if(access, "disableRunCommand", |value| *value == json!(false));
        // Ranges taken back leave an empty block in the answer (recorded authorized_ip_ranges), a command
        // allowed again does not (recorded run_command).
        if !ranges {
            remove_if(properties, "apiServerAccessProfile", is_empty);
        }
    }
    if let Some(managed) =
        properties.pointer_mut("/networkProfile/loadBalancerProfile/managedOutboundIPs")
    {
        remove_if(managed, "countIPv6", |value| *value == json!(0));
    }
    if let Some(pools) = properties
        .get_mut("agentPoolProfiles")
        .and_then(Value::as_array_mut)
    {
        for pool in pools {
            tidy_pool(pool);
        }
    }
}

/// Drops what was sent of a pool but is never answered.
pub(crate) fn tidy_pool(pool: &mut Value) {
    for list in [
        "nodeTaints",
        "nodeInitializationTaints",
        "availabilityZones",
    ] {
        remove_if(pool, list, is_empty);
    }
    remove_if(pool, "scaleSetPriority", |value| *value == json!("Regular"));
    if text(pool, "/scaleSetPriority").is_none() {
        remove(pool, "scaleSetEvictionPolicy");
        remove(pool, "spotMaxPrice");
    }
}

fn without_pools(cluster: &mut Value) -> Option<Vec<Value>> {
    let properties = cluster.get_mut("properties")?;
    match remove(properties, "agentPoolProfiles") {
        Some(Value::Array(pools)) => Some(pools),
        _ => None,
    }
}

/// Keys of the identities a body names.
pub(crate) fn identities(cluster: &Value) -> Vec<String> {
    cluster
        .pointer("/identity/userAssignedIdentities")
        .and_then(Value::as_object)
        .map(|map: &Map<String, Value>| map.keys().cloned().collect())
        .unwrap_or_default()
}

/// Names of the pools a body names.
pub(crate) fn pool_names(cluster: &Value) -> Vec<String> {
    items(cluster, "/properties/agentPoolProfiles")
        .iter()
        .filter_map(|pool| text(pool, "/name").map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_put_leaves_out_or_nulls_is_kept() {
        let mut existing = json!({
            "tags": { "a": "1" },
            "properties": { "kubernetesVersion": "1.35", "networkProfile": { "networkPlugin": "azure" } },
        });
        let body = json!({
            "properties": { "kubernetesVersion": null, "networkProfile": { "outboundType": "loadBalancer" } },
        });

        cluster(&mut existing, &cluster_wish(&body));

        assert_eq!(
            existing,
            json!({
                "tags": { "a": "1" },
                "properties": {
                    "kubernetesVersion": "1.35",
                    "networkProfile": { "networkPlugin": "azure", "outboundType": "loadBalancer" },
                    "agentPoolProfiles": [],
                },
            })
        );
    }

    #[test]
    fn a_block_that_is_sent_loses_what_it_leaves_out_but_not_what_the_service_wrote() {
        let mut existing = json!({ "properties": {
            "oidcIssuerProfile": { "enabled": true, "issuerURL": "https://issuer/" },
            "securityProfile": { "imageCleaner": { "enabled": true, "intervalHours": 24 } },
        } });
        let wish = json!({ "properties": {
            "oidcIssuerProfile": { "enabled": true },
            "securityProfile": { "workloadIdentity": { "enabled": true } },
        } });

        cluster(&mut existing, &wish);

        assert_eq!(
            existing,
            json!({ "properties": {
                "oidcIssuerProfile": { "enabled": true, "issuerURL": "https://issuer/" },
                "securityProfile": { "workloadIdentity": { "enabled": true } },
                "agentPoolProfiles": [],
            } })
        );
    }

    #[test]
    fn tags_and_labels_are_replaced_whole() {
        let mut existing = json!({ "tags": { "a": "1" }, "nodeLabels": { "x": "y" } });

        lay(
            &mut existing,
            &json!({ "tags": { "b": "2" }, "nodeLabels": {} }),
        );

        assert_eq!(existing, json!({ "tags": { "b": "2" }, "nodeLabels": {} }));
    }

    #[test]
    fn a_pool_the_put_leaves_out_stays() {
        let mut existing = json!({ "properties": { "agentPoolProfiles": [
            { "name": "system", "count": 1 }, { "name": "other", "count": 5 },
        ] } });
        let wish =
            json!({ "properties": { "agentPoolProfiles": [{ "name": "system", "count": 3 }] } });

        cluster(&mut existing, &wish);

        let pools = json!([{ "name": "system", "count": 3 }, { "name": "other", "count": 5 }]);
        assert_eq!(existing["properties"]["agentPoolProfiles"], pools);
    }

    #[test]
    fn read_only_and_unknown_members_of_a_body_are_ignored() {
        let body = json!({ "id": "x", "eTag": "y", "properties": {
            "fqdn": "evil", "colour": "red", "dnsPrefix": "d",
            "oidcIssuerProfile": { "enabled": true, "issuerURL": "evil" },
        } });

        let wish = cluster_wish(&body);

        assert_eq!(
            wish,
            json!({ "properties": { "dnsPrefix": "d", "oidcIssuerProfile": { "enabled": true } } })
        );
    }
}
