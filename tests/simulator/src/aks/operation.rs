//! Long-running operations: what they do, how long they take, what they answer while they run.

use jiff::Timestamp;
use rand::Rng as _;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::path::Polled;
use super::random;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Kind {
    Create,
    Update,
    Scale,
    Upgrade,
    Delete,
    Stop,
    Start,
    Abort,
    /// The service's own work after an operation that succeeded.
    Reconcile,
    PoolCreate,
    PoolUpdate,
    PoolScale,
    PoolUpgrade,
    PoolImage,
    PoolStop,
    PoolStart,
    PoolDelete,
}

impl Kind {
    /// The `provisioningState` while it runs (recorded, save `Deleting` and `Canceling`, which are
    /// the words of the AKS docs).
    pub(crate) fn state(self) -> &'static str {
        match self {
            Self::Create | Self::PoolCreate => "Creating",
            Self::Update | Self::PoolUpdate | Self::Reconcile => "Updating",
            Self::Scale | Self::PoolScale => "Scaling",
            Self::Upgrade | Self::PoolUpgrade => "Upgrading",
            Self::Delete | Self::PoolDelete => "Deleting",
            Self::Stop | Self::PoolStop => "Stopping",
            Self::Start | Self::PoolStart => "Starting",
            Self::Abort => "Canceling",
            Self::PoolImage => "UpgradingNodeImageVersion",
        }
    }

    /// Which injected failures it takes.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Create | Self::PoolCreate => "create",
            Self::Delete | Self::PoolDelete => "delete",
            Self::Abort | Self::Reconcile => "",
            _ => "update",
        }
    }

    /// The words of the refusal another writer gets (recorded: `create managed cluster` and
    /// `update managed cluster`; those for pools and power are formed after them).
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Create => "create managed cluster",
            Self::Update | Self::Scale | Self::Upgrade | Self::Reconcile => {
                "update managed cluster"
            }
            Self::Delete => "delete managed cluster",
            Self::Stop => "stop managed cluster",
            Self::Start => "start managed cluster",
            Self::Abort => "abort managed cluster",
            Self::PoolCreate => "create agent pool",
            Self::PoolDelete => "delete agent pool",
            Self::PoolUpdate
            | Self::PoolScale
            | Self::PoolUpgrade
            | Self::PoolImage
            | Self::PoolStop
            | Self::PoolStart => "update agent pool",
        }
    }

    /// Seconds by share of all recorded cases: create n=459, update n=382; the spread around
    /// medians recorded without one (delete, stop, start, pools) is the simulator's.
    fn duration(self) -> &'static [(f64, f64)] {
        match self {
            Self::Create => &[(0.0, 166.0), (0.5, 297.0), (0.9, 447.0), (1.0, 1480.0)],
            Self::Update | Self::Scale | Self::Upgrade => {
                &[(0.0, 40.0), (0.5, 116.0), (0.9, 467.0), (1.0, 900.0)]
            }
            Self::Delete => &[(0.0, 130.0), (0.5, 195.0), (0.9, 290.0), (1.0, 400.0)],
            Self::Stop | Self::PoolStop => &[(0.0, 60.0), (0.5, 95.0), (1.0, 150.0)],
            Self::Start | Self::PoolStart => &[(0.0, 190.0), (0.5, 313.0), (1.0, 450.0)],
            Self::Abort => &[(0.0, 3.0), (0.5, 5.0), (1.0, 10.0)],
            Self::Reconcile => &[(0.0, 240.0), (0.5, 330.0), (1.0, 480.0)],
            Self::PoolCreate | Self::PoolScale | Self::PoolUpgrade | Self::PoolImage => {
                &[(0.0, 90.0), (0.5, 208.0), (1.0, 450.0)]
            }
            Self::PoolUpdate => &[(0.0, 10.0), (0.5, 27.0), (1.0, 90.0)],
            Self::PoolDelete => &[(0.0, 15.0), (0.5, 30.0), (1.0, 50.0)],
        }
    }
}

/// Code and message of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fault {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Fault {
    /// As operations and `provisioningError` carry it.
    pub(crate) fn body(&self) -> Value {
        json!({ "code": self.code, "message": self.message })
    }
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Outcome {
    Succeeded,
    Failed(Fault),
    Canceled,
}

/// An operation that runs or ran.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) subscription: String,
    pub(crate) location: String,
    /// Key of the cluster it works on.
    pub(crate) cluster: String,
    pub(crate) pool: Option<String>,
    pub(crate) kind: Kind,
    pub(crate) started: Timestamp,
    /// When it will end, or ended.
    pub(crate) ends: Timestamp,
    pub(crate) outcome: Option<Outcome>,
    /// The failure it is going to end with, and the state that leaves.
    pub(crate) failure: Option<(Fault, String)>,
    /// An error shown beside any status: 693 recorded polls carried one while still in progress,
    /// 101 with `Succeeded`.
    noise: Option<Fault>,
    /// Whether it names its phases instead of saying `InProgress`.
    phased: bool,
    nodes: i64,
    pub(crate) polls: u32,
}

impl Operation {
    /// An operation that starts now and will take as long as such operations were recorded to.
    pub(crate) fn start(
        kind: Kind,
        cluster: &str,
        at: &Polled,
        nodes: i64,
        now: Timestamp,
        random: &mut StdRng,
    ) -> Self {
        let seconds = random::seconds(random, kind.duration());
        let noisy = random.random_bool(0.1);
        Self {
            id: at.id.clone(),
            subscription: at.subscription.clone(),
            location: at.location.clone(),
            cluster: cluster.to_owned(),
            pool: None,
            kind,
            started: now,
            ends: later(now, seconds),
            outcome: None,
            failure: None,
            noise: noisy.then(|| Fault {
                code: "NotLatestOperation".to_owned(),
                message: "Cannot proceed with the operation. Either the operation has been \
                          preempted by another one, or the information needed by the operation \
                          failed to be saved (or hasn't been saved yet)."
                    .to_owned(),
            }),
            phased: random.random_bool(0.5),
            nodes,
            polls: 0,
        }
    }

    /// Where it is polled.
    pub(crate) fn polled(&self) -> Polled {
        Polled {
            subscription: self.subscription.clone(),
            location: self.location.clone(),
            id: self.id.clone(),
        }
    }

    /// The body of `Azure-AsyncOperation`: no id, no percentage, no properties.
    pub(crate) fn body(&self, now: Timestamp) -> Value {
        let mut body = Map::new();
        body.insert("name".to_owned(), self.id.clone().into());
        body.insert("status".to_owned(), self.status(now).into());
        body.insert("startTime".to_owned(), written(self.started).into());
        if self.outcome.is_some() {
            body.insert("endTime".to_owned(), written(self.ends).into());
        }
        let error = match &self.outcome {
            Some(Outcome::Failed(fault)) => Some(fault),
            _ => self.noise.as_ref(),
        };
        if let Some(fault) = error {
            body.insert("error".to_owned(), fault.body());
        }
        Value::Object(body)
    }

    fn status(&self, now: Timestamp) -> String {
        match &self.outcome {
            Some(Outcome::Succeeded) => "Succeeded".to_owned(),
            Some(Outcome::Failed(_)) => "Failed".to_owned(),
            Some(Outcome::Canceled) => "Canceled".to_owned(),
            None if self.phased && self.kind == Kind::Create => self.phase(now),
            None => "InProgress".to_owned(),
        }
    }

    /// The phases and their shares of the whole, recorded in `async_status_named_phases_2025`.
    fn phase(&self, now: Timestamp) -> String {
        let nodes = self.nodes;
        match self.progress(now) {
            ..0.1 => "InProgress".to_owned(),
            ..0.4 => "ProvisioningControlPlane".to_owned(),
            ..0.5 => "ReconcilingDNS".to_owned(),
            ..0.6 => format!("CreatingAgentPools: 0/{nodes} nodes completed"),
            ..0.8 => format!("CreatingAgentPools: {nodes}/{nodes} nodes completed"),
            _ => "ReconcilingAddons".to_owned(),
        }
    }

    /// From its start to its end.
    pub(crate) fn duration(&self) -> jiff::SignedDuration {
        self.ends.duration_since(self.started)
    }

    /// How much of its time has passed, from 0 to 1.
    pub(crate) fn progress(&self, now: Timestamp) -> f64 {
        let whole = self.duration().as_secs_f64();
        let passed = now.duration_since(self.started).as_secs_f64();
        if whole > 0.0 { passed / whole } else { 1.0 }
    }
}

/// A moment some seconds after another, or the same where time ends.
pub(crate) fn later(from: Timestamp, seconds: f64) -> Timestamp {
    jiff::SignedDuration::try_from_secs_f64(seconds)
        .ok()
        .and_then(|duration| from.checked_add(duration).ok())
        .unwrap_or(from)
}

/// Times in operation bodies have at most seven decimals (recorded `05:15:44.8059684Z`).
fn written(time: Timestamp) -> String {
    let ticks = time.as_nanosecond() / 100 * 100;
    Timestamp::from_nanosecond(ticks)
        .unwrap_or(time)
        .to_string()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;

    use super::*;

    fn create(phased: bool) -> Operation {
        let at = Polled {
            subscription: "s".to_owned(),
            location: "westeurope".to_owned(),
            id: "25846a8e-292f-45dd-9edd-6754c520ba83".to_owned(),
        };
        let now: Timestamp = "2026-10-01T10:00:00.80596841Z".parse().unwrap();
        let mut random = StdRng::seed_from_u64(1);
        let mut operation = Operation::start(Kind::Create, "c", &at, 3, now, &mut random);
        operation.ends = later(now, 100.0);
        operation.phased = phased;
        operation.noise = None;
        operation
    }

    #[test]
    fn a_create_names_the_recorded_phases_in_order() {
        let operation = create(true);

        let phases: Vec<Value> = [5.0, 20.0, 45.0, 55.0, 70.0, 90.0]
            .into_iter()
            .map(|seconds| operation.body(later(operation.started, seconds))["status"].clone())
            .collect();

        assert_eq!(
            phases,
            [
                "InProgress",
                "ProvisioningControlPlane",
                "ReconcilingDNS",
                "CreatingAgentPools: 0/3 nodes completed",
                "CreatingAgentPools: 3/3 nodes completed",
                "ReconcilingAddons",
            ]
        );
    }

    #[test]
    fn a_failed_operation_says_when_it_ended_and_why() {
        let mut operation = create(false);
        operation.outcome = Some(Outcome::Failed(Fault {
            code: "QuotaExceeded".to_owned(),
            message: "no".to_owned(),
        }));

        let body = operation.body(operation.ends);

        assert_eq!(
            body,
            json!({
                "name": "25846a8e-292f-45dd-9edd-6754c520ba83",
                "status": "Failed",
                "startTime": "2026-10-01T10:00:00.8059684Z",
                "endTime": "2026-10-01T10:01:40.8059684Z",
                "error": { "code": "QuotaExceeded", "message": "no" },
            })
        );
    }

    #[test]
    fn durations_stay_within_the_recorded_range() {
        let mut random = StdRng::seed_from_u64(7);
        let mut draws: Vec<f64> = (0..1000)
            .map(|_| random::seconds(&mut random, Kind::Create.duration()))
            .collect();

        draws.sort_by(f64::total_cmp);

        assert!(draws[0] >= 166.0 && draws[999] <= 1480.0);
        assert!((270.0..325.0).contains(&draws[500]), "{}", draws[500]);
        assert!((415.0..500.0).contains(&draws[900]), "{}", draws[900]);
    }
}
