//! The Kubernetes versions on offer, as clients of the older list read them.

use serde_json::{Value, json};

use crate::client::start;

/// The form is the recorded one (`test_aks_create_scale_with_custom_nodepool_name` of azure-cli, 2019-06); azurerm's
/// `azurerm_kubernetes_service_versions` reads it.
#[test]
fn orchestrators_are_the_versions_on_offer_oldest_first() {
    let (_simulator, client) = start();
    let locations = client.id("/providers/Microsoft.ContainerService/locations/westeurope");

    let answer = client.get(&format!("{locations}/orchestrators"));
    let newer = client.get(&format!("{locations}/kubernetesVersions"));

    let body = answer.json();
    let listed = body["properties"]["orchestrators"].as_array().unwrap();
    let named = |version: &str| {
        let own = |one: &&Value| one["orchestratorVersion"] == version;
        listed.iter().find(own).unwrap()
    };
    let profile =
        |version: &str| json!({ "orchestratorType": "Kubernetes", "orchestratorVersion": version });
    let preview = json!({
        "orchestratorType": "Kubernetes",
        "orchestratorVersion": "1.37.0",
        "isPreview": true,
    });
    let patches: Vec<String> = newer.json()["values"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .flat_map(|minor| minor["patchVersions"].as_object().unwrap().keys().cloned())
        .collect();
    let versions: Vec<&Value> = listed
        .iter()
        .map(|one| &one["orchestratorVersion"])
        .collect();
    assert_eq!(answer.status, 200);
    assert_eq!(body["id"], format!("{locations}/orchestrators"));
    assert_eq!(
        (&body["name"], &body["type"]),
        (
            &json!("default"),
            &json!("Microsoft.ContainerService/locations/orchestrators")
        )
    );
    assert_eq!(versions, patches.iter().collect::<Vec<_>>());
    assert_eq!(
        *named("1.35.7"),
        json!({
            "orchestratorType": "Kubernetes",
            "orchestratorVersion": "1.35.7",
            "default": true,
            "upgrades": [
                profile("1.36.0"), profile("1.36.1"), profile("1.36.2"), profile("1.36.3"),
            ],
        })
    );
    assert_eq!(named("1.36.3")["upgrades"], json!([preview]));
    assert_eq!(*named("1.37.0"), preview);
}
