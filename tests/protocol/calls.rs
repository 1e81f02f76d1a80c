//! Calls over gRPC, to the provider and to go-plugin's own services.

use tokio_stream::StreamExt;
use tonic::{Code, Request};

use crate::certificate::ClientCertificate;
use crate::host::{Plugin, in_time};
use crate::wire::go_plugin::ConnInfo;
use crate::wire::go_plugin::grpc_broker_client::GrpcBrokerClient;
use crate::wire::go_plugin::grpc_controller_client::GrpcControllerClient;
use crate::wire::health::health_check_response::ServingStatus;
use crate::wire::health::health_client::HealthClient;
use crate::wire::health::{HealthCheckRequest, HealthCheckResponse};
use crate::wire::tfplugin6 as provider;
use crate::wire::tfplugin6::provider_client::ProviderClient;

async fn started() -> (Plugin, tonic::transport::Channel) {
    let terraform = ClientCertificate::of_terraform();
    let plugin = Plugin::start(Some(&terraform)).await;
    let channel = plugin.connect(Some(&terraform)).await.unwrap();
    (plugin, channel)
}

#[tokio::test]
async fn the_schema_and_the_metadata_name_the_same_things() {
    let (_plugin, channel) = started().await;
    let mut client = ProviderClient::new(channel);

    let schema = client
        .get_provider_schema(provider::get_provider_schema::Request {})
        .await
        .unwrap()
        .into_inner();
    let metadata = client
        .get_metadata(provider::get_metadata::Request {})
        .await
        .unwrap()
        .into_inner();

    let resources: Vec<_> = metadata
        .resources
        .into_iter()
        .map(|resource| resource.type_name)
        .collect();
    let data_sources: Vec<_> = metadata
        .data_sources
        .into_iter()
        .map(|source| source.type_name)
        .collect();
    assert_eq!(schema.diagnostics, []);
    assert_eq!(
        resources,
        schema.resource_schemas.into_keys().collect::<Vec<_>>()
    );
    assert_eq!(
        data_sources,
        schema.data_source_schemas.into_keys().collect::<Vec<_>>()
    );
    assert_eq!(
        schema.server_capabilities,
        Some(provider::ServerCapabilities {
            plan_destroy: true,
            get_provider_schema_optional: true,
            move_resource_state: true,
            generate_resource_config: false,
        })
    );
}

#[tokio::test]
async fn a_message_larger_than_the_transports_default_is_taken() {
    let (_plugin, channel) = started().await;
    let config = provider::DynamicValue {
        msgpack: vec![0xc1; 8 << 20],
        json: Vec::new(),
    };

    let answer = ProviderClient::new(channel)
        .validate_provider_config(provider::validate_provider_config::Request {
            config: Some(config),
        })
        .await;

    assert!(answer.is_ok(), "{answer:?}");
}

#[tokio::test]
async fn a_list_an_action_and_a_state_store_are_each_answered_with_an_error() {
    let (_plugin, channel) = started().await;
    let mut client = ProviderClient::new(channel);
    let name = || "secureaks_nothing".to_owned();

    let list = provider::list_resource::Request {
        type_name: name(),
        ..Default::default()
    };
    let list = client
        .list_resource(list)
        .await
        .unwrap()
        .into_inner()
        .next()
        .await
        .unwrap()
        .unwrap();
    let action = provider::plan_action::Request {
        action_type: name(),
        ..Default::default()
    };
    let action = client.plan_action(action).await.unwrap().into_inner();
    let store = client
        .get_states(provider::get_states::Request { type_name: name() })
        .await
        .unwrap()
        .into_inner();
    let meta = Some(provider::RequestChunkMeta {
        type_name: name(),
        ..Default::default()
    });
    let chunk = provider::write_state_bytes::RequestChunk {
        meta,
        ..Default::default()
    };
    let written = client
        .write_state_bytes(tokio_stream::iter([chunk]))
        .await
        .unwrap()
        .into_inner();

    let told = |kind: &str| {
        vec![provider::Diagnostic {
            severity: provider::diagnostic::Severity::Error.into(),
            summary: format!("This provider has no {kind}"),
            detail: "\"secureaks_nothing\" was asked for; the provider's documentation lists what there is.".into(),
            attribute: None,
        }]
    };
    assert_eq!(
        [
            list.diagnostic,
            action.diagnostics,
            store.diagnostics,
            written.diagnostics
        ],
        [
            told("list resources"),
            told("actions"),
            told("state stores"),
            told("state stores")
        ]
    );
}

#[tokio::test]
async fn an_invoked_action_completes_with_an_error() {
    let (_plugin, channel) = started().await;
    let request = provider::invoke_action::Request {
        action_type: "secureaks_nothing".into(),
        ..Default::default()
    };

    let events = ProviderClient::new(channel)
        .invoke_action(request)
        .await
        .unwrap()
        .into_inner();
    let events: Vec<_> = in_time(events.collect()).await;

    let kinds: Vec<_> = events
        .into_iter()
        .map(|event| event.unwrap().r#type.unwrap())
        .collect();
    assert!(
        matches!(&kinds[..], [provider::invoke_action::event::Type::Completed(end)] if end.diagnostics.len() == 1),
        "{kinds:?}"
    );
}

#[tokio::test]
async fn a_state_of_terraform_0_11_is_refused_in_words() {
    let (_plugin, channel) = started().await;
    let flat = provider::RawState {
        json: Vec::new(),
        flatmap: [("id".to_owned(), "1".to_owned())].into(),
    };
    let request = provider::upgrade_resource_state::Request {
        type_name: "secureaks_cluster".into(),
        version: 0,
        raw_state: Some(flat),
    };

    let answer = ProviderClient::new(channel)
        .upgrade_resource_state(request)
        .await
        .unwrap()
        .into_inner();

    let summaries: Vec<_> = answer
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect();
    assert_eq!(
        (summaries, answer.upgraded_state),
        (vec!["State from before Terraform 0.12"], None)
    );
}

#[tokio::test]
async fn the_plugin_is_healthy_and_others_are_unknown() {
    let (_plugin, channel) = started().await;
    let mut client = HealthClient::new(channel);

    let known = client
        .check(HealthCheckRequest {
            service: "plugin".into(),
        })
        .await
        .unwrap()
        .into_inner();
    let unknown = client
        .check(HealthCheckRequest {
            service: "another".into(),
        })
        .await
        .unwrap_err()
        .code();
    let mut watched = client
        .watch(HealthCheckRequest::default())
        .await
        .unwrap()
        .into_inner();
    let first = watched.next().await.unwrap().unwrap();

    let serving = HealthCheckResponse {
        status: ServingStatus::Serving.into(),
    };
    assert_eq!((known, unknown, first), (serving, Code::NotFound, serving));
}

#[tokio::test]
async fn the_broker_takes_what_a_host_offers_and_stays_silent_to_the_end() {
    let (_plugin, channel) = started().await;
    let offers = tokio_stream::iter([ConnInfo {
        service_id: 1,
        ..Default::default()
    }])
    .chain(tokio_stream::pending());

    let mut answers = GrpcBrokerClient::new(channel.clone())
        .start_stream(Request::new(offers))
        .await
        .unwrap()
        .into_inner();
    GrpcControllerClient::new(channel)
        .shutdown(crate::wire::go_plugin::Empty {})
        .await
        .unwrap();

    let end = in_time(answers.next())
        .await
        .map(|answer| answer.map_err(|status| status.code()));
    assert_eq!(end, None);
}
