//! Signing in to the API server of a cluster.

use std::time::Duration;

use secureaks_simulator::{Options, Principal, PrincipalKind};
use serde_json::{Value, json};

use crate::OBJECT_ID;
use crate::api_server::{
    ADMINISTRATOR, ADMINISTRATORS, ApiServer, DEVELOPER, DEVELOPERS, application, sign_in,
    start_cluster, with_azure_rbac, with_entra,
};
use crate::client::{Client, start, start_with};

const NAMESPACES: &str = "/api/v1/namespaces";

#[test]
fn people_guests_and_applications_are_known_by_what_their_tokens_say() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_entra());
    let guest = "kim_partner.example#EXT#@simulated.onmicrosoft.com";
    let guest_id = "d4817be9-30c5-4f6a-a2e8-51b6c07f9d38";
    let deployer_id = "a4e81b57-0c9d-4f32-86a1-d5b7c2e9f013";

    let user = server.who_am_i(&sign_in(&simulator, &client, DEVELOPER));
    let guest = server.who_am_i(&sign_in(&simulator, &client, guest));
    let deployer = server.who_am_i(&application(&client));

    let names = |info: &Value| {
        (
            info["username"].clone(),
            info["extra"][OBJECT_ID][0].clone(),
        )
    };
    assert_eq!(
        user,
        json!({
            "username": DEVELOPER,
            "groups": [DEVELOPERS, "system:authenticated"],
            "extra": { OBJECT_ID: ["b92e4d60-1f7a-4c83-95eb-28d0a6f5c714"] },
        })
    );
    assert_eq!(names(&guest), (json!(guest_id), json!(guest_id)));
    assert_eq!(names(&deployer), (json!(deployer_id), json!(deployer_id)));
}

#[test]
fn what_is_no_token_for_the_server_is_unauthorized() {
    let (simulator, client) = start_with(Options {
        speed: 0.001,
        short_tokens: Some(Duration::from_hours(1)),
        ..Options::default()
    });
    let server = start_cluster(&simulator, &client, &with_entra());
    let client = Client::new(simulator.environment());
    let good = application(&client);
    let other = client.token.clone();

    let accepted = server.get(&good, NAMESPACES).status;
    let refused = ["", "garbage", &other].map(|token| server.get(token, NAMESPACES));
    simulator.advance(Duration::from_hours(2));
    let expired = server.get(&good, NAMESPACES);

    // Known, and not allowed to.
    assert_eq!(accepted, 403);
    for answer in refused.into_iter().chain([expired]) {
        let expected = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": "Unauthorized",
            "reason": "Unauthorized",
            "code": 401,
        });
        assert_eq!((answer.status, answer.json()), (401, expected));
    }
}

#[test]
fn a_cluster_without_entra_knows_its_static_credentials_only() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &json!({}));

    let local = server.get(&server.admin_token, NAMESPACES).status;
    let entra = server.get(&application(&client), NAMESPACES).status;

    assert_eq!((local, entra), (200, 401));
}

#[test]
fn static_credentials_end_when_local_accounts_are_disabled() {
    let (simulator, client) = start();
    start_cluster(&simulator, &client, &with_entra());
    let server = ApiServer::connect(&client, "listClusterAdminCredential");
    let before = server.get(&server.admin_token, NAMESPACES).status;

    let id = crate::client::cluster(&client);
    assert!(simulator.change(&id, |cluster| {
        cluster["properties"]["disableLocalAccounts"] = json!(true);
    }));
    let after = server.get(&server.admin_token, NAMESPACES).status;

    assert_eq!((before, after), (200, 401));
}

#[test]
fn administrators_of_the_cluster_may_do_everything() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_entra());
    let token = sign_in(&simulator, &client, ADMINISTRATOR);
    let bindings = "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings";

    let list = server.get(&token, NAMESPACES).status;
    let binding = server.get(&token, &format!("{bindings}/aks-cluster-admin-binding-aad"));

    assert_eq!((list, binding.status), (200, 200));
    assert_eq!(binding.json()["subjects"][0]["name"], ADMINISTRATORS);
}

#[test]
fn an_application_in_more_than_two_hundred_groups_is_refused() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &with_azure_rbac());
    let deployer = "a4e81b57-0c9d-4f32-86a1-d5b7c2e9f013";
    let developer = "b92e4d60-1f7a-4c83-95eb-28d0a6f5c714";
    for number in 0..201 {
        let group = format!("00000000-0000-0000-0000-{number:012}");
        simulator.put_principal(Principal {
            object_id: group.clone(),
            kind: PrincipalKind::Group,
            display_name: format!("group {number}"),
            ..Principal::default()
        });
        assert!(simulator.add_member(&group, deployer));
        assert!(simulator.add_member(&group, developer));
    }

    let application = server.get(&application(&client), NAMESPACES).status;
    let person = server.who_am_i(&sign_in(&simulator, &client, DEVELOPER));

    assert_eq!(application, 401);
    let groups = person["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 201 + 2, "{groups:?}");
}

#[test]
fn only_who_calls_from_an_authorized_range_gets_an_answer() {
    let (simulator, client) = start();
    let profile = json!({ "authorizedIPRanges": ["20.50.0.0/24"] });
    let ranges = json!({ "apiServerAccessProfile": profile });
    let server = start_cluster(&simulator, &client, &ranges);
    let admin = server.admin_token.clone();

    let inside = server.get(&admin, NAMESPACES).status;
    simulator.set_public_address("20.60.0.1".parse().unwrap());
    simulator.clear_journal();
    let outside = server.send(&admin, "GET", NAMESPACES, &[], None);
    let journal = simulator.journal();
    simulator.set_public_address("20.50.0.200".parse().unwrap());
    let back = server.get(&admin, NAMESPACES).status;

    assert_eq!((inside, outside.is_err(), back), (200, true, 200));
    let refused = journal.first().unwrap();
    assert_eq!(
        (refused.status, refused.fault.as_deref()),
        (None, Some("the caller's address is in no authorized range"))
    );
}

#[test]
fn a_private_cluster_does_not_answer() {
    let (simulator, client) = start();
    let server = start_cluster(&simulator, &client, &json!({}));
    let id = crate::client::cluster(&client);
    assert!(simulator.change(&id, |cluster| {
        cluster["properties"]["apiServerAccessProfile"]["enablePrivateCluster"] = json!(true);
    }));

    let answer = server.send(&server.admin_token, "GET", NAMESPACES, &[], None);

    assert!(answer.is_err());
}
