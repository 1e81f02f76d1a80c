//! Operations that Azure accepts and then fails, and tokens that end before an operation does.

use std::time::Duration;

use secureaks_simulator::{Action, Exchange, Host, Options, aks::Failure};

use crate::support::{
    Workspace, any_client, assert_understood, azure, azure_with,
    trouble::{CLUSTER, birth, clusters, held, leaves_nothing, patient_azure, strike, writes},
};

const SCALE: [&str; 5] = [
    "apply",
    "-auto-approve",
    "-input=false",
    "-no-color",
    "-var=node_count=4",
];

/// Azure/AKS issue 1972: the operation fails, AKS goes on trying, and the cluster comes to succeed,
/// in the simulator within three minutes. A look every fifteen seconds must be patient enough.
#[test]
fn a_failed_operation_of_a_cluster_that_succeeds_is_a_warning() {
    for seed in 0..3 {
        let azure = azure_with(Options {
            seed,
            speed: 1.0,
            ..Options::default()
        });
        azure.fail_next_operation(failure("create", "CreateVMSSAgentPoolFailed", "Succeeded"));
        let mut workspace = Workspace::of_cluster(any_client(), &azure);
        workspace.set("SECUREAKS_POLL_INTERVAL", "10ms");
        for path in ["/operations/", "/managedClusters/"] {
            strike(
                &azure,
                "GET",
                path,
                3,
                120,
                Action::Advance { seconds: 15.0 },
            );
        }

        let applied = workspace.apply().succeeds();

        let told = applied.flat();
        assert!(
            told.contains("Operation failed, cluster did not"),
            "{}",
            applied.text
        );
        assert!(
            told.contains("CreateVMSSAgentPoolFailed"),
            "{}",
            applied.text
        );
        assert!(!workspace.is_tainted());
        workspace.assert_no_changes();
        assert_eq!(writes(&azure), [("PUT".to_owned(), Some(201))]);
        assert_understood(&azure);
    }
}

#[test]
fn a_failed_create_stays_in_the_state_and_the_next_apply_goes_on_with_it() {
    let azure = azure();
    azure.fail_next_operation(failure("create", "QuotaExceeded", "Failed"));
    let workspace = Workspace::of_cluster(any_client(), &azure);

    let applied = workspace.apply();
    let (id, tainted, first) = (
        workspace.cluster()["id"].clone(),
        workspace.is_tainted(),
        birth(&azure),
    );
    let planned = workspace.plan();
    workspace.apply().succeeds();

    let told = [
        "Azure failed to create the cluster",
        "QuotaExceeded",
        "The simulated reason",
        "Cluster exists and is not as configured",
    ];
    let flat = applied.flat();
    assert!(
        told.iter().all(|words| flat.contains(words)),
        "{}",
        applied.text
    );
    assert_eq!((id.as_str(), tainted), (Some(CLUSTER), false));
    assert!(
        planned
            .flat()
            .contains("0 to add, 1 to change, 0 to destroy"),
        "{}",
        planned.text
    );
    assert_eq!(birth(&azure), first);
    workspace.assert_no_changes();
    leaves_nothing(&azure, &workspace);
    assert_understood(&azure);
}

#[test]
fn a_failed_update_keeps_the_old_state_and_the_next_apply_tries_again() {
    let azure = azure();
    let workspace = Workspace::of_cluster(any_client(), &azure);
    workspace.apply().succeeds();
    let before = workspace.cluster();
    azure.fail_next_operation(failure("update", "QuotaExceeded", "Failed"));
    azure.clear_journal();

    workspace.run(&SCALE).fails_with(&[
        "Azure failed to change the cluster",
        "QuotaExceeded",
        "The simulated reason",
    ]);
    let (kept, tainted) = (workspace.cluster(), workspace.is_tainted());
    workspace.run(&SCALE).succeeds();

    assert_eq!((kept, tainted), (before, false));
    assert_eq!(
        writes(&azure),
        [("PUT".to_owned(), Some(200)), ("PUT".to_owned(), Some(200))]
    );
    assert_eq!(workspace.cluster()["system_pool"]["node_count"], 4);
    let plan = workspace.run(&[
        "plan",
        "-detailed-exitcode",
        "-input=false",
        "-no-color",
        "-var=node_count=4",
    ]);
    assert_eq!(plan.code, 0, "{}", plan.text);
    leaves_nothing(&azure, &workspace);
    assert_understood(&azure);
}

#[test]
fn a_failed_deletion_keeps_the_cluster_and_the_next_destroy_succeeds() {
    let azure = azure();
    let workspace = Workspace::of_cluster(any_client(), &azure);
    workspace.apply().succeeds();
    azure.fail_next_operation(failure("delete", "ResourceGroupDeletionBlocked", "Failed"));

    workspace.destroy().fails_with(&[
        "Azure failed to delete the cluster",
        "ResourceGroupDeletionBlocked",
    ]);
    let kept = workspace.cluster()["id"].clone();
    workspace.destroy().succeeds();

    assert!(kept.is_string(), "{kept}");
    assert_eq!(clusters(&azure), Vec::<String>::new());
    assert_understood(&azure);
}

#[test]
fn a_token_that_ends_while_polling_is_renewed_before_it_does() {
    let azure = azure_with(Options {
        short_tokens: Some(Duration::from_secs(2)),
        speed: 100.0,
        ..Options::default()
    });
    let mut workspace = Workspace::of_cluster(any_client(), &azure);
    workspace.set("SECUREAKS_POLL_INTERVAL", "300ms");

    workspace.apply().succeeds();

    let journal = azure.journal();
    let put = journal
        .iter()
        .position(|exchange| exchange.method == "PUT")
        .expect("a PUT");
    let after: Vec<&Exchange> = journal.iter().skip(put).collect();
    assert!(
        after.iter().any(|exchange| exchange.host == Host::Login),
        "no token was asked for: {after:#?}"
    );
    assert!(
        journal.iter().all(|exchange| exchange.status != Some(401)),
        "a token had ended: {journal:#?}"
    );
    assert_eq!(clusters(&azure).len(), 1);
    assert_understood(&azure);
}

#[test]
fn a_token_that_azure_calls_expired_is_renewed() {
    let azure = patient_azure();
    let mut workspace = Workspace::of_cluster(any_client(), &azure);
    workspace.set("SECUREAKS_POLL_INTERVAL", "10ms");
    strike(&azure, "GET", "/operations/", 2, 1, Action::HoldBefore);

    let running = workspace.start(&["apply", "-auto-approve", "-input=false", "-no-color"]);
    let poll = held(&azure);
    azure.advance(Duration::from_hours(25));
    azure.release_held();
    running.finish().succeeds();

    let journal = azure.journal();
    let since: Vec<_> = journal
        .iter()
        .filter(|exchange| exchange.number >= poll.number)
        .map(|exchange| (exchange.host, exchange.status))
        .collect();
    assert_eq!(
        since,
        [
            (Host::Arm, Some(401)),
            (Host::Login, Some(200)),
            (Host::Arm, Some(200)),
            (Host::Arm, Some(200))
        ]
    );
    assert_eq!(clusters(&azure).len(), 1);
    assert_understood(&azure);
}

fn failure(on: &str, code: &str, resource_state: &str) -> Failure {
    Failure {
        code: code.to_owned(),
        message: "The simulated reason.".to_owned(),
        resource_state: resource_state.to_owned(),
        on: on.to_owned(),
    }
}
