//! The simulator as a program: the line it prints, and how it is told to stop.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// Starts the program and reads the line that says it is ready.
fn start(arguments: &[&str]) -> (Child, Value) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_secureaks-simulator"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready = serde_json::from_str(&line).unwrap();
    (program, ready)
}

fn files_exist(ready: &Value) -> bool {
    Path::new(ready["environment"]["SSL_CERT_FILE"].as_str().unwrap()).exists()
}

#[test]
fn it_prints_how_to_reach_it_and_stops_with_its_standard_input() {
    let (mut program, ready) = start(&["--until-stdin-closes", "--seed", "7"]);
    let names: Vec<&String> = ready["environment"].as_object().unwrap().keys().collect();
    let running = files_exist(&ready);

    drop(program.stdin.take());
    let status = program.wait().unwrap();

    let expected = [
        "ARM_CLIENT_ID",
        "ARM_CLIENT_SECRET",
        "ARM_METADATA_HOSTNAME",
        "ARM_SUBSCRIPTION_ID",
        "ARM_TENANT_ID",
        "NO_PROXY",
        "SECUREAKS_POLL_INTERVAL",
        "SSL_CERT_FILE",
    ];
    assert_eq!(names, expected);
    assert_eq!(ready["seed"], 7);
    assert!(
        ready["control"]
            .as_str()
            .unwrap()
            .starts_with("http://127.0.0.1:")
    );
    assert!(running && status.success() && !files_exist(&ready));
}

#[test]
fn it_stops_when_terminated_and_cleans_up() {
    let (mut program, ready) = start(&["--chaos", "0.1"]);

    let id = program.id().to_string();
    let told = Command::new("kill").args(["-TERM", &id]).status().unwrap();
    let status = program.wait().unwrap();
    let mut log = String::new();
    program
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();

    assert!(told.success() && status.success() && !files_exist(&ready));
    assert_eq!(log, "secureaks-simulator: chaos with --seed 0\n");
}

#[test]
fn nonsense_is_refused_with_one_sentence() {
    let program = Command::new(env!("CARGO_BIN_EXE_secureaks-simulator"))
        .args(["--speed", "0"])
        .output()
        .unwrap();

    let log = String::from_utf8(program.stderr).unwrap();
    assert!(!program.status.success() && program.stdout.is_empty());
    assert_eq!(
        log,
        "secureaks-simulator: the speed 0 is not a positive number\n"
    );
}

#[test]
fn a_folder_without_an_api_server_is_refused_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let program = Command::new(env!("CARGO_BIN_EXE_secureaks-simulator"))
        .arg("--kube-apiserver")
        .arg(folder.path())
        .output()
        .unwrap();

    let log = String::from_utf8(program.stderr).unwrap();
    let place = folder.path().display();
    assert!(!program.status.success() && program.stdout.is_empty());
    assert_eq!(
        log,
        format!("secureaks-simulator: there is no kube-apiserver in {place}\n")
    );
}
