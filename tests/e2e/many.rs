//! A thousand bindings over ten clusters: a refresh asks each cluster a handful of questions, over one connection,
//! and the provider stays small.

use std::{fs, path::Path};

use secureaks_simulator::Exchange;

use crate::{
    fleet,
    support::{Workspace, any_client, assert_understood, azure, trouble::wait_until},
};

/// What a refresh may send about one cluster, to Azure and to its API server together.
const MOST_REQUESTS: usize = 8;
/// In KiB.
const MOST_MEMORY: u64 = 60 * 1024;

#[test]
fn a_refresh_of_a_thousand_bindings_asks_each_cluster_a_handful_of_questions() {
    let azure = azure();
    let clusters = fleet::make(&azure).expect("the clusters");
    let workspace = Workspace::new(any_client(), &azure);
    workspace.write("main.tf", &fleet::configuration(&clusters));
    let applied = workspace.apply().succeeds();
    assert!(applied.flat().contains("1000 added"), "{}", applied.text);
    azure.clear_journal();

    let mut planning =
        workspace.start(&["plan", "-detailed-exitcode", "-input=false", "-no-color"]);
    let mut memory = 0;
    wait_until("the plan is made", || {
        let peaks = planning.plugins().into_iter().filter_map(peak);
        memory = peaks.chain([memory]).max().unwrap_or_default();
        planning.has_ended()
    });
    let planned = planning.finish();

    assert_eq!(planned.code, 0, "{}", planned.text);
    let journal = azure.journal();
    for id in &clusters {
        let asked: Vec<String> = journal
            .iter()
            .filter(|exchange| is_about(exchange, id))
            .map(|exchange| format!("{} {}", exchange.method, exchange.path))
            .collect();
        let ways_in = asked
            .iter()
            .filter(|line| line.contains("/listClusterUserCredential"))
            .count();
        assert_eq!((ways_in, azure.connections(id)), (1, 1), "{asked:#?}");
        assert!(asked.len() <= MOST_REQUESTS, "{asked:#?}");
    }
    println!(
        "exchanges in all: {}, peak memory of the plugin: {memory} KiB",
        journal.len()
    );
    assert!(journal.len() <= fleet::CLUSTERS * MOST_REQUESTS + 10);
    assert!((1..MOST_MEMORY).contains(&memory), "{memory} KiB");
    assert_understood(&azure);
}

/// Whether a request is about a cluster or goes to its API server.
fn is_about(exchange: &Exchange, id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    let path = exchange.path.to_ascii_lowercase();
    let follows = path
        .strip_prefix(&id)
        .is_some_and(|rest| rest.starts_with(['/', '?']));
    follows
        || exchange
            .cluster
            .as_ref()
            .is_some_and(|cluster| cluster.eq_ignore_ascii_case(&id))
}

/// The most memory a plugin has had, in KiB; `None` when it has ended, or is still the client about to become it.
fn peak(process: u32) -> Option<u64> {
    let executable = fs::read_link(format!("/proc/{process}/exe")).ok()?;
    if executable != Path::new(env!("CARGO_BIN_EXE_terraform-provider-secureaks")) {
        return None;
    }
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}
