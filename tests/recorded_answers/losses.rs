//! What of a recorded cluster is not sent as it came, when it is changed.

use std::collections::BTreeSet;

use serde_json::Value as Json;

/// Paths of members that differ, and how.
pub(crate) type Differences = BTreeSet<(String, String)>;

/// How a member differs that is there before and not in what is sent.
pub(crate) const LEFT_OUT: &str = "is left out";

/// What a read-modify-write does not give back: Azure alone writes it, and a body with it is refused or ignored, or takes
/// nodes back to the image it names.
pub(crate) const NOT_OURS_TO_SEND: [&str; 24] = [
    ".eTag",
    ".id",
    ".identity.principalId",
    ".identity.tenantId",
    ".identity.userAssignedIdentities.*.clientId",
    ".identity.userAssignedIdentities.*.principalId",
    ".name",
    ".properties.addonProfiles.azureKeyvaultSecretsProvider.identity",
    ".properties.addonProfiles.azurepolicy.identity",
    ".properties.agentPoolProfiles[].currentOrchestratorVersion",
    ".properties.agentPoolProfiles[].eTag",
    ".properties.agentPoolProfiles[].nodeImageVersion",
    ".properties.agentPoolProfiles[].provisioningState",
    ".properties.azurePortalFQDN",
    ".properties.currentKubernetesVersion",
    ".properties.fqdn",
    ".properties.ingressProfile.webAppRouting.identity",
    ".properties.maxAgentPools",
    ".properties.networkProfile.loadBalancerProfile.effectiveOutboundIPs",
    ".properties.powerState",
    ".properties.privateFQDN",
    ".properties.provisioningState",
    ".properties.resourceUID",
    ".type",
];

/// What is different in what was sent; `[]` in a path stands for every element of a list, `*` for every resource.
/// Tags are left to whoever changes them.
pub(crate) fn differences(before: &Json, sent: &Json) -> Differences {
    let mut found = Differences::new();
    compare(before, sent, "", &mut found);
    found.retain(|(path, _)| !path.starts_with(".tags"));
    found
}

fn compare(before: &Json, sent: &Json, path: &str, found: &mut Differences) {
    match (before, sent) {
        (Json::Object(members), Json::Object(others)) => {
            for name in members.keys().chain(others.keys()) {
                let segment = if name.starts_with('/') { "*" } else { name };
                compare(
                    &before[name],
                    &sent[name],
                    &format!("{path}.{segment}"),
                    found,
                );
            }
        }
        // What is in a block that was not there.
        (Json::Null, Json::Object(others)) if !others.is_empty() => {
            compare(&Json::Object(serde_json::Map::new()), sent, path, found);
        }
        (Json::Array(elements), Json::Array(others)) => {
            for index in 0..elements.len().max(others.len()) {
                compare(&before[index], &sent[index], &format!("{path}[]"), found);
            }
        }
        (Json::Null, Json::Null) => {}
        (Json::Null, _) => {
            found.insert((path.to_owned(), format!("nothing becomes {sent}")));
        }
        (_, Json::Null) => {
            found.insert((path.to_owned(), LEFT_OUT.to_owned()));
        }
        _ if before != sent => {
            found.insert((path.to_owned(), format!("{before} becomes {sent}")));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(before: &Json, sent: &Json) -> Vec<String> {
        let found = differences(before, sent).into_iter();
        found.map(|(path, how)| format!("{path} {how}")).collect()
    }

    #[test]
    fn what_is_missing_added_and_changed_is_told_by_its_whole_path() {
        let before = json!({ "name": "a", "sku": { "name": "Basic" }, "pools": [{ "name": "one", "type": "a" }] });
        let sent = json!({ "sku": { "name": "Base" }, "pools": [{ "type": "a" }, 2], "new": { "inner": 1 } });

        assert_eq!(
            told(&before, &sent),
            [
                ".name is left out",
                ".new.inner nothing becomes 1",
                ".pools[] nothing becomes 2",
                ".pools[].name is left out",
                ".sku.name \"Basic\" becomes \"Base\"",
            ]
        );
    }

    #[test]
    fn blocks_and_lists_without_content_are_told_too() {
        let before = json!({ "block": {}, "list": [], "same": {} });
        let sent = json!({ "other": {}, "more": [], "same": {} });

        assert_eq!(
            told(&before, &sent),
            [
                ".block is left out",
                ".list is left out",
                ".more nothing becomes []",
                ".other nothing becomes {}",
            ]
        );
    }
}
