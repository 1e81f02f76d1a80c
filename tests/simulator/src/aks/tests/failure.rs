//! Operations that fail, and state that survives a restart.

use super::super::Failure;
use super::*;

fn failure(on: &str, resource_state: &str) -> Failure {
    Failure {
        code: "QuotaExceeded".to_owned(),
        message: "Not enough cores.".to_owned(),
        resource_state: resource_state.to_owned(),
        on: on.to_owned(),
    }
}

fn provisioning(azure: &mut Azure) -> (Value, Value) {
    let cluster = azure.get(CLUSTER);
    let properties = &cluster["properties"];
    (
        properties["provisioningState"].clone(),
        properties["status"].clone(),
    )
}

#[test]
fn a_failed_create_leaves_a_cluster_that_says_why_and_takes_a_new_put() {
    let mut azure = Azure::new();
    azure
        .engine
        .fail_next_operation(failure("create", "Failed"));
    let accepted = azure.send("PUT", CLUSTER, secure());

    let operation = azure.finish(&accepted);
    let failed = provisioning(&mut azure);
    let again = azure.send("PUT", CLUSTER, secure());
    azure.finish(&again);

    let error = json!({ "code": "QuotaExceeded", "message": "Not enough cores." });
    assert_eq!(
        (&operation["status"], &operation["error"]),
        (&json!("Failed"), &error)
    );
    assert_eq!(
        failed,
        (json!("Failed"), json!({ "provisioningError": error }))
    );
    assert_eq!(again.status, 200);
    assert_eq!(provisioning(&mut azure), (json!("Succeeded"), Value::Null));
}

#[test]
fn a_cluster_whose_operation_failed_may_heal_by_itself() {
    let mut azure = Azure::new();
    azure
        .engine
        .fail_next_operation(failure("create", "Succeeded"));
    let accepted = azure.send("PUT", CLUSTER, secure());

    let operation = azure.finish(&accepted);
    azure.wait(180);

    assert_eq!(operation["status"], "Failed");
    assert_eq!(provisioning(&mut azure), (json!("Succeeded"), Value::Null));
}

#[test]
fn a_failed_delete_leaves_the_cluster() {
    let mut azure = Azure::with_cluster();
    azure
        .engine
        .fail_next_operation(failure("delete", "Failed"));

    let accepted = azure.send("DELETE", CLUSTER, Value::Null);
    azure.finish(&accepted);

    assert_eq!(provisioning(&mut azure).0, "Failed");
}

#[test]
fn a_failure_waits_for_the_operation_it_is_meant_for() {
    let mut azure = Azure::new();
    azure
        .engine
        .fail_next_operation(failure("update", "Failed"));

    let create = azure.send("PUT", CLUSTER, secure());
    let created = azure.finish(&create);
    let update = azure.send("PUT", CLUSTER, secure());
    let updated = azure.finish(&update);

    assert_eq!(
        (&created["status"], &updated["status"]),
        (&json!("Succeeded"), &json!("Failed"))
    );
}

#[test]
fn the_first_poll_can_be_too_early() {
    let mut azure = Azure::new();
    azure.engine.quirks.operations_appear_late = true;
    let accepted = azure.send("PUT", CLUSTER, secure());
    let address = header(&accepted, "azure-asyncoperation");

    let polls = [0, 1].map(|_| azure.send("GET", &address, Value::Null).status);

    assert_eq!(polls, [404, 200]);
}

#[test]
fn the_service_may_go_back_to_updating_and_refuse_writes_meanwhile() {
    let mut azure = Azure::new();
    azure.engine.quirks.reconciles_after_success = true;
    let accepted = azure.send("PUT", CLUSTER, secure());
    let operation = azure.finish(&accepted);

    let write = azure.send("PUT", CLUSTER, secure());
    azure.wait(480);
    let settled = azure.get(CLUSTER);

    assert_eq!(operation["status"], "Succeeded");
    assert_eq!(
        refusal(&write),
        (409, json!("OperationNotAllowed"), Value::Null)
    );
    assert_eq!(settled["properties"]["provisioningState"], "Succeeded");
}

#[test]
fn a_stored_engine_goes_on_where_it_was() {
    let mut azure = Azure::new();
    let accepted = azure.send("PUT", CLUSTER, secure());

    let stored = serde_json::to_string(&azure.engine).unwrap();
    azure.engine = serde_json::from_str(&stored).unwrap();
    let operation = azure.finish(&accepted);

    assert_eq!(operation["status"], "Succeeded");
}

#[test]
fn the_same_seed_answers_the_same() {
    let answers = [3, 3, 4].map(|seed| body(&Azure::seeded(seed).send("PUT", CLUSTER, secure())));

    assert_eq!(answers[0], answers[1]);
    assert_ne!(answers[0], answers[2]);
}
