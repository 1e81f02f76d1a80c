//! When a recorded exchange took place, in the simulator's time.
//!
//! How long an operation takes is drawn by Azure and by the simulator alike. While one runs, the clock is therefore
//! moved by parts of its length: what was asked halfway through the recorded operation is asked halfway through ours.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use secureaks_simulator::Simulator;

use crate::recording::Recorded;

/// The last moment of an operation that still runs.
const NEARLY: f64 = 0.97;

/// How long other services work: their operations are not asked for before this has passed.
const ELSEWHERE: Duration = Duration::from_secs(5);
const AFTERWARDS: Duration = Duration::from_hours(1);

/// Moves the simulator's clock along a recording.
pub(crate) struct Time<'a> {
    exchanges: &'a [Recorded],
    /// How far the clock was moved.
    now: Duration,
    lengths: Vec<Duration>,
    running: Option<Running>,
}

struct Running {
    /// Index of the exchange that began it.
    from: usize,
    /// Index of the exchange that shows its end.
    until: Option<usize>,
    /// When it ended in Azure.
    ended: Option<Timestamp>,
    begun: Duration,
    length: Duration,
}

impl<'a> Time<'a> {
    pub(crate) fn new(exchanges: &'a [Recorded]) -> Self {
        Self {
            exchanges,
            now: Duration::ZERO,
            lengths: Vec::new(),
            running: None,
        }
    }

    /// Moves to the moment of an exchange.
    pub(crate) fn reach(&mut self, index: usize, simulator: &Simulator) {
        let gap = self.gap(index);
        let Some(running) = &self.running else {
            return self.advance(gap, simulator);
        };
        let target = if running.until.is_some_and(|until| index >= until) {
            let rest = if running.length == ELSEWHERE {
                AFTERWARDS
            } else {
                Duration::from_secs(1)
            };
            running.begun + running.length + rest
        } else {
            running.begun + running.length.mul_f64(self.part(running, index))
        };
        let over = running.until.is_some_and(|until| index >= until);
        let by = target.saturating_sub(self.now);
        if over {
            self.running = None;
        }
        self.advance(by, simulator);
    }

    /// Notes that an exchange began an operation.
    pub(crate) fn began(&mut self, index: usize, simulator: &Simulator) {
        let mut fresh = simulator.operation_durations();
        for known in &self.lengths {
            if let Some(at) = fresh.iter().position(|length| length == known) {
                fresh.remove(at);
            }
        }
        self.lengths.extend(&fresh);
        let length = fresh.first().copied().unwrap_or(ELSEWHERE);
        let until = self.end(index);
        self.running = Some(Running {
            from: index,
            until,
            ended: until.and_then(|until| ended(&self.exchanges[until])),
            begun: self.now,
            length,
        });
    }

    fn advance(&mut self, by: Duration, simulator: &Simulator) {
        self.now += by;
        simulator.advance(by);
    }

    /// The time since the exchange before.
    fn gap(&self, index: usize) -> Duration {
        let date = |index: usize| self.exchanges.get(index)?.date;
        let (Some(now), Some(before)) = (date(index), index.checked_sub(1).and_then(date)) else {
            return Duration::ZERO;
        };
        now.duration_since(before).try_into().unwrap_or_default()
    }

    /// How much of the operation had passed.
    fn part(&self, running: &Running, index: usize) -> f64 {
        let date = self.exchanges[index].date;
        let (Some(now), Some(from), Some(ended)) =
            (date, self.exchanges[running.from].date, running.ended)
        else {
            return 0.5;
        };
        let whole = ended.duration_since(from).as_secs_f64();
        (now.duration_since(from).as_secs_f64() / whole.max(1.0)).clamp(0.0, NEARLY)
    }

    /// The first exchange that shows the end of the operation that `from` began.
    fn end(&self, from: usize) -> Option<usize> {
        let begun = &self.exchanges[from];
        let ids: Vec<&str> = begun.begun().map(|(_, id)| id).collect();
        let resource = begun.key();
        let whole = cluster(&resource);
        self.exchanges
            .iter()
            .enumerate()
            .skip(from + 1)
            .find(|(_, later)| {
                if let Some(polled) = later.polled() {
                    return ids.contains(&polled) && is_final(later);
                }
                let key = later.key();
                match later.method.as_str() {
                    "GET" if begun.method == "DELETE" => key == resource && later.status == 404,
                    "GET" => {
                        key == resource && later.state().is_some() && later.state() != begun.state()
                    }
                    // A write is only accepted once the one before has ended; a deletion of the whole is
                    // accepted while a pool is at work (recorded nodepool_add_scale_delete).
                    "DELETE" => key == resource,
                    "PUT" => later.status < 300 && cluster(&key) == whole,
                    _ => false,
                }
            })
            .map(|(index, _)| index)
    }
}

/// The cluster of a path below it, or the path.
fn cluster(path: &str) -> &str {
    let marker = "/managedclusters/";
    let Some(start) = path.find(marker).map(|at| at + marker.len()) else {
        return path;
    };
    let length = path[start..].find('/').unwrap_or(path.len() - start);
    &path[..start + length]
}

/// Whether a poll's answer says that the operation is over.
fn is_final(poll: &Recorded) -> bool {
    let status = poll.response["status"].as_str();
    match status {
        Some(status) => ["Succeeded", "Failed", "Canceled"].contains(&status),
        None => matches!(poll.status, 200 | 204),
    }
}

fn ended(exchange: &Recorded) -> Option<Timestamp> {
    let end = exchange.response["endTime"].as_str();
    end.and_then(|end| end.parse().ok()).or(exchange.date)
}

/// The addresses of operations, in the simulator's words, by the recorded id.
#[derive(Default)]
pub(crate) struct Addresses(BTreeMap<(String, &'static str), String>);

impl Addresses {
    /// Notes the simulator's addresses of what an exchange began.
    pub(crate) fn note(&mut self, recorded: &Recorded, ours: &BTreeMap<String, String>) {
        for (header, id) in recorded.begun() {
            if let Some(address) = ours.get(header) {
                self.0.insert((id.to_owned(), header), address.clone());
            }
        }
    }

    /// The address that stands for a recorded one.
    pub(crate) fn of(&self, recorded: &Recorded) -> Option<&String> {
        let header = if recorded.key().contains("/operationresults/") {
            "location"
        } else {
            "azure-asyncoperation"
        };
        self.0.get(&(recorded.polled()?.to_owned(), header))
    }
}
