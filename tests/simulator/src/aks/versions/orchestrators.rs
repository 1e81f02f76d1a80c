//! The versions on offer as clients list them that predate `kubernetesVersions`, azurerm among them.

use serde_json::{Map, Value, json};

use super::{DEFAULT_MINOR, OFFERED, Offer, Version, upgrades, versions_of};

/// The body of `locations/{location}/orchestrators`: versions and upgrades oldest first, and what would be false or
/// empty left out (recorded `test_aks_create_scale_with_custom_nodepool_name` of azure-cli, 2019-06).
pub(crate) fn orchestrators(subscription: &str, location: &str) -> Value {
    let orchestrators: Vec<Value> = OFFERED
        .iter()
        .flat_map(|offer| versions_of(offer).map(move |version| (offer, version)))
        .map(|(offer, version)| {
            let mut profile = profile(version);
            let newest = versions_of(offer).next_back();
            if offer.minor == DEFAULT_MINOR && newest == Some(version) {
                profile.insert("default".to_owned(), true.into());
            }
            let mut reachable = upgrades(version);
            reachable.sort();
            if !reachable.is_empty() {
                let reachable = reachable
                    .into_iter()
                    .map(|to| Value::Object(self::profile(to)));
                profile.insert("upgrades".to_owned(), reachable.collect());
            }
            Value::Object(profile)
        })
        .collect();
    json!({
        "id": format!(
            "/subscriptions/{subscription}/providers/Microsoft.ContainerService/locations/{location}/orchestrators"
        ),
        "name": "default",
        "type": "Microsoft.ContainerService/locations/orchestrators",
        "properties": { "orchestrators": orchestrators },
    })
}

fn profile(version: Version) -> Map<String, Value> {
    let is_preview = |offer: &Offer| offer.minor == version.minor && offer.preview;
    let mut profile = Map::new();
    profile.insert("orchestratorType".to_owned(), "Kubernetes".into());
    profile.insert("orchestratorVersion".to_owned(), version.to_string().into());
    if OFFERED.iter().any(is_preview) {
        profile.insert("isPreview".to_owned(), true.into());
    }
    profile
}
