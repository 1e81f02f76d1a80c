//! Tests of operations against answers as recorded from AKS, on a clock that is moved.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::azure::arm::{ResourceId, managed_cluster};
use crate::azure::auth::fake::Numbered;
use crate::azure::clock::{Clock, later};
use crate::azure::error::Detail;
use crate::azure::scripted::{Answer, Scripted};
use crate::azure::{Call, Client, Cloud, CloudSource, Options, Precondition};

const PATH: &str =
    "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";
const STATUS: &str = "https://management.azure.com/subscriptions/s/providers/Microsoft.ContainerService/locations/westus3/operations/1?api-version=2025-03-01&t=6&c=MII&s=sig%2B&h=g4";
const RESULT: &str = "https://management.azure.com/subscriptions/s/providers/Microsoft.ContainerService/locations/westus3/operationresults/1?api-version=2025-03-01&t=6";

fn id() -> ResourceId {
    ResourceId::parse(PATH).unwrap()
}

fn begun(
    request: &Request,
    status: u16,
    headers: &[(&str, &str)],
    body: &Value,
) -> Option<Operation> {
    let headers = headers
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Operation::begun(
        request,
        &Response::new(PATH, status, headers, body.to_string().into_bytes()),
    )
}

fn creation() -> Operation {
    let request = managed_cluster::put(
        &id(),
        &managed_cluster::ManagedCluster::default(),
        Precondition::Absent,
    );
    let headers = [
        ("Azure-AsyncOperation", STATUS),
        ("x-ms-correlation-request-id", "c-1"),
    ];
    begun(
        &request,
        201,
        &headers,
        &json!({"properties": {"provisioningState": "Creating"}}),
    )
    .unwrap()
}

fn deletion() -> Operation {
    let request = managed_cluster::delete(&id(), Precondition::None);
    begun(&request, 202, &[("Location", RESULT)], &Value::Null).unwrap()
}

fn client(scripted: &Scripted) -> Client {
    Client::new(Options {
        wire: scripted.wire(),
        cloud: CloudSource::known(Cloud::public()),
        credential: Numbered::new(&scripted.clock, Duration::from_hours(1)).credential(),
        subscription_id: "s".into(),
        poll_interval: Duration::from_secs(30),
        cluster_api_version: None,
    })
}

async fn wait(scripted: &Scripted, operation: &Operation) -> Result<Ending, Error> {
    scripted
        .clock
        .drive(client(scripted).wait(operation, &Call::default()))
        .await
}

fn status(word: &str) -> Answer {
    Answer::json(
        200,
        &json!({"name": "1", "status": word, "startTime": "2026-11-21T12:00:00Z"}),
    )
}

fn failed() -> Answer {
    let error = json!({"code": "QuotaExceeded", "message": "Too few cores.", "details": [{"code": "D", "message": "m"}]});
    Answer::json(
        200,
        &json!({"name": "1", "status": "Failed", "error": error}),
    )
}

fn cluster(state: &str) -> Answer {
    Answer::json(200, &json!({"properties": {"provisioningState": state}}))
}

fn missing() -> Answer {
    Answer::json(
        404,
        &json!({"error": {"code": "ResourceNotFound", "message": "m"}}),
    )
}

fn settled() -> Ending {
    Ending::Resource {
        body: json!({"properties": {"provisioningState": "Succeeded"}}),
        disputed: None,
    }
}

fn quota_failure() -> Box<OperationFailure> {
    Box::new(OperationFailure {
        status: "Failed".into(),
        code: Some("QuotaExceeded".into()),
        message: Some("Too few cores.".into()),
        details: vec![Detail {
            code: Some("D".into()),
            message: Some("m".into()),
            target: None,
        }],
        resource: PATH.into(),
        correlation_id: Some("c-1".into()),
    })
}

fn seconds(clock: &crate::azure::ManualClock) -> Vec<u64> {
    clock.slept().iter().map(Duration::as_secs).collect()
}

#[test]
fn an_operation_survives_the_process_to_the_letter() {
    let kept = creation().keep();

    let resumed = Operation::resume(&kept);

    assert_eq!(resumed, Ok(creation()));
    assert!(kept.contains(STATUS), "{kept}");
}

#[test]
fn what_is_over_already_is_no_operation() {
    let read = managed_cluster::put(
        &id(),
        &managed_cluster::ManagedCluster::default(),
        Precondition::None,
    );
    let deleted = managed_cluster::delete(&id(), Precondition::None);

    let operations = [
        begun(
            &read,
            200,
            &[],
            &json!({"properties": {"provisioningState": "Succeeded"}}),
        ),
        begun(
            &read,
            201,
            &[("Location", RESULT)],
            &json!({"name": "no state"}),
        ),
        begun(&deleted, 204, &[], &Value::Null),
    ];

    assert_eq!(operations, [None, None, None]);
}

#[tokio::test]
async fn an_operation_is_followed_to_its_signed_address_and_then_the_resource() {
    let scripted = Scripted::new([
        status("InProgress"),
        status("Succeeded"),
        cluster("Succeeded"),
    ]);

    let result = wait(&scripted, &creation()).await;

    let read = format!("GET https://management.azure.com{PATH}?api-version=2026-05-01");
    assert_eq!(
        scripted.lines(),
        [format!("GET {STATUS}"), format!("GET {STATUS}"), read]
    );
    assert_eq!(
        (result, seconds(&scripted.clock)),
        (Ok(settled()), vec![30])
    );
}

#[tokio::test]
async fn words_that_azure_invents_mean_that_work_goes_on() {
    let words = [
        "ProvisioningControlPlane",
        "CreatingAgentPools: 0/1 nodes completed",
        "ReconcilingAddons",
        "Succeeded",
    ];
    let scripted = Scripted::new(words.map(status).into_iter().chain([cluster("Succeeded")]));

    let result = wait(&scripted, &creation()).await;

    assert_eq!(result, Ok(settled()));
}

#[tokio::test]
async fn an_error_beside_another_status_than_failed_means_nothing() {
    let with_error = |word: &str| {
        let error = json!({"code": "NotLatestOperation", "message": "m"});
        Answer::json(
            200,
            &json!({"status": word, "endTime": "2026-11-21T12:00:00Z", "error": error}),
        )
    };
    let scripted = Scripted::new([
        with_error("InProgress"),
        with_error("Succeeded"),
        cluster("Succeeded"),
    ]);

    let result = wait(&scripted, &creation()).await;

    assert_eq!(result, Ok(settled()));
}

#[tokio::test]
async fn an_address_that_is_not_replicated_yet_is_asked_again() {
    let scripted = Scripted::new([
        missing(),
        missing(),
        status("Succeeded"),
        cluster("Succeeded"),
    ]);

    let result = wait(&scripted, &creation()).await;

    assert_eq!(result, Ok(settled()));
}

#[tokio::test]
async fn an_address_that_stays_lost_leaves_the_word_to_the_resource() {
    let scripted = Scripted::new(
        (0..5)
            .map(|_| missing())
            .chain([cluster("Creating"), cluster("Succeeded")]),
    );

    let result = wait(&scripted, &creation()).await;

    assert_eq!(
        (result, seconds(&scripted.clock)),
        (Ok(settled()), vec![30; 5])
    );
}

#[tokio::test]
async fn outages_between_looks_do_not_end_an_operation() {
    let outage = || Answer::text(503, "<html></html>");
    let outages = (0..20)
        .map(|_| outage())
        .chain([Answer::text(200, "<html></html>"), Answer::Drop]);
    let scripted =
        Scripted::new(outages.chain([status("Succeeded"), outage(), cluster("Succeeded")]));

    let result = wait(&scripted, &creation()).await;

    assert_eq!(result, Ok(settled()));
}

#[tokio::test]
async fn an_outage_that_does_not_end_is_reported() {
    let scripted = Scripted::new((0..400).map(|_| Answer::text(503, "<html></html>")));

    let result = wait(&scripted, &creation()).await;

    assert_eq!(result.unwrap_err().refusal().unwrap().status, 503);
}

#[tokio::test]
async fn a_resource_that_works_on_after_success_is_waited_for() {
    let scripted = Scripted::new([
        status("Succeeded"),
        cluster("Updating"),
        cluster("Updating"),
        cluster("Succeeded"),
    ]);

    let result = wait(&scripted, &creation()).await;

    assert_eq!(
        (result, seconds(&scripted.clock)),
        (Ok(settled()), vec![30, 30])
    );
}

#[tokio::test]
async fn a_failed_operation_whose_resource_succeeds_is_a_disputed_success() {
    let states = [cluster("Failed"), cluster("Updating"), cluster("Succeeded")];
    let scripted = Scripted::new([status("InProgress"), failed()].into_iter().chain(states));

    let result = wait(&scripted, &creation()).await;

    let body = json!({"properties": {"provisioningState": "Succeeded"}});
    assert_eq!(
        result,
        Ok(Ending::Resource {
            body,
            disputed: Some(quota_failure())
        })
    );
}

#[tokio::test]
async fn a_failed_operation_whose_resource_stays_failed_is_a_failure() {
    let scripted = Scripted::new(
        [failed()]
            .into_iter()
            .chain((0..=poller::SECOND_CHANCES).map(|_| cluster("Failed"))),
    );

    let result = wait(&scripted, &creation()).await;

    let text = format!(
        "the operation on {PATH} ended as Failed: QuotaExceeded: Too few cores.; D: m (correlation id c-1)"
    );
    assert_eq!(result.as_ref().unwrap_err().to_string(), text);
    assert_eq!(result, Err(Error::OperationFailed(quota_failure())));
}

#[tokio::test]
async fn a_resource_that_fails_after_success_tells_its_own_reason() {
    let error = json!({"code": "SubnetFull", "message": "No addresses."});
    let body = json!({"properties": {"provisioningState": "Failed", "status": {"provisioningError": error}}});
    let scripted = Scripted::new([status("Succeeded"), Answer::json(200, &body)]);

    let result = wait(&scripted, &creation()).await;

    let failure = OperationFailure {
        status: "Failed".into(),
        code: Some("SubnetFull".into()),
        message: Some("No addresses.".into()),
        details: vec![],
        resource: PATH.into(),
        correlation_id: Some("c-1".into()),
    };
    assert_eq!(result, Err(Error::OperationFailed(Box::new(failure))));
}

#[tokio::test]
async fn a_failed_creation_without_a_resource_is_a_failure() {
    let scripted = Scripted::new([failed(), missing()]);

    let result = wait(&scripted, &creation()).await;

    assert_eq!(result, Err(Error::OperationFailed(quota_failure())));
}

#[tokio::test]
async fn retry_after_sets_the_pace() {
    let scripted = Scripted::new([
        status("InProgress").with("retry-after", "7"),
        status("Succeeded"),
        cluster("Succeeded"),
    ]);

    wait(&scripted, &creation()).await.unwrap();

    assert_eq!(seconds(&scripted.clock), [7]);
}

#[tokio::test]
async fn a_deletion_follows_each_fresh_location_until_the_resource_is_gone() {
    let fresh = RESULT.replace("t=6", "t=7");
    let scripted = Scripted::new([
        Answer::json(202, &json!({"status": "InProgress"})).with("location", &fresh),
        Answer::text(204, "").with("location", RESULT),
        cluster("Deleting"),
        missing(),
    ]);

    let result = wait(&scripted, &deletion()).await;

    assert_eq!(
        (result, &scripted.lines()[1]),
        (Ok(Ending::Deleted), &format!("GET {fresh}"))
    );
}

#[tokio::test]
async fn a_deletion_that_failed_while_the_resource_rests_is_a_failure() {
    let request = managed_cluster::delete(&id(), Precondition::None);
    let headers = [
        ("Azure-AsyncOperation", STATUS),
        ("Location", RESULT),
        ("x-ms-correlation-request-id", "c-1"),
    ];
    let operation = begun(&request, 202, &headers, &Value::Null).unwrap();
    let scripted = Scripted::new([failed(), cluster("Deleting"), cluster("Failed")]);

    let result = wait(&scripted, &operation).await;

    assert_eq!(result, Err(Error::OperationFailed(quota_failure())));
}

#[tokio::test]
async fn a_resource_without_a_known_operation_is_watched_itself() {
    let operation = Operation::on_resource(&managed_cluster::get(&id())).unwrap();
    let scripted = Scripted::new([cluster("Creating"), cluster("Succeeded")]);

    let result = wait(&scripted, &operation).await;

    assert_eq!(result, Ok(settled()));
}

#[tokio::test]
async fn a_token_that_ends_while_waiting_is_renewed() {
    let looks = (0..200).map(|_| status("InProgress"));
    let scripted = Scripted::new(looks.chain([status("Succeeded"), cluster("Succeeded")]));

    let result = wait(&scripted, &creation()).await;

    let mut tokens: Vec<String> = scripted
        .requests()
        .into_iter()
        .map(|sent| sent.headers["authorization"].clone())
        .collect();
    tokens.dedup();
    assert_eq!(
        (result, tokens),
        (
            Ok(settled()),
            vec!["Bearer token-1".to_owned(), "Bearer token-2".to_owned()]
        )
    );
}

#[tokio::test]
async fn waiting_ends_at_the_deadline() {
    let scripted = Scripted::new((0..4).map(|_| status("InProgress")));
    let deadline = later(scripted.clock.now(), Duration::from_secs(100));
    let call = Call {
        deadline: Some(deadline),
        ..Call::default()
    };

    let result = scripted
        .clock
        .drive(client(&scripted).wait(&creation(), &call))
        .await;

    assert_eq!(
        (result, scripted.clock.now()),
        (Err(Error::TimedOut), deadline)
    );
}

#[tokio::test]
async fn waiting_ends_when_terraform_says_stop() {
    let scripted = Scripted::new([status("InProgress")]);
    let (client, call, operation) = (client(&scripted), Call::default(), creation());
    let mut waiting = Box::pin(client.wait(&operation, &call));
    while scripted.clock.slept().is_empty() {
        assert!(futures::poll!(&mut waiting).is_pending());
    }

    call.cancelled.cancel();
    let result = waiting.await;

    assert_eq!(result, Err(Error::Cancelled));
}

#[tokio::test]
async fn an_address_outside_azure_is_not_followed() {
    let kept = creation()
        .keep()
        .replace("management.azure.com", "evil.example");
    let scripted = Scripted::new([]);

    let result = wait(&scripted, &Operation::resume(&kept).unwrap()).await;

    assert!(matches!(result, Err(Error::Address { .. })), "{result:?}");
}
