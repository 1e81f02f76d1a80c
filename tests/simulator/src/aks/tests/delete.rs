//! Deleting a cluster.

use super::*;

#[test]
fn a_deleted_cluster_reads_as_deleting_until_the_operation_ends() {
    let mut azure = Azure::with_cluster();

    let accepted = azure.send("DELETE", CLUSTER, Value::Null);
    let meanwhile = azure.get(CLUSTER)["properties"]["provisioningState"].clone();
    azure.finish(&accepted);
    let gone = azure.send("GET", CLUSTER, Value::Null);

    assert_eq!(
        (accepted.status, &accepted.body, header_names(&accepted)),
        (202, &Body::Empty, vec!["azure-asyncoperation", "location"])
    );
    assert_eq!(meanwhile, "Deleting");
    let message = "The Resource 'Microsoft.ContainerService/managedClusters/main' under resource \
                   group 'Rg' was not found. For more details please go to \
                   https://aka.ms/ARMResourceNotFoundFix";
    let expected = Response {
        status: 404,
        headers: vec![("x-ms-failure-cause".to_owned(), "gateway".to_owned())],
        body: Body::Gateway(json!({ "error": { "code": "ResourceNotFound", "message": message } })),
    };
    assert_eq!(gone, expected);
}

#[test]
fn the_location_of_a_deletion_answers_202_with_a_fresh_address_and_then_204() {
    let mut azure = Azure::with_cluster();
    let accepted = azure.send("DELETE", CLUSTER, Value::Null);
    let first = header(&accepted, "location");
    azure.wait(1);

    let running = azure.send("GET", &first, Value::Null);
    let second = header(&running, "location");
    azure.wait(600);
    let ended = azure.send("GET", &second, Value::Null);

    assert_ne!(first, second);
    assert_eq!(
        (running.status, body(&running)["status"].clone()),
        (202, json!("InProgress"))
    );
    assert_eq!(
        (ended.status, &ended.body, header_names(&ended)),
        (204, &Body::Empty, vec!["location"])
    );
}

#[test]
fn deleting_what_is_not_there_is_no_content() {
    let mut azure = Azure::new();

    let answer = azure.send("DELETE", CLUSTER, Value::Null);

    assert_eq!((answer.status, answer.body), (204, Body::Empty));
}

#[test]
fn a_second_delete_joins_the_first() {
    let mut azure = Azure::with_cluster();
    azure.send("DELETE", CLUSTER, Value::Null);

    let second = azure.send("DELETE", CLUSTER, Value::Null);
    let ended = azure.finish(&second);

    assert_eq!(
        (second.status, &ended["status"]),
        (202, &json!("Succeeded"))
    );
}

#[test]
fn a_deleted_resource_group_takes_its_clusters_and_their_operations_along() {
    let mut azure = Azure::new();
    azure.send("PUT", CLUSTER, secure());
    let mut moment = Moment {
        now: azure.now,
        random: &mut azure.random,
        resource_manager: "https://management.test",
        tenant_id: TENANT,
    };

    azure.engine.delete_resource_group("S1", "rg", &mut moment);

    assert_eq!(azure.engine.resource_ids(), Vec::<String>::new());
    assert_eq!(azure.send("PUT", CLUSTER, secure()).status, 201);
}
