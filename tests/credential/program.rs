//! The program itself: what it prints where, and how it ends.

use std::process::{Command, Output, Stdio};

use secureaks_simulator::Simulator;
use serde_json::{Value, json};

use crate::{SERVER, azure, claims};

fn run(azure: &Simulator, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_terraform-provider-secureaks"))
        .arg("credential")
        .args(arguments)
        .env_clear()
        .envs(azure.environment())
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn standard_output_is_the_credential_and_nothing_else() {
    let azure = azure();
    let asked = json!({
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "kind": "ExecCredential",
        "spec": { "interactive": false },
    });

    let output = run(&azure, &[], &[("KUBERNETES_EXEC_INFO", &asked.to_string())]);

    let printed = text(&output.stdout);
    let answer: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(
        (output.status.code(), text(&output.stderr).as_str()),
        (Some(0), "")
    );
    assert_eq!(answer["apiVersion"], asked["apiVersion"]);
    assert_eq!(claims(&printed)["aud"], SERVER);
}

#[test]
fn a_refusal_is_one_sentence_on_standard_error_without_the_secret() {
    let azure = azure();

    let output = run(&azure, &[], &[("ARM_CLIENT_SECRET", "hunter2")]);

    let told = text(&output.stderr);
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(1), "")
    );
    assert!(
        told.starts_with("terraform-provider-secureaks: Microsoft Entra refused to sign in: the client secret is wrong; it must be the secret's value, not its id. Check ARM_CLIENT_SECRET (AADSTS7000215, trace id "),
        "{told}"
    );
    assert!(
        told.lines().count() == 1 && !told.contains("hunter2"),
        "{told}"
    );
}

#[test]
fn help_names_the_options() {
    let azure = azure();

    let output = run(&azure, &["--help"], &[]);

    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).contains("--login devicecode"));
}
