//! Secrets given by environment or file stay where they are: in no state, plan, log, command line
//! or message, whichever way the provider signs in. No access token shows up there either.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use p12_keystore::{KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use secureaks_simulator::{Action, Answer, Credential, Simulator};
use serde_json::json;

use crate::support::{
    Client, Workspace, any_client, assert_understood, azure, clients,
    trouble::{clusters, held, strike},
};

#[test]
fn a_client_secret_shows_nowhere() {
    for client in clients() {
        let azure = azure();
        let environment = azure.environment_with(Credential::Secret);

        leaves_no_trace(client, &azure, environment);
    }
}

#[test]
fn a_client_secret_in_a_file_shows_nowhere() {
    let azure = azure();
    let mut environment = azure.environment_with(Credential::Secret);
    let secret = environment.remove("ARM_CLIENT_SECRET").expect("a secret");
    let file = azure.directory().join("client-secret");
    fs::write(&file, format!("{secret}\n")).expect("written");
    environment.insert("ARM_CLIENT_SECRET_FILE_PATH".to_owned(), text(&file));

    leaves_no_trace(any_client(), &azure, environment);
}

#[test]
fn a_certificate_and_its_password_show_nowhere() {
    const PASSWORD: &str = "correct horse battery staple";
    let azure = azure();
    let mut environment = azure.environment_with(Credential::Certificate);
    let pem = environment
        .remove("ARM_CLIENT_CERTIFICATE_PATH")
        .expect("a path");
    let protected = pfx(&fs::read(pem).expect("the certificate"), PASSWORD);
    let file = azure.directory().join("client.pfx");
    fs::write(&file, &protected).expect("written");
    environment.insert(
        "ARM_CLIENT_CERTIFICATE_PASSWORD".to_owned(),
        PASSWORD.to_owned(),
    );
    let by_file = [("ARM_CLIENT_CERTIFICATE_PATH".to_owned(), text(&file))];
    let inline = [(
        "ARM_CLIENT_CERTIFICATE".to_owned(),
        STANDARD.encode(&protected),
    )];

    leaves_no_trace(
        any_client(),
        &azure,
        environment.clone().into_iter().chain(by_file).collect(),
    );
    leaves_no_trace(
        any_client(),
        &azure,
        environment.into_iter().chain(inline).collect(),
    );
}

#[test]
fn tokens_of_other_issuers_show_nowhere() {
    for credential in [
        Credential::OidcToken,
        Credential::GitHub,
        Credential::AzurePipelines,
        Credential::WorkloadIdentity,
        Credential::ManagedIdentity,
        Credential::Certificate,
    ] {
        println!("{credential:?}");
        let azure = azure();
        let environment = azure.environment_with(credential);

        leaves_no_trace(any_client(), &azure, environment);
    }
}

/// Fails to create a cluster, creates it, plans, and looks for the secrets in all that is left.
fn leaves_no_trace(client: &Client, azure: &Simulator, environment: BTreeMap<String, String>) {
    let secrets = secrets(&environment);
    assert!(
        !secrets.is_empty(),
        "which variable is the secret? {:?}",
        environment.keys()
    );
    let mut workspace = Workspace::of_cluster(client, azure);
    workspace.act_as(environment);
    let log = text(&workspace.path("trace.log"));
    workspace.set("TF_LOG", "TRACE").set("TF_LOG_PATH", &log);
    let refusal = Answer {
        code: 400,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: json!({ "code": "BadRequest", "message": "Not today." }),
    };
    strike(
        azure,
        "PUT",
        "/managedClusters/",
        1,
        1,
        Action::Status(refusal),
    );
    strike(azure, "PUT", "/managedClusters/", 2, 1, Action::HoldBefore);
    let apply = ["apply", "-auto-approve", "-input=false", "-no-color"];

    let refused = workspace
        .run(&apply)
        .fails_with(&["BadRequest", "Not today."]);
    let running = workspace.start(&apply);
    held(azure);
    let command_lines = command_lines(running.plugins());
    azure.release_held();
    let applied = running.finish().succeeds();
    let planned = workspace
        .run(&[
            "plan",
            "-input=false",
            "-no-color",
            "-var=node_count=4",
            "-out=plan.bin",
        ])
        .succeeds();
    let shown = workspace.run(&["show", "-json", "plan.bin"]).succeeds();

    let mut texts: BTreeMap<String, String> = workspace_files(&workspace);
    assert!(
        texts.keys().any(|name| name.ends_with("terraform.tfstate"))
            && texts.keys().any(|name| name.ends_with("trace.log")),
        "{:?}",
        texts.keys()
    );
    assert!(
        texts.iter().any(|(name, text)| name.ends_with("trace.log")
            && text.contains("Azure Resource Manager answered")),
        "the log has nothing of the provider's"
    );
    assert!(!command_lines.is_empty() && shown.text.contains("planned_values"));
    texts.insert("private state".to_owned(), workspace.private().to_string());
    for (name, text) in [
        ("failed apply", refused.text),
        ("apply", applied.text),
        ("plan", planned.text),
        ("plan as JSON", shown.text),
        ("command lines", command_lines),
    ] {
        texts.insert(name.to_owned(), text);
    }
    for (place, text) in &texts {
        for (variable, secret) in &secrets {
            assert!(!text.contains(secret.as_str()), "{variable} is in {place}");
        }
        assert_eq!(signed_token(text), None, "a token is in {place}");
    }
    workspace.destroy().succeeds();
    assert_eq!(clusters(azure), Vec::<String>::new());
    azure.clear_faults();
    assert_understood(azure);
}

/// The values that nobody else is to see, by the variable that gives them or names their file.
fn secrets(environment: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let words = ["SECRET", "PASSWORD", "HEADER", "TOKEN", "CERTIFICATE"];
    let secret = environment.iter().filter(|(name, _)| {
        words.iter().any(|word| name.contains(word))
            && !name.ends_with("_URL")
            && *name != "ARM_USE_OIDC"
    });
    secret
        .flat_map(|(name, value)| {
            let contents = if name.ends_with("_PATH") || name.ends_with("_FILE") {
                let bytes = fs::read(value).expect("the file");
                // Line by line: a key would be recognized by any line of it.
                String::from_utf8(bytes).unwrap_or_default()
            } else {
                value.clone()
            };
            let telling = |line: &&str| line.len() > 20 && !line.starts_with("-----");
            contents
                .lines()
                .filter(telling)
                .map(|line| (name.clone(), line.to_owned()))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// The command lines of processes and of those that started them.
fn command_lines(plugins: Vec<u32>) -> String {
    let lines = plugins.into_iter().flat_map(|plugin| {
        let parent = fs::read_to_string(format!("/proc/{plugin}/stat")).expect("a running plugin");
        let parent = parent
            .rsplit_once(')')
            .expect("a status")
            .1
            .split_whitespace()
            .nth(1)
            .expect("a parent")
            .to_owned();
        [plugin.to_string(), parent]
    });
    lines
        .map(|process| {
            fs::read_to_string(format!("/proc/{process}/cmdline")).expect("a running process")
        })
        .collect()
}

/// Every file a workspace holds, with what can be read in it.
pub(crate) fn workspace_files(workspace: &Workspace) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![workspace.path("")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = fs::read(&path).expect("a file");
                files.insert(text(&path), String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    files
}

/// The beginning of a signed token: header and claims are JSON in base64, which begins with `eyJ`.
pub(crate) fn signed_token(text: &str) -> Option<&str> {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    words.find(|word| {
        word.find("eyJ")
            .is_some_and(|start| word[start..].contains(".eyJ"))
    })
}

/// A PEM with certificate and key, as a file with a password.
fn pfx(pem: &[u8], password: &str) -> Vec<u8> {
    let certificate = CertificateDer::from_pem_slice(pem).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(pem).expect("a key");
    let certificate = p12_keystore::Certificate::from_der(&certificate).expect("a certificate");
    let key = PrivateKey::from_der(key.secret_der()).expect("a key");
    let mut store = KeyStore::new();
    store.add_entry(
        "client",
        KeyStoreEntry::PrivateKeyChain(PrivateKeyChain::new("id", key, [certificate])),
    );
    store.writer(password).write().expect("written")
}

fn text(path: &Path) -> String {
    PathBuf::from(path).display().to_string()
}

#[test]
fn a_signed_token_is_recognized_and_other_base64_is_not() {
    let token = "Bearer eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJ4In0.c2ln, sent";
    let private = r#""private": "eyJwZW5kaW5nIjoieCJ9""#;

    assert_eq!(
        signed_token(token),
        Some("eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJ4In0.c2ln")
    );
    assert_eq!(signed_token(private), None);
}
