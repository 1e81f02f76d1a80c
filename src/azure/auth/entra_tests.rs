//! Tests of signing in as an application: tokens for all three audiences, asked for with the right words.

use serde_json::json;

use super::*;
use crate::azure::cloud::{Cloud, CloudSource};
use crate::azure::scripted::{Answer, Scripted, Sent};

pub(super) const ALL: [Audience; 3] = [
    Audience::ResourceManager,
    Audience::Graph,
    Audience::AksServer,
];
pub(super) const SCOPES: [&str; 3] = [
    "https://management.azure.com/.default",
    "https://graph.microsoft.com/.default",
    "6dae42f8-4368-4678-94ff-3960e28e3630/.default",
];
const TOKEN_URL: &str = "POST https://login.microsoftonline.com/tenant/oauth2/v2.0/token";

/// The SDK computes a token's end from the machine's clock, so these tests begin at its time.
pub(super) fn network(answers: impl IntoIterator<Item = Answer>) -> Scripted {
    Scripted::at(Timestamp::now(), answers)
}

fn entra(settings: Settings) -> Settings {
    Settings {
        tenant_id: Some("tenant".into()),
        client_id: Some("client".into()),
        ..settings
    }
}

fn token(text: &str) -> Answer {
    Answer::json(
        200,
        &json!({"token_type": "Bearer", "expires_in": 3600, "ext_expires_in": 3600, "access_token": text}),
    )
}

pub(super) fn credential(
    settings: &Settings,
    scripted: &Scripted,
) -> Result<Credential, AuthError> {
    settings.credential(&CloudSource::known(Cloud::public()), &scripted.wire())
}

/// A token for each audience, each asked for twice.
pub(super) async fn tokens(
    settings: &Settings,
    scripted: &Scripted,
) -> Result<Vec<String>, AuthError> {
    let credential = credential(settings, scripted)?;
    let mut texts = Vec::new();
    for audience in ALL {
        let first = scripted.clock.drive(credential.token(audience)).await?;
        assert_eq!(first, credential.token(audience).await?);
        texts.push(first.secret.expose().to_owned());
    }
    Ok(texts)
}

/// The form a token was asked for with, without the assertion.
fn form(sent: &Sent) -> (String, BTreeMap<String, String>) {
    let fields = url::form_urlencoded::parse(sent.body.as_bytes());
    (
        sent.line.clone(),
        fields
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect(),
    )
}

fn fields(fields: &[(&str, &str)], scope: &str) -> (String, BTreeMap<String, String>) {
    let common = [
        ("client_id", "client"),
        ("grant_type", "client_credentials"),
        ("scope", scope),
    ];
    let all = common.iter().chain(fields);
    (
        TOKEN_URL.into(),
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    )
}

const ASSERTION_TYPE: (&str, &str) = (
    "client_assertion_type",
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
);

#[tokio::test]
async fn a_client_secret_signs_in() {
    let settings = entra(Settings {
        client_secret: Some(Secret::new("s3cr3t")),
        ..Settings::default()
    });
    let scripted = network(["arm", "graph", "aks"].map(token));

    let texts = tokens(&settings, &scripted).await.unwrap();

    let forms: Vec<_> = scripted.requests().iter().map(form).collect();
    assert_eq!(texts, ["arm", "graph", "aks"]);
    assert_eq!(
        forms,
        SCOPES.map(|scope| fields(&[("client_secret", "s3cr3t")], scope))
    );
}

#[tokio::test]
async fn a_client_certificate_signs_in() {
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_RSA_SHA256).unwrap();
    let parameters = rcgen::CertificateParams::new(["app".into()]).unwrap();
    let pem = parameters.self_signed(&key).unwrap().pem() + &key.serialize_pem();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), pem).unwrap();
    let path = Some(file.path().to_owned());
    let settings = entra(Settings {
        client_certificate_path: path,
        ..Settings::default()
    });
    let scripted = network(["arm", "graph", "aks"].map(token));

    let texts = tokens(&settings, &scripted).await.unwrap();

    let mut forms: Vec<_> = scripted.requests().iter().map(form).collect();
    let statements: std::collections::BTreeSet<_> = forms
        .iter_mut()
        .map(|(_, fields)| fields.remove("client_assertion"))
        .collect();
    assert_eq!(texts, ["arm", "graph", "aks"]);
    assert_eq!(forms, SCOPES.map(|scope| fields(&[ASSERTION_TYPE], scope)));
    assert_eq!((statements.len(), statements.contains(&None)), (3, false));
}

#[tokio::test]
async fn a_given_oidc_token_signs_in() {
    let settings = entra(Settings {
        use_oidc: true,
        oidc_token: Some(Secret::new("jwt")),
        ..Settings::default()
    });
    let scripted = network(["arm", "graph", "aks"].map(token));

    let texts = tokens(&settings, &scripted).await.unwrap();

    let forms: Vec<_> = scripted.requests().iter().map(form).collect();
    assert_eq!(texts, ["arm", "graph", "aks"]);
    assert_eq!(
        forms,
        SCOPES.map(|scope| fields(&[("client_assertion", "jwt"), ASSERTION_TYPE], scope))
    );
}

#[tokio::test]
async fn a_token_file_is_read_anew_for_each_token() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "first\n").unwrap();
    let path = Some(file.path().to_owned());
    let settings = entra(Settings {
        use_oidc: true,
        oidc_token_file: path,
        ..Settings::default()
    });
    let scripted = network(["arm", "graph"].map(token));
    let credential = credential(&settings, &scripted).unwrap();

    credential.token(Audience::ResourceManager).await.unwrap();
    std::fs::write(file.path(), "second\n").unwrap();
    credential.token(Audience::Graph).await.unwrap();

    let assertions: Vec<String> = scripted
        .requests()
        .iter()
        .map(|sent| form(sent).1["client_assertion"].clone())
        .collect();
    assert_eq!(assertions, ["first", "second"]);
}

#[tokio::test]
async fn a_pod_signs_in_with_its_service_account() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), "service-account").unwrap();
    let path = Some(file.path().to_owned());
    let settings = entra(Settings {
        use_aks_workload_identity: true,
        federated_token_file: path,
        ..Settings::default()
    });
    let scripted = network(["arm", "graph", "aks"].map(token));

    let texts = tokens(&settings, &scripted).await.unwrap();

    let forms: Vec<_> = scripted.requests().iter().map(form).collect();
    assert_eq!(texts, ["arm", "graph", "aks"]);
    assert_eq!(
        forms,
        SCOPES.map(|scope| fields(
            &[("client_assertion", "service-account"), ASSERTION_TYPE],
            scope
        ))
    );
}

/// What a build service is asked with: the address and the headers that matter.
pub(super) fn asked(sent: &Sent, headers: &[&str]) -> (String, Vec<Option<String>>) {
    (
        sent.line.clone(),
        headers
            .iter()
            .map(|name| sent.headers.get(*name).cloned())
            .collect(),
    )
}

#[tokio::test]
async fn a_github_job_signs_in() {
    let settings = entra(Settings {
        use_oidc: true,
        oidc_request_url: Some("https://actions.example/token?job=1".into()),
        oidc_request_token: Some(Secret::new("job-token")),
        ..Settings::default()
    });
    let issued = |text: &str| Answer::json(200, &json!({"count": 1, "value": text}));
    let answers = [
        issued("jwt-1"),
        token("arm"),
        issued("jwt-2"),
        token("graph"),
        issued("jwt-3"),
        token("aks"),
    ];
    let scripted = network(answers);

    let texts = tokens(&settings, &scripted).await.unwrap();

    let requests = scripted.requests();
    let line = "GET https://actions.example/token?job=1&audience=api%3A%2F%2FAzureADTokenExchange";
    assert_eq!(texts, ["arm", "graph", "aks"]);
    assert_eq!(
        asked(&requests[0], &["authorization"]),
        (line.into(), vec![Some("Bearer job-token".into())])
    );
    assert_eq!(
        form(&requests[3]),
        fields(&[("client_assertion", "jwt-2"), ASSERTION_TYPE], SCOPES[1])
    );
}

#[tokio::test]
async fn an_azure_devops_job_signs_in() {
    let settings = entra(Settings {
        use_oidc: true,
        azure_devops_request_uri: Some("https://dev.example/oidctoken".into()),
        azure_devops_access_token: Some(Secret::new("job-token")),
        azure_devops_service_connection_id: Some("connection".into()),
        ..Settings::default()
    });
    let issued = |text: &str| Answer::json(200, &json!({"oidcToken": text}));
    let answers = [
        issued("jwt-1"),
        token("arm"),
        issued("jwt-2"),
        token("graph"),
        issued("jwt-3"),
        token("aks"),
    ];
    let scripted = network(answers);

    let texts = tokens(&settings, &scripted).await.unwrap();

    let requests = scripted.requests();
    let line = "POST https://dev.example/oidctoken?api-version=7.1&serviceConnectionId=connection";
    let headers = vec![
        Some("Bearer job-token".to_owned()),
        Some("Suppress".to_owned()),
    ];
    assert_eq!(texts, ["arm", "graph", "aks"]);
    assert_eq!(
        asked(&requests[0], &["authorization", "x-tfs-fedauthredirect"]),
        (line.into(), headers)
    );
    assert_eq!(
        form(&requests[5]),
        fields(&[("client_assertion", "jwt-3"), ASSERTION_TYPE], SCOPES[2])
    );
}

#[test]
fn settings_that_choose_nothing_or_half_are_refused() {
    let scripted = network([]);
    let half = Settings {
        client_secret: Some(Secret::new("s")),
        client_id: Some("c".into()),
        ..Settings::default()
    };
    let odd = Settings {
        tenant_id: Some("no/tenant".into()),
        ..half.clone()
    };

    let refused = [Settings::default(), half, odd]
        .map(|settings| credential(&settings, &scripted).unwrap_err());

    let reason = "\"no/tenant\" is neither a tenant's id nor one of its domains".to_owned();
    assert_eq!(
        refused,
        [
            AuthError::Nothing { cli: None },
            AuthError::Missing {
                method: "a client secret",
                setting: "ARM_TENANT_ID"
            },
            AuthError::Invalid {
                setting: "ARM_TENANT_ID",
                reason
            },
        ]
    );
}

#[test]
fn a_client_secret_comes_before_the_azure_cli_and_after_a_certificate() {
    let scripted = network([]);
    let wire = scripted.wire();
    let secret = Secret::new("s");
    let all = entra(Settings {
        client_secret: Some(secret),
        use_cli: true,
        use_managed_identity: true,
        ..Settings::default()
    });
    let certificate = Settings {
        client_certificate: Some(Secret::new("x")),
        ..all.clone()
    };

    let chosen = [all, certificate].map(|settings| {
        let credential = settings
            .credential(&CloudSource::known(Cloud::public()), &wire)
            .unwrap();
        let text = format!("{:?}", credential.0.source);
        ["proof: Secret", "proof: Certificate"].map(|proof| text.contains(proof))
    });

    assert_eq!(chosen, [[true, false], [false, true]]);
}

#[tokio::test]
async fn entras_refusal_names_the_setting() {
    let settings = entra(Settings {
        client_secret: Some(Secret::new("s3cr3t")),
        ..Settings::default()
    });
    let refusal = json!({
        "error": "invalid_client",
        "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: t-1\r\nCorrelation ID: c-1",
        "error_codes": [7_000_215]
    });
    let scripted = network([Answer::json(401, &refusal)]);

    let error = credential(&settings, &scripted)
        .unwrap()
        .token(Audience::Graph)
        .await
        .unwrap_err();

    let reason = "the client secret is wrong; it must be the secret's value, not its id".to_owned();
    let setting = Some("ARM_CLIENT_SECRET");
    assert_eq!(
        error,
        AuthError::Refused {
            code: Some(7_000_215),
            reason,
            setting,
            trace: Some("t-1".into())
        }
    );
}

#[tokio::test]
async fn an_outage_of_entra_is_retried() {
    let settings = entra(Settings {
        client_secret: Some(Secret::new("s3cr3t")),
        ..Settings::default()
    });
    let scripted = network([
        Answer::text(503, "<html></html>"),
        Answer::Drop,
        token("arm"),
    ]);
    let credential = credential(&settings, &scripted).unwrap();

    let token = scripted
        .clock
        .drive(credential.token(Audience::ResourceManager))
        .await
        .unwrap();

    assert_eq!(
        (token.secret, scripted.lines().len()),
        (Secret::new("arm"), 3)
    );
}

#[tokio::test]
async fn an_unreachable_entra_is_told_by_its_cause() {
    let settings = entra(Settings {
        client_secret: Some(Secret::new("s3cr3t")),
        ..Settings::default()
    });
    let scripted = network((0..4).map(|_| Answer::Refuse("no such host")));
    let credential = credential(&settings, &scripted).unwrap();

    let error = scripted
        .clock
        .drive(credential.token(Audience::ResourceManager))
        .await
        .unwrap_err();

    assert_eq!(
        error.to_string(),
        "Microsoft Entra gave no token: no such host"
    );
}
