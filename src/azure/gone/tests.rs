//! What is believed of an answer by which a resource is not there.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::azure::auth::fake::Numbered;
use crate::azure::client::Options;
use crate::azure::cloud::{Cloud, CloudSource};
use crate::azure::error::Refusal;
use crate::azure::response::Response;
use crate::azure::scripted::{Answer, Scripted};

fn refused(status: u16, code: &str) -> Answer {
    Answer::json(
        status,
        &json!({ "error": { "code": code, "message": "m" } }),
    )
}

/// What is believed of a 404 when Azure goes on with `answers`.
async fn believed(answers: impl IntoIterator<Item = Answer>) -> Error {
    let scripted = Scripted::new(answers);
    let client = Client::new(Options {
        wire: scripted.wire(),
        cloud: CloudSource::known(Cloud::public()),
        credential: Numbered::new(&scripted.clock, Duration::from_hours(1)).credential(),
        subscription_id: "s".into(),
        poll_interval: Duration::from_secs(10),
        cluster_api_version: None,
    });
    let id = ResourceId::managed_cluster("s", "rg", "aks").unwrap();
    let call = Call::default();
    let believe = client.believe(missing(), &id, "2026-05-01", &call);
    scripted.clock.drive(Box::pin(believe)).await
}

fn missing() -> Error {
    let body = json!({ "error": { "code": "ResourceNotFound", "message": "m" } });
    let response = Response::new("/subscriptions/s", 404, [], body.to_string().into_bytes());
    Refusal::read(Method::Get, &response).into()
}

fn listed(name: &str) -> Answer {
    let id = format!(
        "/subscriptions/s/resourcegroups/RG/providers/Microsoft.ContainerService/managedClusters/{name}"
    );
    Answer::json(200, &json!({ "value": [{ "id": id }] }))
}

#[tokio::test]
async fn a_404_is_believed_when_the_list_agrees() {
    let believed = believed([listed("another")]).await;

    assert_eq!(believed, missing());
}

#[tokio::test]
async fn a_404_of_what_the_list_shows_is_a_contradiction() {
    let believed = believed([listed("AKS")]).await;

    assert!(matches!(believed, Error::Contradicted { .. }), "{believed}");
}

#[tokio::test]
async fn without_the_right_to_list_nothing_is_certain() {
    let believed = believed([refused(403, "AuthorizationFailed")]).await;

    assert!(matches!(believed, Error::Unconfirmed { .. }), "{believed}");
}

#[tokio::test]
async fn a_group_that_is_gone_takes_its_resources_along_when_it_is_not_there_itself() {
    let gone = || refused(404, "ResourceGroupNotFound");
    let there = Answer::json(200, &json!({ "name": "rg" }));

    let outcomes = [
        believed([gone(), gone()]).await,
        believed([gone(), there]).await,
    ];

    assert_eq!(outcomes[0], missing());
    assert!(matches!(outcomes[1], Error::Contradicted { .. }));
}
