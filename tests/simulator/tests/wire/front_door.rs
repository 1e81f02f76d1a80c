//! Resource Manager's front door: what it refuses, and what every answer carries.

use serde_json::json;

use crate::client::{GROUP, start};

#[test]
fn every_answer_carries_the_headers_of_the_front_door() {
    let (_simulator, client) = start();

    let answer = client.get(&client.id(GROUP));

    assert_eq!(answer.header("x-ms-correlation-request-id"), "correlation");
    assert_eq!(
        answer.header("content-type"),
        "application/json; charset=utf-8"
    );
    assert_eq!(answer.header("cache-control"), "no-cache");
    assert_eq!(
        answer.header("x-ms-ratelimit-remaining-subscription-reads"),
        "1099"
    );
    assert_eq!(answer.header("x-ms-request-id").len(), 36);
}

#[test]
fn requests_that_make_no_sense_are_refused_with_the_gateways_codes() {
    let (_simulator, client) = start();
    let group = client.id(GROUP);
    let vnet = format!("{group}/providers/Microsoft.Network/virtualNetworks/v");
    let other = "/subscriptions/00000000-1111-2222-3333-444444444444";
    let without = format!("{}{group}", client.arm());
    let future = format!("{without}?api-version=2099-01-01");
    let answers = [
        client.raw("GET", &without, None).unwrap(),
        client.raw("GET", &future, None).unwrap(),
        client.get(other),
        client.get("/subscriptions/nonsense"),
        client.get(&vnet.replace("rg-demo", "none")),
        client.get(&vnet),
        client.put(&vnet, json!({})),
        client.put(&vnet, json!({ "location": "atlantis" })),
    ];

    let seen = answers.map(|answer| {
        assert_eq!(answer.header("x-ms-failure-cause"), "gateway");
        (answer.status, answer.code())
    });

    let expected = [
        (400, "MissingApiVersionParameter"),
        (400, "InvalidApiVersionParameter"),
        (404, "SubscriptionNotFound"),
        (400, "InvalidSubscriptionId"),
        (404, "ResourceGroupNotFound"),
        (404, "ResourceNotFound"),
        (400, "LocationRequired"),
        (400, "LocationNotAvailableForResourceType"),
    ];
    assert_eq!(
        seen,
        expected.map(|(status, code)| (status, code.to_owned()))
    );
}

#[test]
fn a_body_that_is_no_json_is_refused() {
    let (_simulator, client) = start();
    let address = format!(
        "{}{}?api-version=2025-04-01",
        client.arm(),
        client.id(GROUP)
    );
    let authorization = format!("Bearer {}", client.token);

    let headers = [("authorization", authorization.as_str())];
    let answer = client
        .send("PUT", &address, &headers, Some("{".into()))
        .unwrap();

    assert_eq!(
        (answer.status, answer.code()),
        (400, "InvalidRequestContent".to_owned())
    );
}

#[test]
fn an_unknown_request_is_answered_501_and_remembered() {
    let (simulator, client) = start();
    let path = client.id(&format!("{GROUP}/providers/Microsoft.Web/sites/s"));

    let answer = client.get(&path);

    let message = format!("the simulator does not know GET {path}");
    assert_eq!(answer.status, 501);
    assert_eq!(
        answer.json(),
        json!({ "error": { "code": "NotSimulated", "message": message } })
    );
    assert_eq!(simulator.unknown_requests(), [format!("GET {path}")]);
}

#[test]
fn the_metadata_names_the_simulated_services() {
    let (_simulator, client) = start();

    let metadata = client.metadata();

    let address = format!("{}/metadata/endpoints?api-version=2015-01-01", client.arm());
    let short = client.send("GET", &address, &[], None).unwrap().json();
    let login = metadata["authentication"]["loginEndpoint"]
        .as_str()
        .unwrap();
    assert_eq!(metadata["resourceManager"], format!("{}/", client.arm()));
    assert_eq!(metadata["name"], "AzureCloud");
    assert_eq!(
        short["authentication"]["loginEndpoint"],
        format!("{login}/")
    );
}

#[test]
fn an_unregistered_provider_is_refused_until_registration_is_through() {
    let (simulator, client) = start();
    let provider = client.id("/providers/Microsoft.Network");
    let vnet = client.id(&format!(
        "{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
    ));
    let body = json!({ "location": "westeurope", "properties": {} });
    simulator.unregister_provider("microsoft.network");

    let refused = client.put(&vnet, body.clone());
    let read = client.get(&vnet);
    let started = client
        .call("POST", &format!("{provider}/register"), None)
        .json();
    simulator.advance(std::time::Duration::from_mins(1));
    let done = client.get(&provider).json();
    let accepted = client.put(&vnet, body);

    let text = "The subscription is not registered to use namespace 'Microsoft.Network'. See \
                https://aka.ms/rps-not-found for how to register subscriptions.";
    assert_eq!(refused.status, 409);
    assert_eq!(
        refused.json(),
        json!({ "error": {
            "code": "MissingSubscriptionRegistration",
            "message": text,
            "details": [{
                "code": "MissingSubscriptionRegistration",
                "target": "Microsoft.Network",
                "message": text,
            }],
        } })
    );
    assert_eq!(read.code(), "ResourceNotFound");
    assert_eq!(started["registrationState"], "Registering");
    assert_eq!(done["registrationState"], "Registered");
    assert_eq!(accepted.status, 201);
}

#[test]
fn a_denying_policy_is_told_with_its_assignment() {
    let (simulator, client) = start();
    let vnet = client.id(&format!(
        "{GROUP}/providers/Microsoft.Network/virtualNetworks/v"
    ));
    simulator.deny_policy(Some(secureaks_simulator::PolicyDenial {
        resource_type: "Microsoft.Network/virtualNetworks".into(),
        assignment: "no-networks".into(),
        definition: "deny-type".into(),
    }));

    let denied = client.put(&vnet, json!({ "location": "westeurope" }));
    simulator.deny_policy(None);
    let allowed = client.put(&vnet, json!({ "location": "westeurope" }));

    let error = &denied.json()["error"];
    let info = &error["additionalInfo"][0];
    assert_eq!((denied.status, allowed.status), (403, 201));
    assert_eq!(
        (&error["code"], &error["target"]),
        (&json!("RequestDisallowedByPolicy"), &json!("v"))
    );
    assert_eq!(info["type"], "PolicyViolation");
    assert_eq!(info["info"]["policyAssignmentName"], "no-networks");
}

/// azurerm's `azurerm_extended_locations` reads the list so.
#[test]
fn extended_locations_are_listed_where_they_are_asked_for() {
    let (_simulator, client) = start();
    let path = client.id("/locations");
    let zones = |path: &str| {
        let all = client.get(path).json()["value"].as_array().unwrap().clone();
        let zones = all.into_iter().filter(|one| one["type"] == "EdgeZone");
        zones
            .map(|one| json!([one["name"], one["metadata"]["homeLocation"]]))
            .collect::<Vec<_>>()
    };

    let asked = zones(&format!("{path}?includeExtendedLocations=true"));
    let plain = zones(&path);

    assert_eq!(asked, [json!(["microsoftlosangeles1", "westus"])]);
    assert_eq!(plain, [] as [serde_json::Value; 0]);
}
