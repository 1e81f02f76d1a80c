//! Who is let in: the host that started the provider, and nobody else on the machine.

use tonic::Code;

use crate::certificate::ClientCertificate;
use crate::host::Plugin;
use crate::wire::health::HealthCheckRequest;
use crate::wire::health::health_client::HealthClient;

/// Whether `client` gets an answer from `plugin`. In TLS 1.3 a client learns that it was refused
/// only after its own side of the handshake, with the first call.
async fn is_let_in(plugin: &Plugin, client: Option<&ClientCertificate>) -> Result<(), Code> {
    let channel = plugin
        .connect(client)
        .await
        .map_err(|_| Code::Unavailable)?;
    let answer = HealthClient::new(channel)
        .check(HealthCheckRequest::default())
        .await;
    answer.map(|_| ()).map_err(|status| status.code())
}

#[tokio::test]
async fn terraforms_own_kind_of_certificate_is_let_in() {
    let terraform = ClientCertificate::of_terraform();
    let plugin = Plugin::start(Some(&terraform)).await;

    let outcome = is_let_in(&plugin, Some(&terraform)).await;

    assert_eq!(outcome, Ok(()));
}

#[tokio::test]
async fn another_hosts_kind_of_certificate_is_let_in() {
    let host = ClientCertificate::of_another_host();
    let plugin = Plugin::start(Some(&host)).await;

    let outcome = is_let_in(&plugin, Some(&host)).await;

    assert_eq!(outcome, Ok(()));
}

#[tokio::test]
async fn a_client_without_certificate_is_refused() {
    let plugin = Plugin::start(Some(&ClientCertificate::of_terraform())).await;

    let outcome = is_let_in(&plugin, None).await;

    assert!(outcome.is_err());
}

#[tokio::test]
async fn a_client_with_another_certificate_of_the_same_kind_is_refused() {
    let plugin = Plugin::start(Some(&ClientCertificate::of_terraform())).await;

    let outcome = is_let_in(&plugin, Some(&ClientCertificate::of_terraform())).await;

    assert!(outcome.is_err());
}

#[tokio::test]
async fn a_refused_client_does_not_keep_the_host_out() {
    let terraform = ClientCertificate::of_terraform();
    let plugin = Plugin::start(Some(&terraform)).await;

    let refused = is_let_in(&plugin, None).await;
    let let_in = is_let_in(&plugin, Some(&terraform)).await;

    assert!(refused.is_err());
    assert_eq!(let_in, Ok(()));
}

#[tokio::test]
async fn an_unencrypted_client_is_refused_where_the_host_encrypts() {
    let plugin = Plugin::start(Some(&ClientCertificate::of_terraform())).await;

    let outcome = match crate::host::connect_plainly(plugin.socket()).await {
        Ok(channel) => HealthClient::new(channel)
            .check(HealthCheckRequest::default())
            .await
            .map(|_| ())
            .ok(),
        Err(_) => None,
    };

    assert_eq!(outcome, None);
}

#[tokio::test]
async fn a_host_without_tls_is_served_over_the_socket_alone() {
    let plugin = Plugin::start(None).await;

    let outcome = is_let_in(&plugin, None).await;

    assert_eq!(
        (outcome, plugin.fields.get(5).map(String::as_str)),
        (Ok(()), Some(""))
    );
}
