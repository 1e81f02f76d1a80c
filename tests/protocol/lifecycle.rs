//! How the provider ends, and what does not end it.

use std::collections::BTreeSet;
use std::process::Stdio;

use serde_json::Value as Json;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;
use tokio_stream::StreamExt;

use crate::certificate::ClientCertificate;
use crate::host::{HOST_ENVIRONMENT, Plugin, bare_command, connect_plainly, in_time};
use crate::wire::go_plugin::Empty;
use crate::wire::go_plugin::grpc_controller_client::GrpcControllerClient;
use crate::wire::go_plugin::grpc_stdio_client::GrpcStdioClient;
use crate::wire::health::HealthCheckRequest;
use crate::wire::health::health_client::HealthClient;

fn leftovers(plugin: &Plugin) -> usize {
    std::fs::read_dir(plugin.temporary.path()).unwrap().count()
}

#[tokio::test]
async fn shutdown_is_answered_and_ends_the_process_with_an_open_stream() {
    let terraform = ClientCertificate::of_terraform();
    let mut plugin = Plugin::start(Some(&terraform)).await;
    let channel = plugin.connect(Some(&terraform)).await.unwrap();
    let mut output = GrpcStdioClient::new(channel.clone())
        .stream_stdio(())
        .await
        .unwrap()
        .into_inner();

    let answer = GrpcControllerClient::new(channel)
        .shutdown(Empty {})
        .await
        .map(|_| ());
    let status = plugin.ended().await;
    let items = in_time(output.next())
        .await
        .map(|item| item.map_err(|status| status.code()));

    assert_eq!(
        (answer.ok(), status.code(), items, leftovers(&plugin)),
        (Some(()), Some(0), None, 0)
    );
}

#[tokio::test]
async fn an_interrupt_is_left_to_the_host() {
    let plugin = Plugin::start(None).await;
    let mut health = HealthClient::new(plugin.connect(None).await.unwrap());

    plugin.signal("INT").await;
    let answer = health.check(HealthCheckRequest::default()).await;

    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn a_request_to_terminate_ends_it_cleanly() {
    let mut plugin = Plugin::start(None).await;

    plugin.signal("TERM").await;
    let status = plugin.ended().await;

    assert_eq!((status.code(), leftovers(&plugin)), (Some(0), 0));
}

#[tokio::test]
async fn what_a_killed_one_left_goes_with_the_next_start_and_what_runs_stays() {
    let mut killed = Plugin::start(None).await;
    let same_folder = |command: &mut Command| {
        command.env("TMPDIR", killed.temporary.path());
    };
    let running = Plugin::start_with(None, same_folder).await;
    killed.process.kill().await.unwrap();

    let next = Plugin::start_with(None, |command| {
        command.env("TMPDIR", killed.temporary.path());
    })
    .await;

    in_time(async {
        while killed.socket().parent().unwrap().exists() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let folders = [&running, &next].map(|plugin| plugin.socket().parent().unwrap().to_owned());
    let left = std::fs::read_dir(killed.temporary.path()).unwrap();
    assert_eq!(
        left.map(|entry| entry.unwrap().path())
            .collect::<BTreeSet<_>>(),
        BTreeSet::from(folders)
    );
}

#[tokio::test]
async fn the_hosts_death_ends_it() {
    let temporary = tempfile::tempdir().unwrap();
    // The shell stands for the host: it starts the provider and waits.
    let mut host = Command::new("/bin/sh")
        .args([
            "-c",
            "\"$0\" & wait",
            env!("CARGO_BIN_EXE_terraform-provider-secureaks"),
        ])
        .env("TMPDIR", temporary.path())
        .envs(HOST_ENVIRONMENT)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(host.stdout.take().unwrap());
    in_time(output.read_line(&mut String::new())).await.unwrap();

    host.kill().await.unwrap();
    // The output ends when the last process that holds it does.
    let rest = in_time(output.read_line(&mut String::new())).await.unwrap();

    assert_eq!(
        (rest, std::fs::read_dir(temporary.path()).unwrap().count()),
        (0, 0)
    );
}

#[tokio::test]
async fn a_process_to_attach_to_says_how_and_ends_with_an_interrupt() {
    let temporary = tempfile::tempdir().unwrap();
    let mut process = bare_command(temporary.path())
        .arg("--debug")
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut variable = None;
    while variable.is_none() {
        let line = in_time(lines.next_line()).await.unwrap().unwrap();
        variable = line
            .trim()
            .strip_prefix("TF_REATTACH_PROVIDERS=")
            .map(|value| value.trim_matches('\'').to_owned());
    }

    let reattach: Json = serde_json::from_str(&variable.unwrap()).unwrap();
    let entry = &reattach["secureaks/secureaks"];
    let socket = entry["Addr"]["String"].as_str().unwrap().to_owned();
    let channel = connect_plainly(socket.into()).await.unwrap();
    let answer = HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await;
    let id = process.id().unwrap();
    Command::new("kill")
        .args(["-s", "INT", &id.to_string()])
        .status()
        .await
        .unwrap();
    let status = in_time(process.wait()).await.unwrap();

    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(
        (&entry["Pid"], &entry["Test"], status.code()),
        (&Json::from(id), &Json::from(true), Some(0))
    );
}
