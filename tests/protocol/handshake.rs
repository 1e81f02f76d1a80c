//! The greeting.

use std::os::unix::fs::FileTypeExt;

use tokio::io::AsyncReadExt;

use crate::certificate::ClientCertificate;
use crate::host::{HOST_ENVIRONMENT, Plugin, bare_command, in_time};

#[tokio::test]
async fn the_line_says_protocol_socket_and_certificate() {
    let plugin = Plugin::start(Some(&ClientCertificate::of_terraform())).await;

    let socket = plugin.socket();
    let certificate = plugin.fields.get(5).unwrap();
    assert!(
        certificate.len() > 50 && !certificate.contains('='),
        "{certificate}"
    );
    assert!(
        socket.starts_with(plugin.temporary.path()),
        "{}",
        socket.display()
    );
    assert!(std::fs::metadata(&socket).unwrap().file_type().is_socket());
    assert_eq!(
        plugin.fields,
        [
            "1",
            "6",
            "unix",
            socket.to_str().unwrap(),
            "grpc",
            certificate
        ]
    );
}

#[tokio::test]
async fn a_host_that_asks_for_multiplexing_is_told_that_there_is_none() {
    let plugin = Plugin::start_with(None, |command| {
        command.env("PLUGIN_MULTIPLEX_GRPC", "true");
    })
    .await;

    let socket = plugin.socket();
    assert_eq!(
        plugin.fields,
        [
            "1",
            "6",
            "unix",
            socket.to_str().unwrap(),
            "grpc",
            "",
            "false"
        ]
    );
}

#[tokio::test]
async fn a_host_chooses_the_directory_of_the_socket() {
    let directory = tempfile::tempdir().unwrap();

    let plugin = Plugin::start_with(None, |command| {
        command.env("PLUGIN_UNIX_SOCKET_DIR", directory.path());
    })
    .await;

    assert!(
        plugin.socket().starts_with(directory.path()),
        "{}",
        plugin.socket().display()
    );
}

#[tokio::test]
async fn a_person_who_starts_it_is_told_what_it_is() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = bare_command(temporary.path());

    let output = in_time(command.output()).await.unwrap();

    let told = (
        output.status.code(),
        String::from_utf8(output.stdout),
        String::from_utf8(output.stderr),
    );
    let explanation = "This program is a Terraform provider: terraform and tofu start it by themselves, where a \
                       configuration asks for it. To attach a debugger, run it with --debug.\n";
    assert_eq!(
        told,
        (Some(1), Ok(String::new()), Ok(explanation.to_owned()))
    );
}

#[tokio::test]
async fn a_directory_that_is_missing_is_named_and_nothing_is_announced() {
    let temporary = tempfile::tempdir().unwrap();
    let mut command = bare_command(temporary.path());
    command
        .envs(HOST_ENVIRONMENT)
        .env("PLUGIN_UNIX_SOCKET_DIR", "/nowhere");

    let output = in_time(command.output()).await.unwrap();

    let told = (
        output.status.code(),
        String::from_utf8(output.stdout),
        String::from_utf8(output.stderr),
    );
    let reason =
        "making a socket failed: /nowhere cannot be used: No such file or directory (os error 2)\n";
    assert_eq!(told, (Some(1), Ok(String::new()), Ok(reason.to_owned())));
}

#[tokio::test]
async fn standard_output_belongs_to_the_line() {
    let mut plugin = Plugin::start_with(None, |command| {
        command.env("TF_LOG", "TRACE");
    })
    .await;

    plugin.signal("TERM").await;

    let mut errors = String::new();
    in_time(
        plugin
            .process
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut errors),
    )
    .await
    .unwrap();
    assert_eq!(plugin.rest_of_output().await, "");
    assert!(
        errors
            .lines()
            .all(|line| line.starts_with(r#"{"@level":""#))
            && !errors.is_empty(),
        "{errors}"
    );
}
