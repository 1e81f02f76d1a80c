//! What of a recorded cluster is missing or different in what was sent to change it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// What a read-modify-write does not give back: Azure alone writes it, and a body with it is refused or ignored.
const NOT_OURS_TO_SEND: [&str; 23] = [
    "id",
    "name",
    "type",
    "kind",
    "eTag",
    "provisioningState",
    "powerState",
    "currentKubernetesVersion",
    "currentOrchestratorVersion",
    "nodeImageVersion",
    "fqdn",
    "privateFQDN",
    "azurePortalFQDN",
    "maxAgentPools",
    "resourceUID",
    "privateLinkResources",
    "principalId",
    "tenantId",
    "clientId",
    "objectId",
    "issuerURL",
    "effectiveOutboundIPs",
    "identityProfile",
];

/// Leaves of a cluster that are missing or different in what was sent, with both values.
pub(crate) fn losses(
    before: &Json,
    sent: &Json,
    path: &str,
    lost: &mut BTreeMap<String, (Json, Json)>,
) {
    match before {
        Json::Object(members) if !members.is_empty() => {
            for (name, member) in members {
                let ours = path.is_empty() && name == "tags";
                // Of a pool, an addon or a cluster; a cluster's own says of what kind it is.
                let identity = name == "identity" && !path.is_empty();
                if !ours && !identity && !NOT_OURS_TO_SEND.contains(&name.as_str()) {
                    losses(member, &sent[name], &format!("{path}.{name}"), lost);
                }
            }
        }
        Json::Array(elements) if !elements.is_empty() => {
            for (index, element) in elements.iter().enumerate() {
                losses(element, &sent[index], &format!("{path}[{index}]"), lost);
            }
        }
        // An empty block may be filled by what we own.
        Json::Object(_) if sent.is_object() => {}
        leaf if leaf != sent => {
            lost.insert(path.to_owned(), (leaf.clone(), sent.clone()));
        }
        _ => {}
    }
}
