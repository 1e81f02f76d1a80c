//! Clusters through the front door: what the AKS resource provider adds to it.

use std::time::Duration;

use secureaks_simulator::aks::Failure;
use serde_json::json;

use crate::client::{Client, GROUP, body, cluster, start};

#[test]
fn a_cluster_is_created_read_and_deleted_in_operations() {
    let (simulator, client) = start();
    let path = cluster(&client);
    let state =
        |client: &Client| client.get(&path).json()["properties"]["provisioningState"].clone();

    let created = client.put(&path, body());
    let operation = created.header("azure-asyncoperation").to_owned();
    let under_way = client.raw("GET", &operation, None).unwrap().json();
    let creating = state(&client);
    simulator.advance(Duration::from_mins(30));
    let done = client.raw("GET", &operation, None).unwrap().json();
    let succeeded = state(&client);
    let deleted = client.call("DELETE", &path, None);
    simulator.advance(Duration::from_mins(30));
    let gone = client.get(&path);

    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(created.header("content-type"), "application/json");
    assert!(operation.starts_with(&client.arm()), "{operation}");
    assert_ne!(under_way["status"], "Succeeded");
    assert_eq!(
        (done["status"].clone(), creating, succeeded),
        ("Succeeded".into(), "Creating".into(), "Succeeded".into())
    );
    assert_eq!((deleted.status, gone.status), (202, 404));
    assert_eq!(gone.code(), "ResourceNotFound");
    assert_eq!(simulator.unknown_requests(), Vec::<String>::new());
}

#[test]
fn an_operation_can_be_made_to_fail_after_it_was_accepted() {
    let (simulator, client) = start();
    simulator.fail_next_operation(Failure {
        on: "create".into(),
        code: "QuotaExceeded".into(),
        message: "too many cores".into(),
        resource_state: "Failed".into(),
    });

    let created = client.put(&cluster(&client), body());
    simulator.advance(Duration::from_mins(30));
    let operation = client
        .raw("GET", created.header("azure-asyncoperation"), None)
        .unwrap()
        .json();

    let error = json!({ "code": "QuotaExceeded", "message": "too many cores" });
    assert_eq!(
        (operation["status"].clone(), operation["error"].clone()),
        ("Failed".into(), error)
    );
    let cluster = simulator.resource(&cluster(&client)).unwrap();
    assert_eq!(cluster["properties"]["provisioningState"], "Failed");
}

#[test]
fn a_reader_reads_clusters_but_gets_no_credentials() {
    let (simulator, owner) = start();
    let path = cluster(&owner);
    owner.put(&path, body());
    simulator.advance(Duration::from_mins(30));
    let reader = Client::new(simulator.reader_environment());

    let read = reader.get(&path);
    let credentials = reader.call("POST", &format!("{path}/listClusterUserCredential"), None);

    assert_eq!(read.status, 200);
    assert_eq!(
        (credentials.status, credentials.code()),
        (403, "AuthorizationFailed".to_owned())
    );
}

#[test]
fn a_clusters_identity_can_be_given_a_role_without_naming_its_type() {
    let (simulator, client) = start();
    client.put(&cluster(&client), body());
    simulator.advance(Duration::from_mins(30));
    let made = client.get(&cluster(&client)).json();
    let role =
        "/providers/Microsoft.Authorization/roleDefinitions/acdd72a7-3385-48ef-bd42-f606fba81ae7";
    let name = "00000000-0000-0000-0000-000000000001";
    let path = format!("{GROUP}/providers/Microsoft.Authorization/roleAssignments/{name}");

    let properties = json!({
        "roleDefinitionId": role,
        "principalId": made["identity"]["principalId"],
    });
    let assigned = client.put(&client.id(&path), json!({ "properties": properties }));

    assert_eq!(assigned.status, 201, "{}", assigned.text);
    assert_eq!(
        assigned.json()["properties"]["principalType"],
        "ServicePrincipal"
    );
}

#[test]
fn a_subnet_with_nodes_in_it_cannot_be_deleted() {
    let (simulator, client) = start();
    let vnet = client.id(&format!(
        "{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
    ));
    let subnet = format!("{vnet}/subnets/s");
    let network = json!({
        "addressSpace": { "addressPrefixes": ["10.1.0.0/16"] },
        "subnets": [{ "name": "s", "properties": { "addressPrefix": "10.1.0.0/20" } }],
    });
    client.put(
        &vnet,
        json!({ "location": "westeurope", "properties": network }),
    );
    simulator.advance(Duration::from_mins(1));
    let mut with_subnet = body();
    with_subnet["properties"]["agentPoolProfiles"][0]["vnetSubnetID"] = json!(subnet);
    let created = client.put(&cluster(&client), with_subnet);

    let refused = client.call("DELETE", &subnet, None);

    assert_eq!(created.status, 201, "{}", created.text);
    assert_eq!(
        (refused.status, refused.code()),
        (400, "InUseSubnetCannotBeDeleted".to_owned())
    );
}

#[test]
fn drift_shows_in_the_next_read() {
    let (simulator, client) = start();
    let path = cluster(&client);
    client.put(&path, body());
    simulator.advance(Duration::from_mins(30));

    let changed = simulator.change(&path, |cluster| {
        cluster["tags"] = json!({ "by": "someone" });
    });

    assert!(changed);
    assert_eq!(client.get(&path).json()["tags"], json!({ "by": "someone" }));
}

#[test]
fn a_group_takes_its_clusters_along() {
    let (simulator, client) = start();
    let path = cluster(&client);
    client.put(&path, body());
    simulator.advance(Duration::from_mins(30));

    client.call("DELETE", &client.id(GROUP), None);
    simulator.advance(Duration::from_mins(30));
    client.group("rg-demo");

    assert_eq!(client.get(&path).code(), "ResourceNotFound");
}

#[test]
fn what_the_service_itself_does_not_know_is_remembered_too() {
    let (simulator, client) = start();
    let path = format!("{}/trustedAccessRoleBindings/tab", cluster(&client));
    client.put(&cluster(&client), body());

    let answer = client.get(&path);

    assert_eq!(
        (answer.status, answer.code()),
        (501, "NotSimulated".to_owned())
    );
    assert_eq!(simulator.unknown_requests(), [format!("GET {path}")]);
}
