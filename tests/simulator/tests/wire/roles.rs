//! Role assignments and what they let people do.

use std::time::Duration;

use secureaks_simulator::aks::Quirks;
use secureaks_simulator::{Principal, PrincipalKind};
use serde_json::{Value, json};

use crate::client::{Client, GROUP, start};

const READER_ROLE: &str = "acdd72a7-3385-48ef-bd42-f606fba81ae7";
const PRINCIPAL: &str = "3b7f0c12-55d4-4a8e-9d61-8c1f2e7a4b90";
const NAME: &str = "00000000-0000-0000-0000-000000000001";
const OTHER_NAME: &str = "00000000-0000-0000-0000-000000000002";

fn assignment(client: &Client, name: &str) -> String {
    client.id(&format!(
        "{GROUP}/providers/Microsoft.Authorization/roleAssignments/{name}"
    ))
}

fn body(client: &Client, principal: &str, kind: Option<&str>) -> Value {
    let role = client.id(&format!(
        "/providers/Microsoft.Authorization/roleDefinitions/{READER_ROLE}"
    ));
    let mut properties = json!({ "roleDefinitionId": role, "principalId": principal });
    if let Some(kind) = kind {
        properties["principalType"] = json!(kind);
    }
    json!({ "properties": properties })
}

#[test]
fn a_reader_reads_and_is_refused_everything_else() {
    let (simulator, owner) = start();
    let reader = Client::new(simulator.reader_environment());
    let group = reader.id(GROUP);

    let read = reader.get(&group);
    let write = reader.put(&group, json!({ "location": "westeurope" }));
    let assign = reader.put(
        &assignment(&owner, NAME),
        body(&owner, PRINCIPAL, Some("User")),
    );

    let client_id = reader.variable("ARM_CLIENT_ID");
    let object_id = "5d20f8c6-b73a-4e91-9f04-c18a6e2d7b39";
    let message = format!(
        "The client '{client_id}' with object id '{object_id}' does not have authorization to \
         perform action 'Microsoft.Resources/subscriptions/resourceGroups/write' over scope \
         '{group}' or the scope is invalid. If access was recently granted, please refresh your \
         credentials."
    );
    assert_eq!(read.status, 200);
    assert_eq!(
        (write.status, write.json()),
        (
            403,
            json!({ "error": { "code": "AuthorizationFailed", "message": message } })
        )
    );
    assert_eq!(
        (assign.status, assign.code()),
        (403, "AuthorizationFailed".to_owned())
    );
}

#[test]
fn an_assignment_is_made_repeated_read_and_removed() {
    let (_simulator, client) = start();
    let path = assignment(&client, NAME);
    let request = body(&client, PRINCIPAL, Some("ServicePrincipal"));

    let made = client.put(&path, request.clone());
    let again = client.put(&path, request.clone());
    let read = client.get(&path);
    let mut described = request.clone();
    described["properties"]["description"] = json!("of the platform team");
    let described = client.put(&path, described);
    client.put(&path, request.clone());
    let twin = client.put(&assignment(&client, OTHER_NAME), request);
    let changed = client.put(&path, body(&client, OTHER_NAME, Some("ServicePrincipal")));
    let removed = client.call("DELETE", &path, None);
    let gone = client.call("DELETE", &path, None);
    let missing = client.get(&path);

    assert_eq!((made.status, again.status, read.status), (201, 200, 200));
    // Recorded.
    assert_eq!(described.status, 201);
    assert_eq!(
        (again.json(), read.json(), removed.json()),
        (made.json(), made.json(), made.json())
    );
    assert_eq!(made.json()["properties"]["scope"], client.id(GROUP));
    assert_eq!(
        (twin.status, twin.code()),
        (409, "RoleAssignmentExists".to_owned())
    );
    assert_eq!(
        (changed.status, changed.code()),
        (400, "RoleAssignmentUpdateNotPermitted".to_owned())
    );
    assert_eq!((removed.status, gone.status), (200, 204));
    assert_eq!(
        (missing.status, missing.code()),
        (404, "RoleAssignmentNotFound".to_owned())
    );
}

#[test]
fn a_new_principal_is_not_found_at_first_unless_its_type_is_named() {
    let (simulator, client) = start();
    let identity = client.id(&format!(
        "{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/fresh"
    ));
    let made = client
        .put(&identity, json!({ "location": "westeurope" }))
        .json();
    let principal = made["properties"]["principalId"].as_str().unwrap();
    let path = assignment(&client, NAME);

    let early = client.put(&path, body(&client, principal, None));
    let typed = client.put(&path, body(&client, principal, Some("ServicePrincipal")));
    client.call("DELETE", &path, None);
    simulator.advance(Duration::from_secs(20));
    let late = client.put(&path, body(&client, principal, None));
    let wrong = client.put(
        &assignment(&client, OTHER_NAME),
        body(&client, principal, Some("User")),
    );

    assert_eq!(
        (early.status, early.code()),
        (400, "PrincipalNotFound".to_owned())
    );
    assert_eq!((typed.status, late.status), (201, 201));
    assert_eq!(
        (wrong.status, wrong.code()),
        (400, "UnmatchedPrincipalType".to_owned())
    );
}

#[test]
fn a_granted_role_takes_effect_below_its_scope_only() {
    let (simulator, owner) = start();
    simulator.put_principal(Principal {
        object_id: PRINCIPAL.into(),
        kind: PrincipalKind::ServicePrincipal,
        app_id: Some(OTHER_NAME.into()),
        secrets: vec!["word".into()],
        ..Principal::default()
    });
    owner.group("other");
    assert!(simulator.grant(PRINCIPAL, "Contributor", &owner.id(GROUP)));
    let mut environment = simulator.environment();
    environment.insert("ARM_CLIENT_ID".into(), OTHER_NAME.into());
    environment.insert("ARM_CLIENT_SECRET".into(), "word".into());
    let client = Client::new(environment);

    let tags = || Some(json!({ "tags": {} }));
    let inside = client.call("PATCH", &client.id(GROUP), tags());
    let outside = client.call("PATCH", &client.id("/resourceGroups/other"), tags());
    let assign = client.put(&assignment(&client, NAME), body(&client, PRINCIPAL, None));

    assert_eq!(
        (inside.status, outside.status, assign.status),
        (200, 403, 403)
    );
}

#[test]
fn lists_are_filtered_by_scope_and_principal() {
    let (_simulator, client) = start();
    client.put(
        &assignment(&client, NAME),
        body(&client, PRINCIPAL, Some("User")),
    );
    let names = |scope: &str, filter: &str| -> Vec<String> {
        let path =
            format!("{scope}/providers/Microsoft.Authorization/roleAssignments?$filter={filter}");
        let list = client.get(&path).json();
        let list = list["value"].as_array().unwrap().clone();
        list.iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let subscription = client.subscription();

    let of_principal = names(&subscription, &format!("principalId eq '{PRINCIPAL}'"));
    let assigned = names(&subscription, &format!("assignedTo('{PRINCIPAL}')"));
    let at_subscription = names(&subscription, "atScope()");
    let at_group = names(&client.id(GROUP), "atScope()");

    assert_eq!(of_principal, [NAME]);
    assert_eq!(assigned, [NAME]);
    assert!(!at_subscription.contains(&NAME.to_owned()));
    assert_eq!(at_group.len(), at_subscription.len() + 1);
}

#[test]
fn a_role_is_found_by_name_and_by_id() {
    let (_simulator, client) = start();
    let roles = client.id("/providers/Microsoft.Authorization/roleDefinitions");

    let by_name = client
        .get(&format!("{roles}?$filter=roleName eq 'Reader'"))
        .json();
    let by_id = client.get(&format!("{roles}/{READER_ROLE}")).json();
    let missing = client.get(&format!("{roles}/{NAME}"));

    assert_eq!(by_name, json!({ "value": [by_id] }));
    assert_eq!(by_id["id"], format!("{roles}/{READER_ROLE}"));
    assert_eq!(
        (missing.status, missing.code()),
        (404, "RoleDefinitionDoesNotExist".to_owned())
    );
}

#[test]
fn a_cluster_needs_permission_on_the_subnet_it_names() {
    let (simulator, owner) = start();
    simulator.put_principal(Principal {
        object_id: PRINCIPAL.into(),
        app_id: Some(OTHER_NAME.into()),
        secrets: vec!["word".into()],
        ..Principal::default()
    });
    let contributor = "Azure Kubernetes Service Contributor Role";
    assert!(simulator.grant(PRINCIPAL, contributor, &owner.id(GROUP)));
    let mut environment = simulator.environment();
    environment.insert("ARM_CLIENT_ID".into(), OTHER_NAME.into());
    environment.insert("ARM_CLIENT_SECRET".into(), "word".into());
    let client = Client::new(environment);
    let subnet = client.id(&format!(
        "{GROUP}/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
    ));
    let cluster = client.id(&format!(
        "{GROUP}/providers/Microsoft.ContainerService/managedClusters/c"
    ));

    let pools = json!([{ "name": "p", "vnetSubnetID": subnet }]);
    let body = json!({ "location": "westeurope", "properties": { "agentPoolProfiles": pools } });
    let answer = client.put(&cluster, body);

    assert_eq!(
        (answer.status, answer.code()),
        (403, "LinkedAuthorizationFailed".to_owned())
    );
}

#[test]
fn resource_manager_follows_assignments_late_when_asked_to() {
    let (simulator, owner) = start();
    simulator.put_principal(Principal {
        object_id: PRINCIPAL.into(),
        app_id: Some(OTHER_NAME.into()),
        secrets: vec!["word".into()],
        ..Principal::default()
    });
    simulator.set_quirks(Quirks {
        role_assignments_take_effect_late: true,
        ..Quirks::default()
    });
    let mut environment = simulator.environment();
    environment.insert("ARM_CLIENT_ID".into(), OTHER_NAME.into());
    environment.insert("ARM_CLIENT_SECRET".into(), "word".into());
    let client = Client::new(environment);
    let path = assignment(&owner, NAME);
    let read = || client.get(&client.id(GROUP)).status;
    let a_minute = Duration::from_mins(1);

    owner.put(&path, body(&owner, PRINCIPAL, Some("ServicePrincipal")));
    let early = read();
    simulator.advance(a_minute);
    let late = read();
    owner.call("DELETE", &path, None);
    let lingering = read();
    simulator.advance(a_minute);
    let gone = read();

    assert_eq!((early, late, lingering, gone), (403, 200, 200, 403));
}

#[test]
fn a_role_in_a_namespace_of_a_cluster_is_listed_from_above() {
    let (_simulator, client) = start();
    let namespace = client.id(&format!(
        "{GROUP}/providers/Microsoft.ContainerService/managedClusters/c/namespaces/team"
    ));
    let role = "a7ffa36f-339b-4b5c-8bdf-e2c188b2c0eb";
    let definition = client.id(&format!(
        "/providers/Microsoft.Authorization/roleDefinitions/{role}"
    ));
    let request = json!({ "properties": {
        "roleDefinitionId": definition, "principalId": PRINCIPAL, "principalType": "Group",
    }});
    let assignments = "/providers/Microsoft.Authorization/roleAssignments";

    let made = client.put(&format!("{namespace}{assignments}/{NAME}"), request);
    let filter = format!("{assignments}?$filter=principalId eq '{PRINCIPAL}'");
    let above = client.get(&format!("{}{filter}", client.id(GROUP))).json();
    let definition = client.get(&definition).json();

    assert_eq!(
        (made.status, &made.json()["properties"]["scope"]),
        (201, &json!(namespace))
    );
    assert_eq!(above["value"], json!([made.json()]));
    let permissions = &definition["properties"]["permissions"][0];
    let actions = permissions["dataActions"].as_array().unwrap();
    let all_pods = json!("Microsoft.ContainerService/managedClusters/pods/*");
    assert!(actions.contains(&all_pods), "{actions:?}");
}
