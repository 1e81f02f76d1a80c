//! Does what `kubectl auth can-i` does, for machines without kubectl: runs the program that a kubeconfig names to
//! sign in, and asks the API server over plain HTTP. `can_i KUBECONFIG VERB GROUP/RESOURCE NAMESPACE` prints
//! `yes` or `no`, and ends with 0 or 1 as kubectl does.

use std::{
    error::Error,
    io::{self, Write as _},
    process::{Command, ExitCode},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kube::config::Kubeconfig;
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, verb, kind, namespace] = arguments.as_slice() else {
        return Err("can_i KUBECONFIG VERB GROUP/RESOURCE NAMESPACE".into());
    };
    let (group, resource) = kind.split_once('/').ok_or("the kind is GROUP/RESOURCE")?;
    let review = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "verb": verb, "group": group, "resource": resource, "namespace": namespace,
        } },
    });
    let allowed = ask(&Kubeconfig::read_from(file)?, &review)?;
    writeln!(io::stdout(), "{}", if allowed { "yes" } else { "no" })?;
    Ok(ExitCode::from(u8::from(!allowed)))
}

fn ask(kubeconfig: &Kubeconfig, review: &Value) -> Outcome<bool> {
    let cluster = kubeconfig
        .clusters
        .first()
        .and_then(|named| named.cluster.as_ref())
        .ok_or("the kubeconfig has no cluster")?;
    let server = cluster.server.as_deref().ok_or("it has no server")?;
    let authority = cluster.certificate_authority_data.as_deref();
    let authority = STANDARD.decode(authority.ok_or("it has no authority")?)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let answer: Value = runtime.block_on(async {
        let request = client(&authority)?
            .post(format!(
                "{}/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                server.trim_end_matches('/')
            ))
            .bearer_auth(token(kubeconfig)?)
            .header("content-type", "application/json")
            .body(review.to_string());
        let text = request.send().await?.text().await?;
        Ok::<_, Box<dyn Error>>(serde_json::from_str(&text)?)
    })?;
    Ok(answer["status"]["allowed"] == true)
}

/// What the program of the kubeconfig prints (`ExecCredential`).
fn token(kubeconfig: &Kubeconfig) -> Outcome<String> {
    let exec = kubeconfig
        .auth_infos
        .first()
        .and_then(|named| named.auth_info.as_ref()?.exec.as_ref())
        .ok_or("the kubeconfig signs in with no program")?;
    let program = exec.command.as_deref().ok_or("it names no program")?;
    let output = Command::new(program)
        .args(exec.args.iter().flatten())
        .output()?;
    let credential: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let token = credential["status"]["token"].as_str();
    Ok(token.ok_or("it printed no token")?.to_owned())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a demonstration's own client, that shares nothing with the provider's"
)]
fn client(authority: &[u8]) -> Outcome<reqwest::Client> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    Ok(reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(authority)?])
        .build()?)
}
