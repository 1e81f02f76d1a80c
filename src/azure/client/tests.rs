//! Tests of sending, against an in-memory network: whole requests, retries, renewal, shared reads.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::azure::arm::{ResourceId, managed_cluster};
use crate::azure::auth::fake::Numbered;
use crate::azure::clock::later;
use crate::azure::scripted::{Answer, Scripted};

const PATH: &str =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";
const URL: &str = "https://management.azure.com/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks?api-version=2026-05-01";

fn client(scripted: &Scripted) -> Client {
    client_with(
        scripted,
        &Numbered::new(&scripted.clock, Duration::from_hours(1)),
    )
}

fn client_with(scripted: &Scripted, tokens: &Numbered) -> Client {
    Client::new(Options {
        wire: scripted.wire(),
        cloud: CloudSource::known(Cloud::public()),
        credential: tokens.credential(),
        subscription_id: "s".into(),
        poll_interval: Duration::from_secs(10),
        cluster_api_version: None,
    })
}

fn get() -> Request {
    managed_cluster::get(&ResourceId::parse(PATH).unwrap())
}

fn put() -> Request {
    Request::path(Method::Put, PATH, "2026-05-01").with_body(&json!({"location": "westeurope"}))
}

fn post() -> Request {
    Request::path(Method::Post, format!("{PATH}/stop"), "2026-05-01")
}

async fn send(scripted: &Scripted, request: &Request) -> Result<Value, Error> {
    let client = client(scripted);
    scripted
        .clock
        .drive(client.send(request, &Call::default()))
        .await?
        .json()
}

fn ok() -> Answer {
    Answer::json(200, &json!({"name": "aks"}))
}

fn status(result: &Result<Value, Error>) -> Option<u16> {
    result
        .as_ref()
        .err()
        .and_then(Error::refusal)
        .map(|refusal| refusal.status)
}

#[tokio::test]
async fn a_request_leaves_whole() {
    let scripted = Scripted::new([ok()]);

    send(&scripted, &put().with_precondition(Precondition::Absent))
        .await
        .unwrap();

    let mut sent = scripted.requests().remove(0);
    let client_request_id = sent.headers.remove("x-ms-client-request-id").unwrap();
    let headers = [
        ("authorization", "Bearer token-1"),
        ("content-type", "application/json"),
        ("if-none-match", "*"),
        ("user-agent", "terraform-provider-secureaks/test"),
        (
            "x-ms-correlation-request-id",
            "00000000-0000-0000-0000-000000000007",
        ),
        ("x-ms-return-client-request-id", "true"),
    ];
    let headers: BTreeMap<String, String> = headers
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()))
        .collect();
    assert_eq!(
        (sent.line, sent.headers, sent.body),
        (
            format!("PUT {URL}"),
            headers,
            r#"{"location":"westeurope"}"#.into()
        )
    );
    assert!(client_request_id.parse::<uuid::Uuid>().is_ok());
}

#[tokio::test]
async fn a_429_is_retried_after_its_delay() {
    let throttled = Answer::json(429, &json!({"code": "Throttled", "message": "slow down"}))
        .with("retry-after", "17");
    let scripted = Scripted::new([throttled, ok()]);

    let result = send(&scripted, &get()).await;

    assert_eq!(
        (result, scripted.clock.slept()),
        (Ok(json!({"name": "aks"})), vec![Duration::from_secs(17)])
    );
}

#[tokio::test]
async fn an_outage_is_retried_with_growing_delays_and_new_ids() {
    let outage = || Answer::text(502, "<html></html>").with("retry-after", "500");
    let scripted = Scripted::new([outage(), Answer::Drop, outage(), ok()]);

    send(&scripted, &put()).await.unwrap();

    let slept: Vec<f64> = scripted
        .clock
        .slept()
        .iter()
        .map(Duration::as_secs_f64)
        .collect();
    let bounds = [0.5..1.0, 1.0..2.0, 2.0..4.0];
    assert!(
        slept.len() == 3
            && slept
                .iter()
                .zip(bounds)
                .all(|(slept, bound)| bound.contains(slept)),
        "{slept:?}"
    );
    let ids: std::collections::BTreeSet<String> = scripted
        .requests()
        .into_iter()
        .map(|sent| sent.headers["x-ms-client-request-id"].clone())
        .collect();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn an_outage_that_lasts_is_reported_after_nine_tries() {
    let scripted = Scripted::new((0..9).map(|_| Answer::text(503, "<html></html>")));

    let result = send(&scripted, &get()).await;

    assert_eq!((status(&result), scripted.requests().len()), (Some(503), 9));
}

#[tokio::test]
async fn a_delay_beyond_our_patience_is_not_waited_for() {
    let scripted = Scripted::new([Answer::text(429, "").with("retry-after", "3600")]);

    let result = send(&scripted, &get()).await;

    assert_eq!(
        (status(&result), scripted.clock.slept()),
        (Some(429), vec![])
    );
}

#[tokio::test]
async fn a_delay_beyond_the_deadline_tells_the_refusal_at_once() {
    let scripted = Scripted::new([Answer::text(429, "").with("retry-after", "60")]);
    let deadline = later(scripted.clock.now(), Duration::from_secs(30));
    let call = Call {
        deadline: Some(deadline),
        ..Call::default()
    };
    let client = client(&scripted);

    let result = scripted.clock.drive(client.send(&get(), &call)).await;

    assert_eq!(result.unwrap_err().refusal().unwrap().status, 429);
}

#[tokio::test]
async fn a_post_that_changes_something_is_never_sent_twice() {
    for answer in [
        Answer::text(503, ""),
        Answer::text(429, "").with("retry-after", "1"),
        Answer::Drop,
    ] {
        let scripted = Scripted::new([answer]);

        let result = send(&scripted, &post()).await;

        assert_eq!((result.is_err(), scripted.lines().len()), (true, 1));
    }
}

#[tokio::test]
async fn a_create_whose_answer_was_lost_is_repeated_and_its_412_left_to_the_caller() {
    let taken = Answer::json(
        412,
        &json!({"code": "PreconditionFailed", "message": "exists"}),
    );
    let scripted = Scripted::new([Answer::Drop, taken]);

    let result = send(&scripted, &put().with_precondition(Precondition::Absent)).await;

    assert_eq!(
        (
            result.unwrap_err().is_precondition_failed(),
            scripted.lines().len()
        ),
        (true, 2)
    );
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_given_up_soon() {
    let scripted =
        Scripted::new((0..4).map(|_| Answer::Refuse("Connection refused (os error 111)")));

    let result = send(&scripted, &get()).await;

    let reason = "Connection refused (os error 111)".into();
    assert_eq!(
        result,
        Err(Error::Connection {
            host: "management.azure.com".into(),
            reason,
            sent: false
        })
    );
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_reported_at_once() {
    let scripted = Scripted::new([Answer::Distrust]);

    let result = send(&scripted, &get()).await;

    let untrusted = Error::Untrusted {
        host: "management.azure.com".into(),
        reason: "its certificate is signed by an unknown authority".into(),
    };
    assert_eq!((result, scripted.clock.slept()), (Err(untrusted), vec![]));
}

#[tokio::test]
async fn an_expired_token_is_renewed_once() {
    let expired = Answer::json(
        401,
        &json!({"error": {"code": "ExpiredAuthenticationToken", "message": "m"}}),
    );
    let scripted = Scripted::new([expired.clone(), ok(), expired.clone(), expired]);
    let tokens = Numbered::new(&scripted.clock, Duration::from_hours(1));
    let client = client_with(&scripted, &tokens);

    let first = client.send(&get(), &Call::default()).await;
    let second = client.send(&get(), &Call::default()).await;

    let sent: Vec<String> = scripted
        .requests()
        .into_iter()
        .map(|sent| sent.headers["authorization"].clone())
        .collect();
    assert_eq!(
        sent,
        [
            "Bearer token-1",
            "Bearer token-2",
            "Bearer token-2",
            "Bearer token-3"
        ]
    );
    assert_eq!(
        (first.is_ok(), second.unwrap_err().refusal().unwrap().status),
        (true, 401)
    );
}

#[tokio::test]
async fn a_refused_identity_is_not_renewed() {
    let wrong = Answer::json(
        401,
        &json!({"error": {"code": "InvalidAuthenticationTokenTenant", "message": "m"}}),
    );
    let scripted = Scripted::new([wrong]);
    let tokens = Numbered::new(&scripted.clock, Duration::from_hours(1));

    let result = client_with(&scripted, &tokens)
        .send(&get(), &Call::default())
        .await;

    assert_eq!((result.is_err(), tokens.fetched()), (true, 1));
}

#[tokio::test]
async fn equal_reads_at_the_same_time_are_one_request() {
    let scripted = Scripted::new([ok(), ok()]);
    let (client, call) = (client(&scripted), Call::default());

    let request = get();
    let (first, second) = tokio::join!(client.read(&request, &call), client.read(&request, &call));
    let together = scripted.lines().len();
    client.read(&request, &call).await.unwrap();

    assert_eq!(
        (first.is_ok(), together, scripted.lines().len()),
        (true, 1, 2)
    );
    assert_eq!(first, second);
}

#[tokio::test]
async fn a_read_after_a_write_does_not_join_one_from_before() {
    let scripted = Scripted::new([Answer::Hang, ok(), ok()]);
    let (client, call, request) = (client(&scripted), Call::default(), get());
    let mut old = Box::pin(client.read(&request, &call));
    while scripted.lines().is_empty() {
        assert!(futures::poll!(&mut old).is_pending());
    }

    client.send(&put(), &call).await.unwrap();
    let new = client.read(&request, &call).await;

    assert!(new.is_ok());
    assert!(futures::poll!(&mut old).is_pending());
}

#[tokio::test]
async fn a_reader_that_stops_leaves_the_read_to_the_others() {
    let scripted = Scripted::new([ok()]);
    let (client, call, request) = (client(&scripted), Call::default(), get());
    let mut first = Box::pin(client.read(&request, &call));
    let mut second = Box::pin(client.read(&request, &call));
    assert!(futures::poll!(&mut first).is_pending());
    assert!(futures::poll!(&mut second).is_pending());

    drop(first);
    let second = second.await;

    assert_eq!((second.is_ok(), scripted.lines().len()), (true, 1));
}

#[tokio::test]
async fn a_request_that_hangs_ends_at_the_deadline() {
    let scripted = Scripted::new([Answer::Hang]);
    let deadline = later(scripted.clock.now(), Duration::from_secs(90));
    let call = Call {
        deadline: Some(deadline),
        ..Call::default()
    };
    let client = client(&scripted);

    let result = scripted.clock.drive(client.send(&get(), &call)).await;

    assert_eq!(
        (result, scripted.clock.now()),
        (Err(Error::TimedOut), deadline)
    );
}

#[tokio::test]
async fn the_sixty_first_read_of_a_cluster_waits_its_turn() {
    let scripted = Scripted::new((0..61).map(|_| ok()));
    let (client, call) = (client(&scripted), Call::default());

    for _ in 0..61 {
        scripted
            .clock
            .drive(client.send(&get(), &call))
            .await
            .unwrap();
    }

    assert_eq!(scripted.clock.slept(), [Duration::from_secs(1)]);
}

#[test]
fn another_version_of_the_cluster_api_leaves_other_services_alone() {
    let group = Request::path(
        Method::Get,
        "/subscriptions/s/resourceGroups/rg",
        "2025-04-01",
    );

    let urls = [get(), group]
        .map(|request| address(&Cloud::public(), &request.target, Some("2027-01-01")).unwrap());

    let group =
        "https://management.azure.com/subscriptions/s/resourceGroups/rg?api-version=2025-04-01";
    assert_eq!(
        urls.map(String::from),
        [URL.replace("2026-05-01", "2027-01-01"), group.to_owned()]
    );
}

#[test]
fn a_signed_address_is_followed_to_the_letter() {
    let signed = "https://management.azure.com/x/operations/1?api-version=2025-03-01&t=63%2B&c=MII_-~.=&s=a%20b&h=g4T5";

    let url = address(
        &Cloud::public(),
        &Target::Url(signed.parse().unwrap()),
        Some("2027-01-01"),
    )
    .unwrap();

    assert_eq!(url.as_str(), signed);
}

#[test]
fn tokens_go_to_nobody_else() {
    let addresses = [
        "https://westeurope.management.azure.com/x",
        "https://management.azure.com.evil.example/x",
        "https://evilmanagement.azure.com/x",
        "http://management.azure.com/x",
        "https://management.azure.com:8443/x",
    ];

    let allowed: Vec<bool> = addresses
        .into_iter()
        .map(|text| address(&Cloud::public(), &Target::Url(text.parse().unwrap()), None).is_ok())
        .collect();

    assert_eq!(allowed, [true, false, false, false, false]);
}
