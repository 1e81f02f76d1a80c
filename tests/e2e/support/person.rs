//! Somebody of the simulated directory who signs in by hand and talks to an API server.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
};

use secureaks_simulator::Simulator;
use serde_json::Value;

/// A person's token for API servers, got as kubectl gets it: from the provider's binary, with a code that the
/// person enters elsewhere.
pub(crate) fn token_of(azure: &Simulator, user: &str) -> String {
    let cache = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(env!("CARGO_BIN_EXE_terraform-provider-secureaks"))
        .args(["credential", "--login", "devicecode"])
        .env_clear()
        .envs(azure.environment())
        .env("HOME", cache.path())
        .env("XDG_CACHE_HOME", cache.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let stderr = BufReader::new(child.stderr.take().expect("its standard error"));
    let code = stderr
        .lines()
        .map_while(Result::ok)
        .find_map(|line| line.split_whitespace().find_map(code))
        .expect("a code to enter");
    assert!(azure.approve_device_code(&code, user), "{user} exists");
    let mut printed = String::new();
    child
        .stdout
        .take()
        .expect("its standard output")
        .read_to_string(&mut printed)
        .expect("text");
    assert!(child.wait().expect("it ends").success());
    token(&printed)
}

/// A token for API servers of whoever `environment` signs in.
pub(crate) fn token_in(environment: &BTreeMap<String, String>) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_terraform-provider-secureaks"))
        .arg("credential")
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .output()
        .expect("the program runs");
    assert!(output.status.success(), "{output:?}");
    token(&String::from_utf8(output.stdout).expect("text"))
}

/// The token of a printed `ExecCredential`.
fn token(printed: &str) -> String {
    let credential: Value = serde_json::from_str(printed).expect("JSON");
    credential["status"]["token"]
        .as_str()
        .expect("a token")
        .to_owned()
}

/// A word that is a code to enter: capitals and digits, nine of them.
fn code(word: &str) -> Option<String> {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let is_code = word.len() == 9
        && word
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
    is_code.then(|| word.to_owned())
}

/// Asks an API server as the bearer of `token`, without any of the provider's code: the status and the answer.
pub(crate) fn ask(server: &Server, method: &str, path: &str, token: &str) -> (u16, Value) {
    send(server, method, path, token, None)
}

/// The same with a body.
pub(crate) fn ask_with(
    server: &Server,
    method: &str,
    path: &str,
    token: &str,
    body: &Value,
) -> (u16, Value) {
    let body = ("application/json", body.to_string());
    send(server, method, path, token, Some(body))
}

/// Applies an object written in YAML, as `kubectl apply --server-side` does: the status.
pub(crate) fn apply_yaml(server: &Server, path: &str, token: &str, yaml: String) -> u16 {
    let path = format!("{path}?fieldManager=kubectl");
    let body = ("application/apply-patch+yaml", yaml);
    send(server, "PATCH", &path, token, Some(body)).0
}

fn send(
    server: &Server,
    method: &str,
    path: &str,
    token: &str,
    body: Option<(&str, String)>,
) -> (u16, Value) {
    let authority = reqwest::Certificate::from_pem(server.authority.as_bytes()).expect("a PEM");
    let client = client(authority);
    let method = reqwest::Method::from_bytes(method.as_bytes()).expect("a method");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let mut request = client
            .request(method, format!("{}{path}", server.address))
            .bearer_auth(token);
        if let Some((content_type, body)) = body {
            request = request.header("content-type", content_type).body(body);
        }
        let answer = request.send().await.expect("an answer");
        let status = answer.status().as_u16();
        let text = answer.text().await.expect("text");
        (
            status,
            serde_json::from_str(&text).unwrap_or(Value::String(text)),
        )
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "a story's own client, that shares nothing with the provider's"
)]
fn client(authority: reqwest::Certificate) -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    reqwest::Client::builder()
        .tls_certs_only([authority])
        .build()
        .expect("a client")
}

/// An API server and whom its certificate comes from.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) authority: String,
}
