//! User-assigned identities over their whole life.

use serde_json::json;

use crate::client::{GROUP, start};

#[test]
fn an_identity_keeps_its_principal_until_it_is_made_anew() {
    let (_simulator, client) = start();
    let kind = "Microsoft.ManagedIdentity/userAssignedIdentities";
    let path = client.id(&format!("{GROUP}/providers/{kind}/one"));
    let body = json!({ "location": "westeurope" });

    let made = client.put(&path, body.clone());
    let again = client.put(&path, body.clone());
    let patched = client.call("PATCH", &path, Some(json!({ "tags": { "a": "b" } })));
    let removed = client.call("DELETE", &path, None);
    let gone = client.call("DELETE", &path, None);
    let missing = client.get(&path);
    let anew = client.put(&path, body);

    let id = client.id(&format!("/resourcegroups/rg-demo/providers/{kind}/one"));
    let first = made.json();
    assert_eq!(first["id"], id);
    assert_eq!((made.status, made.header("location")), (201, id.as_str()));
    assert_eq!((again.status, again.json()), (200, first.clone()));
    assert_eq!(
        (patched.status, patched.json()["tags"].clone()),
        (200, json!({ "a": "b" }))
    );
    assert_eq!((removed.status, gone.status), (200, 204));
    assert_eq!(
        (missing.status, missing.code()),
        (404, "ResourceNotFound".to_owned())
    );
    assert_ne!(anew.json()["properties"], first["properties"]);
}

/// azurerm 5.2.0 plans by what it reads back.
#[test]
fn an_identity_keeps_its_isolation_scope() {
    let (_simulator, client) = start();
    let kind = "Microsoft.ManagedIdentity/userAssignedIdentities";
    let path = client.id(&format!("{GROUP}/providers/{kind}/one"));
    let body = json!({ "location": "westeurope", "properties": { "isolationScope": "Regional" } });

    client.put(&path, body);
    let read = client.get(&path).json();

    assert_eq!(read["properties"]["isolationScope"], "Regional");
    assert!(read["properties"]["principalId"].is_string());
}
