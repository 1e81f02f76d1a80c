//! Tests of signing in as the machine and with the Azure CLI, for all three audiences.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::entra_tests::{ALL, SCOPES, asked, credential, network, tokens};
use super::*;
use crate::azure::scripted::{Answer, Scripted};

const RESOURCES: [&str; 3] = [
    "https://management.azure.com",
    "https://graph.microsoft.com",
    "6dae42f8-4368-4678-94ff-3960e28e3630",
];
/// The machine's answer; `expires_on` comes as text from some versions.
fn machine_token(text: &str, expires_on: &Value) -> Answer {
    Answer::json(
        200,
        &json!({"access_token": text, "expires_on": expires_on, "token_type": "Bearer"}),
    )
}

fn machine_answers(scripted_at: Timestamp) -> [Answer; 3] {
    let end = scripted_at.as_second() + 3600;
    [
        machine_token("arm", &json!(end)),
        machine_token("graph", &json!(end.to_string())),
        machine_token("aks", &json!(end)),
    ]
}

#[tokio::test]
async fn a_virtual_machine_signs_in_as_a_user_assigned_identity() {
    let settings = Settings {
        use_managed_identity: true,
        client_id: Some("client".into()),
        ..Settings::default()
    };
    let now = Timestamp::now();
    let scripted = Scripted::at(now, machine_answers(now));

    let texts = tokens(&settings, &scripted).await.unwrap();

    let asked: Vec<_> = scripted
        .requests()
        .iter()
        .map(|sent| asked(sent, &["metadata"]))
        .collect();
    let expected = RESOURCES.map(|resource| {
        let resource: String = url::form_urlencoded::byte_serialize(resource.as_bytes()).collect();
        let line = format!(
            "GET http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource={resource}&client_id=client"
        );
        (line, vec![Some("true".to_owned())])
    });
    assert_eq!(
        (texts, asked),
        (
            vec!["arm".to_owned(), "graph".into(), "aks".into()],
            expected.to_vec()
        )
    );
}

#[tokio::test]
async fn app_service_signs_in_with_its_header() {
    let settings = Settings {
        use_managed_identity: true,
        identity_endpoint: Some("http://127.0.0.1:41001/token".into()),
        identity_header: Some(Secret::new("header")),
        ..Settings::default()
    };
    let now = Timestamp::now();
    let scripted = Scripted::at(now, machine_answers(now));

    tokens(&settings, &scripted).await.unwrap();

    let line = "GET http://127.0.0.1:41001/token?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com";
    let first = asked(&scripted.requests()[0], &["metadata", "x-identity-header"]);
    assert_eq!(first, (line.into(), vec![None, Some("header".into())]));
}

#[test]
fn an_endpoint_that_others_could_listen_to_is_refused() {
    let scripted = network([]);
    let at = |address: &str, own: bool| {
        let address = Some(address.to_owned());
        let settings = Settings {
            use_managed_identity: true,
            identity_endpoint: address.clone().filter(|_| !own),
            managed_identity_endpoint: address.filter(|_| own),
            identity_header: Some(Secret::new("header")),
            ..Settings::default()
        };
        credential(&settings, &scripted).err()
    };

    let refused = [
        at("http://attacker.example/token?code=1", false),
        at("http://10.0.0.4/token", true),
        at("ftp://127.0.0.1/token", false),
        at("https://10.0.0.4:2377/token", false),
        at("http://169.254.128.1:2377/token", false),
    ];

    let told = |setting, address: &str| {
        Some(AuthError::Invalid {
            setting,
            reason: format!(
                "{address} is neither encrypted nor this machine's own, so that others could read the identity's token. Expected an https address, or an http one on loopback (127.0.0.0/8, ::1, localhost) or link-local (169.254.0.0/16, fe80::/10). Correct it, or unset it where Azure's own default is meant"
            ),
        })
    };
    assert_eq!(
        refused,
        [
            told("IDENTITY_ENDPOINT", "http://attacker.example"),
            told("ARM_MSI_ENDPOINT", "http://10.0.0.4"),
            told("IDENTITY_ENDPOINT", "ftp://127.0.0.1"),
            None,
            None,
        ]
    );
}

/// A folder with an `az` that behaves as `script` says and writes its arguments to `log`.
#[cfg(unix)]
fn fake_az(script: &str) -> (tempfile::TempDir, PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let path = folder.path().join("az");
    std::fs::write(
        &path,
        format!("#!/bin/sh\necho \"$@\" >>'{}'\n{script}\n", log.display()),
    )
    .unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    (folder, log)
}

#[cfg(unix)]
fn cli(folder: &tempfile::TempDir) -> Settings {
    Settings {
        use_cli: true,
        search_path: Some(folder.path().as_os_str().to_owned()),
        ..Settings::default()
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_azure_cli_is_asked_once_for_each_audience() {
    let answer = json!({"accessToken": "from-az", "expires_on": Timestamp::now().as_second() + 3600, "tokenType": "Bearer"});
    let (folder, log) = fake_az(&format!("echo '{answer}'"));
    let settings = Settings {
        tenant_id: Some("tenant".into()),
        ..cli(&folder)
    };
    let scripted = network([]);
    let credential = credential(&settings, &scripted).unwrap();

    for audience in [ALL, ALL].into_iter().flatten() {
        assert_eq!(
            credential.token(audience).await.unwrap().secret,
            Secret::new("from-az")
        );
    }

    let lines = SCOPES
        .map(|scope| format!("account get-access-token -o json --scope {scope} --tenant tenant\n"));
    assert_eq!(std::fs::read_to_string(log).unwrap(), lines.concat());
}

#[cfg(unix)]
#[tokio::test]
async fn a_cli_that_is_signed_out_says_so() {
    let (folder, _) =
        fake_az("echo \"ERROR: Please run 'az login' to setup account.\" >&2\nexit 1");
    let scripted = network([]);

    let result = credential(&cli(&folder), &scripted)
        .unwrap()
        .token(Audience::Graph)
        .await;

    assert_eq!(
        result,
        Err(AuthError::Cli {
            reason: "Please run 'az login' to setup account".into()
        })
    );
}

#[cfg(unix)]
#[test]
fn without_a_cli_the_ways_to_sign_in_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let scripted = network([]);

    let refused = credential(&cli(&folder), &scripted).unwrap_err();

    assert_eq!(
        refused,
        AuthError::Nothing {
            cli: Some("`az` is not found on PATH".into())
        }
    );
}
