//! Others who change the cluster while it is being changed here: neither change is lost.

use std::time::Duration;

use secureaks::{framework::Diagnostic, value::Value};
use secureaks_simulator::{Action, Answer, Fault, Matches, Simulator};
use serde_json::json;

use crate::support::{CLUSTER, Kept, Provider, assert_understood, azure, cluster};

/// Applies `config`, and lets `meanwhile` happen after the cluster was read and before the first
/// write arrives. The statuses of all writes come with it.
fn apply_while(
    azure: &Simulator,
    provider: &Provider,
    kept: &Kept,
    config: &Value,
    meanwhile: impl FnOnce(),
) -> (Kept, Vec<Diagnostic>, Vec<Option<u16>>) {
    azure.clear_journal();
    azure.add_fault(Fault {
        name: "held".to_owned(),
        matches: Matches {
            method: Some("PUT".to_owned()),
            path_contains: Some("managedClusters/aks-demo?".to_owned()),
            ..Matches::default()
        },
        action: Action::HoldBefore,
    });
    let (kept, told) = std::thread::scope(|scope| {
        let applied = scope.spawn(|| provider.apply(kept, config));
        azure
            .wait_held(Duration::from_secs(30))
            .expect("a write arrives");
        meanwhile();
        azure.release_held();
        applied.join().expect("applied")
    });
    let writes = azure
        .journal()
        .into_iter()
        .filter(|exchange| exchange.method == "PUT")
        .map(|exchange| exchange.status);
    (kept, told, writes.collect())
}

#[test]
fn a_change_of_somebody_elses_in_between_is_read_again_and_kept() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&provider.value(&cluster(&json!({}))));
    let wanted = provider.value(&cluster(&json!({ "tier": "Free" })));

    // AKS, "use eTags": every write renews the eTag, and If-Match of an old one is a 412.
    let (changed, told, writes) = apply_while(&azure, &provider, &kept, &wanted, || {
        azure.change(CLUSTER, |cluster| {
            cluster["eTag"] = json!("63a0e1c4-5b7d-4f28-9c06-d81f2e7a3b95");
            cluster["properties"]["agentPoolProfiles"][0]["nodeLabels"] =
                json!({ "team": "theirs" });
        });
    });

    assert_eq!((told, writes), (vec![], vec![Some(412), Some(200)]));
    let cluster = azure.resource(CLUSTER).expect("the cluster");
    assert_eq!(
        (
            &cluster["sku"]["tier"],
            &cluster["properties"]["agentPoolProfiles"][0]["nodeLabels"]["team"]
        ),
        (&json!("Free"), &json!("theirs"))
    );
    assert_eq!(provider.read(&changed).0.value, changed.value);
    assert_understood(&azure);
}

#[test]
fn an_operation_of_somebody_elses_is_waited_for() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&provider.value(&cluster(&json!({}))));
    let wanted = provider.value(&cluster(&json!({ "tier": "Free" })));
    let pool = format!("{CLUSTER}/agentPools/theirs");

    let (changed, told, writes) = apply_while(&azure, &provider, &kept, &wanted, || {
        let body = json!({ "properties": { "count": 2, "vmSize": "Standard_D2ds_v5", "mode": "User", "osType": "Linux" } });
        assert_eq!(azure.put(&pool, body), 201);
    });

    assert_eq!(told, []);
    // Their pool has renewed the cluster's eTag too.
    assert_eq!(writes.first(), Some(&Some(412)));
    assert!(writes.contains(&Some(409)), "{writes:?}");
    assert_eq!(writes.last(), Some(&Some(200)));
    assert_eq!(
        azure.resource(CLUSTER).expect("the cluster")["sku"]["tier"],
        "Free"
    );
    assert_eq!(
        azure.resource(&pool).expect("their pool")["properties"]["count"],
        2
    );
    assert_eq!(provider.read(&changed).0.value, changed.value);
    assert_understood(&azure);
}

#[test]
fn a_long_operation_of_somebody_elses_ends_with_our_time_and_not_with_our_tries() {
    let azure = azure();
    let mut environment = azure.environment();
    environment.insert("SECUREAKS_POLL_INTERVAL".to_owned(), "5ms".to_owned());
    let provider = Provider::acting_in(&azure, environment);
    let kept = provider.create(&provider.value(&cluster(&json!({}))));
    // The wording of 2026-05 (azure-cli-extensions pull request 9855).
    let message = "Operation is not allowed because there's an in progress agentPool create operation on the managed cluster. Please wait for it to finish before starting a new operation.";
    azure.add_fault(Fault {
        name: "in progress".to_owned(),
        matches: Matches {
            method: Some("PUT".to_owned()),
            times: Some(14),
            ..Matches::default()
        },
        action: Action::Status(Answer {
            code: 409,
            headers: Vec::new(),
            body: json!({ "code": "OperationNotAllowed", "message": message }),
        }),
    });

    let (_, told) = provider.apply(&kept, &provider.value(&cluster(&json!({ "tier": "Free" }))));

    assert_eq!(told, []);
    assert_eq!(
        azure.resource(CLUSTER).expect("the cluster")["sku"]["tier"],
        "Free"
    );
    assert_understood(&azure);
}

#[test]
fn a_cluster_that_is_deleted_meanwhile_is_told() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&provider.value(&cluster(&json!({}))));
    let wanted = provider.value(&cluster(&json!({ "tier": "Free" })));
    let another = Provider::of(&azure);

    let (left, told, _) = apply_while(&azure, &provider, &kept, &wanted, || {
        assert_eq!(another.destroy(&kept).1, []);
    });

    assert_eq!(
        told.iter()
            .map(|one| one.summary.as_str())
            .collect::<Vec<_>>(),
        ["Cluster is gone"]
    );
    assert_eq!(
        left.value, kept.value,
        "the next read finds that it is gone"
    );
    assert_eq!(provider.read(&left).0.value, Value::Null);
    assert_understood(&azure);
}
