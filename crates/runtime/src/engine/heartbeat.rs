//! Word of how far a run is, for another thread to read.

use std::sync::atomic::{AtomicU64, Ordering};

use cluster_sim_types::VirtualInstant;
use parking_lot::Mutex;

use crate::executor::TaskName;

/// Where a run leaves word of how far it is. What is read from it never reaches the run.
#[derive(Debug, Default)]
pub struct Heartbeat {
    runs: AtomicU64,
    steps: AtomicU64,
    /// Only where it was asked for: it costs names and a lock at every step.
    position: Option<Mutex<Option<Position>>>,
}

/// Whose code a run is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The virtual instant.
    pub at: VirtualInstant,
    /// The node, by its declared name.
    pub node: String,
    /// Its task, if the node is an async one.
    pub task: Option<TaskName>,
}

impl Heartbeat {
    /// A watch that names node and task of every step, at a cost.
    pub fn with_names() -> Self {
        Self { position: Some(Mutex::new(None)), ..Self::default() }
    }

    /// Runs that were begun so far, and the steps that the last one began.
    pub fn progress(&self) -> (u64, u64) {
        (self.runs.load(Ordering::Relaxed), self.steps.load(Ordering::Relaxed))
    }

    /// Whose code the run was in when it last said so.
    pub fn position(&self) -> Option<Position> {
        self.position.as_ref()?.lock().clone()
    }

    pub(crate) fn begin_run(&self) {
        self.runs.fetch_add(1, Ordering::Relaxed);
    }

    #[inline]
    pub(crate) fn begin_step(&self, steps: u64, whereabouts: impl FnOnce() -> Position) {
        self.steps.store(steps, Ordering::Relaxed);
        if let Some(place) = &self.position {
            *place.lock() = Some(whereabouts());
        }
    }
}
