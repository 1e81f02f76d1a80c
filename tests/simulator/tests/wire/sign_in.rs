//! Signing in: every way that works, and what is said about those that do not.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secureaks_simulator::{Credential, Options};
use serde_json::{Value, json};

use crate::client::{Answer, Client, GROUP, start, start_with};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Status, `error`, and the number the description begins with.
fn refusal(answer: &Answer) -> (u16, String, u64) {
    let body = answer.json();
    let number = body["error_codes"][0].as_u64().unwrap();
    let description = body["error_description"].as_str().unwrap().to_owned();
    assert!(
        description.starts_with(&format!("AADSTS{number}: ")),
        "{description}"
    );
    assert!(description.contains("Trace ID: "), "{description}");
    (
        answer.status,
        body["error"].as_str().unwrap().to_owned(),
        number,
    )
}

#[test]
fn a_token_says_whom_it_names_and_what_it_is_for() {
    let (_simulator, client) = start();

    let claims = claims(&client.token);

    let tenant = client.variable("ARM_TENANT_ID");
    let named = |name: &str| claims[name].as_str().unwrap_or_default().to_owned();
    assert_eq!(named("aud"), "https://management.azure.com");
    assert_eq!(named("iss"), format!("https://sts.windows.net/{tenant}/"));
    assert_eq!(named("appid"), client.variable("ARM_CLIENT_ID"));
    assert_eq!(
        (named("tid"), named("idtyp")),
        (tenant.to_owned(), "app".to_owned())
    );
    assert_eq!(client.get(&client.id(GROUP)).status, 200);
}

#[test]
fn refused_sign_ins_say_why() {
    let (_simulator, client) = start();
    let tenant = client.variable("ARM_TENANT_ID");
    let secret = ("client_secret", client.variable("ARM_CLIENT_SECRET"));
    let unknown = "00000000-1111-2222-3333-444444444444";
    let refused =
        |tenant: &str, fields: &[(&str, &str)]| refusal(&client.ask_token(tenant, fields));
    let with_secret = |tenant: &str, field: (&str, &str)| refused(tenant, &[secret, field]);

    let seen = [
        refused(tenant, &[("client_secret", "wrong")]),
        refused(tenant, &[]),
        with_secret(tenant, ("client_id", unknown)),
        with_secret(tenant, ("client_id", "")),
        with_secret(tenant, ("scope", "a b")),
        with_secret(tenant, ("scope", "api://x/.default")),
        with_secret(tenant, ("grant_type", "magic")),
        with_secret(unknown, secret),
        with_secret("nonsense", secret),
    ];

    let expected = [
        (401, "invalid_client", 7_000_215),
        (401, "invalid_client", 7_000_218),
        (400, "unauthorized_client", 700_016),
        (400, "invalid_request", 900_144),
        (400, "invalid_scope", 70011),
        (400, "invalid_resource", 500_011),
        (400, "unsupported_grant_type", 70003),
        (400, "invalid_request", 90002),
        (400, "invalid_request", 900_023),
    ];
    assert_eq!(
        seen,
        expected.map(|(status, error, number)| (status, error.to_owned(), number))
    );
}

#[test]
fn a_registered_certificate_signs_in_and_another_does_not() {
    let (simulator, client) = start();
    let path =
        simulator.environment_with(Credential::Certificate)["ARM_CLIENT_CERTIFICATE_PATH"].clone();
    let text = std::fs::read_to_string(path).unwrap();
    let key = text
        .get(text.find("-----BEGIN PRIVATE KEY").unwrap()..)
        .unwrap();
    let key = EncodingKey::from_rsa_pem(key.as_bytes()).unwrap();
    let certificate = text.split("-----").nth(2).unwrap().replace('\n', "");
    let der = base64::engine::general_purpose::STANDARD
        .decode(certificate)
        .unwrap();
    let thumbprint = |algorithm| URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(algorithm, &der));
    let tenant = client.variable("ARM_TENANT_ID");
    let ask = |header: Header| {
        let id = client.variable("ARM_CLIENT_ID");
        let claims = json!({ "iss": id, "sub": id, "aud": "x", "exp": 4_000_000_000.5 });
        let assertion = jsonwebtoken::encode(&header, &claims, &key).unwrap();
        let fields = [
            ("client_assertion", assertion.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
        ];
        client.ask_token(tenant, &fields)
    };
    let mut by_sha256 = Header::new(Algorithm::PS256);
    by_sha256.x5t_s256 = Some(thumbprint(&aws_lc_rs::digest::SHA256));
    let mut by_sha1 = Header::new(Algorithm::RS256);
    let sha1 = thumbprint(&aws_lc_rs::digest::SHA1_FOR_LEGACY_USE_ONLY);
    by_sha1.x5t = Some(format!("{sha1}="));
    let mut other = Header::new(Algorithm::RS256);
    other.x5t = Some("other".to_owned());

    let registered = [by_sha256, by_sha1].map(|header| ask(header).status);
    let other = ask(other);

    assert_eq!(registered, [200, 200]);
    assert_eq!(refusal(&other), (401, "invalid_client".to_owned(), 700_027));
}

#[test]
fn pipelines_and_workloads_sign_in_with_their_own_tokens() {
    let (simulator, client) = start();
    let github = simulator.environment_with(Credential::GitHub);
    let pipelines = simulator.environment_with(Credential::AzurePipelines);
    let bearer = format!("Bearer {}", github["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]);
    let from_github = format!(
        "{}&audience=api://AzureADTokenExchange",
        github["ACTIONS_ID_TOKEN_REQUEST_URL"]
    );
    let authorization = [("authorization", bearer.as_str())];
    // As on the web: clients send the request token over TLS only.
    assert!(from_github.starts_with("https://"));
    assert!(pipelines["SYSTEM_OIDCREQUESTURI"].starts_with("https://"));
    let file =
        &simulator.environment_with(Credential::WorkloadIdentity)["AZURE_FEDERATED_TOKEN_FILE"];
    let tenant = client.variable("ARM_TENANT_ID");

    let github = client
        .send("GET", &from_github, &authorization, None)
        .unwrap()
        .json();
    let uri = &pipelines["SYSTEM_OIDCREQUESTURI"];
    let pipelines = client
        .send("POST", uri, &authorization, None)
        .unwrap()
        .json();
    let tokens = [
        github["value"].as_str().unwrap().to_owned(),
        pipelines["oidcToken"].as_str().unwrap().to_owned(),
        std::fs::read_to_string(file).unwrap(),
        simulator.environment_with(Credential::OidcToken)["ARM_OIDC_TOKEN"].clone(),
    ];

    for token in tokens {
        let fields = [
            ("client_assertion", token.as_str()),
            ("client_assertion_type", ASSERTION_TYPE),
        ];
        assert_eq!(client.ask_token(tenant, &fields).status, 200);
    }
}

#[test]
fn a_foreign_token_must_match_issuer_audience_and_subject() {
    let (simulator, client) = start();
    let github = simulator.environment_with(Credential::GitHub);
    let bearer = format!("Bearer {}", github["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]);
    let address = format!(
        "{}&audience=api://elsewhere",
        github["ACTIONS_ID_TOKEN_REQUEST_URL"]
    );
    let authorization = [("authorization", bearer.as_str())];
    let foreign = client
        .send("GET", &address, &authorization, None)
        .unwrap()
        .json();
    let token = foreign["value"].as_str().unwrap();

    let answer = client.ask_token(
        client.variable("ARM_TENANT_ID"),
        &[("client_assertion", token)],
    );

    assert_eq!(
        refusal(&answer),
        (400, "invalid_request".to_owned(), 700_212)
    );
}

#[test]
fn a_machine_gets_tokens_by_its_header() {
    let (simulator, mut client) = start();
    let machine = simulator.environment_with(Credential::ManagedIdentity);
    let address = format!(
        "{}?api-version=2019-08-01&resource=https://management.azure.com/",
        machine["IDENTITY_ENDPOINT"]
    );
    let header = [("x-identity-header", machine["IDENTITY_HEADER"].as_str())];

    let refused = client.send("GET", &address, &[], None).unwrap();
    let answer = client.send("GET", &address, &header, None).unwrap();

    assert_eq!((refused.status, answer.status), (401, 200));
    client.token = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(client.get(&client.id(GROUP)).status, 200);
}

#[test]
fn a_device_code_becomes_a_token_once_a_user_approves_it() {
    let (simulator, mut client) = start();
    let tenant = client.variable("ARM_TENANT_ID").to_owned();
    let start = format!("{}/{tenant}/oauth2/v2.0/devicecode", client.login());
    let scope = "https://management.azure.com/.default openid";
    let form = BTreeMap::from([("client_id", "any"), ("scope", scope)]);
    let code = client.form(&start, form).json();
    let redeem = |client: &Client| {
        let code = code["device_code"].as_str().unwrap();
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", code),
        ];
        client.ask_token(&tenant, &fields)
    };

    let pending = redeem(&client);
    let user = "ada@simulated.onmicrosoft.com";
    assert!(simulator.approve_device_code(code["user_code"].as_str().unwrap(), user));
    let approved = redeem(&client).json();
    let again = redeem(&client);

    assert_eq!(
        refusal(&pending),
        (400, "authorization_pending".to_owned(), 70016)
    );
    assert_eq!(refusal(&again), (400, "expired_token".to_owned(), 70020));
    client.token = approved["access_token"].as_str().unwrap().to_owned();
    let claims = claims(&client.token);
    assert_eq!(
        (claims["upn"].as_str(), claims["idtyp"].as_str()),
        (Some(user), Some("user"))
    );
    assert_eq!(
        claims["groups"],
        json!(["f05c8e3a-97b4-4d16-8c2f-e6a1d9b07345"])
    );
    assert_eq!(client.get(&client.id(GROUP)).status, 200);
    assert!(approved["id_token"].is_string());
}

#[test]
fn a_persons_token_says_where_the_person_signed_in_from_and_an_applications_does_not() {
    let (simulator, client) = start();
    let tenant = client.variable("ARM_TENANT_ID").to_owned();
    let start = format!("{}/{tenant}/oauth2/v2.0/devicecode", client.login());
    let form = BTreeMap::from([
        ("client_id", "any"),
        ("scope", "https://management.azure.com/.default"),
    ]);
    let address = || {
        let code = client.form(&start, form.clone()).json();
        let text = |name: &str| code[name].as_str().unwrap().to_owned();
        assert!(simulator.approve_device_code(&text("user_code"), "dev@simulated.onmicrosoft.com"));
        let device = text("device_code");
        let fields = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", device.as_str()),
        ];
        let token = client.ask_token(&tenant, &fields).json();
        claims(token["access_token"].as_str().unwrap())["ipaddr"].clone()
    };

    let first = address();
    simulator.set_public_address("20.60.0.9".parse().unwrap());
    let moved = address();

    assert_eq!((first, moved), (json!("20.50.0.4"), json!("20.60.0.9")));
    assert_eq!(claims(&client.token).get("ipaddr"), None);
}

#[test]
fn resource_manager_refuses_tokens_that_are_not_for_it() {
    let (simulator, mut client) = start_with(Options {
        speed: 0.001,
        short_tokens: Some(Duration::from_secs(30)),
        ..Options::default()
    });
    let path = client.id(GROUP);
    let good = client.token.clone();

    client.token = client.token_for("https://graph.microsoft.com/.default");
    let audience = client.get(&path);
    client.token = format!("{good}x");
    let broken = client.get(&path);
    client.token = good;
    simulator.advance(Duration::from_secs(31));
    let expired = client.get(&path);
    let address = format!("{}{path}?api-version=2025-04-01", client.arm());
    let missing = client.send("GET", &address, &[], None).unwrap();

    let seen = [audience, broken, expired, missing].map(|answer| {
        let challenge = answer.header("www-authenticate").to_owned();
        let place = format!("Bearer authorization_uri=\"{}/", client.login());
        assert!(challenge.starts_with(&place), "{challenge}");
        (answer.status, answer.code())
    });
    let codes = [
        "InvalidAuthenticationTokenAudience",
        "InvalidAuthenticationToken",
        "ExpiredAuthenticationToken",
        "AuthenticationFailed",
    ];
    assert_eq!(seen, codes.map(|code| (401, code.to_owned())));
}

#[test]
fn discovery_leads_to_the_keys_that_check_tokens() {
    let (_simulator, client) = start();
    let tenant = client.variable("ARM_TENANT_ID");
    let address = format!(
        "{}/{tenant}/v2.0/.well-known/openid-configuration",
        client.login()
    );

    let openid = client.send("GET", &address, &[], None).unwrap().json();
    let keys = client
        .send("GET", openid["jwks_uri"].as_str().unwrap(), &[], None)
        .unwrap()
        .json();

    let jwk = serde_json::from_value(keys["keys"][0].clone()).unwrap();
    let key = jsonwebtoken::DecodingKey::from_jwk(&jwk).unwrap();
    let mut validation = jsonwebtoken::Validation::new(Algorithm::RS256);
    validation.set_audience(&["https://management.azure.com"]);
    let token = jsonwebtoken::decode::<Value>(&client.token, &key, &validation).unwrap();
    assert_eq!(token.claims["appid"], client.variable("ARM_CLIENT_ID"));
    assert_eq!(
        openid["issuer"],
        format!("{}/{tenant}/v2.0", client.login())
    );
}
