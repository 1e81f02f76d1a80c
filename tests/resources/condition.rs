//! Clusters that do not run as they should: read with a warning, changed or refused with what to
//! do.

use std::time::Duration;

use secureaks::{framework::Severity, value::Value};
use secureaks_simulator::{Action, Fault, Matches, Simulator, aks::Failure};
use serde_json::json;

use crate::{
    private_lost::killed_when_held,
    support::{
        CLUSTER, Kept, Provider, assert_understood, azure, cluster, fast_azure, redacted, told,
        writes,
    },
};

fn stop(azure: &Simulator) {
    // Recorded stop_start: a stopped cluster has succeeded, and so have its pools.
    let stopped = json!({ "code": "Stopped" });
    assert!(azure.change(CLUSTER, |cluster| {
        cluster["properties"]["powerState"] = stopped.clone();
        cluster["properties"]["agentPoolProfiles"][0]["powerState"] = stopped.clone();
    }));
}

#[test]
fn a_stopped_cluster_reads_with_a_warning_and_refuses_a_change_with_its_command() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let config = provider.value(&cluster(&json!({})));
    let kept = provider.create(&config);
    stop(&azure);
    azure.clear_journal();

    let (read, warned) = provider.read(&kept);
    let same = provider.plan(&read, &config);
    let (left, refused) =
        provider.apply(&read, &provider.value(&cluster(&json!({ "tier": "Free" }))));

    assert_eq!(read.value.member("power_state"), &Value::from("Stopped"));
    assert_eq!((&same.value, same.diagnostics), (&read.value, vec![]));
    assert_eq!(left.value, read.value);
    insta::assert_snapshot!(format!("{}\n\n{}", told(&warned), told(&refused)));
    assert_eq!(writes(&azure), Vec::<String>::new());
    assert_understood(&azure);
}

#[test]
fn a_stopped_cluster_is_destroyed() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&provider.value(&cluster(&json!({}))));
    stop(&azure);

    let (_, told) = provider.destroy(&kept);

    assert_eq!((told, azure.resource(CLUSTER)), (vec![], None));
    assert_understood(&azure);
}

#[test]
fn a_failed_cluster_reads_with_its_reason_and_the_next_change_repairs_it() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&provider.value(&cluster(&json!({}))));
    azure.fail_next_operation(Failure {
        code: "CreateVMSSAgentPoolFailed".to_owned(),
        message: "The agent pool could not be reconciled.".to_owned(),
        resource_state: "Failed".to_owned(),
        on: "update".to_owned(),
    });
    let wanted = provider.value(&cluster(&json!({ "tier": "Free" })));

    let (left, failed) = provider.apply(&kept, &wanted);
    let (read, warned) = provider.read(&left);
    let (repaired, again) = provider.apply(
        &read,
        &provider.value(&cluster(&json!({ "tags": { "a": "b" } }))),
    );

    insta::assert_snapshot!(redacted(
        &[failed, warned, again].map(|one| told(&one)).join("\n\n")
    ));
    assert_eq!(
        left.value, kept.value,
        "a failed update keeps the state before it"
    );
    assert_eq!(
        azure.resource(CLUSTER).expect("the cluster")["properties"]["provisioningState"],
        "Succeeded"
    );
    assert_eq!(provider.read(&repaired), (repaired, vec![]));
    assert_understood(&azure);
}

/// The operation of an update that was killed fails afterwards, and the client has dropped what travels with the state.
#[test]
fn failed_update_after_kill_is_never_retried() {
    let azure = azure();
    let provider = Provider::of(&azure);
    let kept = provider.create(&provider.value(&cluster(&json!({}))));
    azure.fail_next_operation(Failure {
        code: "QuotaExceeded".to_owned(),
        message: "no cores".to_owned(),
        resource_state: "Failed".to_owned(),
        on: "update".to_owned(),
    });
    let wanted = provider.value(&cluster(&json!({ "system_pool": { "node_count": 4 } })));
    azure.add_fault(Fault {
        name: "killed".to_owned(),
        matches: Matches {
            method: Some("PUT".to_owned()),
            ..Matches::default()
        },
        action: Action::HoldAfter,
    });

    let killed = provider.restarted(&azure);
    let plan = killed.plan(&kept, &wanted);
    let outcome = killed_when_held(&azure, &killed, &kept, &wanted, &plan);
    let next = provider.restarted(&azure);
    let (running, _) = next.read(&kept.forgetting());
    let while_it_runs = next.plan(&running, &wanted);
    azure.advance(Duration::from_hours(1));
    let (failed, warned) = next.read(&kept.forgetting());
    let after_it_failed = next.plan(&failed, &wanted);
    let (repaired, errors) = next.carry_out(&failed, &wanted, &after_it_failed);

    assert_eq!(outcome, None);
    assert_ne!(while_it_runs.value, running.value);
    assert_eq!(warned.len(), 1);
    assert_ne!(after_it_failed.value, failed.value);
    assert_eq!(errors, []);
    let properties = &azure.resource(CLUSTER).expect("the cluster")["properties"];
    assert_eq!(
        (
            &properties["provisioningState"],
            &properties["agentPoolProfiles"][0]["count"]
        ),
        (&json!("Succeeded"), &json!(4))
    );
    assert_eq!(next.plan(&repaired, &wanted).value, repaired.value);
    assert_understood(&azure);
}

/// What Azure cannot change is told before anything is applied, not by a plan after an apply that seemed to do it.
#[test]
fn a_killed_create_that_is_configured_otherwise_now_is_told_at_plan() {
    let azure = fast_azure();
    let provider = Provider::of(&azure);
    let begun = provider.value(&cluster(&json!({})));
    let plan = provider.plan(&Kept::nothing(), &begun);
    provider.carry_out(&Kept::nothing(), &begun, &plan);
    let other = json!({ "system_pool": { "vm_size": "Standard_D8ds_v5" } });

    let next = provider.restarted(&azure);
    let planned = next.plan(&Kept::nothing(), &next.value(&cluster(&other)));

    let refused = planned
        .diagnostics
        .iter()
        .find(|told| told.severity == Severity::Error)
        .expect("an error");
    assert_eq!(refused.summary, "Interrupted run began another cluster");
    assert_eq!(refused.path.to_string(), "system_pool.vm_size");
    assert_understood(&azure);
}
