//! Node pools through their own address.

use super::*;

fn pool(name: &str) -> String {
    format!("{CLUSTER}/agentPools/{name}")
}

fn user_pool(count: i64) -> Value {
    json!({ "properties": {
        "count": count, "vmSize": "Standard_DS2_v2", "mode": "User", "tags": { "a": "1" },
        "scaleSetPriority": "Regular", "scaleSetEvictionPolicy": "Delete", "spotMaxPrice": -1.0,
        "nodeTaints": [],
    } })
}

#[test]
fn a_new_pool_is_created_while_the_cluster_stays_succeeded() {
    let mut azure = Azure::with_cluster();

    let accepted = azure.send("PUT", &pool("extra"), user_pool(1));
    let meanwhile = azure.get(CLUSTER)["properties"]["provisioningState"].clone();
    azure.finish(&accepted);

    let mut created = azure.get(&pool("extra"));
    created["properties"]["eTag"] = json!("<drawn>");
    created["properties"]["nodeImageVersion"] = json!("<drawn>");
    assert_eq!((accepted.status, meanwhile), (201, json!("Succeeded")));
    assert_eq!(
        created,
        json!({
            "id": format!("{CLUSTER_ID}/agentPools/extra"),
            "name": "extra",
            "type": "Microsoft.ContainerService/managedClusters/agentPools",
            "properties": {
                "count": 1,
                "vmSize": "Standard_DS2_v2",
                "osDiskSizeGB": 128,
                "osDiskType": "Managed",
                "kubeletDiskType": "OS",
                "maxPods": 250,
                "type": "VirtualMachineScaleSets",
                "scaleDownMode": "Delete",
                "provisioningState": "Succeeded",
                "powerState": { "code": "Running" },
                "orchestratorVersion": "1.35",
                "currentOrchestratorVersion": "1.35.7",
                "enableNodePublicIP": false,
                "tags": { "a": "1" },
                "mode": "User",
                "osType": "Linux",
                "osSKU": "Ubuntu",
                "nodeImageVersion": "<drawn>",
                "upgradeSettings": { "maxSurge": "10%", "maxUnavailable": "0" },
                "enableFIPS": false,
                "securityProfile": {
                    "sshAccess": "LocalUser", "enableVTPM": false, "enableSecureBoot": false,
                },
                "eTag": "<drawn>",
            },
        })
    );
}

#[test]
fn a_pool_says_scaling_or_updating_by_what_changes() {
    let mut azure = Azure::with_cluster();
    let created = azure.send("PUT", &pool("extra"), user_pool(1));
    azure.finish(&created);
    let mut tagged = user_pool(3);
    tagged["properties"]["tags"] = json!({ "b": "2" });

    let scaling = azure.send("PUT", &pool("extra"), user_pool(3));
    azure.finish(&scaling);
    let updating = azure.send("PUT", &pool("extra"), tagged);

    let state = |response: &Response| body(response)["properties"]["provisioningState"].clone();
    assert_eq!(
        (state(&scaling), state(&updating)),
        (json!("Scaling"), json!("Updating"))
    );
    assert_eq!(body(&updating)["properties"]["tags"], json!({ "b": "2" }));
}

#[test]
fn a_cluster_waits_for_its_pools_operations() {
    let mut azure = Azure::with_cluster();
    azure.send("PUT", &pool("extra"), user_pool(1));

    let answer = azure.send("PUT", CLUSTER, secure());

    assert_eq!(
        refusal(&answer),
        (409, json!("OperationNotAllowed"), Value::Null)
    );
}

#[test]
fn a_deleted_pool_is_gone_from_its_cluster() {
    let mut azure = Azure::with_cluster();
    let created = azure.send("PUT", &pool("extra"), user_pool(1));
    azure.finish(&created);

    let accepted = azure.send("DELETE", &pool("extra"), Value::Null);
    azure.finish(&accepted);

    let ids: Vec<String> = azure.engine.resource_ids();
    assert_eq!(accepted.status, 202);
    assert_eq!(
        ids,
        [
            CLUSTER_ID.to_owned(),
            format!("{CLUSTER_ID}/agentPools/system")
        ]
    );
}

#[test]
fn the_last_system_pool_cannot_be_deleted() {
    let mut azure = Azure::with_cluster();

    let answer = azure.send("DELETE", &pool("system"), Value::Null);

    let message = "Must define at least one system pool.";
    let expected =
        json!({ "code": "BadRequest", "details": null, "message": message, "subcode": "" });
    assert_eq!((answer.status, body(&answer)), (400, expected));
}

#[test]
fn a_missing_pool_is_the_providers_not_found() {
    let mut azure = Azure::with_cluster();

    let answer = azure.send("GET", &pool("ap2"), Value::Null);

    let body = body(&answer);
    assert_eq!(
        (
            answer.status,
            &body["code"],
            &body["subcode"],
            &body["message"]
        ),
        (
            404,
            &json!("NotFound"),
            &json!("GetAgentPool_NotFound"),
            &json!(
                "Could not find the agentpool: ap2 in subscription: s1, resourceGroup: Rg, resourceName: main."
            )
        )
    );
}

#[test]
fn a_stopped_pool_has_no_nodes_and_gets_them_back() {
    let mut azure = Azure::with_cluster();
    let created = azure.send("PUT", &pool("extra"), user_pool(2));
    azure.finish(&created);
    let power = |code: &str| json!({ "properties": { "powerState": { "code": code } } });

    let stop = azure.send("PUT", &pool("extra"), power("Stopped"));
    azure.finish(&stop);
    let stopped = azure.get(&pool("extra"))["properties"]["count"].clone();
    let start = azure.send("PUT", &pool("extra"), power("Running"));
    azure.finish(&start);

    assert_eq!(body(&stop)["properties"]["provisioningState"], "Stopping");
    assert_eq!(body(&start)["properties"]["provisioningState"], "Starting");
    assert_eq!(
        (
            stopped,
            azure.get(&pool("extra"))["properties"]["count"].clone()
        ),
        (json!(0), json!(2))
    );
}

#[test]
fn a_node_image_upgrade_answers_the_old_image_and_ends_on_the_new() {
    let mut azure = Azure::with_cluster();
    let old = azure.get(&pool("system"))["properties"]["nodeImageVersion"].clone();
    azure.wait(14 * 24 * 3600);

    let accepted = azure.send(
        "POST",
        &format!("{}/upgradeNodeImageVersion", pool("system")),
        Value::Null,
    );
    azure.finish(&accepted);

    let answered = body(&accepted)["properties"].clone();
    assert_eq!(accepted.status, 202);
    assert_eq!(
        (
            &answered["provisioningState"],
            &answered["nodeImageVersion"]
        ),
        (&json!("UpgradingNodeImageVersion"), &old)
    );
    assert_ne!(
        azure.get(&pool("system"))["properties"]["nodeImageVersion"],
        old
    );
}

#[test]
fn an_autoscaled_user_pool_rises_to_its_lower_bound() {
    let mut azure = Azure::with_cluster();
    let mut request = user_pool(0);
    request["properties"]["enableAutoScaling"] = json!(true);
    request["properties"]["minCount"] = json!(1);
    request["properties"]["maxCount"] = json!(3);

    let accepted = azure.send("PUT", &pool("extra"), request);
    azure.finish(&accepted);

    assert_eq!(azure.get(&pool("extra"))["properties"]["count"], 1);
}

#[test]
fn an_autoscaler_that_is_turned_off_takes_its_bounds_along_through_either_door() {
    let mut azure = Azure::with_cluster();
    let scaled = |pool: &mut Value| {
        for (member, value) in [("minCount", 3), ("maxCount", 6)] {
            pool[member] = json!(value);
        }
        pool["enableAutoScaling"] = json!(true);
    };
    let mut whole = azure.get(CLUSTER);
    scaled(&mut whole["properties"]["agentPoolProfiles"][0]);
    let accepted = azure.send("PUT", CLUSTER, whole);
    azure.finish(&accepted);
    let mut extra = user_pool(3);
    scaled(&mut extra["properties"]);
    let accepted = azure.send("PUT", &pool("extra"), extra);
    azure.finish(&accepted);
    let off = json!({ "name": "system", "enableAutoScaling": false, "count": 3 });
    let body = json!({ "location": "westeurope", "properties": { "agentPoolProfiles": [off] } });

    let through_cluster = azure.send("PUT", CLUSTER, body);
    azure.finish(&through_cluster);
    let body =
        json!({ "properties": { "enableAutoScaling": false, "minCount": null, "maxCount": null } });
    let through_pool = azure.send("PUT", &pool("extra"), body);
    azure.finish(&through_pool);

    let bounds = ["system", "extra"].map(|name| {
        let pool = azure.get(&pool(name))["properties"].clone();
        ["enableAutoScaling", "minCount", "maxCount"].map(|member| pool[member].clone())
    });
    let off = [json!(false), Value::Null, Value::Null];
    assert_eq!((through_cluster.status, through_pool.status), (200, 200));
    assert_eq!(bounds, [off.clone(), off]);
}
