//! The limits AKS sets on its callers, kept on our side so that a large apply does not run into 429s.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::arm::{ResourceId, agent_pool, managed_cluster};
use super::clock::between;
use super::request::Method;

/// One of the service's token buckets.
#[derive(Debug, Clone, PartialEq)]
struct Bucket {
    name: String,
    burst: f64,
    per_second: f64,
}

impl Bucket {
    /// The bucket that a request draws from, if the service limits its kind
    /// (`learn.microsoft.com/azure/aks/quotas-skus-regions`, throttling limits).
    fn of(method: Method, path: &str) -> Option<Self> {
        let id = ResourceId::parse(path).ok()?;
        let name = path.to_ascii_lowercase();
        match method {
            Method::Get if id.is_a("Microsoft.ContainerService/locations/operations") => {
                let name = format!("operations of {}", id.subscription().to_ascii_lowercase());
                Some(Self {
                    name,
                    burst: 200.0,
                    per_second: 2.0,
                })
            }
            Method::Get if id.is_a(managed_cluster::RESOURCE_TYPE) => Some(Self {
                name: format!("GET {name}"),
                burst: 60.0,
                per_second: 1.0,
            }),
            Method::Put
                if id.is_a(managed_cluster::RESOURCE_TYPE)
                    || id.is_a(agent_pool::RESOURCE_TYPE) =>
            {
                Some(Self {
                    name: format!("PUT {name}"),
                    burst: 20.0,
                    per_second: 1.0 / 60.0,
                })
            }
            _ => None,
        }
    }
}

/// What is left in each bucket.
#[derive(Debug, Default)]
pub(crate) struct Throttle(Mutex<BTreeMap<String, Level>>);

#[derive(Debug, Clone, Copy)]
struct Level {
    tokens: f64,
    at: Timestamp,
}

impl Throttle {
    /// Takes a token for a request and says how long to wait before using it.
    pub(crate) fn take(&self, method: Method, path: &str, now: Timestamp) -> Duration {
        let Some(bucket) = Bucket::of(method, path) else {
            return Duration::ZERO;
        };
        let mut levels = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let level = levels.entry(bucket.name).or_insert(Level {
            tokens: bucket.burst,
            at: now,
        });
        let refilled = between(level.at, now).as_secs_f64() * bucket.per_second;
        level.tokens = (level.tokens + refilled).min(bucket.burst) - 1.0;
        level.at = level.at.max(now);
        // A level below zero is what those already waiting have taken in advance.
        Duration::from_secs_f64((-level.tokens / bucket.per_second).max(0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::clock::later;

    const CLUSTER: &str = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerService/managedClusters/aks";

    fn start() -> Timestamp {
        "2026-11-21T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_cluster_is_read_sixty_times_at_once_and_then_once_a_second() {
        let throttle = Throttle::default();

        let waits: Vec<Duration> = (0..63)
            .map(|_| throttle.take(Method::Get, CLUSTER, start()))
            .collect();

        let seconds = waits.iter().map(Duration::as_secs_f64).collect::<Vec<_>>();
        assert_eq!(seconds[..60], [0.0; 60]);
        assert_eq!(seconds[60..], [1.0, 2.0, 3.0]);
    }

    #[test]
    fn time_refills_a_bucket_but_not_beyond_its_size() {
        let throttle = Throttle::default();
        for _ in 0..60 {
            throttle.take(Method::Get, CLUSTER, start());
        }
        let tomorrow = later(start(), Duration::from_hours(24));

        let waits: Vec<Duration> = (0..61)
            .map(|_| throttle.take(Method::Get, CLUSTER, tomorrow))
            .collect();

        assert_eq!(
            (waits[59], waits[60]),
            (Duration::ZERO, Duration::from_secs(1))
        );
    }

    #[test]
    fn operations_share_a_bucket_and_clusters_do_not() {
        let operation = |id| {
            format!(
                "/subscriptions/s/providers/Microsoft.ContainerService/locations/westeurope/operations/{id}"
            )
        };
        let paths = [
            operation("1"),
            operation("2"),
            CLUSTER.to_owned(),
            format!("{CLUSTER}2"),
        ];

        let buckets = paths.map(|path| Bucket::of(Method::Get, &path));

        assert_eq!(buckets[0], buckets[1]);
        assert_ne!(buckets[2], buckets[3]);
        assert_eq!(
            Bucket::of(Method::Get, "/subscriptions/s/resourceGroups/rg"),
            None
        );
    }
}
