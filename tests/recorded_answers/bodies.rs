//! Recorded clusters and pools: decoded by the types of this provider, and given back as they came.

use secureaks::azure::arm::{agent_pool::AgentPool, managed_cluster::ManagedCluster};
use serde_json::Value as Json;

use crate::figures::report;
use crate::recorded::{exchanges, name, without_nulls};

/// Bodies of answers whose type is one of AKS's, out of lists too, each with where it was found.
pub(crate) fn bodies(of_type: &str) -> Vec<(String, Json)> {
    let mut found: Vec<(String, Json)> = Vec::new();
    for exchange in exchanges() {
        let body = &exchange["response_body"];
        let listed = body["value"].as_array().into_iter().flatten();
        for body in listed.chain([body]) {
            let is_one = body["type"]
                .as_str()
                .is_some_and(|own| own.eq_ignore_ascii_case(of_type));
            if is_one && found.iter().all(|(_, other)| other != body) {
                found.push((name(&exchange), body.clone()));
            }
        }
    }
    found
}

#[test]
fn every_recorded_cluster_is_given_back_as_it_came() {
    let clusters = bodies("Microsoft.ContainerService/managedClusters");

    for (name, body) in &clusters {
        let cluster: ManagedCluster =
            serde_json::from_value(body.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let back = serde_json::to_value(&cluster).expect("a document");

        assert_eq!(without_nulls(&back), without_nulls(body), "{name}");
    }
    assert_eq!(clusters.len(), 143);
    told("clusters", clusters.len());
}

#[test]
fn every_recorded_pool_is_given_back_as_it_came() {
    let pools = bodies("Microsoft.ContainerService/managedClusters/agentPools");

    for (name, body) in &pools {
        let pool: AgentPool =
            serde_json::from_value(body.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let back = serde_json::to_value(&pool).expect("a document");

        assert_eq!(without_nulls(&back), without_nulls(body), "{name}");
    }
    assert_eq!(pools.len(), 30);
    told("pools", pools.len());
}

fn told(what: &str, count: usize) {
    let line =
        format!("recorded bodies of {what}: {count} decoded, {count} given back as they came");
    report(&format!("recorded-bodies-of-{what}"), &[line], &[]);
}
