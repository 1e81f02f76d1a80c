//! Changing a cluster.

use super::*;

fn state(cluster: &Value) -> &Value {
    &cluster["properties"]["provisioningState"]
}

#[test]
fn a_put_of_one_property_keeps_all_others() {
    let mut azure = Azure::with_cluster();
    let before = azure.get(CLUSTER);

    let accepted = azure.send(
        "PUT",
        CLUSTER,
        json!({ "location": "West Europe", "sku": { "name": "Base", "tier": "standard" } }),
    );
    azure.finish(&accepted);

    let mut expected = before.clone();
    expected["sku"]["tier"] = json!("Standard");
    let mut after = azure.get(CLUSTER);
    assert_ne!(after["eTag"], before["eTag"]);
    after["eTag"] = before["eTag"].clone();
    after["properties"]["agentPoolProfiles"][0]["eTag"] =
        before["properties"]["agentPoolProfiles"][0]["eTag"].clone();
    assert_eq!((accepted.status, after), (200, expected));
    assert_eq!(state(&body(&accepted)), "Updating");
}

#[test]
fn what_get_answered_can_be_put_back_unchanged() {
    let mut azure = Azure::with_cluster();
    let before = azure.get(CLUSTER);
    let etag = before["eTag"].as_str().unwrap().to_owned();

    let accepted = azure.send_with("PUT", CLUSTER, before.clone(), &[("if-match", &etag)]);
    azure.finish(&accepted);

    let mut after = azure.get(CLUSTER);
    after["eTag"] = before["eTag"].clone();
    after["properties"]["agentPoolProfiles"][0]["eTag"] =
        before["properties"]["agentPoolProfiles"][0]["eTag"].clone();
    assert_eq!((accepted.status, after), (200, before));
}

#[test]
fn a_stale_etag_is_a_failed_precondition() {
    let mut azure = Azure::with_cluster();
    let stale = azure.get(CLUSTER)["eTag"].as_str().unwrap().to_owned();
    let changed = azure.engine.change(CLUSTER, &mut |cluster| {
        cluster["tags"] = json!({ "a": "b" });
    });

    let answer = azure.send_with("PUT", CLUSTER, secure(), &[("if-match", &stale)]);

    assert!(changed);
    assert_eq!(
        refusal(&answer),
        (412, json!("PreconditionFailed"), Value::Null)
    );
}

#[test]
fn no_ranges_empty_the_block_in_the_answer_and_drop_it_from_get() {
    let mut azure = Azure::with_cluster();
    let mut request = secure();
    request["properties"]["apiServerAccessProfile"]["authorizedIPRanges"] = json!([]);

    let accepted = azure.send("PUT", CLUSTER, request);

    assert_eq!(
        body(&accepted)["properties"]["apiServerAccessProfile"],
        json!({})
    );
    assert_eq!(
        azure.get(CLUSTER)["properties"].get("apiServerAccessProfile"),
        None
    );
}

#[test]
fn a_changed_count_scales_and_a_newer_version_upgrades() {
    let mut azure = Azure::with_cluster();
    let mut larger = secure();
    larger["properties"]["agentPoolProfiles"][0]["count"] = json!(5);
    let mut newer = larger.clone();
    newer["properties"]["kubernetesVersion"] = json!("1.36");

    let scaling = azure.send("PUT", CLUSTER, larger);
    azure.finish(&scaling);
    let upgrading = azure.send("PUT", CLUSTER, newer);
    azure.finish(&upgrading);

    let states = |response: &Response| {
        let body = body(response);
        let pool = body["properties"]["agentPoolProfiles"][0]["provisioningState"].clone();
        (state(&body).clone(), pool)
    };
    assert_eq!(states(&scaling), (json!("Scaling"), json!("Scaling")));
    assert_eq!(states(&upgrading), (json!("Upgrading"), json!("Upgrading")));
    let properties = azure.get(CLUSTER)["properties"].clone();
    assert_eq!(properties["currentKubernetesVersion"], "1.36.3");
    // The control plane alone moves unless a pool is asked to.
    assert_eq!(
        properties["agentPoolProfiles"][0]["currentOrchestratorVersion"],
        "1.35.7"
    );
}

#[test]
fn a_skipped_minor_lists_the_upgrades_there_are() {
    let mut azure = Azure::new();
    let mut request = secure();
    request["properties"]["kubernetesVersion"] = json!("1.34");
    let accepted = azure.send("PUT", CLUSTER, request.clone());
    azure.finish(&accepted);
    request["properties"]["kubernetesVersion"] = json!("1.36");

    let answer = azure.send("PUT", CLUSTER, request);

    let message = "Upgrading Kubernetes version 1.34.9 to 1.36.3 is not allowed. Available upgrades: \
                   [1.35.7 1.35.6 1.35.5 1.35.4 1.35.3]. Please see \
                   https://aka.ms/aks-supported-k8s-ver for version details.";
    assert_eq!(
        body(&answer),
        json!({ "code": "OperationNotAllowed", "details": null, "message": message, "subcode": "" })
    );
}

#[test]
fn an_immutable_property_names_itself_as_target() {
    let mut azure = Azure::with_cluster();
    let mut request = secure();
    request["properties"]["agentPoolProfiles"][0]["vmSize"] = json!("Standard_D8ds_v5");

    let answer = azure.send("PUT", CLUSTER, request);

    assert_eq!(
        (answer.status, body(&answer)),
        (
            400,
            json!({
                "code": "PropertyChangeNotAllowed",
                "details": null,
                "message": "Changing property 'agentPoolProfile.vmSize' is not allowed.",
                "subcode": "",
                "target": "agentPoolProfile.vmSize",
            })
        )
    );
}

#[test]
fn a_patch_changes_tags_alone() {
    let mut azure = Azure::with_cluster();

    let accepted = azure.send("PATCH", CLUSTER, json!({ "tags": { "team": "a" } }));
    azure.finish(&accepted);

    let cluster = azure.get(CLUSTER);
    assert_eq!(
        (state(&cluster), &cluster["tags"]),
        (&json!("Succeeded"), &json!({ "team": "a" }))
    );
}

#[test]
fn a_stopped_cluster_reads_refuses_changes_and_starts_again() {
    let mut azure = Azure::with_cluster();

    let stop = azure.send("POST", &format!("{CLUSTER}/stop"), Value::Null);
    azure.finish(&stop);
    let stopped = azure.get(CLUSTER);
    let change = azure.send("PUT", CLUSTER, secure());
    let start = azure.send("POST", &format!("{CLUSTER}/start"), Value::Null);
    azure.finish(&start);

    assert_eq!(
        (stop.status, header_names(&stop)),
        (202, vec!["azure-asyncoperation", "location"])
    );
    assert_eq!(
        stopped["properties"]["powerState"],
        json!({ "code": "Stopped" })
    );
    assert_eq!(state(&stopped), "Succeeded");
    assert_eq!(
        refusal(&change),
        (409, json!("OperationNotAllowed"), Value::Null)
    );
    assert_eq!(
        azure.get(CLUSTER)["properties"]["powerState"],
        json!({ "code": "Running" })
    );
}

#[test]
fn an_abort_cancels_what_runs_and_answers_the_cluster() {
    let mut azure = Azure::with_cluster();
    let update = azure.send("PUT", CLUSTER, secure());

    let abort = azure.send("POST", &format!("{CLUSTER}/abort"), Value::Null);
    let aborted = azure.finish(&update);
    azure.finish(&abort);

    assert_eq!(
        (abort.status, body(&abort)["id"].clone()),
        (202, json!(CLUSTER_ID))
    );
    assert_eq!(aborted["status"], "Canceled");
    assert_eq!(state(&azure.get(CLUSTER)), "Canceled");
}

/// Recorded: what runs shows its own state until the abort ends.
#[test]
fn an_abort_shows_the_state_of_what_it_ends() {
    let mut azure = Azure::new();
    azure.trusted.borrow_mut().insert("io".to_owned());
    let create = azure.send("PUT", CLUSTER, secure());

    let abort = azure.send("POST", &format!("{CLUSTER}/abort"), Value::Null);
    let during = state(&azure.get(CLUSTER)).to_owned();
    azure.finish(&create);
    azure.finish(&abort);

    assert_eq!(during, "Creating");
    assert_eq!(state(&azure.get(CLUSTER)), "Canceled");
}

/// Recorded: 202, and then `Canceled`.
#[test]
fn an_abort_of_a_pool_cancels_what_runs_on_it() {
    let mut azure = Azure::with_cluster();
    let pool = format!("{CLUSTER}/agentPools/jobs");
    let body =
        json!({ "properties": { "mode": "User", "vmSize": "Standard_D4ds_v5", "count": 1 } });
    let create = azure.send("PUT", &pool, body);

    let abort = azure.send("POST", &format!("{pool}/abort"), Value::Null);
    let ended = azure.finish(&create);
    azure.finish(&abort);
    let idle = azure.send("POST", &format!("{pool}/abort"), Value::Null);

    let left = azure.get(&pool);
    assert_eq!((abort.status, idle.status), (202, 204));
    assert_eq!(ended["status"], "Canceled");
    assert_eq!(left["properties"]["provisioningState"], "Canceled");
}

/// Recorded 200; `TestAccKubernetesCluster_servicePrincipalToSystemAssignedIdentity` of azurerm sends the old client id
/// beside the identity and expects it, too.
#[test]
fn an_identity_takes_the_place_of_a_service_principal() {
    let mut azure = Azure::new();
    let mut body = secure();
    body["identity"] = Value::Null;
    body["properties"]["servicePrincipalProfile"] = json!({ "clientId": "app", "secret": "s" });
    let create = azure.send("PUT", CLUSTER, body.clone());
    azure.finish(&create);
    body["identity"] = json!({ "type": "SystemAssigned" });
    body["properties"]["servicePrincipalProfile"] = json!({ "clientId": "app" });

    let update = azure.send("PUT", CLUSTER, body);
    azure.finish(&update);

    let properties = azure.get(CLUSTER)["properties"].clone();
    assert_eq!(update.status, 200, "{update:?}");
    assert_eq!(
        properties["servicePrincipalProfile"],
        json!({ "clientId": "msi" })
    );
    assert!(properties["identityProfile"]["kubeletidentity"]["objectId"].is_string());
}

/// Recorded; azurerm reads the first of `effectiveOutboundIPs` (`TestAccKubernetesCluster_natGatewayProfile`).
#[test]
fn a_managed_nat_gateway_names_its_addresses() {
    let mut azure = Azure::new();
    azure.trusted.borrow_mut().insert("io".to_owned());
    let mut body = secure();
    body["properties"]["networkProfile"]["outboundType"] = json!("managedNATGateway");
    let create = azure.send("PUT", CLUSTER, body);
    azure.finish(&create);

    let cluster = azure.get(CLUSTER);

    let gateway = &cluster["properties"]["networkProfile"]["natGatewayProfile"];
    let id = gateway["effectiveOutboundIPs"][0]["id"].as_str();
    assert!(
        id.is_some_and(|id| id.contains("/publicIPAddresses/")),
        "{gateway}"
    );
    assert_eq!(gateway["managedOutboundIPProfile"]["count"], 1);
}
