//! What this process knows of a cluster, for as long as it is the same one.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::{Access, Error, lists::Lists, rights::Rights, service::Direct};
use crate::azure::arm::managed_cluster::ManagedCluster;

/// What is known of one cluster. Another cluster of that name is another one of these.
#[derive(Debug)]
pub(super) struct Known {
    /// Tells it from all others of this process.
    pub(super) number: u64,
    /// The moment until which the cluster counts as brand-new.
    pub(super) patient_until: Option<Timestamp>,
    pub(super) access: OnceCell<Arc<Access>>,
    pub(super) facts: OnceCell<Arc<ManagedCluster>>,
    pub(super) connection: tokio::sync::Mutex<Connection>,
    pub(super) lists: Lists,
    pub(super) rights: Rights,
    checked: Mutex<Option<Timestamp>>,
    missed: Mutex<Option<Timestamp>>,
    /// Whether something inside was deleted since, as is done before the cluster itself is replaced.
    doubted: AtomicBool,
}

/// How far we got with the API server.
#[derive(Default)]
pub(super) enum Connection {
    #[default]
    None,
    Open(Arc<Direct>),
    Failed(Timestamp, Error),
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::Open(_) => "Open",
            Self::Failed(..) => "Failed",
        })
    }
}

impl Known {
    /// Nothing yet, of a cluster that may need patience until a moment.
    pub(super) fn nothing(patient_until: Option<Timestamp>) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            number: NEXT.fetch_add(1, Ordering::Relaxed),
            patient_until,
            access: OnceCell::new(),
            facts: OnceCell::new(),
            connection: tokio::sync::Mutex::default(),
            lists: Lists::default(),
            rights: Rights::default(),
            checked: Mutex::default(),
            missed: Mutex::default(),
            doubted: AtomicBool::new(false),
        }
    }

    /// Azure has said at `now` how the cluster is reached.
    pub(super) fn check(&self, now: Timestamp) {
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
        self.doubted.store(false, Ordering::Relaxed);
    }

    /// When Azure last said how the cluster is reached.
    pub(super) fn checked(&self) -> Option<Timestamp> {
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Azure was asked at `now` because the API server could not be reached.
    pub(super) fn miss(&self, now: Timestamp) {
        *self.missed.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// When Azure was last asked because the API server could not be reached.
    pub(super) fn missed(&self) -> Option<Timestamp> {
        *self.missed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something inside the cluster is deleted.
    pub(super) fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
    }

    /// Whether something inside was deleted since Azure last said how the cluster is reached.
    pub(super) fn is_doubted(&self) -> bool {
        self.doubted.load(Ordering::Relaxed)
    }
}
